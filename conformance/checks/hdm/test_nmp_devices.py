"""hdm-authentication, "Signon by username, password, and device ID" and the rules of account isolation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.hdm import (
    Query,
    device_form,
    direct_query,
    first_form,
    nmp_signon,
    one_call_flow,
    stb_details,
    stb_signon,
    token_of,
)
from conformance.session.lookalikes import unknown_like
from conformance.session.once import once
from conformance.target import Secret

TIMES = 3


@requirement("NMP-036")
def test_an_unknown_device_id_is_refused(check: Check) -> None:
    query = _working(check, device_form(check))
    answer = nmp_signon(check, {**query, "deviceId": unknown_like(query["deviceId"])})
    check.expect_status("NMP-036", answer, *_refusal(check), cause="signon with an unknown deviceId")


@requirement("NMP-039")
def test_an_unknown_device_id_in_direct_mode_is_refused(check: Check) -> None:
    query = _working(check, direct_query(check.subject("user"), check.subject("gateway")))
    answer = nmp_signon(check, {**query, "deviceId": unknown_like(query["deviceId"])})
    check.expect_status("NMP-039", answer, *_refusal(check), cause="direct-mode signon with an unknown deviceId")


@requirement("ISO-001", "ISO-003")
def test_another_accounts_device_id_is_refused(check: Check) -> None:
    query = _working(check, device_form(check))
    answer = _attempt(check, query)
    check.expect_status("ISO-001", answer, 403, cause="signon with the deviceId of another account")


@requirement("ISO-002", "ISO-003")
def test_another_accounts_device_id_is_refused_in_direct_mode(check: Check) -> None:
    query = _working(check, direct_query(check.subject("user"), check.subject("gateway")))
    answer = _attempt(check, query)
    check.expect_status("ISO-002", answer, 403, cause="direct-mode signon with the deviceId of another account")


@requirement("ISO-003")
def test_a_refused_attempt_on_a_device_leaves_it_with_its_account(check: Check) -> None:
    _attempt(check, _working(check, device_form(check)))


def _attempt(check: Check, query: Query) -> Exchange:
    """Try another account's device, and see that its owner signs on with it as before: judges ISO-003.

    The owner's signon is the control of the first attempt alone; if a later one fails, the attempts did it.
    """
    other = device_form(check, "user_other_account")
    _others_device_works(check)
    answer = nmp_signon(check, {**query, "deviceId": other["deviceId"]})
    after = nmp_signon(check, other, valid=True)
    check.expect_status("ISO-003", after, 200, cause="the owner's signon after another account's attempt")
    return answer


@requirement("ISO-004")
def test_users_of_different_accounts_get_different_tokens(check: Check) -> None:
    forms = [first_form(check, name) for name in ("user", "user_other_account")]
    first, second = _in_one_flow(partial(nmp_signon, check), forms)
    _expect_difference(check, "ISO-004", first, second, "two users of different accounts get one token")
    together = _at_once(lambda form: nmp_signon(check, form, valid=True), forms)
    for first, second in together:
        _expect_difference(check, "ISO-004", first, second, "two users who sign on at the same moment get one token")


@requirement("ISO-005")
def test_set_top_boxes_of_different_accounts_get_different_tokens(check: Check) -> None:
    boxes = [stb_details(check.subject(name)) for name in ("stb", "stb_other_account")]
    first, second = _in_one_flow(partial(stb_signon, check), boxes)
    _expect_difference(check, "ISO-005", first, second, "two set top boxes of different accounts get one token")
    together = _at_once(lambda details: stb_signon(check, details, valid=True), boxes)
    for first, second in together:
        _expect_difference(check, "ISO-005", first, second, "two boxes that sign on at the same moment get one token")


@requirement("ISO-006")
def test_a_user_and_a_set_top_box_get_different_tokens(check: Check) -> None:
    first = stb_signon(check, stb_details(check.subject("stb")), valid=True)
    second = nmp_signon(check, first_form(check), valid=True)
    _expect_difference(check, "ISO-006", first, second, "a user and a set top box get one token")


def _in_one_flow(sign_on: Callable[..., Exchange], forms: Sequence[Query]) -> list[Exchange]:
    """Sign on two subjects with one x-correlation-id; with one of its own each, where it may be used once."""
    flow = one_call_flow()
    found = [sign_on(form, headers=flow, valid=True) for form in forms]
    return found if found[1].status < 400 else [sign_on(form, valid=True) for form in forms]


def _at_once(sign_on: Callable[[Query], Exchange], forms: Sequence[Query]) -> list[tuple[Exchange, Exchange]]:
    """Sign on two subjects at the same moment, several times over; return the answers in pairs."""
    turns = [*forms] * TIMES
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        answers = list(pool.map(sign_on, turns))
    return list(zip(answers[::2], answers[1::2], strict=True))


@once
def _others_device_works(check: Check) -> Query:
    return _working(check, device_form(check, "user_other_account"))


def _working(check: Check, query: Query) -> Query:
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, with the right details")
    return query


def _refusal(check: Check) -> tuple[int, ...]:
    """403; where unknown devices are provisioned, 200 as well."""
    if "dynamic_provisioning" not in check.target.features:
        return (403,)
    if not check.session.budget.writes_allowed:
        check.lacks("the platform may provision an unknown device, and writes are not allowed")
    return (403, 200)


def _expect_difference(check: Check, requirement_id: str, first: Exchange, second: Exchange, cause: str) -> None:
    tokens: list[Secret] = []
    for exchange in (first, second):
        token = token_of(exchange)
        if token is None:
            check.control(exchange, 200, what="a signon that gives a token")
            check.lacks(f"a signon gave no token (exchange {exchange.id})")
        tokens.append(token)
    differ = tokens[0] != tokens[1]
    actual = "different tokens" if differ else f"the same token (exchanges {first.id} and {second.id})"
    check.expect(requirement_id, differ, second, expected="different tokens", actual=actual, cause=cause)
