"""The rules over the documented payloads, which are right, and over hand-made corruptions, which are not.

A payload is what the pages print; a rule that fails one contradicts its own source. A corruption has one
thing wrong, and must be found for that thing and no other.
"""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.model import Exchange, Judgement
from conformance.register import load_register
from conformance.rules import Context, judge

from .payloads import TENANT, Corruption, Payload, corruptions, exchange, opened, packed, payloads

RESPONSES = {entry.file: entry for entry in payloads() if entry.direction == "response"}
CORRUPTIONS = corruptions()
CASES = [(entry, operation) for entry in RESPONSES.values() for operation in entry.operations]


def judged(sent: Exchange) -> list[Judgement]:
    context = Context(register=load_register(), tenant=TENANT, features=frozenset({"in_home_detection", "ssp"}))
    return [judgement for _, judgement in judge(sent, context)]


def broken(sent: Exchange, *, binding: bool) -> set[str]:
    """Return the requirements that an exchange breaks: only those that fail a target, or also those that warn."""
    register = load_register()
    ids = {entry.requirement for entry in judged(sent) if not entry.holds}
    return {name for name in ids if register[name].binding} if binding else ids


@pytest.mark.parametrize(("payload", "operation"), CASES, ids=[f"{p.file}-{o}" for p, o in CASES])
def test_a_documented_payload_breaks_nothing(payload: Payload, operation: str) -> None:
    assert broken(exchange(payload, operation), binding=True) == set()


@pytest.mark.parametrize("payload", RESPONSES.values(), ids=RESPONSES.keys())
def test_a_documented_payload_is_judged_at_all(payload: Payload) -> None:
    assert len(judged(exchange(payload, payload.operations[0]))) >= 3


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda entry: entry.name)
def test_a_corruption_breaks_its_requirement_and_no_other(corruption: Corruption) -> None:
    payload = RESPONSES[corruption.payload]
    sent = exchange(payload, payload.operations[0], corruption)
    assert corruption.breaks in broken(sent, binding=False)
    assert broken(sent, binding=True) - {corruption.breaks} == set(corruption.also)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda entry: entry.name)
def test_a_finding_says_what_was_expected_and_seen(corruption: Corruption) -> None:
    payload = RESPONSES[corruption.payload]
    found = [
        entry
        for entry in judged(exchange(payload, payload.operations[0], corruption))
        if entry.requirement == corruption.breaks and not entry.holds
    ]
    assert len(found) == 1
    assert all(found[0].expected)
    assert found[0].expected
    assert found[0].actual
    assert found[0].cause


def test_compact_tokens_break_no_more_than_decoded_ones() -> None:
    payload = RESPONSES["ias/das-signon.json"]
    plain = Corruption(payload.file, {"status": 200}, breaks="", why="", compact=True)
    assert broken(exchange(payload, "dasSignOnByCasn", plain), binding=True) == set()


def test_every_corruption_stands_once_and_names_a_requirement() -> None:
    register = load_register()
    assert len(CORRUPTIONS) >= 40
    assert [name for name, count in Counter(entry.name for entry in CORRUPTIONS).items() if count > 1] == []
    assert [name for entry in CORRUPTIONS for name in (entry.breaks, *entry.also) if name not in register] == []
    assert all(entry.why for entry in CORRUPTIONS)


def test_opening_and_packing_a_token_is_lossless() -> None:
    token = RESPONSES["ias/updated-token.json"].value["access_token"]
    assert opened(packed(opened(token))) == opened(token)
