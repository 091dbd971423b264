"""The tokens of captured traffic are looked for word by word, however many there are, in whatever code they are written."""

import base64
import json
import random
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.redaction import MASK, Redactor

OPAQUE = "AAABohtVUYGFEFQW/R84ZDuUd!x8Jiui61PPzkdy5M9xdSAFMsTZ5jK4i1xn"
PADDED = "q3Zk0vXw8Yt1LrJb5HnC7mPd2GsFa9Ue/+8="
SIGNATURE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
TOKENS = [OPAQUE, PADDED, SIGNATURE]
WRITTEN = {
    "plain": lambda one: one,
    "capitals": str.upper,
    "in JSON": lambda one: json.dumps({"other": one}),
    "in JSON with slashes escaped": lambda one: json.dumps({"other": one}).replace("/", "\\/"),
    "as a query": lambda one: f"https://h.example/x?arg1={quote(one, safe='')}&y=1",
    "quoted twice": lambda one: quote(quote(one, safe=""), safe=""),
    "as a segment of a path": lambda one: f"https://h.example/x/{quote(one, safe='')}/y",
    "in base64": lambda one: base64.b64encode(one.encode()).decode(),
    "in base64 without padding": lambda one: base64.urlsafe_b64encode(one.encode()).decode().rstrip("="),
    "inside base64": lambda one: base64.b64encode(json.dumps({"sub": one}).encode()).decode(),
    "in base64 with line breaks": lambda one: "\n".join(
        base64.b64encode(f"0123 {one}".encode()).decode()[n : n + 20] for n in range(0, 120, 20)
    ),
    "in base32": lambda one: base64.b32encode(one.encode()).decode(),
    "in hexadecimal": lambda one: one.encode().hex(),
    "in hexadecimal with colons": lambda one: one.encode().hex(":"),
    "in UTF-16 in base64": lambda one: base64.b64encode(one.encode("utf-16-le")).decode(),
    "as a signature": lambda one: f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{one}",
}


def redactor(*tokens):
    made = Redactor()
    for token in tokens:
        made.learn_token(token)
    return made


@pytest.mark.parametrize("token", TOKENS, ids=["opaque", "padded", "signature"])
@pytest.mark.parametrize("how", WRITTEN)
def test_a_token_goes_however_it_is_written(token, how):
    text = WRITTEN[how](token)
    clean = redactor(token).text(f"before {text} after")
    assert MASK in clean
    longest = max(len(piece) for piece in clean.replace(MASK, "\0").split("\0"))
    assert longest < len("before https://h.example/x?arg1= after") + (30 if "signature" in how else 0)


@given(st.text(max_size=60))
def test_a_text_without_a_token_stays_as_it_is(text):
    assert redactor(OPAQUE).text(text) == Redactor().text(text)


def test_a_text_that_was_written_before_its_token_was_known_is_looked_at_again():
    made = redactor(SIGNATURE)
    texts = ["X-Other", f"id {OPAQUE}"]
    assert made.marked_all(texts) == texts
    made.learn_token(OPAQUE)
    assert OPAQUE not in made.marked_all(texts)[1]


def test_equal_tokens_have_equal_fingerprints():
    made = redactor(OPAQUE)
    first, second = (made.marked(text) for text in (f"id {OPAQUE}", f"X: {OPAQUE}, y"))
    assert first.removeprefix("id ") == second.removeprefix("X: ").removesuffix(", y")


def test_the_beginning_of_a_token_that_somebody_shortened_goes():
    clean = redactor(OPAQUE).heads(f"saw {OPAQUE[:20]}…, not 5")
    assert clean.startswith(f"saw {MASK}<secret:20:")
    assert clean.endswith(">…, not 5")


def test_many_tokens_cost_no_more_than_few():
    chance = random.Random(7)
    many = ["".join(chance.choices("ABCDEFGHabcdefgh0123456789_-", k=43)) for _ in range(20_000)]
    text = " ".join(f"word{n} {chance.random()}" for n in range(200))
    spent = []
    for tokens in (many[:10], many):
        made = redactor(*tokens)
        started = time.process_time()
        for n in range(50):
            made.marked(f"{text} {n}")
        spent.append(time.process_time() - started)
    assert spent[1] < 5 * spent[0] + 0.1
