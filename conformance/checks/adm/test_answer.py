"""adm-creating-an-account, Response and Example: 201 and the account's ID."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from conformance.checks.adm.attempts import at_both
from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.accounts import fresh_account
from conformance.session.creations import OPF, created_id, opening, send_account

AT_ONCE = 4


@at_both("ADM-001", "SSP-001")
def test_a_complete_request_is_answered_201(check: Check, operation: str) -> None:
    first = opening(check, operation)
    check.expect_status("ADM-001", first.exchange, 201, cause="a complete request")


@requirement("ADM-006", "ADM-007")
def test_the_request_may_give_the_account_id(check: Check) -> None:
    """Whatever form of ID the platform uses: 24 hexadecimal digits, a UUID, or digits."""
    first = opening(check, OPF)
    check.control(first.exchange, what="the same request without _id")
    forms = iter((secrets.token_hex(12), str(uuid.uuid4()), str(10**11 + secrets.randbelow(10**11))))
    given = next(forms)
    exchange = send_account(check, OPF, fresh_account(check, first.form).having(_id=given))
    while not exchange.succeeded and (other := next(forms, "")):
        given = other
        exchange = send_account(check, OPF, fresh_account(check, first.form).having(_id=given))
    check.expect_status("ADM-007", exchange, 201, 200, cause="a request with an _id")
    if exchange.succeeded:
        # IDs that none of these rules would have made; a platform that refuses their form has said so.
        for odd in (
            f"Home-{secrets.token_hex(6)}_{secrets.token_hex(12).upper()}",
            f"Home {secrets.token_hex(6).upper()} B",
            f"000{10**17 + secrets.randbelow(9 * 10**17)}",
        ):
            unusual = send_account(check, OPF, fresh_account(check, first.form).having(_id=odd))
            if unusual.succeeded and created_id(exchange) == given:
                given, exchange = odd, unusual
    answered = created_id(exchange)
    if exchange.succeeded and not answered:
        check.lacks(f"the answer contains no account ID (exchange {exchange.id})")
    check.expect(
        "ADM-006",
        answered == given or not exchange.succeeded,
        exchange,
        expected=f"_id {given}",
        actual=f"_id {answered}",
        cause="the answer has another _id than the request gave",
    )


@requirement("ADM-008")
def test_two_accounts_have_two_ids(check: Check) -> None:
    first = opening(check, OPF)
    check.control(first.exchange, what="the first account")
    # The correlation ID stands for a call flow, not for an account: it may well be the same.
    sent = {name.lower(): value for name, value in first.exchange.request.headers}
    account = fresh_account(check, first.form)
    second = send_account(check, OPF, account.body, correlation_id=sent.get("x-correlation-id", ""), valid=True)
    check.control(second, what="the second account")
    if not first.account_id or not created_id(second):
        check.lacks("the answers contain no account IDs to compare: see ADM-003")
    expect_other_ids(check, [first.exchange, second], "two accounts have the same _id")
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        accounts = [fresh_account(check, first.form) for _ in range(AT_ONCE)]
        together = list(pool.map(lambda account: send_account(check, OPF, account.body, valid=True), accounts))
    expect_other_ids(check, together, "two accounts that are created at the same moment have the same _id")


def expect_other_ids(check: Check, creations: Sequence[Exchange], cause: str) -> None:
    """Judge that no two answers tell one ID."""
    told = [created_id(exchange) for exchange in creations if created_id(exchange)]
    repeated = next((one for one in told if told.count(one) > 1), "")
    check.expect(
        "ADM-008",
        not repeated,
        creations[-1],
        expected="another _id for each account",
        actual=f"_id {repeated} again",
        cause=cause,
    )
