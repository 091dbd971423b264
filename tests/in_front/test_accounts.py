"""Accounts on a platform that takes no salt, and no hash, a second time: no sentence forbids that."""

from __future__ import annotations

import json

from conformance.session import Sender
from conformance.session.accounts import fresh_account
from conformance.session.creations import OPF, opening
from tests.in_front.gateway import json_page


class OnceOnly:
    """Refuses an account whose salt another one has, at each of the two places."""

    def __init__(self):
        self.seen, self.refused = set(), 0

    def key(self, asked):
        try:
            body = json.loads(asked.body)
        except ValueError:
            return None
        salt = body.get("salt") if isinstance(body, dict) else None
        return (asked.path.startswith("/ssp"), salt) if isinstance(salt, str) else None

    def before(self, asked):
        if "preHashedPassword" in asked.path and self.key(asked) in self.seen:
            self.refused += 1
            return json_page(400, {"message": "the salt is known", "code": 400, "errorCode": 20400})
        return None

    def after(self, asked, answered):
        if "preHashedPassword" in asked.path and answered.status == 201:
            self.seen.add(self.key(asked))
        return answered


def test_each_account_has_a_salt_of_its_own_where_none_is_taken_twice(behind, opened):
    guard = OnceOnly()
    sender = Sender(opened(behind(guard.before, guard.after).target), "test")
    form = opening(sender, OPF).form
    assert sender.session.profile.salts_again is False
    one, two = (fresh_account(sender, form).body["salt"] for _ in range(2))
    assert one.reveal() != two.reveal()


def test_accounts_share_a_salt_where_it_is_taken_again(behind, opened):
    sender = Sender(opened(behind().target), "test")
    form = opening(sender, OPF).form
    assert sender.session.profile.salts_again is True
    one, two = (fresh_account(sender, form).body["salt"] for _ in range(2))
    assert one.reveal() == two.reveal()


def test_a_platform_that_takes_no_salt_twice_is_not_accused(behind, failed):
    guard = OnceOnly()
    bad, _report = failed(behind(guard.before, guard.after).target, services=("adm", "hdm"), only=("ADM", "SSP"))
    assert guard.refused > 0
    assert bad == {}
