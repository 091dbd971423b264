"""hdm-authentication, "Error responses": 500 and 503 while a system behind HDM is not configured or unreachable.

The page does not say which signons need which system. So all kinds are tried: one at least must be answered as the page
says, and none may fail in another way.
"""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.hdm import Query, device_form, first_form, nmp_signon, stb_details, stb_signon


@requirement("SGN-201", alone=True)
def test_a_signon_is_answered_503_while_esps_is_unreachable(check: Check) -> None:
    _expect_under(check, "SGN-201", "esps_unreachable", 503)


@requirement("SGN-202", alone=True)
def test_a_signon_is_answered_503_while_esso_is_unreachable(check: Check) -> None:
    _expect_under(check, "SGN-202", "esso_unreachable", 503)


@requirement("SGN-203", alone=True)
def test_a_signon_is_answered_500_while_esps_is_not_configured(check: Check) -> None:
    _expect_under(check, "SGN-203", "esps_not_configured", 500)


@requirement("SGN-204", alone=True)
def test_a_signon_is_answered_500_while_esso_is_not_configured(check: Check) -> None:
    _expect_under(check, "SGN-204", "esso_not_configured", 500)


def _expect_under(check: Check, requirement_id: str, condition: str, status: int) -> None:
    queries = _signons(check)
    for what, query in queries.items():
        check.control(_sign_on(check, query, valid=True), 200, what=f"a {what} outside the condition")
    with check.session.condition(condition):
        answers = {what: _sign_on(check, query, valid=False) for what, query in queries.items()}
    claim = f"conditions.{condition}.enter leads to {condition}"
    noticed = [answer for answer in answers.values() if not answer.succeeded]
    for answer in noticed or list(answers.values())[-1:]:
        check.rests_on(answer.status == status, answer, claim, "conditions", condition, "enter")
    for what, answer in answers.items():
        if not answer.succeeded:
            check.expect_status(requirement_id, answer, status, cause=f"{what} under {condition}")
    if all(answer.succeeded for answer in answers.values()):
        check.expect(
            requirement_id,
            False,
            list(answers.values())[-1],
            expected=f"HTTP {status} to one kind of signon at least",
            actual="every kind of signon succeeds",
            cause=f"no signon notices {condition}",
        )


def _signons(check: Check) -> dict[str, Query]:
    card = check.subject("gateway")["smartcardId"]
    return {
        "signon of a set top box": stb_details(check.subject("stb")),
        "first signon of a user": first_form(check),
        "signon with deviceId": device_form(check),
        "signon with deviceId and gateway": {**device_form(check), "smartcardId": card},
    }


def _sign_on(check: Check, query: Query, *, valid: bool) -> Exchange:
    send = stb_signon if "nuId" in query else nmp_signon
    return send(check, query, valid=valid, expect_5xx=not valid)
