"""A large capture is judged in other processes, as it would be in this one and in its order."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from conformance.capture import ahead as module
from conformance.capture.ahead import BATCH, Ahead
from conformance.capture.redacted import judge_redacted
from conformance.errors import CaptureError, SuiteError
from conformance.model import Exchange, Request, Response
from conformance.register import load_register
from conformance.rules import Context

CONTEXT = Context(register=load_register())
BODIES = (b'{"services": []}', b"{", b"<html>", b'{"services": 3}')


def exchange(number):
    """A list of channels, every fourth of which keeps the contract."""
    response = Response(200, (("Content-Type", "application/json"),), BODIES[number % len(BODIES)])
    url = "https://mds.example/metadata/delivery/GLOBAL/btv/services"
    request = Request("GET", url, (("Authorization", "Bearer x"),), b"")
    return Exchange(f"C{number:05d}", "mds", "listServices", request, response, valid=True)


def no_rule_here(_exchange, _context):
    raise AssertionError("judged in this process")


def itself(item):
    return item


def test_what_other_processes_say_is_what_this_one_says(monkeypatch):
    exchanges = [exchange(number) for number in range(BATCH * 3 + 5)]
    expected = [judge_redacted(one, CONTEXT) for one in exchanges]
    assert any(not judgement.holds for _, judgement in expected[1])
    ahead = Ahead(CONTEXT, first=1, processes=2)
    items = ahead.in_order(iter(exchanges), itself)
    found = [(one, ahead.judge(one)) for one in islice(items, 1)]
    monkeypatch.setattr(module, "judge_redacted", no_rule_here)
    found += [(one, ahead.judge(one)) for one in items]
    assert [one for one, _ in found] == exchanges
    assert [{(by, str(one)) for by, one in said} for _, said in found] == [
        {(by, str(one)) for by, one in said} for said in expected
    ]


@pytest.mark.parametrize(("processes", "first"), [(1, 0), (2, 2)])
def test_what_comes_before_a_part_that_cannot_be_read_is_judged(processes, first):
    def read():
        yield from map(exchange, range(6))
        raise CaptureError("cut off", where="x.har:7")

    ahead, found = Ahead(CONTEXT, first=first, processes=processes), []
    with pytest.raises(CaptureError, match="cut off"):
        found.extend(ahead.in_order(read(), itself))
    assert found == [exchange(number) for number in range(6)]


class Kills:
    """An item that ends the process that is to judge it."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_process_that_is_killed_ends_the_judging_with_its_reason():
    ahead = Ahead(CONTEXT, first=0, processes=2)
    with pytest.raises(SuiteError, match="was killed"):
        list(ahead.in_order([Kills()], itself))
