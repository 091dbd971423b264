from __future__ import annotations

import base64
import subprocess
from typing import Any

import pytest

from conformance.reproduction import by_place
from conformance.reproduction import curl_line as line_of
from conformance.reproduction.names import variable
from conformance.stream import events


def sent(line: str, **variables: str) -> list[str]:
    """Run a line with a `curl` that prints its arguments, and return them."""
    shell = 'curl() { for a in "$@"; do printf "%s\\036" "$a"; done; [ -t 0 ] || cat; }\n' + line
    done = subprocess.run(
        ["bash", "-c", shell], env=variables, capture_output=True, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.decode().split("\036")


def curl_line(request: events.Request) -> str:
    return line_of(request, by_place(""))


def request(**facts: Any) -> events.Request:
    return events.Request(**{"method": "GET", "url": "http://t.example/p", **facts})


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("password", "OTV_PASSWORD"),
        ("dasChallenge", "OTV_DAS_CHALLENGE"),
        ("access_token", "OTV_ACCESS_TOKEN"),
        ("", "OTV_SECRET"),
    ],
)
def test_a_secret_is_named_after_its_place(name: str, wanted: str) -> None:
    assert variable(name) == wanted


def test_a_secret_of_the_query_is_encoded_by_curl() -> None:
    line = curl_line(request(url="http://t.example/p?username=a%26b&password=***&x=1"))
    args = sent(line, OTV_PASSWORD="p&w '\"$x")
    assert "password=p&w '\"$x" in args
    assert args[-2] == "http://t.example/p?username=a%26b&x=1"
    assert "-G" in args


def test_a_hostile_value_stays_one_word() -> None:
    url = "http://t.example/p?q=%27;rm%20-rf%20$(id)`id`'"
    assert url in sent(curl_line(request(url=url)))


def test_a_secret_in_a_body_becomes_a_variable() -> None:
    body = '{"casn": "it\'s", "dasChallenge": "***"}'
    line = curl_line(request(method="POST", body=body, headers=[["Content-Type", "application/json"]]))
    assert body.replace("***", "chal") in sent(line, OTV_DAS_CHALLENGE="chal")


def test_a_token_is_hidden_whole() -> None:
    headers = [["Authorization", "Bearer eyJhbGciOiJI.eyJ0eXAiOiJE.***"]]
    assert "Authorization: Bearer tok" in sent(curl_line(request(headers=headers)), OTV_TOKEN="tok")


def test_basic_authentication_asks_for_user_and_password() -> None:
    line = curl_line(request(headers=[["Authorization", "Basic ***"]]))
    assert "mdrm:pw" in sent(line, OTV_USERNAME="mdrm", OTV_PASSWORD="pw")


def test_control_characters_reach_the_body() -> None:
    out = sent(curl_line(request(method="POST", body='{"a": "\x00\x1b\\n"}')))
    assert out[-1] == '{"a": "\x00\x1b\\n"}'


def test_no_content_type_is_made_up() -> None:
    assert "Content-Type:" in sent(curl_line(request(method="PUT", body="{}")))
    assert "X-Empty;" in sent(curl_line(request(headers=[["X-Empty", ""]])))


def test_a_secret_before_a_nul_stands_in_the_url() -> None:
    line = curl_line(request(url="http://t.example/p?a=***%00"))
    assert "http://t.example/p?a=v%00" in sent(line, OTV_A="v")


def test_bytes_that_are_no_text_reach_the_body() -> None:
    body = base64.b64encode(b"\xff{\\").decode()
    line = curl_line(request(method="POST", body_base64=body))
    shell = sent(line.replace("curl", "LC_ALL=C xxd -p; : curl", 1))
    assert shell[0].strip() == "ff7b5c"


def test_a_body_that_begins_with_an_at_sign_names_no_file() -> None:
    args = sent(curl_line(request(method="POST", body="@/etc/passwd")))
    assert args[args.index("--data-raw") + 1] == "@/etc/passwd"


def test_a_url_that_begins_with_a_dash_is_no_option() -> None:
    args = sent(curl_line(request(url="-o/tmp/x")))
    assert args[args.index("--url") + 1] == "-o/tmp/x"


def test_a_header_and_a_parameter_whose_names_hold_an_at_sign_name_no_file() -> None:
    line = curl_line(request(url="http://t.example/p?a@/etc/passwd=***", headers=[["@/etc/passwd", "x"]]))
    args = sent(line, OTV_A_ETC_PASSWD="v")
    assert "@/etc/passwd: x" not in args
    assert "--data-urlencode" not in args
    assert "http://t.example/p?a@/etc/passwd=v" in args


@pytest.mark.parametrize("where", ["url", "body", "headers"])
def test_a_target_cannot_name_a_variable(where: str) -> None:
    text = "\ue000OTV_PASSWORD\ue001"
    facts = {
        "url": {"url": f"http://t.example/p?a={text}&b=%EE%80%80OTV_PASSWORD%EE%80%81"},
        "body": {"method": "POST", "body": text},
        "headers": {"headers": [["X-A", text]]},
    }
    assert "secret" not in "".join(sent(curl_line(request(**facts[where])), OTV_PASSWORD="secret"))
