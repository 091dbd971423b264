"""What was sent and what came is in the stream again, byte for byte, but for secrets; of those, which are equal."""

from __future__ import annotations

import json
import re

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conformance.model import Exchange, Request, Response
from conformance.redaction import Redactor
from conformance.stream import RunFolder, StreamWriter

KEY = b"of one run"
NAMES = st.text("ABCDEFxyz-", min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(tuple)
BODIES = st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
URLS = st.text("abc/?&=%20.-_~", max_size=60).map(lambda text: f"http://h/{text}")
# What names a secret whatever it is: another test looks at those.
NAMED = re.compile(r"basic|bearer|eyj|token|pass|pwd|secret|key|salt|challenge|payload|cookie|auth|arg2", re.IGNORECASE)


def written(folder, redactor, *exchanges):
    (folder / "run.jsonl").unlink(missing_ok=True)
    with StreamWriter(folder / "run.jsonl", redactor) as stream:
        for one in exchanges:
            stream.exchange(one, [], [])
    return RunFolder(folder)


def exchange(request, response):
    return Exchange("E00001", "hdm", "stbsignontokens", request, response, sent_at=1.0, received_at=3.5, made_by="x")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=URLS, sent=HEADERS, body=BODIES, status=st.integers(200, 599), came=HEADERS, answer=BODIES)
def test_an_exchange_without_secrets_comes_back_byte_for_byte(tmp_path, url, sent, body, status, came, answer):
    request, response = Request("POST", url, sent, body), Response(status, came, answer)
    told = repr((url, sent, came, body, answer))
    assume(not NAMED.search(told))
    (found,) = written(tmp_path, Redactor(["never-said-canary"], key=KEY), exchange(request, response)).events()
    assert (found.request.method, found.request.url, tuple(found.request.headers)) == ("POST", url, sent)
    assert (found.request.raw, found.request.size) == (body, len(body))
    assert (found.response.status, tuple(found.response.headers), found.response.raw) == (status, came, answer)
    assert (found.sent_at, found.elapsed_ms) == (1.0, 2.5)


def test_what_the_stream_does_not_keep_whole_is_said(tmp_path):
    short = Request("GET", "http://h/", (("A", "b"),), b"c")
    long = [
        Request("GET", "http://h/" + "a/" * 40_000, (), b""),
        Request("GET", "http://h/", (("A", "b " * 2_000),), b""),
        Request("GET", "http://h/", (("A", "b"),) * 201, b""),
        Request("GET", "http://h/", (), b"c " * 40_000),
        Request("GET", "http://h/", (), b"\xff " * 40_000),
    ]
    messages = [exchange(one, Response(200, one.headers, one.body)) for one in (short, *long)]
    events = list(written(tmp_path, Redactor(key=KEY), *messages).events())
    assert [event.request.cut for event in events] == [False, True, True, True, True, True]
    assert [event.response.cut for event in events] == [False, False, True, True, True, True]


def test_bytes_that_are_not_text_are_base64_and_keep_what_a_secret_was_in_them(tmp_path):
    secret = "canary-of-bytes-1"
    response = Response(200, (), b"\xff\xfe" + secret.encode() + b"\x00")
    run = written(tmp_path, Redactor([secret], key=KEY), exchange(Request("GET", "http://h/"), response))
    (plain,), (marked,) = run.events(), run.events(marked=True)
    assert plain.response.body == ""
    assert plain.response.raw == b"\xff\xfe***\x00"
    mark = Redactor([secret], key=KEY).marked(secret)
    assert marked.response.raw == b"\xff\xfe" + mark.encode() + b"\x00"
    assert re.fullmatch(r"\*\*\*<secret:17:[0-9a-f]{12}>", mark)


def signon(number, token):
    body = json.dumps({"token": {"token": token}, "n": number}).encode()
    return exchange(Request("GET", "http://h/"), Response(200, (), body))


def test_the_stream_alone_tells_which_tokens_are_equal(tmp_path):
    tokens = ["tk-4711-aaaaaaaa", "tk-4711-bbbbbbbb", "tk-4711-aaaaaaaa"]
    run = written(tmp_path, Redactor(key=KEY), *(signon(number, token) for number, token in enumerate(tokens)))
    text = run.stream.read_text()
    assert "tk-4711" not in text
    one, other, again = (json.loads(event.response.body)["token"]["token"] for event in run.events(marked=True))
    assert one == again != other
    assert {json.loads(event.response.body)["token"]["token"] for event in run.events()} == {"***"}


def jwt(signature):
    return f"eyJhbGciOiJIUzI1NiJ9.eyJhY2NvdW50SWQiOiI3In0.{signature}"


def test_the_stream_alone_tells_a_token_that_was_signed_again_from_the_same_token(tmp_path):
    tokens = [jwt("c2lnbmF0dXJlLW9uZQ"), jwt("c2lnbmF0dXJlLXR3bw"), jwt("c2lnbmF0dXJlLW9uZQ")]
    run = written(tmp_path, Redactor(key=KEY), *(signon(number, token) for number, token in enumerate(tokens)))
    assert "c2lnbmF0" not in run.stream.read_text()
    one, other, again = (json.loads(event.response.body)["token"]["token"] for event in run.events(marked=True))
    assert one == again != other
    assert "eyJhY2NvdW50SWQiOiI3In0" in one


def test_another_run_gives_the_same_secret_another_fingerprint(tmp_path):
    (one,) = written(tmp_path, Redactor(key=b"one"), signon(1, "tk-4711-aaaaaaaa")).events(marked=True)
    (other,) = written(tmp_path, Redactor(key=b"other"), signon(1, "tk-4711-aaaaaaaa")).events(marked=True)
    assert one.response.body != other.response.body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    salt=st.text("abcXYZ+/='\"\\é09", min_size=8, max_size=40),
    name=st.sampled_from(["salt", "password", "dasChallenge"]),
)
def test_what_is_redacted_for_its_name_alone_is_redacted_where_the_response_repeats_it(tmp_path, salt, name):
    sent = json.dumps({name: salt, "accountProfileId": "DEFAULT"})
    came = json.dumps({"message": f"<{salt}> is not valid", "accountProfileId": "DEFAULT"})
    response = Response(400, (("X-Said", salt.encode("ascii", "ignore").decode()),), came.encode())
    run = written(tmp_path, Redactor(key=KEY), exchange(Request("POST", "http://h/", (), sent.encode()), response))
    (event,) = run.events(marked=True)
    mask = json.loads(event.request.body)[name]
    assert mask.startswith(f"***<{name.lower()}:")
    assert json.loads(event.response.body) == {"message": f"<{mask}> is not valid", "accountProfileId": "DEFAULT"}
    assert not salt.isascii() or dict(event.response.headers)["X-Said"] == mask


def test_what_the_request_shows_elsewhere_is_not_taken_out_of_the_response(tmp_path):
    request = Request("POST", "http://h/DEFAULT", (), b'{"salt": "DEFAULT"}')
    run = written(tmp_path, Redactor(key=KEY), exchange(request, Response(400, (), b"DEFAULT is not valid")))
    (event,) = run.events(marked=True)
    assert event.response.body == "DEFAULT is not valid"
