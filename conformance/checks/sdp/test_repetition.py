"""sdp-is-content-authorised: one account, two accounts, and the same question again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.checks.sdp.forms import differences
from conformance.checks.sdp.questions import answered, controlled, is_refusal, of_each_account, of_two_accounts
from conformance.model import Exchange
from conformance.opentv.licence import AUTHORISED, authorisation, result_of
from conformance.session import forgery
from conformance.session.licences import ask, client_token, content_id, describe
from conformance.target import Secret

TIMES = 4


def number(exchange: Exchange) -> str:
    """Return the account number of an answer as text; empty where it has none."""
    value = result_of(exchange).get("accountNumber")
    return "" if value is None else str(value)


def said(exchange: Exchange) -> tuple[str, str]:
    """Return what an answer says of content and account."""
    return authorisation(exchange), number(exchange)


@requirement("SDP-051")
def test_the_account_number_stays_the_same(check: Check) -> None:
    contents = list(check.target.content.values())
    of_each = [
        [ask(check, content, token()) for content in [*contents, contents[0]]] for token in of_each_account(check)
    ]
    numbered = [[exchange for exchange in exchanges if number(exchange)] for exchanges in of_each]
    if len(numbered[0]) < 2:
        check.lacks("no two answers have an account number that could be compared: see LIC-008")
    for exchanges in numbered:
        for exchange in exchanges[1:]:
            check.expect(
                "SDP-051",
                number(exchange) == number(exchanges[0]),
                exchange,
                expected=f"accountNumber {number(exchanges[0])}",
                actual=f"accountNumber {number(exchange)}",
                cause="one account has several account numbers",
            )


@requirement("SDP-052")
def test_two_accounts_have_two_account_numbers(check: Check) -> None:
    one, other = of_two_accounts(check)
    answered(check)
    for content in check.target.content.values():
        first, second = (ask(check, content, token()) for token in (one, other))
        if all(authorisation(exchange) == AUTHORISED and number(exchange) for exchange in (first, second)):
            check.expect(
                "SDP-052",
                number(first) != number(second),
                second,
                expected="another accountNumber than the first account's",
                actual=f"accountNumber {number(second)} for both",
                cause="two accounts have the same account number",
            )
            return
    check.lacks(
        "no content of the target file is AUTHORIZED for both accounts", 'subjects: {content: {authorized: "…"}}'
    )


@requirement("SDP-053")
def test_another_accounts_question_does_not_change_the_answer(check: Check) -> None:
    one, other = of_two_accounts(check)
    answered(check)
    content = content_id(check, "authorized")
    alone = [said(controlled(check, ask(check, content, token()))) for token in (one, other)]
    for _ in range(2):
        for expected, token in zip(alone, (one, other), strict=True):
            exchange = ask(check, content, token())
            check.expect(
                "SDP-053",
                said(exchange) == expected,
                exchange,
                expected=" ".join(expected),
                actual=" ".join(said(exchange)) or describe(exchange),
                cause="an answer changes after another account's question",
            )
    turns = list(zip(alone, (one(), other()), strict=True)) * TIMES
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        together = list(pool.map(lambda turn: ask(check, content, turn[1]), turns))
    for (expected, _), exchange in zip(turns, together, strict=True):
        check.expect(
            "SDP-053",
            said(exchange) == expected,
            exchange,
            expected=" ".join(expected),
            actual=" ".join(said(exchange)) or describe(exchange),
            cause="questions asked at the same moment are mixed up",
        )


@requirement("SDP-054")
def test_the_same_question_has_the_same_answer(check: Check) -> None:
    # With one and the same token, which is good for many questions, and then with fresh ones.
    content, token = content_id(check, "authorized"), client_token(check)
    first = controlled(check, ask(check, content, token, valid=True))
    for time in range(2 * TIMES):
        again = ask(check, content, token if time < TIMES else client_token(check))
        check.expect(
            "SDP-054",
            authorisation(again) == authorisation(first),
            again,
            expected=authorisation(first),
            actual=describe(again),
            cause="the same question is answered otherwise",
        )


@requirement("SDP-055")
def test_the_same_question_is_answered_in_the_same_form(check: Check) -> None:
    first = answered(check)
    for _ in range(TIMES):
        again = answered(check)
        found = differences(result_of(first), result_of(again))
        check.expect(
            "SDP-055",
            not found,
            again,
            expected="the names and types of the first answer",
            actual="; ".join(found),
            cause="the same question is answered in another form",
        )


@requirement("SDP-056")
def test_all_contents_are_answered_in_the_same_form(check: Check) -> None:
    first = answered(check)
    for content in check.target.content.values():
        other = ask(check, content, client_token(check))
        found = differences(result_of(first), result_of(other))
        check.expect(
            "SDP-056",
            not found,
            other,
            expected="the names and types of the other answers",
            actual="; ".join(found),
            cause="contents are answered in different forms",
        )


@requirement("SDP-057")
def test_a_refused_question_leaves_no_result_behind(check: Check) -> None:
    content = content_id(check, "authorized")
    first = answered(check)
    invalid = ask(check, content, Secret(forgery.arbitrary()), expect_5xx=True)
    anonymous = ask(check, content, client_token(check), anonymous=True)
    for exchange, cause in ((invalid, "an invalid token"), (anonymous, "no credentials")):
        check.expect(
            "SDP-057",
            is_refusal(exchange),
            exchange,
            expected="an error",
            actual=describe(exchange),
            cause=f"after a right question, one with {cause} is answered {authorisation(exchange) or exchange.status}",
        )
    again = ask(check, content, client_token(check))
    check.expect(
        "SDP-057",
        authorisation(again) == authorisation(first),
        again,
        expected=authorisation(first),
        actual=describe(again),
        cause="after refused questions, the right one is answered otherwise",
    )
