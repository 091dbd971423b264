"""sdp-is-content-authorised, Error response: the JSON of the answer to an invalid token."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.repetition import Sent, judge_all
from conformance.checks.sdp.questions import is_refusal, with_token
from conformance.model import Exchange, Json, JsonObject, NotJson, json_kind
from conformance.opentv.answers import answer_object
from conformance.opentv.codes import TOKEN_REFUSED
from conformance.opentv.licence import is_success
from conformance.session import forgery
from conformance.session.form import reply_of
from conformance.session.licences import ask, client_token, content_id
from conformance.session.once import once
from conformance.target import Secret, Value, reveal


def refusal(check: Check) -> Exchange:
    """Return the answer to an arbitrary token, asked for once."""
    exchange = _refused(check)
    if not is_refusal(exchange):
        check.lacks(f"an arbitrary token is not refused (exchange {exchange.id}), so that there is no error answer")
    return exchange


@once
def _refused(check: Check) -> Exchange:
    return with_token(check, lambda: Secret(forgery.arbitrary()))


def refusal_object(check: Check) -> tuple[Exchange, JsonObject]:
    """Return that answer with its JSON object, or end the check as `could_not_test`."""
    exchange = refusal(check)
    try:
        body = exchange.response.json if exchange.response else None
    except NotJson:
        body = None
    _own(check, exchange, body)
    if not isinstance(body, dict):
        check.lacks(f"the error answer is not a JSON object (exchange {exchange.id})")
    return exchange, body


def _own(check: Check, exchange: Exchange, body: Json) -> None:
    """End the check as `could_not_test` where the body of the error response is not SDP's own."""
    if isinstance(body, dict) and {"resultCode", "result"} & body.keys():
        return
    if check.session.front.replaces_errors(exchange.operation, reply_of(exchange)):
        check.lacks(f"the bodies of all errors are replaced in front of the platform (exchange {exchange.id})")


def has_field(check: Check, requirement_id: str, name: str) -> None:
    """Judge that the error answer has a field."""
    exchange, body = refusal_object(check)
    check.expect(
        requirement_id,
        name in body,
        exchange,
        expected=f"the field {name}",
        actual=f"no {name}",
        cause=f"{name} is missing in an error answer",
    )


def is_text(check: Check, requirement_id: str, name: str) -> None:
    """Judge that a field of the error answer is a string."""
    exchange, body = refusal_object(check)
    if name not in body:
        check.lacks(f"the error answer has no {name}")
    found = json_kind(body[name])
    check.expect(
        requirement_id,
        isinstance(body[name], str) and (name != "resultCode" or bool(body[name])),
        exchange,
        expected="a string",
        actual=f"{name} is {found}",
        cause=f"{name} is {found}",
    )


@requirement("SDP-041")
def test_an_error_answer_is_a_json_object(check: Check) -> None:
    exchange = refusal(check)
    try:
        body = exchange.response.json if exchange.response else None
        seen = json_kind(body)
    except NotJson as problem:
        body, seen = None, f"not JSON: {problem}"
    _own(check, exchange, body)
    check.expect(
        "SDP-041",
        isinstance(body, dict),
        exchange,
        expected="a JSON object",
        actual=seen,
        cause="the error answer is not a JSON object",
    )


@requirement("SDP-042")
def test_an_error_answer_has_a_result_code(check: Check) -> None:
    has_field(check, "SDP-042", "resultCode")


@requirement("SDP-043")
def test_an_error_answer_has_a_result(check: Check) -> None:
    has_field(check, "SDP-043", "result")


@requirement("SDP-041", "SDP-042", "SDP-043", "SDP-044", "SDP-046")
def test_every_refused_token_is_answered_with_the_fields_of_an_error(check: Check) -> None:
    """Whatever is wrong with it: it is missing, empty, altered, cut short, or it has expired; and without a content."""
    right = reveal(client_token(check))
    tokens: list[Value | None] = [None, "", Secret(forgery.with_altered_character(right, len(right) // 2))]
    tokens.append(Secret(forgery.cut_short(right)))
    if "hdm" in check.target.subjects.get("expired_tokens", {}):
        tokens.append(check.subject("expired_tokens")["hdm"])
    content = content_id(check, "authorized")
    exchanges = [ask(check, content, token, expect_5xx=True) for token in tokens]
    nothing = ask(check, None, Secret(right), expect_5xx=True)
    own = [
        one for one in (*exchanges, nothing) if is_refusal(one) and {"resultCode", "result"} & answer_object(one).keys()
    ]
    if not own:
        check.not_observed("no error response is SDP's own")
    invalid = [one for one in exchanges[2:] if is_refusal(one)]
    objects = [one for one in invalid if answer_object(one)]
    other = next((one for one in invalid if one not in objects), None)
    if other is not None:
        _own(check, other, None)
    shown = [_all_hold(check, "SDP-041", invalid, objects, "a JSON object", "the error answer is not a JSON object")]
    for always, text, name in (("SDP-042", "SDP-044", "resultCode"), ("SDP-043", "SDP-046", "result")):
        has = [one for one in own if name in answer_object(one)]
        shown.append(_all_hold(check, always, own, has, f"the field {name}", f"{name} is missing in an error answer"))
        texts = [one for one in has if isinstance(answer_object(one)[name], str)]
        shown.append(_all_hold(check, text, has, texts, "a string", f"{name} of an error answer is not a string"))
    if not all(shown):
        check.lacks("no error response to an invalid token shows it")


def _all_hold(
    check: Check, requirement_id: str, seen: list[Exchange], right: list[Exchange], expected: str, cause: str
) -> bool:
    """Judge a requirement by what shows it; return whether anything does."""
    if seen:
        sent = [Sent("", one) for one in seen]
        judge_all(check, requirement_id, sent, lambda one: one in right, expected=expected, cause=cause)
    return bool(seen)


@requirement("SDP-044")
def test_the_result_code_of_an_error_is_a_string(check: Check) -> None:
    is_text(check, "SDP-044", "resultCode")


@requirement("SDP-045")
def test_the_result_code_of_an_error_is_not_0(check: Check) -> None:
    exchange, body = refusal_object(check)
    code = body.get("resultCode")
    check.expect(
        "SDP-045",
        not is_success(code),
        exchange,
        expected="the code of an error",
        actual=f"resultCode {code}",
        cause="an error answer has the resultCode 0",
    )


@requirement("SDP-046")
def test_the_result_of_an_error_is_text(check: Check) -> None:
    is_text(check, "SDP-046", "result")


@requirement("SDP-048")
def test_an_invalid_token_has_the_code_85102(check: Check) -> None:
    exchange, body = refusal_object(check)
    code = str(body.get("resultCode"))
    check.expect(
        "SDP-048",
        code in TOKEN_REFUSED,
        exchange,
        expected=TOKEN_REFUSED,
        actual=code[:80],
        cause="an invalid token has another resultCode than 85102",
    )
