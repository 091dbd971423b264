"""The plan: what is sent, as data, so that every target gets the same cases and a run starts sending at once."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.contract import load_contract
from conformance.errors import SuiteError
from conformance.fuzz.case import Case
from conformance.resources import fixtures

DEFAULT_SEED = 0
SHIPPED_SIZE = 500
FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """Cases by operation.

    Attributes:
        specs: digest of the contract that the plan was compiled from.
        seed: what the random cases were drawn with.
        size: how many cases an operation has at most.
        cases: operationId -> cases, in the order in which they are sent.
    """

    specs: str
    seed: int
    size: int
    cases: Mapping[str, tuple[Case, ...]]

    @cached_property
    def digest(self) -> str:
        """What tells the plan from others: two plans with one digest send the same."""
        content = hashlib.sha256(f"{self.specs}:{self.seed}:{self.size}\n".encode())
        for line in self.lines():
            content.update(line.encode())
        return content.hexdigest()

    def beside(self, more: Mapping[str, Sequence[Case]]) -> Plan:
        """Return the plan with more cases behind those that it has; none twice."""
        cases = {}
        for name, own in self.cases.items():
            known = {case.key for case in own}
            cases[name] = (*own, *(case for case in more.get(name, ()) if case.key not in known))
        return Plan(self.specs, self.seed, self.size, cases)

    def lines(self) -> list[str]:
        """Return the cases as lines of JSON."""
        return [json.dumps(case.facts(), sort_keys=True) for cases in self.cases.values() for case in cases]

    def first(self, size: int) -> Plan:
        """Return the plan cut to `size` cases for each operation: its first ones are the most telling."""
        if size >= self.size:
            return self
        return Plan(self.specs, self.seed, size, {name: cases[:size] for name, cases in self.cases.items()})


def spec_digest() -> str:
    """Return the digest of what plans are compiled from: the requests of the contract."""
    return load_contract().request_digest


def shipped_path() -> Path:
    """Return where the plan of the default seed lies."""
    return fixtures() / "plans" / "default.jsonl.gz"


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan; the same plan always makes the same bytes."""
    head = {"format": FORMAT, "specs": plan.specs, "seed": plan.seed, "size": plan.size, "operations": list(plan.cases)}
    text = "\n".join([json.dumps(head, sort_keys=True), *plan.lines(), ""])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        SuiteError: there is none, or it cannot be read.
    """
    try:
        head, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        facts: dict[str, Any] = json.loads(head)
        cases: dict[str, list[Case]] = {name: [] for name in facts["operations"]}
        for line in lines:
            case = Case.from_facts(json.loads(line))
            cases[case.operation].append(case)
        return Plan(facts["specs"], facts["seed"], facts["size"], {name: tuple(found) for name, found in cases.items()})
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise SuiteError(
            f"the plan cannot be read: {problem}",
            where=str(path),
            advice="Install the package again: `pip install --force-reinstall` with its wheel or a clone of it.",
        ) from None
