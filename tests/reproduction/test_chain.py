"""What led to a finding is found in the stream: the responses that its tokens are from, and every request of a walk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from conformance.reproduction import chains_of, curl_lines
from conformance.stream import events, read_run

SIGN_ON, GENERATE, CREATE = "dasSignOnByCasn", "generateUpdateInHomeToken", "createAccount"
CHALLENGE = "***<secret:31:aaaaaaaaaaaa>"
HEAD = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTU3MTIxOTl9."
ACCESS, REFRESH = f"{HEAD}***<signature:43:bbbbbbbbbbbb>", f"{HEAD}***<signature:43:cccccccccccc>"
# Other claims under the signature of the access token.
ALTERED = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTU3MTIyOTl9.***<signature:43:bbbbbbbbbbbb>"


def exchange(
    name: str, operation: str, by: str, token: str = "", *, status: int = 200, **more: object
) -> events.Exchange:
    body = f'{{"casn": "1", "dasChallenge": "{CHALLENGE}"}}' if operation == SIGN_ON else ""
    answer = f'{{"access_token": "{ACCESS}", "refresh_token": "{REFRESH}"}}' if operation == SIGN_ON else "{}"
    request = events.Request(
        method="POST",
        url=f"https://t.example/{operation}",
        headers=[("Authorization", f"Bearer {token}")] if token else [],
        body=body,
        size=len(body),
    )
    service = "adm" if operation == CREATE else "ias"
    return events.Exchange(
        id=name,
        service=service,
        operation=operation,
        by=by,
        request=request,
        response=events.Response(status=status, body=answer, size=len(answer)),
        **more,
    )


def lines(folder: Path, wanted: str, *made: events.Exchange) -> list[str]:
    encoder = msgspec.json.Encoder()
    (folder / "run.jsonl").write_bytes(b"\n".join(encoder.encode(one) for one in made))
    chains, names = chains_of(read_run(folder), [wanted])
    return curl_lines(chains[wanted], names).splitlines()


def test_a_token_is_taken_from_the_response_that_it_is_from(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        "E4",
        exchange("E1", SIGN_ON, "preflight", valid=True),
        exchange("E2", GENERATE, "a::b", "***<token:9:dddddddddddd>", status=403),
        exchange("E3", GENERATE, "a::c", ACCESS),
        exchange("E4", GENERATE, "a::b", ACCESS),
    )
    assert len(found) == 2
    assert found[0].startswith("OTV_IAS_TOKEN=$(curl ")
    assert '"${OTV_STB_DAS_CHALLENGE:?subjects.stb.dasChallenge of the target file, that of 1}"' in found[0]
    assert "'Authorization: Bearer '\"${OTV_IAS_TOKEN:?exchange E1 has to bring it}\"" in found[1]


@pytest.mark.parametrize(("by", "requests"), [("fuzz: walk 1 of devices", 3), ("a::b", 2), ("fuzz", 2)])
def test_of_a_walk_every_request_is_there(tmp_path: Path, by: str, requests: int) -> None:
    found = lines(
        tmp_path,
        "F4",
        exchange("F1", SIGN_ON, by),
        exchange("F2", SIGN_ON, "fuzz: walk 2 of devices"),
        exchange("F3", CREATE, by, status=400),
        exchange("F4", GENERATE, by, ACCESS),
    )
    assert len(found) == requests
    assert f"https://t.example/{GENERATE}" in found[-1]


def test_two_tokens_of_one_response_are_taken_from_it_at_once(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        "E3",
        exchange("E1", SIGN_ON, "a::b"),
        exchange("E2", GENERATE, "a::b", REFRESH),
        exchange("E3", GENERATE, "fuzz: walk 1 of devices", f"{ACCESS}.{REFRESH}"),
    )
    assert found[0].startswith("OTV_ANSWER=$(curl ")
    assert [line.partition("=")[0] for line in found[1:3]] == ["OTV_IAS_TOKEN", "OTV_IAS_TOKEN_2"]


def test_other_claims_stand_before_the_signature_of_a_fresh_token(tmp_path: Path) -> None:
    found = lines(
        tmp_path, "E2", exchange("E1", SIGN_ON, "a::b"), exchange("E2", GENERATE, "a::b", ALTERED, status=403)
    )
    assert ALTERED.rpartition(".")[0] + '."${OTV_IAS_TOKEN##*.}"' in found[1]


def test_a_token_that_nothing_brought_is_another_one_and_not_asked_for_by_the_name_of_the_valid_one(
    tmp_path: Path,
) -> None:
    made_up = "***<token:32:dddddddddddd>"
    found = lines(
        tmp_path,
        "E2",
        exchange("E1", SIGN_ON, "preflight", valid=True),
        exchange("E2", GENERATE, "a::b", made_up, status=200),
    )
    assert len(found) == 1
    assert "${OTV_OTHER_IAS_TOKEN:?another value than OTV_IAS_TOKEN" in found[0]
