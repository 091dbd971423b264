"""Every strange answer goes through attribution, rules and stream, and ends as an exchange or as a target that is gone."""

from __future__ import annotations

import json
import time

import pytest
import yaml

from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.opening import RunSettings, open_session
from conformance.target import load_target
from tests.client.hostile import BEHAVIOURS, HostileServer

REQUESTS = {
    "stbsignontokens": {"query": {"smartcardId": "1", "nuId": "2", "casn": "3", "csadList": "44"}},
    "dasSignOnByCasn": {"json": {"casn": "3", "dasChallenge": "c", "scheme": "CONNECT"}},
    "updateInHomeStatus": {"json": {"updateInHomeToken": "t", "inHome": True}},
    "isContentAuthorised": {"query": {"arg0": "1", "token": "t"}},
    "listServices": {},
    "createAccount": {"json": {"signonId": "a@b.example"}},
}
# Those that cost time on every request are sent one request only.
SLOW = {"silent", "dripping_body", "dripping_headers", "continues_forever", "gigabyte", "endless", "gzip_bomb"}


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_every_rule_takes_every_answer(name, tmp_path):
    with HostileServer(BEHAVIOURS[name]) as server:
        document = {
            "version": 1,
            "name": "hostile",
            "tenant": "nagra",
            "services": {service: {"url": server.url} for service in ("hdm", "ias", "adm", "sdp", "mds")},
            "features": {"in_home_detection": True},
            "http": {"timeout": 0.5},
        }
        path = tmp_path / "target.yaml"
        path.write_text(yaml.safe_dump(document))
        begun = time.monotonic()
        with open_session(
            RunSettings(str(path), str(tmp_path / "run.jsonl")), load_target(path), prefix="T"
        ) as session:
            for operation, parts in list(REQUESTS.items())[: 1 if name in SLOW else None]:
                try:
                    exchange = session.send(operation, made_by="test", valid=True, **parts)
                except CouldNotTest as problem:
                    assert name == "endless_retry_after"
                    assert "throttles" in problem.message  # noqa: PT017 - either end will do
                    continue
                except TargetUnreachable as problem:
                    assert problem.exit_code == 3  # noqa: PT017 - either end will do
                    continue
                assert exchange.response is not None or exchange.failure
        assert time.monotonic() - begun < 40
    lines = (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        json.loads(line)
    assert sum(map(len, lines)) < 3_000_000
