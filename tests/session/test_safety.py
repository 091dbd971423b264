"""`safety:` of the target file is kept at the wire, whoever sends."""

from __future__ import annotations

import pytest
import yaml

from conformance.errors import BudgetSpent, PasswordBudgetSpent, WriteRefused
from conformance.opening import RunSettings, open_session
from conformance.target import load_target


@pytest.fixture
def kept(server, tmp_path):
    document = {
        "version": 1,
        "name": "careful",
        "tenant": "nagra",
        "services": {name: {"url": server.url} for name in ("hdm", "adm")},
        "safety": {"writes": "deny", "max_requests": 6, "wrong_passwords_per_user": 1},
    }
    path = tmp_path / "target.yaml"
    path.write_text(yaml.safe_dump(document))
    with open_session(RunSettings(str(path), str(tmp_path / "run.jsonl")), load_target(path), prefix="T") as found:
        yield found


def test_a_file_that_denies_writes_has_none_sent(server, kept, events):
    with pytest.raises(WriteRefused):
        kept.send("createAccount", made_by="test", json={"signonId": "a"})
    assert server.paths == []
    assert [event["operation"] for event in events("refused")] == ["createAccount"]


def test_a_file_bounds_requests_and_wrong_passwords(server, kept):
    """Four requests of the six learn what the host says of unknown paths: two of the host, two beside the operation."""
    server.answer = lambda path, number, headers: (200, b'{"token": "a.b.c", "expiry": 1}', {})
    for _ in range(2):
        kept.send("stbsignontokens", made_by="test")
    with pytest.raises(BudgetSpent):
        kept.send("stbsignontokens", made_by="test")
    assert len(server.paths) == 2
    kept.budget.spend_wrong_password("ada")
    with pytest.raises(PasswordBudgetSpent):
        kept.budget.spend_wrong_password("ada")
