"""What the account checks share: the two places, and a complete request that each check spoils in one way."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

from conformance.checks.api import Check
from conformance.model import Exchange
from conformance.session.accounts import Account, fresh_account
from conformance.session.creations import OPF, SSP, opening, opf_account, send_account
from conformance.session.once import once
from conformance.target import Value

Function = TypeVar("Function", bound=Callable[..., object])


def at_both(*ids: str) -> Callable[[Function], Function]:
    """Run a check on OPF with the ids of ADM, and on SSP with those of SSP, as its parameter `operation`."""
    return each_at_both(**{"": ids})


def each_at_both(**ids: tuple[str, ...]) -> Callable[[Function], Function]:
    """Run a check at both places for several names: its parameters are `operation`, `name` and `requirement_id`."""
    cases = []
    for name, pair in ids.items():
        for operation, area, place in ((OPF, "ADM", "opf"), (SSP, "SSP", "ssp")):
            own = [one for one in pair if one.startswith(area)]
            values = (operation, name, own[0]) if name else (operation,)
            label = f"{name}-{place}" if name else place
            cases.append(pytest.param(*values, marks=pytest.mark.requirement(*own), id=label))
    names = ("operation",) if set(ids) == {""} else ("operation", "name", "requirement_id")
    mark: Callable[[Function], Function] = pytest.mark.parametrize(names, cases)
    return mark


def candidate(check: Check, operation: str) -> Account:
    """Return a complete request whose like succeeded in this run, and which was not made itself.

    On SSP it is an account that OPF created: a request about one that OPF does not know may well be answered 404.

    Raises:
        ControlFailed: a complete request does not succeed.
    """
    first = opening(check, operation)
    check.control(first.exchange, what="a complete request to create an account")
    if operation == OPF:
        return fresh_account(check, first.form)
    return _unspent(check)


@once
def _unspent(check: Check) -> Account:
    """Return an account of OPF that no request to SSP was about."""
    return opf_account(check)


def attempt(
    check: Check,
    operation: str,
    body: Mapping[str, object] | None,
    *,
    token: Value | None = None,
    tenant: str | None = None,
    without: str = "",
    content: bytes | None = None,
) -> Exchange:
    """Send a spoilt request; where it creates an account all the same, the next check gets a new one to spoil."""
    exchange = send_account(check, operation, body, token=token, tenant=tenant, without=without, content=content)
    if exchange.succeeded and operation == SSP:
        _unspent.forget(check)
    return exchange


def unknown_name(kind: str) -> str:
    """Return the name of something that nobody made."""
    return f"conformance-no-such-{kind}-{uuid.uuid4().hex[:8]}"
