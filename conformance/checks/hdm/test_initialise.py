"""hdm-authentication, "Initialise device": what succeeds, and what follows."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.initialising import BY_GET, BY_POST, initialise_as_control, outcome_of, result_status
from conformance.model import Exchange
from conformance.opentv.codes import DEVICE_LIMITS
from conformance.session.hdm import device_form, direct_mode_only, first_form, nmp_signon, token_of, user_token
from conformance.session.initialise import initialise, initialise_freshly, initialised

GONE = 410
TOO_LARGE = (411, 413, 414, 431)
FILLER = "x" * 3000


@requirement("INI-001")
def test_a_device_is_initialised_by_get(check: Check) -> None:
    _expect_initialised(check, "INI-001", initialise_freshly(check, BY_GET))


@requirement("INI-101")
def test_a_device_is_initialised_by_post(check: Check) -> None:
    _expect_initialised(check, "INI-101", initialise_freshly(check, BY_POST))


@requirement("INI-031")
def test_the_token_of_the_answer_by_get_is_accepted(check: Check) -> None:
    _expect_next_call(check, "INI-031", BY_GET)


@requirement("INI-131")
def test_the_token_of_the_answer_by_post_is_accepted(check: Check) -> None:
    _expect_next_call(check, "INI-131", BY_POST)


@requirement("INI-032")
def test_after_initialisation_by_get_the_user_signs_on_with_the_device_id(check: Check) -> None:
    _expect_device_signon(check, "INI-032", BY_GET)


@requirement("INI-132")
def test_after_initialisation_by_post_the_user_signs_on_with_the_device_id(check: Check) -> None:
    _expect_device_signon(check, "INI-132", BY_POST)


@requirement("INI-133")
def test_an_initialisation_of_more_than_2_kb_is_taken_by_post(check: Check) -> None:
    initialise_as_control(check, BY_POST)
    small = initialise(check, BY_POST, user_token(check), extra={"filler": "x"})
    large = initialise(check, BY_POST, user_token(check), extra={"filler": FILLER})
    taken = initialised(large)
    if not initialised(small):
        # This platform takes no further field at all; then only a refusal for the size itself tells.
        taken = large.response is not None and large.status not in TOO_LARGE
    check.expect(
        "INI-133",
        taken,
        large,
        expected="the answer to the same request of less than 2 KB",
        actual=outcome_of(large),
        cause=f"initialisation of more than 2 KB by POST: {outcome_of(large)}",
    )


def _expect_initialised(check: Check, requirement_id: str, answer: Exchange) -> None:
    if direct_mode_only(check) and (answer.status == GONE or check.session.not_here(answer)):
        # "In direct mode, a call to the OpenTV Player SDK will initialise the device directly to NAGRA PRM."
        check.not_declared(f"a deployment of direct mode alone, without initialisation (HTTP {answer.status})")
    if result_status(answer) in DEVICE_LIMITS or _refuses_more(check, answer):
        check.lacks(
            f"the account of subjects.user has all the devices that it may have: {outcome_of(answer)}; remove some, or "
            "raise its limit",
        )
    check.expect(
        requirement_id,
        answer.status == 200 and initialised(answer),
        answer,
        expected="HTTP 200 with status OK",
        actual=outcome_of(answer),
        cause=f"initialisation with all parameters: {outcome_of(answer)}",
    )


def _refuses_more(check: Check, answer: Exchange) -> bool:
    """Tell whether devices were initialised, and are refused since by GET and POST alike, as at a limit of devices.

    The documents give no answer to an account that has all its devices.
    """
    if not 400 <= answer.status < 500 or not check.session.profile.initialise:
        return False
    other = initialise_freshly(check, BY_GET if answer.operation == BY_POST else BY_POST)
    return not initialised(other) and other.status == answer.status


def _expect_next_call(check: Check, requirement_id: str, operation: str) -> None:
    token = token_of(initialise_as_control(check, operation))
    if token is None:
        check.lacks("the initialise answer has no token that a next call could carry: see INI-010 and INI-110")
    following = initialise(check, operation, token)
    check.expect(
        requirement_id,
        initialised(following),
        following,
        expected="the next call is accepted with the answer's token",
        actual=outcome_of(following),
        cause=f"next call with the initialise answer's token: {outcome_of(following)}",
    )


def _expect_device_signon(check: Check, requirement_id: str, operation: str) -> None:
    initialise_as_control(check, operation)
    check.control(nmp_signon(check, first_form(check), valid=True), 200, what="the user's signon without deviceId")
    after = nmp_signon(check, device_form(check), valid=True)
    check.expect_status(requirement_id, after, 200, cause="signon with deviceId after an initialisation")
