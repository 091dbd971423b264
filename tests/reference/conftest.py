import pytest

from .caller import calling


@pytest.fixture(scope="module")
def caller():
    """A caller of the default platform, shared by the tests of a module."""
    with calling() as caller:
        yield caller
