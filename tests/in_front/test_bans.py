"""A firewall that bans the client after attack-like requests is waited for, and nothing of it is the platform's."""

from __future__ import annotations

import pytest

from conformance.errors import TargetUnreachable
from conformance.fuzz import run_fuzz
from tests.in_front.gateway import json_page, page, redirect
from tests.in_front.test_firewalls import ATTACKS

BLOCK = page(403, "Request Rejected", "Your support ID is 881.")


class Banning:
    """Blocks attacks; after every twentieth it answers `banned` to whatever comes, until somebody waited 3 s."""

    def __init__(self, banned):
        self.banned = banned
        self.waited = []
        self.attacks = self.bans = self.until = 0

    def __call__(self, asked):
        if sum(self.waited) < self.until:
            return self.banned
        if not ATTACKS.search(asked.text.replace('"', "")):
            return None
        self.attacks += 1
        if self.attacks % 20 == 0:
            self.until, self.bans = sum(self.waited) + 3, self.bans + 1
        return BLOCK


@pytest.mark.parametrize(
    "banned",
    [
        page(403, "Access denied", "You have been blocked."),
        BLOCK,
        page(429, "Too many requests", "You have been blocked."),
        page(503, "Blocked", "You have been blocked."),
        json_page(403, {"error": "banned", "client": "198.51.100.7"}),
        redirect("https://blocked.example.test/"),
    ],
    ids=lambda one: f"{one.status} {one.body[:12]!r}",
)
def test_a_ban_of_a_while_is_waited_for_and_no_finding(behind, opened, events, banned):
    firewall = Banning(banned)
    session = opened(behind(firewall).target)
    session.patience.clock = session.front.clock
    firewall.waited = session.front.clock.waited
    run_fuzz(session, cases_per_operation=80, operations=("stbsignontokens", "dasSignOnByCasn"))
    assert firewall.bans >= 1
    assert [(one["requirement"], one["cause"]) for one in events("finding")] == []
    assert events("created") == []


def test_a_ban_that_stays_ends_the_run_with_its_cause(behind, opened):
    state = {"banned": False}
    gateway = behind(lambda _asked: BLOCK if state["banned"] else None)
    session = opened(gateway.target)
    session.send("generateUpdateInHomeToken", made_by="test")
    state["banned"] = True
    with pytest.raises(TargetUnreachable, match="something in front of the target answers every request now: HTTP 403"):
        session.send("dasSignOnByCasn", made_by="test", json={})
    assert sum(session.front.clock.waited) > 20


def test_a_page_that_one_operation_alone_gives_is_the_platforms(behind, opened, events):
    gateway = behind(lambda asked: page(200, "Hello", "It works!") if "generateUpdate" in asked.path else None)
    session = opened(gateway.target)
    session.send("dasSignOnByCasn", made_by="test", json={})
    exchange = session.send("generateUpdateInHomeToken", made_by="test")
    assert exchange.foreign == ""
    assert exchange.succeeded
