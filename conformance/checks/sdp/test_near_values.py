"""sdp-is-content-authorised: tokens, credentials and contents that are nearly right, many of them, a few at a time."""

from __future__ import annotations

import re
from functools import partial

from conformance.checks.api import Check, requirement
from conformance.checks.repetition import TIMES, Sent, judge_all, send_all, send_near
from conformance.checks.sdp.questions import answered, is_refusal, of_each_account
from conformance.checks.sdp.test_repetition import number
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.opentv.licence import AUTHORISED, NOT_AUTHORISED, authorisation
from conformance.session.hdm import one_call_flow
from conformance.session.licences import ask, basic, client_token, content_id, credentials
from conformance.session.lookalikes import unknown_username
from conformance.session.near import Near, near_values, regrouped
from conformance.target import Secret, reveal

ERROR = ("an HTTP error", "HTTP 200 with the resultCode of an error")


def _no_result(exchange: Exchange) -> bool:
    return not authorisation(exchange)


def _numbers_alike(one: Exchange, other: Exchange) -> bool:
    return number(one) == number(other)


# What the error response always has; a body with neither is another's, as of something in front of SDP.
ALWAYS = {"SDP-042": "resultCode", "SDP-043": "result"}


@requirement("SDP-032", *ALWAYS)
def test_a_nearly_right_token_is_refused(check: Check) -> None:
    answered(check)
    content = content_id(check, "authorized")
    token = client_token(check)
    values = near_values(reveal(token), TIMES, odd=True)
    # Hexadecimal text is the same in either case.
    if not re.fullmatch("[0-9A-Fa-f-]*", reveal(token)):
        values.append(Near("the other case", reveal(token).swapcase()))
    send = partial(ask, check, content)
    sent = send_near(
        values, lambda value: send(Secret(value), expect_5xx=True), beside=partial(send, token, valid=True)
    )
    cause = "a token that is nearly a sign-on's has a result"
    judge_all(check, "SDP-032", sent, is_refusal, expected=ERROR, cause=cause)
    own = [one for one in sent if is_refusal(one.exchange) and answer_object(one.exchange).keys() & {*ALWAYS.values()}]
    for requirement_id, name in ALWAYS.items() if own else ():
        cause = f"{name} is missing in an error answer"
        judge_all(
            check,
            requirement_id,
            own,
            lambda one, name=name: name in answer_object(one),  # type: ignore[misc]
            expected=f"the field {name}",
            cause=cause,
        )
    if not own:
        check.not_observed("no error response is SDP's own")


@requirement("SDP-013")
def test_unknown_user_names_are_refused_every_time(check: Check) -> None:
    """Of wrong passwords for the service's own user a target file allows but a few."""
    answered(check)
    username, password = credentials(check)
    content, token = content_id(check, "authorized"), client_token(check)
    strangers = [Near("", unknown_username(username)) for _ in range(TIMES // 2)]
    strangers += near_values(username, TIMES // 2)
    send = partial(ask, check, content, token)
    sent = send_near(strangers, lambda one: send(authorization=basic(one, password)), beside=partial(send, valid=True))
    # Nobody's name, and pairs that are right only where they are joined: the password of nobody that there is.
    pairs = [("", reveal(password)), *regrouped(username, reveal(password))[1:3]]
    for _, other in pairs[1:]:
        check.session.stream.redactor.learn(other)
    sent += [Sent("", send(authorization=basic(name, Secret(other)))) for name, other in pairs]
    cause = "a question with an unknown user name"
    judge_all(check, "SDP-013", sent, _no_result, expected=("HTTP 401", "HTTP 403"), cause=cause)


@requirement("SDP-004")
def test_a_nearly_right_content_is_not_authorised(check: Check) -> None:
    answered(check)
    own = set(check.target.content.values())
    near = near_values(content_id(check, "authorized"), TIMES // 2, odd=True)
    values = [one for one in near if one.value not in own]
    tokens = [token() for token in of_each_account(check)]
    sent = [
        one
        for place, token in enumerate(tokens)
        for one in send_near(values[place :: len(tokens)], lambda value, token=token: ask(check, value, token))  # type: ignore[misc]
    ]
    cause = "a content ID that is nearly another's is AUTHORIZED"
    judge_all(
        check, "SDP-004", sent, lambda one: authorisation(one) != AUTHORISED, expected="no AUTHORIZED", cause=cause
    )


@requirement("SDP-002", "SDP-003", "SDP-051", "SDP-054")
def test_questions_in_turns_are_answered_alike_every_time(check: Check) -> None:
    """An entitled content, one without entitlement, and an invalid token in between."""
    first = answered(check)
    token = client_token(check)
    right, wrong = content_id(check, "authorized"), content_id(check, "not_authorized")
    questions = [right, wrong, right, wrong, ""] * (TIMES // 2)
    flow = one_call_flow()
    if not all(ask(check, right, token, headers=flow).succeeded for _ in range(2)):
        # "A unique identifier" may be good for one request alone.
        flow = {}
    sends = [
        partial(ask, check, content, token, headers=flow, valid=True)
        if content
        else partial(ask, check, right, Secret("x" * 40), expect_5xx=True)
        for content in questions
    ]
    exchanges = send_all(sends)
    entitled, refused = (
        [Sent("", exchange) for asked, exchange in zip(questions, exchanges, strict=True) if asked == content]
        for content in (right, wrong)
    )
    if authorisation(first) == AUTHORISED:
        said = ("AUTHORIZED", lambda one: authorisation(one) == AUTHORISED)
        judge_all(check, "SDP-002", entitled, said[1], expected=said[0], cause="an entitled content is not AUTHORIZED")
        judge_all(
            check, "SDP-054", entitled, said[1], expected=said[0], cause="the same question is answered otherwise"
        )
        numbered = [one for one in entitled if number(one.exchange)]
        expected, cause = f"accountNumber {number(first)}", "one account has several account numbers"
        if number(first) and numbered:
            judge_all(check, "SDP-051", numbered, partial(_numbers_alike, first), expected=expected, cause=cause)
    judge_all(
        check,
        "SDP-003",
        refused,
        lambda one: authorisation(one) == NOT_AUTHORISED,
        expected="HTTP 200 with NOT_AUTHORIZED",
        cause="a content without entitlement is not answered NOT_AUTHORIZED",
    )
