"""SDP's answers: whether a content is authorised, and under which usage rules.

Source: sdp-is-content-authorised. Its table and its examples differ in names and types: every field is accepted in
either spelling and either type, in any mixture. A null stands for an absent value.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held
from conformance.opentv.answers import json_object
from conformance.rules.account import judge_object, kind
from conformance.rules.base import Context, rule

QUESTIONS = ("isContentAuthorised", "isContentAuthorized")
AUTHORISED, NOT_AUTHORISED = "AUTHORIZED", "NOT_AUTHORIZED"
SUCCESS = "0"


def is_success(code: Json) -> bool:
    """Whether a resultCode means success, whatever its type."""
    return not isinstance(code, bool) and (code == SUCCESS or (isinstance(code, (int, float)) and code == 0))


def is_error(exchange: Exchange, body: JsonObject) -> bool:
    """Whether an answer is an error: by its status, or (legacy) under 200 by a resultCode without a result object."""
    if exchange.status != 200:
        return exchange.status >= 400
    return "resultCode" in body and not is_success(body["resultCode"]) and not isinstance(body.get("result"), dict)


def result_of(exchange: Exchange) -> JsonObject | None:
    """The result object of a 200 answer, None where there is none."""
    body = json_object(exchange.response) if exchange.status == 200 else None
    result = body.get("result") if body is not None else None
    return result if isinstance(result, dict) else None


def authorisation(exchange: Exchange) -> str:
    """AUTHORIZED, NOT_AUTHORIZED, or an empty text where the answer says neither."""
    result = result_of(exchange)
    value = result.get("isAuthorized") if result is not None else None
    return value if value in (AUTHORISED, NOT_AUTHORISED) and isinstance(value, str) else ""


def judged_object(exchange: Exchange) -> JsonObject | None:
    """The JSON object of an answer that the rules judge: one to a GET, and complete."""
    if exchange.request.method != "GET" or exchange.response is None or exchange.response.truncated:
        return None
    return json_object(exchange.response)


@rule("LIC-001", operations=QUESTIONS, statuses=(200,))
def answer_is_object(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """HTTP 200 with JSON payload."""
    if exchange.request.method == "GET" and exchange.response is not None and not exchange.response.truncated:
        yield judge_object("LIC-001", exchange)


@rule("LIC-002", "LIC-003", "LIC-004", "LIC-005", operations=QUESTIONS, statuses=(200,))
def envelope(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """An answer has resultCode "0" and a result."""
    body = judged_object(exchange)
    if body is None or is_error(exchange, body):
        return
    result = body.get("result")
    if "resultCode" not in body:
        yield broken("LIC-002", expected='resultCode "0"', actual="no resultCode", cause="resultCode is missing")
    else:
        yield held("LIC-002")
        code = body["resultCode"]
        if isinstance(code, str):
            yield held("LIC-003")
        else:
            found = kind(code)
            yield broken(
                "LIC-003", expected='the string "0"', actual=f"{found}: {code}", cause=f"resultCode is {found}"
            )
        if is_success(code):
            yield held("LIC-004")
        elif isinstance(code, str):
            yield broken(
                "LIC-004",
                expected='"0"',
                actual=f"{code} with a result",
                cause="a result under another resultCode than 0",
            )
    if isinstance(result, dict):
        yield held("LIC-005")
    else:
        found = f"result is {kind(result)}" if "result" in body else "result is missing"
        yield broken("LIC-005", expected="an object", actual=found, cause=found)


@rule("LIC-006", "LIC-007", operations=QUESTIONS, statuses=(200,))
def authorisation_status(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The field isAuthorized is always present, and always one of two strings."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    if result is None:
        return
    if "isAuthorized" not in result:
        yield broken(
            "LIC-006", expected="the field isAuthorized", actual="no such field", cause="isAuthorized is missing"
        )
        return
    yield held("LIC-006")
    value = result["isAuthorized"]
    if isinstance(value, str) and value in (AUTHORISED, NOT_AUTHORISED):
        yield held("LIC-007")
    else:
        cause = "isAuthorized is another string" if isinstance(value, str) else f"isAuthorized is {kind(value)}"
        yield broken("LIC-007", expected=(AUTHORISED, NOT_AUTHORISED), actual=str(value)[:80], cause=cause)


@rule("LIC-008", "LIC-009", "LIC-010", operations=QUESTIONS, statuses=(200,))
def account_number(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The field accountNumber is always there when AUTHORIZED, and a string."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    if result is None:
        return
    authorised = result.get("isAuthorized") == AUTHORISED
    number = result.get("accountNumber")
    if number is None:
        if authorised:
            found = "accountNumber is null" if "accountNumber" in result else "accountNumber is missing"
            yield broken("LIC-008", expected="accountNumber", actual=found, cause=f"AUTHORIZED: {found}")
        return
    if authorised:
        yield held("LIC-008")
    if not isinstance(number, str):
        cause = f"accountNumber is {kind(number)}"
        yield broken("LIC-009", expected="a string", actual=cause, cause=cause)
        return
    yield held("LIC-009")
    if number.strip():
        yield held("LIC-010")
    elif authorised:
        yield broken("LIC-010", expected="an identifier", actual="an empty string", cause="accountNumber is empty")


@rule("LIC-031", "LIC-032", "LIC-033", operations=QUESTIONS, statuses=(200,))
def additional_info(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The field additionalInfo is a map of strings; casProductId is in it (table) or beside it (example)."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    if result is None:
        return
    info = result.get("additionalInfo")
    if isinstance(info, dict):
        yield held("LIC-031")
        wrong = sorted(
            kind(v) for k, v in info.items() if k != "casProductId" and v is not None and not isinstance(v, str)
        )
        if wrong:
            cause = f"a value of additionalInfo is {wrong[0]}"
            yield broken("LIC-032", expected="strings only", actual=", ".join(wrong), cause=cause)
        else:
            yield held("LIC-032")
    elif info is not None:
        yield broken("LIC-031", expected="an object", actual=kind(info), cause=f"additionalInfo is {kind(info)}")
    for place in (result, info if isinstance(info, dict) else {}):
        product = place.get("casProductId")
        if isinstance(product, str):
            yield held("LIC-033")
        elif product is not None:
            yield broken("LIC-033", expected="a string", actual=kind(product), cause=f"casProductId is {kind(product)}")


@rule("SDP-044", "SDP-046", "SDP-047", operations=QUESTIONS)
def error_fields(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Where an error answer has SDP's fields, they have SDP's types."""
    body = judged_object(exchange)
    if body is None or not is_error(exchange, body) or "resultCode" not in body:
        return
    code = body["resultCode"]
    if isinstance(code, str) and code:
        yield held("SDP-044")
    else:
        found = "an empty string" if code == "" else kind(code)
        yield broken("SDP-044", expected="a string", actual=f"resultCode is {found}", cause=f"resultCode is {found}")
    if "result" in body:
        text = body["result"]
        if isinstance(text, str):
            yield held("SDP-046")
        else:
            yield broken("SDP-046", expected="a string", actual=kind(text), cause=f"result is {kind(text)}")
    message = body.get("localeMessage")
    if isinstance(message, str):
        yield held("SDP-047")
    elif message is not None:
        yield broken("SDP-047", expected="a string", actual=kind(message), cause=f"localeMessage is {kind(message)}")
