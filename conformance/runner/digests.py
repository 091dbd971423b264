"""What decides a run, as digests: parts of one run, and a run that is judged again, can be compared by them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from conformance import __version__
from conformance.contract import load_contract
from conformance.redaction import Redactor
from conformance.register import Register
from conformance.runner.options import RunOptions
from conformance.stream import events

# Where a run is written, how many connections it uses and where its target file comes from decide nothing.
_UNDECIDING = frozenset({"out", "target", "urls", "workers", "rerun_failed"})


def digests_of(options: RunOptions, register: Register, target: Path, redactor: Redactor) -> events.Digests:
    """Return the SHA-256 of each thing that decides a run; the target file's is of its text without secrets."""
    facts = {name: value for name, value in options.facts().items() if name not in _UNDECIDING}
    return events.Digests(
        suite=suite_digest(),
        contract=load_contract().digest(),
        register=register.digest(),
        plan=_plan(options),
        target=_sha256(redactor.text(target.read_text(encoding="utf-8", errors="replace"))),
        options=_sha256(json.dumps(facts, sort_keys=True)),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _plan(options: RunOptions) -> str:
    if not options.fuzz:
        return ""
    from conformance.fuzz.plan import spec_digest

    return _sha256(f"{options.seed} {options.fuzz_cases} {spec_digest()}")


@cache
def suite_digest() -> str:
    """Return the digest of the suite's own code."""
    root = Path(__file__).parents[1]
    content = hashlib.sha256(__version__.encode())
    for path in sorted(root.rglob("*.py")):
        content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()
