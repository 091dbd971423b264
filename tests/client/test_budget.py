"""What may be sent: one budget for all threads and processes of a run, kept at the door to the network."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing

import pytest

from conformance.client import Budget, Client, Ledger, Wire, is_write
from conformance.client.ledger import Spent
from conformance.errors import BudgetSpent, PasswordBudgetSpent, WriteRefused
from conformance.target import HttpSettings, Safety
from tests.client.hostile import HostileServer, whole
from tests.client.lanes import TurnedClock


@pytest.mark.parametrize(
    ("operation", "method", "writes"),
    [
        ("createAccount", "POST", True),
        ("createAccount", "", True),
        ("createAccount", "GET", False),
        ("createAccountOnSsp", "POST", True),
        ("initialiseDeviceByGet", "GET", True),
        ("initialiseDeviceByPost", "POST", True),
        ("initialiseDeviceByPost", "OPTIONS", False),
        ("stbsignontokens", "GET", False),
        ("stbsignontokens", "DELETE", True),
        ("dasSignOnByCasn", "POST", False),
        ("dasSignOnByCasn", "PUT", True),
        ("updateInHomeStatus", "PUT", False),
        ("keycloakToken", "POST", False),
        ("", "GET", False),
        ("", "POST", True),
    ],
)
def test_what_creates_or_changes_something_is_known(operation, method, writes):
    assert is_write(operation, method) is writes


def test_a_refused_write_never_reaches_the_wire_and_is_told():
    told = []
    budget = Budget(Safety(writes=False), on_refusal=lambda operation, reason: told.append((operation, reason)))
    with HostileServer(lambda conn: conn.sendall(whole(b"{}"))) as server:
        with Client(HttpSettings(timeout=2), guard=budget.take) as client:
            with pytest.raises(WriteRefused):
                client.send(Wire("POST", server.url), "createAccount")
            with pytest.raises(WriteRefused):
                client.send(Wire("DELETE", server.url), "stbsignontokens")
            client.send(Wire("GET", server.url), "stbsignontokens")
        assert len(server.requests) == 1
    assert [name for name, _ in told] == ["createAccount", "stbsignontokens"]
    assert budget.spending() == Spent(sent=1, writes_sent=0, writes_refused=2)


def test_the_limit_of_requests_is_kept():
    budget = Budget(Safety(max_requests=3))
    for _ in range(3):
        budget.take("stbsignontokens")
    with pytest.raises(BudgetSpent):
        budget.take("stbsignontokens")


def test_wrong_passwords_are_counted_by_user():
    budget = Budget(Safety(wrong_passwords_per_user=2))
    budget.spend_wrong_password("ada")
    budget.spend_wrong_password("ada")
    budget.spend_wrong_password("bo")
    with pytest.raises(PasswordBudgetSpent):
        budget.spend_wrong_password("ada")
    assert budget.wrong_passwords_left("bo") == 1


def test_a_rate_says_how_long_each_request_must_wait():
    clock = TurnedClock()
    budget = Budget(Safety(), rate=50, clock=clock)
    assert [round(budget.take("stbsignontokens"), 3) for _ in range(4)] == [0.0, 0.02, 0.04, 0.06]
    clock.now += 1
    assert budget.take("stbsignontokens") == 0.0


WORKER = """
import sys, time
from pathlib import Path
from conformance.client import Budget, Ledger
from conformance.errors import BudgetSpent, PasswordBudgetSpent
from conformance.target import Safety
ledger = Ledger(Path(sys.argv[1]))
budget = Budget(Safety(max_requests=30, wrong_passwords_per_user=3), rate=100, ledger=ledger)
for _ in range(20):
    try:
        time.sleep(budget.take("createAccount", "POST"))
        print(time.monotonic())
    except BudgetSpent:
        break
for _ in range(3):
    try:
        budget.spend_wrong_password("ada")
        print("password")
    except PasswordBudgetSpent:
        break
"""


def test_rate_and_limits_hold_across_processes(tmp_path):
    command = [sys.executable, "-c", WORKER, str(tmp_path / "spent.json")]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found = [line for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    times = sorted(float(one) for one in found if one != "password")
    assert len(times) == 30
    assert found.count("password") == 3
    assert times[-1] - times[0] > 0.25
    with closing(Ledger(tmp_path / "spent.json")) as ledger:
        assert (ledger.read().sent, ledger.read().writes_sent) == (30, 30)


def test_what_a_killed_process_spent_stays_spent(tmp_path):
    with closing(Ledger(tmp_path / "spent.json")) as ledger:
        Budget(Safety(), ledger=ledger).spend_wrong_password("ada")
    script = WORKER.replace("for _ in range(20):", "for _ in range(0):").replace("range(3)", "range(1)") + (
        "import os, signal; sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "spent.json")], check=False, capture_output=True)
    with closing(Ledger(tmp_path / "spent.json")) as ledger:
        assert Budget(Safety(), ledger=ledger).wrong_passwords_left("ada") == 1


HURRIED = """
import sys
from pathlib import Path
from conformance.client import Budget, Ledger
from conformance.errors import BudgetSpent
from conformance.target import Safety
sys.stdin.read()
budget = Budget(Safety(max_requests=1000), ledger=Ledger(Path(sys.argv[1])))
taken = 0
try:
    for _ in range(400):
        budget.take("stbsignontokens")
        taken += 1
except BudgetSpent:
    pass
print(taken)
"""


def test_no_request_of_a_hurried_process_is_forgotten(tmp_path):
    command = [sys.executable, "-c", HURRIED, str(tmp_path / "spent.json")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    workers = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]
    time.sleep(1.5)
    for worker in workers:  # all at once
        worker.stdin.close()
        worker.stdin = None
    taken = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    with closing(Ledger(tmp_path / "spent.json")) as ledger:
        assert sum(taken) == ledger.read().sent == 1000
