"""What the checks of the initialisation have in common."""

from __future__ import annotations

from conformance.checks.api import Check
from conformance.errors import ControlFailed
from conformance.model import Exchange, Json
from conformance.opentv.answers import answer_object
from conformance.session.hdm import user_token
from conformance.session.initialise import initialise, initialise_freshly, initialised, is_error_response
from conformance.target import Value

BY_GET = "initialiseDeviceByGet"
BY_POST = "initialiseDeviceByPost"


def initialise_as_control(check: Check, operation: str) -> Exchange:
    """Initialise with everything right.

    Raises:
        ControlFailed: it does not succeed, so that a refusal would prove nothing.
    """
    answer = initialise_freshly(check, operation)
    if not initialised(answer):
        raise ControlFailed(
            f"the control request (an initialisation with everything right) failed: {outcome_of(answer)} "
            f"(exchange {answer.id}), so that a refusal would prove nothing"
        )
    return answer


def outcome_of(exchange: Exchange) -> str:
    """Say in a few words what an initialisation was answered."""
    if exchange.response is None:
        return exchange.failure
    status = result_status(exchange)
    told = f" with status {status[:40]}" if isinstance(status, str) else ""
    return f"HTTP {exchange.status}{told}"


def result_status(exchange: Exchange) -> Json:
    """Return the status in the result of an initialisation's response; None where it has none."""
    result = answer_object(exchange).get("result")
    return result.get("status") if isinstance(result, dict) else None


def expect_refusal(check: Check, requirement_id: str, answer: Exchange, cause: str) -> None:
    """Expect the page's error response, or a 4xx.

    How complete that response is, the rules judge; here only a body of another kind counts, with a code of its own.
    """
    body = answer_object(answer)
    another = body.get("resultCode") not in ("0", None) and not isinstance(body.get("result"), dict)
    holds = not initialised(answer) and (400 <= answer.status < 500 or (answer.succeeded and not another))
    holds = holds or is_error_response(answer)
    _expect(check, requirement_id, answer, cause, holds=holds, also=())


def expect_token_refusal(check: Check, requirement_id: str, answer: Exchange, cause: str) -> None:
    """Expect the page's error response, the gate's refusal (which may be an HTTP 200), or a 4xx."""
    holds = not initialised(answer) and (answer.succeeded or 400 <= answer.status < 500 or is_error_response(answer))
    _expect(check, requirement_id, answer, cause, holds=holds, also=("the gate's refusal of the token",))


def _expect(
    check: Check, requirement_id: str, answer: Exchange, cause: str, *, holds: bool, also: tuple[str, ...]
) -> None:
    expected = ("a response whose status is another than OK", "HTTP 4xx", *also)
    actual = outcome_of(answer)
    cause = f"{cause}: {actual}"
    check.expect(requirement_id, holds, answer, expected=expected, actual=actual, cause=cause, refusal=True)


def replaced(check: Check, operation: str, name: str, value: Value) -> Exchange:
    """Initialise with one of the player's values replaced."""
    return initialise(check, operation, user_token(check), replacing={name: value})
