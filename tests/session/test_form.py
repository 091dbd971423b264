"""What a firewall may take for an attack, and what two responses of one form have in common."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.client import Wire
from conformance.fuzz.hostile import TEXTS
from conformance.session.form import attack_like, has_attack

# All that is looked for in one expression: slow, and easy to read.
ATTACK = re.compile(
    r"(?-i:[^\x20-\x7e])|['\"<>`\\;|]|\.\./|--|/\*|\$[{(]|[{#]\{|%[0-9a-fA-Fsnx]|\b(?:select|union|drop|insert|exec|or|script)\b|etc/passwd",
    re.IGNORECASE,
)
PIECES = [
    "select",
    "OR",
    "or",
    "Script",
    "etc/passwd",
    "ETC/passwd",
    "../",
    "--",
    "/*",
    "${",
    "#{",
    "%4",
    "%S",
    "a",
    "1",
]


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from([*PIECES, *" _-./@"]), max_size=6).map("".join)))
@example("selection")
@example("a or b")
@example("or")
@example("or_")
def test_a_text_that_holds_what_firewalls_block_is_found(text):
    expected = ATTACK.search(text) is not None
    assert has_attack(Wire("GET", "http://h/x", (("X-Any", text),))) is expected


def test_every_hostile_text_is_found_as_the_one_expression_finds_it():
    for text in (one for one in TEXTS if len(one) < 256):
        wire = Wire("GET", "http://h/x", (("X-Any", text),))
        assert (text in attack_like(wire)) is (ATTACK.search(text) is not None), text
