"""hdm-authentication, "Initialise device": requests that do not succeed for their parameters."""

from __future__ import annotations

from functools import partial

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.initialising import BY_GET, BY_POST, expect_refusal, initialise_as_control, replaced
from conformance.checks.repetition import Sent, judge_all, send_all
from conformance.session.hdm import user_token
from conformance.session.initialise import PLAYER_DATA, initialise, initialised

# One in ten that is taken must show.
AGAIN = 10
NOT_BASE64 = "***this is not base64***"


@requirement("INI-020", "INI-021", "INI-022")
def test_an_initialisation_by_get_that_lacks_player_data_does_not_succeed(check: Check) -> None:
    _expect_refused_without(check, BY_GET, 20)


@requirement("INI-120", "INI-121", "INI-122")
def test_an_initialisation_by_post_that_lacks_player_data_does_not_succeed(check: Check) -> None:
    _expect_refused_without(check, BY_POST, 120)


@requirement("INI-024", "INI-030")
def test_an_initialisation_by_get_with_unreadable_player_data_does_not_succeed(check: Check) -> None:
    _expect_refused_payloads(check, BY_GET, "INI-024", "INI-030")


@requirement("INI-124", "INI-130")
def test_an_initialisation_by_post_with_unreadable_player_data_does_not_succeed(check: Check) -> None:
    _expect_refused_payloads(check, BY_POST, "INI-124", "INI-130")


def _expect_refused_without(check: Check, operation: str, first: int) -> None:
    initialise_as_control(check, operation)
    for number, name in enumerate(PLAYER_DATA, start=first):
        answer = initialise(check, operation, user_token(check), without={name})
        expect_refusal(check, f"INI-{number:03d}", answer, f"initialisation without {name}")
    # Without the last of them, the opaque data, every time.
    again = partial(initialise, check, operation, user_token(check), without={name})
    sent = [Sent("", exchange) for exchange in send_all([again] * AGAIN)]
    expected = ("a response whose status is another than OK", "HTTP 4xx")
    cause = f"initialisation without {name} succeeds now and then"
    judge_all(check, f"INI-{number:03d}", sent, lambda one: not initialised(one), expected=expected, cause=cause)


def _expect_refused_payloads(check: Check, operation: str, garbage: str, empty: str) -> None:
    initialise_as_control(check, operation)
    answer = replaced(check, operation, "initializationPayload", NOT_BASE64)
    expect_refusal(check, garbage, answer, "initialisation with player data that are not base64")
    answer = replaced(check, operation, "initializationPayload", "")
    expect_refusal(check, empty, answer, "initialisation with empty player data")
