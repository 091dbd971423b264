"""A firewall that bans the client after attack-like requests is waited for, and nothing of it is the platform's."""

from __future__ import annotations

import pytest

from conformance.errors import TargetUnreachable
from conformance.fuzz import run_fuzz
from conformance.session import Sender, ias
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


def test_a_move_of_every_path_to_another_host_ends_the_run_with_its_cause(behind, opened):
    state = {"moved": False}
    gateway = behind(lambda asked: redirect(f"https://new.example{asked.target}", 307) if state["moved"] else None)
    session = opened(gateway.target)
    session.send("generateUpdateInHomeToken", made_by="test")
    state["moved"] = True
    with pytest.raises(TargetUnreachable, match="answers every request now: HTTP 307, a redirect"):
        session.send("dasSignOnByCasn", made_by="test", json={}, valid=True)


def test_a_page_that_one_operation_alone_gives_is_the_platforms(behind, opened, events):
    gateway = behind(lambda asked: page(200, "Hello", "It works!") if "generateUpdate" in asked.path else None)
    session = opened(gateway.target)
    session.send("dasSignOnByCasn", made_by="test", json={})
    exchange = session.send("generateUpdateInHomeToken", made_by="test")
    assert exchange.foreign == ""
    assert exchange.succeeded


def test_a_right_request_that_meets_the_end_of_a_ban_is_sent_again_and_the_next_ban_is_known(behind, opened, events):
    """The path beside is free by the time that it is asked."""
    banned, state = json_page(403, {"error": "access denied by policy"}), {"until": 0.0, "once": False}

    def before(asked):
        operation = "generateUpdate" in asked.path
        last = operation and state["once"]
        state["once"] = state["once"] and not operation
        return banned if last or sum(session.front.clock.waited) < state["until"] else None

    target = behind(before).target
    session = opened(target)
    session.patience.clock = session.front.clock
    sender = Sender(session, "test")
    token = ias.access_token(sender)

    def ask():
        return ias.generate(sender, token, valid=True)

    assert ask().succeeded
    for _ in range(3):
        state["until"] = sum(session.front.clock.waited) + 1
        assert ask().succeeded
        state["once"] = True
        assert ask().succeeded
    assert events("finding") == []
    assert [one for one in events("control") if "right requests were refused" in one["note"]] == []
    assert session.profile.tokens_known_after_s is None
