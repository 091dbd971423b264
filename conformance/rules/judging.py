"""Every rule there is, and `judge`, which asks those that apply."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from conformance.errors import SuiteError
from conformance.model import Exchange, Judgement, held
from conformance.rules import (
    account,
    ias_envelope,
    in_home,
    initialise,
    licence,
    schema,
    services,
    signon,
    tokens,
    wire,
)
from conformance.rules.base import RULES, Context, Rule

# A module of rules registers them when it is imported; what is not named here judges nothing.
MODULES = (account, ias_envelope, in_home, initialise, licence, schema, services, signon, tokens, wire)


def all_rules() -> tuple[Rule, ...]:
    """Return every rule of `MODULES`, in their order."""
    return tuple(RULES.values())


@lru_cache(maxsize=256)
def _rules_of(operation: str, status: int) -> tuple[Rule, ...]:
    return tuple(
        entry
        for entry in all_rules()
        if (not entry.operations or operation in entry.operations) and (not entry.statuses or status in entry.statuses)
    )


def judge(exchange: Exchange, context: Context) -> list[tuple[str, Judgement]]:
    """Judge an exchange by every rule that applies; return (rule name, judgement) pairs.

    An exchange without a response is judged by none: what to make of silence needs a control request.
    """
    if exchange.response is None:
        return []
    found: list[tuple[str, Judgement]] = []
    body_known = exchange.response.body_known
    for entry in _rules_of(exchange.operation, exchange.status):
        if entry.reads_body and not body_known:
            continue
        for judgement in entry.function(exchange, context):
            own = context.register.for_operation(judgement.requirement, exchange.operation)
            if own not in context.register:
                raise SuiteError(f"the rule {entry.name!r} names {own!r}, which the register does not have")
            if own != judgement.requirement:
                judgement = held(own) if judgement.holds else replace(judgement, requirement=own)
            found.append((entry.name, judgement))
    return found
