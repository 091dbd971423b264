"""adm-creating-an-account, Mandatory arguments: each of the eight, left out alone, null, or empty."""

from __future__ import annotations

from functools import partial

from conformance.checks.adm.attempts import at_both, attempt, candidate, each_at_both
from conformance.checks.api import THROTTLED, Check, requirement
from conformance.checks.repetition import send_all
from conformance.session.accounts import MANDATORY, fresh_account
from conformance.session.creations import OPF, opening, send_account

BESIDE = {
    "accountProfileId": "ADM-011",
    "npvrProfileName": "ADM-012",
    "pvrStatus": "ADM-014",
    "signonId": "ADM-015",
    "password": "ADM-016",
    "salt": "ADM-017",
    "geoBlockExempt": "ADM-018",
}
PROFILES = ("accountProfileId", "npvrProfileName")
# Nothing could be done with an account that lacks one of these: nobody could sign on, or no value would be the page's.
CONTENTFUL = ("signonId", "password", "salt", "pvrStatus")


@each_at_both(
    accountProfileId=("ADM-011", "SSP-011"),
    npvrProfileName=("ADM-012", "SSP-012"),
    billingAddress=("ADM-013", "SSP-013"),
    pvrStatus=("ADM-014", "SSP-014"),
    signonId=("ADM-015", "SSP-015"),
    password=("ADM-016", "SSP-016"),
    salt=("ADM-017", "SSP-017"),
    geoBlockExempt=("ADM-018", "SSP-018"),
)
def test_a_request_without_a_mandatory_argument_is_refused(
    check: Check, operation: str, name: str, requirement_id: str
) -> None:
    account = candidate(check, operation)
    answer = attempt(check, operation, account.without(name))
    check.expect_status(requirement_id, answer, 400, cause=f"a request without {name}")


@requirement(*BESIDE.values())
def test_a_request_without_a_mandatory_argument_is_refused_beside_a_right_one(check: Check) -> None:
    account, form = candidate(check, OPF), opening(check, OPF).form
    right = partial(send_account, check, OPF, fresh_account(check, form).body, valid=True)
    lacking = [partial(attempt, check, OPF, account.without(name)) for name in BESIDE]
    for (name, requirement_id), answer in zip(BESIDE.items(), send_all([right, *lacking])[1:], strict=True):
        if answer.response is not None and answer.status != THROTTLED and not answer.foreign:
            cause = f"a request without {name}, beside a right one"
            check.expect_status(requirement_id, answer, 400, cause=cause)


@at_both("ADM-029", "SSP-029")
def test_an_empty_object_is_refused(check: Check, operation: str) -> None:
    candidate(check, operation)
    check.expect_status("ADM-029", attempt(check, operation, {}), 400, cause="a request without any argument")


@at_both("ADM-019", "SSP-019")
def test_a_mandatory_argument_that_is_null_is_refused(check: Check, operation: str) -> None:
    for name in MANDATORY:
        if name == "billingAddress" or name in CONTENTFUL:
            continue
        if not _refused(check, operation, "ADM-019", name, None):
            break


@at_both("ADM-020", "SSP-020")
def test_a_mandatory_argument_that_is_empty_is_refused(check: Check, operation: str) -> None:
    _refused(check, operation, "ADM-020", "accountProfileId", "")


@at_both("ADM-077", "SSP-077")
def test_an_argument_without_content_is_refused(check: Check, operation: str) -> None:
    for value in (None, ""):
        for name in CONTENTFUL:
            if not _refused(check, operation, "ADM-077", name, value):
                break


def _refused(check: Check, operation: str, requirement_id: str, name: str, value: str | None) -> bool:
    """Judge a request with an argument that says nothing. An account too many is enough to tell."""
    answer = attempt(check, operation, candidate(check, operation).having(**{name: value}))
    allowed = (400, 404) if name in PROFILES else (400,)
    cause = f"a request whose {name} is {'null' if value is None else 'empty'}"
    check.expect_status(requirement_id, answer, *allowed, cause=cause)
    return not answer.succeeded
