"""The rule that no answer repeats a secret of its request: however it is written there."""

from __future__ import annotations

import base64
import json

import pytest

from conformance.model import Exchange, Request, Response
from conformance.register import load_register
from conformance.rules import Context, judge

SALT = bytes([200, 1, 2, 250, 4, 5, 60, 7, 8, 9, 10, 11, 12, 255, 0, 1])
PASSWORD = 'Zürich & "Bern" <2>'
TEXT = base64.b64encode(SALT).decode()


def account(answer: str) -> Exchange:
    body = json.dumps({"salt": TEXT, "signonId": "ada@example.test"}).encode()
    return _exchange("adm", "createAccount", Request("POST", "https://adm.example/adm/v1/accounts", (), body), answer)


def signon(answer: str) -> Exchange:
    query = "?username=ada&password=Z%C3%BCrich%20%26%20%22Bern%22%20%3C2%3E"
    return _exchange("hdm", "nmpsignontokens", Request("GET", f"https://hdm.example/signon{query}"), answer)


def _exchange(service: str, operation: str, request: Request, answer: str) -> Exchange:
    response = Response(201, (("Content-Type", "application/json"),), answer.encode())
    return Exchange(
        id="E00001",
        service=service,
        operation=operation,
        request=request,
        response=response,
        sent_at=0.0,
        received_at=1.0,
        valid=True,
    )


def repeats(exchange: Exchange) -> bool:
    found = [judgement for _, judgement in judge(exchange, Context(register=load_register()))]
    own = [one.holds for one in found if one.requirement in ("WIR-402", "WIR-405")]
    assert own
    return not all(own)


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"salt": TEXT}),
        json.dumps({"salt": SALT.hex()}),
        json.dumps({"salt": SALT.hex(":").upper()}),
        json.dumps({"salt": {"type": "Buffer", "data": list(SALT)}}),
        json.dumps([byte - 256 * (byte > 127) for byte in SALT], separators=(",", ":")),
        json.dumps({"salt": base64.urlsafe_b64encode(SALT).decode().rstrip("=")}),
        json.dumps({"message": json.dumps({"salt": TEXT})}),
        json.dumps({"salt": f"{TEXT[:8]}\r\n{TEXT[8:16]}\r\n{TEXT[16:]}"}),
        "".join(f"\\u{ord(character):04x}" for character in TEXT),
    ],
)
def test_a_salt_is_found_in_an_answer_as_text_and_as_bytes(written: str) -> None:
    assert repeats(account(written))


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"message": PASSWORD}),
        json.dumps({"message": PASSWORD}, ensure_ascii=False),
        "".join(f"&#{ord(character)};" for character in PASSWORD),
        "Z&uuml;rich &amp; &quot;Bern&quot; &lt;2&gt;",
        json.dumps({"message": "Z%c3%bcrich+%26+%22Bern%22+%3c2%3e"}),
        PASSWORD.encode().hex(),
        base64.b64encode(PASSWORD.encode("utf-16-le")).decode(),
    ],
)
def test_a_password_is_found_in_an_answer_whatever_its_escapes(written: str) -> None:
    assert repeats(signon(written))


def test_an_answer_that_holds_other_values_repeats_nothing() -> None:
    assert not repeats(account(json.dumps({"_id": SALT[::-1].hex(), "numbers": [*range(99)]})))
    assert not repeats(signon(json.dumps({"message": "Z\u00fcrich", "requestId": "283882958"})))
