"""A platform that restarts once and forgets its tokens is not accused of ending them before their time."""

from __future__ import annotations

import time

from conformance.checks.common.test_ageing import AGE_S
from tests.in_front.gateway import json_page

REFUSED = json_page(401, {"message": "unauthorized", "code": 401, "errorCode": 0})


class Restart:
    """Forgets the access tokens that were used before the first long pause."""

    def __init__(self):
        self.used, self.forgotten, self.at = set(), set(), time.monotonic()

    def __call__(self, asked):
        now, token = time.monotonic(), asked.header("authorization")
        if now - self.at > AGE_S / 2 and not self.forgotten:
            self.forgotten = set(self.used)
        self.at = now
        self.used.add(token)
        return REFUSED if token in self.forgotten and asked.path.endswith("/btv/services") else None


def test_a_token_that_a_restart_forgot_accuses_nobody(behind, failed, events):
    restart = Restart()
    bad, _report = failed(behind(restart).target, services=("ias", "mds"), only=("MDS-091",))
    assert restart.forgotten != set()
    assert bad == {}
    assert any("was the platform restarted?" in str(event) for event in events())
