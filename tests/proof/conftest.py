from __future__ import annotations

import pytest

from conformance.proof import verify as verifying
from conformance.proof.profile import load_profile
from conformance.proof.rows import State
from conformance.proof.verify import Asked, Verification

from .delivery import CHALLENGE, REGISTER, Delivery, delivery

PROFILE = """\
version: 1
name: Example TV
requirements: {binding: [STB]}
limits: {max_age: 30d}
target: {hosts: {hdm: 127.0.0.1}}
challenge: true
"""


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """One run for all tests: nothing may change it."""
    folder = tmp_path_factory.mktemp("delivery")
    (folder / "operator.yaml").write_text(PROFILE)
    return delivery(folder)


@pytest.fixture
def profile(delivered: Delivery):
    return load_profile(delivered.folder / "operator.yaml", REGISTER)


@pytest.fixture
def checked(delivered: Delivery, profile, monkeypatch: pytest.MonkeyPatch):
    """Verify a bundle as its operator does; without `reports`, which takes longest, they are not made again."""

    def check(archive, *, reports: bool = False, **asked) -> Verification:
        if not reports:
            monkeypatch.setattr(verifying, "reports_row", lambda *_: verifying.verified("reports", "not made again"))
        known = {"keys": (delivered.vendor[1],), "challenge": CHALLENGE, "profile": profile}
        return verifying.verify(archive, Asked(**{**known, **asked}), REGISTER)

    return check


def states(found: Verification, state: State) -> dict[str, str]:
    """The rows of a state."""
    return {row.what: row.said for row in found.rows if row.state is state}
