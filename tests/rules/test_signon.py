"""The rules of the signon answer: a good body, and bodies with one thing wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from conformance.model import Exchange, Request, Response
from conformance.register import load_register
from conformance.rules import Context, judge

NOW_MS = int(time.time() * 1000)
STB, NMP = "stbsignontokens", "nmpsignontokens"
Body = dict[str, Any]


def good() -> Body:
    token = {"token": "AAABPw/ZSn3g69MSRQHUax04lct!", "result": None, "resultCode": "0", "requestId": "283882958"}
    return {"token": token, "expiry": NOW_MS + 3_600_000}


def signon(
    body: object,
    *,
    operation: str = STB,
    status: int = 200,
    content_type: str = "application/json",
    sent: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    host: str = "hdm.example",
) -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answered = {"Content-Type": content_type, **(headers or {})}
    return Exchange(
        id="E00001",
        service="hdm",
        operation=operation,
        request=Request(method, f"https://{host}/api/authentication/v2/{operation}", tuple((sent or {}).items())),
        response=Response(status, tuple(answered.items()), content),
        sent_at=NOW_MS - 50.0,
        received_at=float(NOW_MS),
        valid=status < 400,
    )


def judged(exchange: Exchange) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for name, judgement in judge(exchange, Context(register=load_register())):
        if judgement.requirement.startswith("SGN"):
            assert judgement.holds or (judgement.cause and judgement.expected and judgement.actual), name
            found[judgement.requirement] = found.get(judgement.requirement, True) and judgement.holds
    return found


def broken(exchange: Exchange) -> set[str]:
    return {name for name, holds in judged(exchange).items() if not holds}


def inner(**changes: object) -> Callable[[Body], None]:
    return lambda body: body["token"].update(changes)


def outer(**changes: object) -> Callable[[Body], None]:
    return lambda body: body.update(changes)


def lacks(name: str) -> Callable[[Body], None]:
    return lambda body: body["token"].pop(name)


def flatten(body: Body) -> None:
    body.update(body.pop("token"))


def nest_expiry(body: Body) -> None:
    body["token"]["expiry"] = body.pop("expiry")


CORRUPTIONS: list[tuple[str, Callable[[Body], None], str]] = [
    ("flat body", flatten, "004"),
    ("no token object", lambda body: body.pop("token"), "004"),
    ("token object is a list", outer(token=[]), "004"),
    ("token object is null", outer(token=None), "004"),
    ("no token", lacks("token"), "005"),
    ("token is a number", inner(token=17), "005"),
    ("token is an object", inner(token={"value": "x"}), "005"),
    ("token is null", inner(token=None), "005"),
    ("token is empty", inner(token=""), "006"),
    ("token is blank", inner(token="  "), "006"),
    ("no result", lacks("result"), "007"),
    ("result is an object", inner(result={}), "008"),
    ("result is a number", inner(result=0), "008"),
    ("result is false", inner(result=False), "008"),
    ("no resultCode", lacks("resultCode"), "009"),
    ("resultCode is a number", inner(resultCode=0), "009"),
    ("resultCode is null", inner(resultCode=None), "009"),
    ("resultCode is another", inner(resultCode="23017"), "010"),
    ("no requestId", lacks("requestId"), "011"),
    ("requestId is a number", inner(requestId=283882958), "011"),
    ("requestId is null", inner(requestId=None), "011"),
    ("no expiry", lambda body: body.pop("expiry"), "012"),
    ("expiry inside token", nest_expiry, "012"),
    ("expiry is a string", outer(expiry=str(NOW_MS + 3_600_000)), "012"),
    ("expiry is ISO 8601", outer(expiry="2030-01-01T00:00:00Z"), "012"),
    ("expiry has a fraction", outer(expiry=NOW_MS + 3_600_000.5), "012"),
    ("expiry is null", outer(expiry=None), "012"),
    ("expiry is true", outer(expiry=True), "012"),
    ("expiry in seconds", outer(expiry=NOW_MS // 1000 + 3600), "013"),
    ("expiry in microseconds", outer(expiry=(NOW_MS + 3_600_000) * 1000), "013"),
    ("expiry in nanoseconds", outer(expiry=(NOW_MS + 3_600_000) * 1_000_000), "013"),
    ("expiry is a duration", outer(expiry=3_600_000), "013"),
    ("expiry is 0", outer(expiry=0), "013"),
    ("expiry is negative", outer(expiry=-1), "013"),
    ("expiry is enormous", outer(expiry=10**300), "013"),
    ("expiry is the example's", outer(expiry=1370364066047), "014"),
    ("expiry is an hour ago", outer(expiry=NOW_MS - 3_600_000), "014"),
    ("token with +", inner(token="ab+c"), "015"),
    ("token with a space", inner(token="ab c"), "015"),
    ("token with &", inner(token="ab&c"), "015"),
]


@pytest.mark.parametrize(("operation", "digit"), [(STB, "0"), (NMP, "1")])
@pytest.mark.parametrize(
    ("corrupt", "number"), [case[1:] for case in CORRUPTIONS], ids=[case[0] for case in CORRUPTIONS]
)
def test_one_thing_wrong_breaks_one_requirement(
    corrupt: Callable[[Body], None], number: str, operation: str, digit: str
) -> None:
    body = good()
    corrupt(body)
    assert broken(signon(body, operation=operation)) == {f"SGN-{digit}{number[1:]}"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"content_type": "application/json;charset=UTF-8"},
        {"content_type": "Application/JSON; charset=utf-8"},
        {"headers": {"Date": "Sun, 22 Nov 2026 06:00:00 GMT", "X-Extra": "1"}},
        {"sent": {"x-correlation-id": "a-1"}, "headers": {"X-Correlation-ID": "a-1"}},
        {"sent": {"x-correlation-id": "a-1"}},
        {"headers": {"x-correlation-id": "made-by-the-server"}},
    ],
)
def test_a_good_answer_holds_everything(changes: dict[str, Any]) -> None:
    body = good()
    if "Date" in changes.get("headers", {}):
        body["expiry"] = 1_795_330_800_000
    found = judged(signon(body, **changes))
    assert all(found.values())
    assert len(found) >= 15


@pytest.mark.parametrize(
    "edit",
    [
        inner(result="OK"),
        inner(result=""),
        inner(token="0f" * 16),
        inner(extra=1),
        outer(extra=[]),
        outer(expiry=float(NOW_MS + 600_000)),
        outer(expiry=NOW_MS + 90 * 365 * 86_400_000),
        outer(expiry=NOW_MS - 60_000),
    ],
)
def test_what_the_page_leaves_open_breaks_nothing(edit: Callable[[Body], None]) -> None:
    body = good()
    edit(body)
    assert broken(signon(body)) == set()


@pytest.mark.parametrize("content", [b"", b"[]", b'"token"', b"{", b"<html>", b"null", b"\xff\xfe{}", b"[" * 500])
def test_a_body_that_is_no_json_object(content: bytes) -> None:
    assert broken(signon(content)) == {"SGN-003"}


@pytest.mark.parametrize("content_type", ["text/html", "text/json", "application/octet-stream", ""])
def test_another_content_type(content_type: str) -> None:
    assert broken(signon(good(), content_type=content_type)) == {"SGN-002"}


@pytest.mark.parametrize("status", [201, 202, 204])
def test_a_success_that_is_not_200(status: int) -> None:
    assert broken(signon(good(), status=status)) == {"SGN-001"}


def test_a_correlation_id_that_comes_back_changed() -> None:
    exchange = signon(good(), sent={"x-correlation-id": "a"}, headers={"x-correlation-id": "b"})
    assert broken(exchange) == {"SGN-016"}


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8443"])
def test_a_target_on_this_machine_has_our_clock(host: str) -> None:
    body = good() | {"expiry": NOW_MS - 60_000}
    assert broken(signon(body, host=host)) == {"SGN-014"}


def test_a_target_on_this_machine_may_have_a_clock_of_its_own() -> None:
    early = {"Date": "Sun, 01 Jan 2023 00:00:00 GMT"}
    body = good() | {"expiry": 1_672_534_800_000}
    assert broken(signon(body, host="127.0.0.1:8080", headers=early)) == set()


def test_an_expiry_that_has_passed_by_the_date_header_and_by_our_clock() -> None:
    late = {"Date": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert broken(signon(good() | {"expiry": NOW_MS - 3_600_000}, headers=late)) == {"SGN-014"}
    # A proxy may have written the date: what has not passed by our clock proves nothing.
    assert broken(signon(good() | {"expiry": NOW_MS + 3_600_000}, headers=late)) == set()


@pytest.mark.parametrize("code", ["99999:403", "403", 23017, 0])
def test_a_refusal_with_the_gates_body(code: object) -> None:
    assert broken(signon({"resultCode": code, "result": "no"}, status=403)) == {"SGN-017"}


@pytest.mark.parametrize(
    "body",
    [
        {"resultCode": "23017", "result": "code=23017"},
        {"resultCode": "14030"},
        b"",
        b"Forbidden",
        [],
        {"token": None},
        {"token": "ERR_23017_INVALID_CREDENTIALS"},
        {"token": "The token 4711 was not issued for you"},
    ],
)
def test_any_other_refusal(body: object) -> None:
    assert judged(signon(body, status=403)) == {"SGN-017": True, "SGN-018": True}


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_refusal_that_gives_a_token(status: int) -> None:
    assert broken(signon(good(), status=status)) == {"SGN-018"}
    token = good()["token"]["token"]
    assert broken(signon({"resultCode": "23017", "token": token}, status=status)) == {"SGN-018"}
    assert broken(signon({"details": [{"auth_token": token.encode().hex()}]}, status=status)) == {"SGN-018"}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT"])
def test_other_methods_are_not_judged(method: str) -> None:
    assert judged(signon(b"", method=method)) == {}
