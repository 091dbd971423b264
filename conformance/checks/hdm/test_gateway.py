"""hdm-authentication, "Error responses": 503 for a home gateway that is not provisioned, or cannot be verified."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.hdm import Query, device_form, direct_query, first_form, nmp_signon

UNPROVISIONED = "the smartcardId of an unprovisioned gateway"
UNVERIFIABLE = "a gateway that cannot be verified"
REFUSED = 503


@requirement("NMP-050")
def test_a_direct_mode_signon_with_an_unprovisioned_gateway_is_refused(check: Check) -> None:
    query = direct_query(check.subject("user"), check.subject("gateway"))
    answer = _with_unprovisioned(check, query)
    check.expect_status("NMP-050", answer, 503, cause=f"direct-mode signon with {UNPROVISIONED}")


@requirement("NMP-051")
def test_a_signon_with_device_id_and_an_unprovisioned_gateway_is_refused(check: Check) -> None:
    answer = _with_unprovisioned(check, device_form(check))
    check.expect_status("NMP-051", answer, 503, cause=f"signon with deviceId and {UNPROVISIONED}")


@requirement("NMP-052")
def test_a_first_signon_with_an_unprovisioned_gateway_is_refused_or_ignores_it(check: Check) -> None:
    answer = _with_unprovisioned(check, first_form(check))
    if check.expect_status(
        "NMP-052", answer, *_first_signon(check), cause=f"first signon with {UNPROVISIONED}{_pin(check)}"
    ):
        check.reading("first-signon-gateway", "ignored" if answer.status == 200 else "checked", answer)


@requirement("NMP-053", alone=True)
def test_a_direct_mode_signon_fails_while_the_gateway_cannot_be_verified(check: Check) -> None:
    query = direct_query(check.subject("user"), check.subject("gateway"))
    answer = _while_unverifiable(check, query, 503)
    check.expect_status("NMP-053", answer, 503, cause=f"direct-mode signon with {UNVERIFIABLE}")


@requirement("NMP-054", alone=True)
def test_a_signon_with_device_id_fails_while_its_gateway_cannot_be_verified(check: Check) -> None:
    answer = _while_unverifiable(check, device_form(check), 503)
    check.expect_status("NMP-054", answer, 503, cause=f"signon with deviceId and {UNVERIFIABLE}")


@requirement("NMP-055", alone=True)
def test_a_first_signon_fails_while_its_gateway_cannot_be_verified_or_ignores_it(check: Check) -> None:
    answer = _while_unverifiable(check, first_form(check), 200, 503)
    check.expect_status(
        "NMP-055", answer, *_first_signon(check), cause=f"first signon with {UNVERIFIABLE}{_pin(check)}"
    )


def _first_signon(check: Check) -> tuple[int, ...]:
    """503, or 200 where the gateway is ignored (reading first-signon-gateway)."""
    pinned = check.target.readings.get("first-signon-gateway", "")
    return {"checked": (503,), "ignored": (200,)}.get(pinned, (503, 200))


def _pin(check: Check) -> str:
    pinned = check.target.readings.get("first-signon-gateway", "")
    return f" (the file pins the reading first-signon-gateway: {pinned})" if pinned else ""


def _with_unprovisioned(check: Check, query: Query) -> Exchange:
    _with_gateway(check, query)
    query = {**query, "smartcardId": check.subject("gateway_unprovisioned")["smartcardId"]}
    answer = nmp_signon(check, query, expect_5xx=True)
    # Another 5xx than the documented one may be a hiccup, which is not sent again where a 5xx is expected.
    return nmp_signon(check, query, expect_5xx=True) if answer.status >= 500 and answer.status != REFUSED else answer


def _while_unverifiable(check: Check, query: Query, *statuses: int) -> Exchange:
    complete = _with_gateway(check, query)
    name = "gateway_unverifiable"
    with check.session.condition(name):
        answer = nmp_signon(check, complete, expect_5xx=True)
    check.rests_on(answer.status in statuses, answer, f"conditions.{name}.enter brings it about", "conditions", name)
    return answer


def _with_gateway(check: Check, query: Query) -> Query:
    complete = {**query, "smartcardId": check.subject("gateway")["smartcardId"]}
    check.control(nmp_signon(check, complete, valid=True), 200, what="the same signon with a provisioned gateway")
    return complete
