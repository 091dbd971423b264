"""Any secret, in any spelling, at any place of an exchange, also across a cut, is gone from the stream."""

from __future__ import annotations

import base64
import json
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.model import Exchange, Finding, Request, Response
from conformance.redaction import MASK, Redactor, unmarked
from conformance.stream import RunFolder, StreamWriter, events

ASCII = "Quartz'Harbour\"77&sea/x"
FOREIGN = "Größe-Ünïté-日本-77"


def lines_of(text: str, width: int = 20, end: str = "\n") -> str:
    return end.join(text[place : place + width] for place in range(0, len(text), width))


def odd(secret: str) -> dict[str, str]:
    raw = secret.encode()
    wide = secret.encode("utf-16-le")
    return {
        "capitals": secret.upper(),
        "small": secret.lower(),
        "swapped": secret.swapcase(),
        "sql": secret.replace("'", "''"),
        "csv": secret.replace('"', '""'),
        "shell": secret.replace("'", "'\\''"),
        "mojibake": raw.decode("latin-1"),
        "mojibake of Windows": raw.decode("cp1252", "replace"),
        "replaced": raw.decode("ascii", "replace"),
        "base32": base64.b32encode(raw).decode(),
        "base32 inside": base64.b32encode(b"user:" + raw + b":x").decode(),
        "base32 small": base64.b32encode(raw).decode().lower(),
        "hex": raw.hex(),
        "hex with colons": raw.hex(":"),
        "HEX WITH COLONS": raw.hex(":").upper(),
        "hex with spaces": raw.hex(" "),
        "utf-16 in base64": base64.b64encode(wide).decode(),
        "utf-16 big in base64": base64.b64encode(secret.encode("utf-16-be")).decode(),
        "utf-16 inside base64": base64.b64encode("x:".encode("utf-16-le") + wide).decode(),
        "base64 with line breaks": lines_of(base64.b64encode(b"0123456789" + raw).decode()),
        "base64 with CRLF": lines_of(base64.b64encode(b"x" + raw).decode(), end="\r\n"),
        "base64 with escaped breaks": lines_of(base64.b64encode(b"xy" + raw).decode(), end="\\n"),
    }


@pytest.mark.parametrize("secret", [ASCII, FOREIGN], ids=["ascii", "foreign"])
@pytest.mark.parametrize("name", odd(ASCII))
def test_a_secret_goes_however_it_is_handed_on(secret: str, name: str) -> None:
    """What a target makes of a secret is nothing that anybody can undo."""
    spelled = odd(secret)[name]
    clean = Redactor([secret]).text(f"before {spelled} after")
    assert MASK in clean
    assert spelled not in clean
    longest = max((len(piece) for piece in clean.replace(MASK, "\0").split("\0")), default=0)
    assert longest < len(spelled) // 2 + len("before  after")


def written(folder: Path, exchange: Exchange, redactor: Redactor) -> tuple[events.Exchange, str]:
    (folder / "run.jsonl").unlink(missing_ok=True)
    with StreamWriter(folder / "run.jsonl", redactor) as stream:
        stream.exchange(exchange, [], [])
    (event,) = RunFolder(folder).events()
    assert isinstance(event, events.Exchange)
    return event, (folder / "run.jsonl").read_text()


def an_exchange(**places: str) -> Exchange:
    request = Request("GET", places.get("url", "http://h/"), ((places.get("name", "X-A"), places.get("value", "1")),))
    answered = ((places.get("response name", "X-B"), places.get("response value", "2")),)
    response = Response(200, answered, places.get("body", "{}").encode("utf-8", "surrogatepass"))
    failure = places.get("failure", "")
    return Exchange("E00001", "hdm", "stbsignontokens", request, response, failure, made_by="x")


PLACES = ("url", "name", "value", "response name", "response value", "body", "failure")
secrets = st.text(string.ascii_letters + string.digits + "-._~!'\"/+=&%éü日", min_size=12, max_size=40).filter(
    lambda text: len(set(text)) > 5 and text.strip() == text
)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=secrets, place=st.sampled_from(PLACES), pick=st.integers(0, 100), lead=st.integers(0, 20))
def test_any_secret_in_any_spelling_goes_from_every_part_of_an_exchange(
    tmp_path: Path, secret: str, place: str, pick: int, lead: int
) -> None:
    """Names of headers as well as bodies; the rest of the exchange stays."""
    spelled = list({"plain": secret, **odd(secret)}.values())[pick % 23]
    event, text = written(tmp_path, an_exchange(**{place: "-" * lead + spelled}), Redactor([secret]))
    if len(spelled) >= 12 and spelled.count("�") + spelled.count("?") < 4:
        assert spelled not in text
        assert json.dumps(spelled)[1:-1] not in text
        assert MASK in text
    assert (event.id, event.operation) == ("E00001", "stbsignontokens")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=secrets, shown=st.integers(5, 40))
def test_what_a_cut_leaves_of_a_secret_goes(tmp_path: Path, secret: str, shown: int) -> None:
    """A client that cuts a body in the middle of a secret keeps no part of it that says anything."""
    body = "." * 50 + secret[:shown]
    response = Response(200, (), body.encode(), truncated=True)
    exchange = Exchange("E00001", "hdm", "x", Request("GET", "http://h/"), response, made_by="x")
    event, _ = written(tmp_path, exchange, Redactor([secret]))
    assert event.response is not None
    assert event.response.body == "." * 50 + MASK


def test_a_secret_across_the_place_where_a_body_is_cut_goes_whole(tmp_path: Path) -> None:
    """A body is redacted, then cut."""
    secret = "canary-secret-of-the-cut-0123456789"
    for size in (65_536, 262_144):
        body = "y" * (size - 10) + secret + "z" * 100
        _, text = written(tmp_path, an_exchange(body=body), Redactor([secret]))
        assert "canary" not in text


def test_a_value_that_a_rule_shortened_shows_no_beginning_of_a_secret(tmp_path: Path) -> None:
    """Forty characters of a longer secret are a part of it, too."""
    secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"
    with StreamWriter(tmp_path / "run.jsonl", Redactor([secret])) as stream:
        stream.finding(Finding("STB-001", ("a",), f"'{secret[:40]}'", "c", "E1", "x"))
    assert secret[:12] not in (tmp_path / "run.jsonl").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "characters beyond the basic multilingual plane",
        "Basic Authentication is required",
        "a bearer token was expected",
        'realm "acme operators" of https://sso.acme.example/auth',
    ],
)
def test_words_of_the_suite_and_public_facts_stay(text: str) -> None:
    """A word after "basic" is no credential."""
    assert Redactor(["some-secret-of-the-run"]).text(text) == text


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://TOKEN-1@h.example/p", "http://***@h.example/p"),
        ("https://ops:pw@h.example:8443/p?x=1", "https://***@h.example:8443/p?x=1"),
        ("https://h.example/p@q?mail=a@b.example", "https://h.example/p@q?mail=a@b.example"),
    ],
)
def test_userinfo_goes_wherever_a_url_stands(url: str, clean: str) -> None:
    """Whoever may send has it in the URL."""
    assert Redactor().text(f"see {url} there") == f"see {clean} there"


def test_equal_secrets_of_a_run_have_equal_fingerprints_and_no_others(tmp_path: Path) -> None:
    """The stream tells kind, length and equality of secrets; a reader sees three stars."""
    secret, key = "canary-secret-1", b"k" * 32
    one, two = (Redactor([secret], key=key).marked(text) for text in (f"a {secret}", secret.encode().hex()))
    assert one.removeprefix("a ") == two
    assert one.startswith(f"a {MASK}<secret:{len(secret)}:")
    assert Redactor([secret], key=b"j" * 32).marked(secret) != two
    assert unmarked(one) == "a ***"
    event, text = written(tmp_path, an_exchange(url=f"http://h/?x={secret}"), Redactor([secret], key=key))
    assert event.request.url == "http://h/?x=***"
    assert two in text


def test_the_stream_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads it."""
    with StreamWriter(tmp_path / "run.jsonl", Redactor()):
        assert (tmp_path / "run.jsonl").stat().st_mode & 0o777 == 0o600


def test_bytes_that_are_no_text_come_back_whole(tmp_path: Path) -> None:
    """Only the secret in them goes."""
    body = bytes(range(256)) + b"canary-secret-1" + bytes(range(128, 256))
    response = Response(200, (), body)
    exchange = Exchange("E00001", "hdm", "x", Request("GET", "http://h/"), response, made_by="x")
    event, _ = written(tmp_path, exchange, Redactor(["canary-secret-1"]))
    assert event.response is not None
    assert event.response.raw == body.replace(b"canary-secret-1", b"***")
