import functools

import pytest

from conformance.reference import passwords


@pytest.fixture(scope="session", autouse=True)
def hashes_are_computed_once():
    """PBKDF2 costs a tenth of a second; the same value is computed once for all platforms of the tests."""
    original = passwords.hash_password
    passwords.hash_password = functools.cache(original)
    yield
    passwords.hash_password = original
