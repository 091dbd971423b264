"""A token that ends before its time is found at the end of a run; one that something else ended accuses nobody."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from conformance.opentv.tokens import make_jwt
from conformance.session import baseline, endurance
from conformance.session.endurance import endure
from conformance.session.tokens import Bare, issuer
from conformance.target import Secret

LISTS = "listServices"
LIST = (200, b'{"services": []}', {})
REFUSED = (401, b"{}", {})


@pytest.fixture
def run(server, session, events, waits, monkeypatch):
    """Use a token until it is refused, or often enough; return the findings, and how often each token was used."""
    uses: Counter[str] = Counter()

    def go(refuses, *, lifetime_s=3600):
        @issuer
        def token(_sender):
            claims = {"jti": str(len(uses)), "exp": int(time.time()) + lifetime_s}
            return Bare(make_jwt({"alg": "HS256"}, claims, b"k" * 32), time.monotonic() + lifetime_s)

        def flow(sender):
            headers = {"Authorization": Secret(f"Bearer {token(sender).text}")}
            return sender.send(LISTS, headers=headers, valid=True)

        def answer(_path, _number, headers):
            given = headers["Authorization"]
            uses[given] += 1
            return REFUSED if refuses(uses[given], len(uses)) else LIST

        monkeypatch.setitem(baseline.BASELINES, LISTS, flow)
        server.answer = answer
        endure(session, [LISTS])
        return [event for event in events("finding") if event["by"] == endurance.BY], list(uses.values())

    return go


def test_a_token_that_is_good_for_some_uses_is_a_finding_that_says_for_how_many(run):
    (finding,), _ = run(lambda uses, _tokens: uses > 7)
    assert finding["requirement"] == "WIR-011"
    assert "at use 8 of a token" in finding["actual"]


def test_a_token_that_lasts_accuses_nobody(run):
    assert run(lambda uses, tokens: False) == ([], [endurance.USES])


@pytest.mark.parametrize(
    "refuses",
    [lambda uses, tokens: uses > 1, lambda uses, tokens: tokens > 1 or uses > 7],
    ids=["good for once", "refused with a new token, too"],
)
def test_what_is_no_tokens_early_end_accuses_nobody(run, refuses):
    assert run(refuses)[0] == []


def test_a_token_that_may_end_by_its_time_is_not_used_again(run):
    assert run(lambda uses, tokens: uses > 7, lifetime_s=20) == ([], [1])
