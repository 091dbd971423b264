"""What decides a run, as digests: parts of one run, and a run that is judged again, can be compared by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from conformance import __version__
from conformance.contract import load_contract
from conformance.register import Register
from conformance.stream import events

# Where a run is written, how many connections it uses and where its target file comes from decide nothing.
_UNDECIDING = frozenset({"out", "target", "urls", "workers", "rerun_failed"})


def digests_of(facts: Mapping[str, events.Option], register: Register, target: str, plan: str) -> events.Digests:
    """Return the SHA-256 of each thing that decides a run.

    Args:
        facts: the options.
        register: the requirements.
        target: the text of the target file, without secrets.
        plan: what decides the generated cases; empty for none.
    """
    told = {name: value for name, value in facts.items() if name not in _UNDECIDING}
    return events.Digests(
        suite=suite_digest(),
        contract=load_contract().digest(),
        register=register.digest(),
        plan=_sha256(plan) if plan else "",
        target=_sha256(target),
        options=_sha256(json.dumps(told, sort_keys=True)),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


@cache
def suite_digest() -> str:
    """Return the digest of the suite's own code."""
    root = Path(__file__).parents[1]
    content = hashlib.sha256(__version__.encode())
    for path in sorted(root.rglob("*.py")):
        content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()
