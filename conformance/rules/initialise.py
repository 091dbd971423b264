"""The answer to an initialisation: hdm-authentication, "Initialise device" (by GET and by POST alike).

Success and error have one form under HTTP 200; `result.status` tells them apart. The copy of the page has lost the line
that opens the inner object; its name, `result`, is the one that NAGRA's JavaScript client reads (contract note 1.4).
A body with another `resultCode` and without an inner object is the platform's refusal of the token (contract note 7.1).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held
from conformance.opentv.answers import json_object
from conformance.rules.base import JudgeFunction
from conformance.rules.signon import Judge, kind, rule_for_methods, string_field

INITIALISE = ("initialiseDeviceByGet", "initialiseDeviceByPost")
SUCCESSES = ("OK", "PLAYER_UPGRADE_RECOMMENDED")

# Both alphabets; `!` is what the page's own token has for `+`.
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]+={0,2}\s*")
_BASE64_TOKEN = re.compile(r"[A-Za-z0-9+/_!-]+={0,2}")


def initialise_rule(*requirements: str) -> Callable[[Judge], JudgeFunction]:
    """Register a rule for HTTP 200 answers to an initialisation by GET or POST."""
    return rule_for_methods(*requirements, operations=INITIALISE, methods=("GET", "POST"), statuses=(200,))


def is_platform_refusal(body: JsonObject) -> bool:
    """Whether a body under HTTP 200 is the platform's refusal: another code than 0, and no inner object."""
    another_code = body.get("resultCode") not in ("0", 0, None)
    return another_code and not isinstance(body.get("result"), dict) and "status" not in body


def _parts(exchange: Exchange) -> tuple[JsonObject, JsonObject] | None:
    """The answer and its inner object; None where rules on its fields have nothing to say."""
    body = json_object(exchange.response)
    result = body.get("result") if body else None
    return (body, result) if body is not None and isinstance(result, dict) else None


def _is_base64(text: str, alphabet: re.Pattern[str]) -> bool:
    return bool(alphabet.fullmatch(text)) and len(re.sub(r"[=\s]", "", text)) % 4 != 1


@initialise_rule("INI-002", "INI-003", "INI-004")
def initialise_form(exchange: Exchange) -> Iterator[Judgement]:
    """The answer is an object with a string resultCode and an inner object (Success response, Error response)."""
    body = json_object(exchange.response)
    if body is None:
        cause = "the body of the initialise answer is not a JSON object"
        yield broken("INI-002", expected="a JSON object", actual="something else", cause=cause)
        return
    yield held("INI-002")
    yield string_field("INI-003", body, "resultCode", "resultCode")
    if is_platform_refusal(body):
        return
    result = body.get("result")
    if isinstance(result, dict):
        yield held("INI-004")
        return
    if "result" in body:
        cause = f"result of the initialise answer is of type {kind(result)}"
    elif "status" in body:
        cause = "the initialise answer is flat: status stands beside resultCode"
    else:
        cause = "the initialise answer has no result object"
    yield broken("INI-004", expected="an object result that holds status", actual=cause, cause=cause)


@rule_for_methods("INI-034", operations=INITIALISE, methods=("GET", "POST"), statuses=range(200, 600))
def initialise_error_status(exchange: Exchange) -> Iterator[Judgement]:
    """The error response comes under HTTP 200; NAGRA's JavaScript client sees the status of no other."""
    parts = _parts(exchange)
    if parts is None or not isinstance(parts[1].get("status"), str) or parts[1]["status"] in SUCCESSES:
        return
    if exchange.status == 200:
        yield held("INI-034")
    else:
        cause = f"an initialise error is answered HTTP {exchange.status}"
        yield broken("INI-034", expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=cause)


@initialise_rule("INI-005", "INI-006", "INI-007")
def initialise_result(exchange: Exchange) -> Iterator[Judgement]:
    """The inner object holds downloadURL, status and masterVersion, in success and in error."""
    parts = _parts(exchange)
    if parts is None:
        return
    result = parts[1]
    status = string_field("INI-005", result, "status", "result.status")
    if status.holds and not str(result["status"]).strip():
        status = broken("INI-005", expected="a status", actual="an empty string", cause="result.status is empty")
    yield status
    for requirement, name in (("INI-006", "downloadURL"), ("INI-007", "masterVersion")):
        if name not in result:
            cause = f"result.{name} is missing"
            yield broken(requirement, expected=f"result.{name} is there", actual="it is missing", cause=cause)
        elif result[name] is not None and not isinstance(result[name], str):
            found = kind(result[name])
            cause = f"result.{name} is of type {found}"
            yield broken(requirement, expected="null or a string", actual=found, cause=cause)
        else:
            yield held(requirement)


@initialise_rule("INI-008", "INI-009", "INI-016")
def initialise_response(exchange: Exchange) -> Iterator[Judgement]:
    """`response` is base64 in success, and absent in error."""
    parts = _parts(exchange)
    if parts is None or not parts[1].get("status") or not isinstance(parts[1]["status"], str):
        return
    result = parts[1]
    response: Json = result.get("response")
    if result["status"] not in SUCCESSES:
        if response in (None, ""):
            yield held("INI-016")
        else:
            cause = "an error answer of the initialisation has a response"
            yield broken("INI-016", expected="no response", actual=kind(response), cause=cause)
        return
    found = string_field("INI-008", result, "response", "result.response")
    if found.holds and not str(response).strip():
        found = broken("INI-008", expected="opaque data", actual="an empty string", cause="result.response is empty")
    yield found
    if isinstance(response, str) and response.strip():
        if _is_base64(response, _BASE64):
            yield held("INI-009")
        else:
            cause = "result.response is not base64"
            yield broken("INI-009", expected="base64", actual=repr(response[:40]), cause=cause)


@initialise_rule("INI-010", "INI-011", "INI-015")
def initialise_token(exchange: Exchange) -> Iterator[Judgement]:
    """`token` stands beside `result`, in success and in error."""
    parts = _parts(exchange)
    if parts is None:
        return
    body, result = parts
    success = result.get("status") in SUCCESSES
    token = body.get("token")
    if "token" in body and token is None and not success:
        yield held("INI-010")
        return
    yield string_field("INI-010", body, "token", "token of the initialise answer")
    if not isinstance(token, str):
        return
    if success and not token.strip():
        cause = "the token of the initialise answer is empty"
        yield broken("INI-011", expected="at least one character", actual="an empty string", cause=cause)
    elif success:
        yield held("INI-011")
    if token.strip():
        if _is_base64(token, _BASE64_TOKEN):
            yield held("INI-015")
        else:
            cause = "the token of the initialise answer is not base64"
            yield broken("INI-015", expected="base64", actual="other characters", cause=cause)


@initialise_rule("INI-012", "INI-013", "INI-014")
def initialise_codes(exchange: Exchange) -> Iterator[Judgement]:
    """`requestId` is a string, a UUID in the page's form; `resultCode` is 0, in success and in error."""
    parts = _parts(exchange)
    if parts is None:
        return
    body = parts[0]
    yield string_field("INI-012", body, "requestId", "requestId of the initialise answer")
    request_id, code = body.get("requestId"), body.get("resultCode")
    if isinstance(request_id, str):
        if _is_uuid(request_id):
            yield held("INI-013")
        else:
            yield broken("INI-013", expected="a UUID", actual=repr(request_id[:60]), cause="requestId is not a UUID")
    if isinstance(code, str):
        if code == "0":
            yield held("INI-014")
        else:
            cause = "the initialise answer has another resultCode than 0"
            yield broken("INI-014", expected='"0"', actual=repr(code[:40]), cause=cause)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
