"""The version of each rule: a digest of the code that decides what it says.

A rule that judges by the contract has the contract's digest in its version; a judgement that is made again can be
compared with the first one by it.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from functools import cache
from types import ModuleType

from conformance.contract import load_contract
from conformance.rules.judging import all_rules

# What decides nothing by itself: facts, and where rules register.
_ROOMS = ("conformance.rules.", "conformance.opentv.")
_SHARED = frozenset({"conformance.rules.base", "conformance.rules.judging"})


@cache
def rule_versions() -> dict[str, str]:
    """Return rule name -> version: eight hexadecimal digits, the same on every machine for the same code."""
    contract = load_contract().digest()
    return {entry.name: _version(entry.function.__module__, contract) for entry in all_rules()}


@cache
def _version(module: str, contract: str) -> str:
    content = hashlib.sha256(contract.encode())
    for name in sorted(_with_what_it_uses(module)):
        content.update(inspect.getsource(sys.modules[name]).encode())
    return content.hexdigest()[:8]


def _with_what_it_uses(module: str) -> set[str]:
    found, left = set(), [module]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _used(sys.modules[name])
    return found


def _used(module: ModuleType) -> set[str]:
    owners = {getattr(value, "__module__", None) or "" for value in vars(module).values()}
    return {owner for owner in owners if owner.startswith(_ROOMS) and owner not in _SHARED}
