"""The rules of the initialise answer: success and error under HTTP 200, and answers with one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.model import Exchange, Request, Response
from conformance.register import load_register
from conformance.rules import Context, judge

BY_GET, BY_POST = "initialiseDeviceByGet", "initialiseDeviceByPost"
Body = dict[str, Any]


def success() -> Body:
    return {
        "resultCode": "0",
        "result": {"downloadURL": None, "status": "OK", "masterVersion": None, "response": "b3BhcXVlLWRhdGE="},
        "token": "AAABPw/ZSn3g69MSRQHUax04lct!",
        "requestId": "3f0b2b34-7e3f-4f0e-9d0c-2b0a5f6d1c11",
    }


def error() -> Body:
    body = success()
    del body["result"]["response"]
    body["result"]["status"] = "INTERNAL_ERROR"
    return body


def answer(body: object, *, operation: str = BY_GET, status: int = 200, method: str | None = None) -> Exchange:
    sent = method or ("GET" if operation == BY_GET else "POST")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = "https://hdm.example/hue-gateway/gateway/http/js/NmpExtendedService/initializeDevice"
    response = Response(status, (("Content-Type", "application/json"),), content)
    return Exchange(id="E00001", service="hdm", operation=operation, request=Request(sent, url), response=response)


def judged(exchange: Exchange) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for name, judgement in judge(exchange, Context(register=load_register())):
        if judgement.requirement.startswith("INI"):
            assert judgement.holds or (judgement.cause and judgement.expected and judgement.actual), name
            found[judgement.requirement] = found.get(judgement.requirement, True) and judgement.holds
    return found


def broken(exchange: Exchange) -> set[str]:
    return {name for name, holds in judged(exchange).items() if not holds}


def outer(**changes: object) -> Callable[[Body], None]:
    return lambda body: body.update(changes)


def inner(**changes: object) -> Callable[[Body], None]:
    return lambda body: body["result"].update(changes)


def lacks(name: str) -> Callable[[Body], None]:
    return lambda body: (body["result"] if name in body["result"] else body).pop(name)


def flatten(body: Body) -> None:
    body.update(body.pop("result"))


BOTH: list[tuple[str, Callable[[Body], None], str]] = [
    ("no resultCode", lacks("resultCode"), "003"),
    ("resultCode is a number", outer(resultCode=0), "003"),
    ("flat body", flatten, "004"),
    ("no result", lambda body: body.pop("result"), "004"),
    ("result is a string", outer(result="OK"), "004"),
    ("result is null", outer(result=None), "004"),
    ("no status", lacks("status"), "005"),
    ("status is a number", inner(status=0), "005"),
    ("status is empty", inner(status=""), "005"),
    ("no downloadURL", lacks("downloadURL"), "006"),
    ("downloadURL is a number", inner(downloadURL=1), "006"),
    ("no masterVersion", lacks("masterVersion"), "007"),
    ("masterVersion is a number", inner(masterVersion=5.1), "007"),
    ("token is a number", outer(token=5), "010"),
    ("token is an object", outer(token={"token": "x"}), "010"),
    ("no requestId", lacks("requestId"), "012"),
    ("requestId is a number", outer(requestId=17), "012"),
    ("requestId is null", outer(requestId=None), "012"),
    ("requestId is no UUID", outer(requestId="283882958"), "013"),
    ("token is no base64", outer(token="{token}"), "015"),
]
SUCCESS: list[tuple[str, Callable[[Body], None], str]] = [
    ("no response", lacks("response"), "008"),
    ("response is an object", inner(response={}), "008"),
    ("response is null", inner(response=None), "008"),
    ("response is empty", inner(response=""), "008"),
    ("response is JSON text", inner(response='{"deviceId": "1"}'), "009"),
    ("response has an impossible length", inner(response="abcde"), "009"),
    ("no token", lacks("token"), "010"),
    ("token is null", outer(token=None), "010"),
    ("token is empty", outer(token=""), "011"),
    ("resultCode is another", outer(resultCode="1"), "014"),
]
ERROR: list[tuple[str, Callable[[Body], None], str]] = [
    ("resultCode is another", outer(resultCode="99"), "014"),
    ("it has a response", inner(response="b3BhcXVl"), "016"),
]
CASES = (
    [(f"success: {name}", success, edit, number) for name, edit, number in BOTH + SUCCESS]
    + [(f"error: {name}", error, edit, number) for name, edit, number in BOTH + ERROR]
)  # fmt: skip


@pytest.mark.parametrize(("operation", "digit"), [(BY_GET, "0"), (BY_POST, "1")])
@pytest.mark.parametrize(("made", "edit", "number"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_thing_wrong_breaks_one_requirement(
    made: Callable[[], Body], edit: Callable[[Body], None], number: str, operation: str, digit: str
) -> None:
    body = made()
    edit(body)
    assert broken(answer(body, operation=operation)) == {f"INI-{digit}{number[1:]}"}


@pytest.mark.parametrize("made", [success, error])
@pytest.mark.parametrize("operation", [BY_GET, BY_POST])
def test_the_documented_forms_break_nothing(made: Callable[[], Body], operation: str) -> None:
    found = judged(answer(made(), operation=operation))
    assert all(found.values())
    assert len(found) >= 11


@pytest.mark.parametrize(
    ("made", "edit"),
    [
        (success, inner(status="PLAYER_UPGRADE_RECOMMENDED", downloadURL="https://x.example/p", masterVersion="6.0")),
        (success, inner(response="b3Bh-cXVl_w")),
        (success, inner(extra=1)),
        (success, outer(token="0f" * 16)),
        (error, inner(status="DEVICE_LIMIT_REACHED")),
        (error, inner(response=None)),
        (error, inner(response="")),
        (error, outer(token=None)),
        (error, lacks("token")),
        (error, outer(token="")),
    ],
)
def test_what_the_page_leaves_open_breaks_nothing(made: Callable[[], Body], edit: Callable[[Body], None]) -> None:
    body = made()
    edit(body)
    assert broken(answer(body)) == set()


def test_an_upgrade_that_is_recommended_is_a_success() -> None:
    body = success()
    body["result"]["status"] = "PLAYER_UPGRADE_RECOMMENDED"
    del body["result"]["response"]
    assert broken(answer(body)) == {"INI-008"}


@pytest.mark.parametrize("content", [b"", b"[]", b"OK", b"<html>", b"null"])
def test_a_body_that_is_no_json_object(content: bytes) -> None:
    assert broken(answer(content)) == {"INI-002"}


@pytest.mark.parametrize("code", ["99999:403", "85102"])
def test_the_platforms_refusal_under_200_has_a_form_of_its_own(code: str) -> None:
    body = {"resultCode": code, "localeMessage": "none", "requestId": 17, "result": "the token is invalid"}
    assert judged(answer(body)) == {"INI-002": True, "INI-003": True}


@pytest.mark.parametrize("status", [400, 403, 500])
def test_other_statuses_may_have_any_body(status: int) -> None:
    assert judged(answer(b"no", status=status)) == {}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT"])
def test_other_methods_are_not_judged(method: str) -> None:
    assert judged(answer(b"", method=method)) == {}
