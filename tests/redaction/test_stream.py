"""Whatever the stream is told, it writes without secrets; and it knows those of every place of the target file."""

from __future__ import annotations

import base64
import json

import pytest
import yaml

from conformance.model import Exchange, Finding, Request, Response
from conformance.opening import redactor_of
from conformance.redaction import Redactor
from conformance.stream import StreamWriter
from conformance.target import load_target
from tests.facts import facts

SECRET = "canary-of-the-stream-1"


@pytest.fixture
def stream(tmp_path):
    with StreamWriter(tmp_path / "run.jsonl", Redactor([SECRET])) as found:
        yield found


def written(tmp_path):
    text = (tmp_path / "run.jsonl").read_text()
    assert "canary-of" not in text
    return facts(tmp_path)


@pytest.mark.parametrize("part", ["expected", "actual", "cause"])
def test_a_finding_shows_no_secret(stream, tmp_path, part):
    words = {"expected": ("a",), "actual": "b", "cause": "c"}
    said = f"it says {SECRET} here"
    words[part] = (said,) if part == "expected" else said
    stream.finding(Finding("STB-001", exchange="E1", by="x", **words))
    (event,) = written(tmp_path)
    assert event[part] in ("it says *** here", ["it says *** here"])


@pytest.mark.parametrize(
    "part", ["url", "request header", "request body", "response header", "response body", "failure", "reason in bytes"]
)
def test_an_exchange_shows_no_secret(stream, tmp_path, part):
    def here(name):
        return SECRET if name == part else "nothing"

    request = Request(
        "POST", f"http://h/{here('url')}", (("X-A", here("request header")),), here("request body").encode()
    )
    body = here("response body").encode() + (b"\xff\x00" + SECRET.encode() if part == "reason in bytes" else b"")
    response = Response(200, (("X-B", here("response header")),), body, False)
    common = {"id": "E1", "service": "hdm", "operation": "stbsignontokens", "sent_at": 0.0, "received_at": 1.0}
    exchange = Exchange(request=request, response=response, failure=here("failure"), made_by="x", **common)
    stream.exchange(exchange, [], [])
    (event,) = written(tmp_path)
    assert "***" in json.dumps(event) + base64.b64decode(event["response"]["body_base64"]).decode("latin-1")
    if part == "reason in bytes":
        assert base64.b64decode(event["response"]["body_base64"]) == b"nothing\xff\x00***"


PLACES = {
    "crm token": {"credentials": {"crm": {"token": SECRET}}},
    "keycloak": {
        "credentials": {
            "crm": {
                "keycloak": {"url": "http://k", "realm": "r", "username": "u", "password": SECRET, "client_id": "c"}
            }
        }
    },
    "sdp": {"credentials": {"sdp": {"username": "u", "password": SECRET}}},
    "user": {"subjects": {"user": {"username": "u", "password": SECRET}}},
    "user_other_account": {"subjects": {"user_other_account": {"username": "u", "password": SECRET}}},
    "stb": {"subjects": {"stb": {"dasChallenge": SECRET}}},
    "stb_other_account": {"subjects": {"stb_other_account": {"dasChallenge": SECRET}}},
    "stb_disabled": {"subjects": {"stb_disabled": {"dasChallenge": SECRET}}},
    "expired hdm": {"subjects": {"expired_tokens": {"hdm": SECRET}}},
    "expired crm": {"subjects": {"expired_tokens": {"crm": SECRET}}},
    "player": {"subjects": {"player": {"initializationPayload": SECRET}}},
    "gateway header": {"http": {"headers": {"x-gate": SECRET}}},
    "proxy": {"http": {"proxy": f"http://ops:{SECRET}@proxy.example:3128"}},
    "hook header": {
        "conditions": {
            "esps_unreachable": {
                "enter": {"http": {"url": "http://c", "headers": {"x-key": SECRET}}},
                "leave": {"command": ["true"]},
            }
        }
    },
    "hook body": {
        "conditions": {
            "esps_unreachable": {"enter": {"command": ["true"]}, "leave": {"http": {"url": "http://c", "body": SECRET}}}
        }
    },
    "client id": {
        "credentials": {
            "crm": {
                "keycloak": {"url": "http://k", "realm": "r", "username": "u", "password": "p", "client_id": SECRET}
            }
        }
    },
    "sdp user": {"credentials": {"sdp": {"username": SECRET, "password": "p"}}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("given", ["plain", "environment"])
def test_a_secret_of_every_place_of_the_target_file_is_known(tmp_path, monkeypatch, place, given):
    monkeypatch.setenv("CANARY", SECRET)
    document = {"version": 1, "name": "x", "tenant": "n", "services": {"hdm": {"url": "http://h"}}, **PLACES[place]}
    text = yaml.safe_dump(document)
    path = tmp_path / "target.yaml"
    path.write_text(text if given == "plain" else text.replace(SECRET, "${CANARY}"))
    assert redactor_of(load_target(path)).text(f"a {SECRET} b") == "a *** b"
