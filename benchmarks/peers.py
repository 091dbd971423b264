"""How many of the planted faults do general-purpose tools see, with the same contract, good credentials and examples?

    python benchmarks/peers.py --sample 60 --out peers.json

Each tool runs on the faultless platform first, then on ten conformant readings and on each fault. A fault counts as
caught when the tool reports something on the faulty platform that it does not report on the faultless one. What it
reports on the faultless platform, and beyond that on a reading, are false alarms.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from peer_tools.contract import KEYS, Live
from peer_tools.dredd import DREDD, dredd
from peer_tools.drift import REDOCLY, drift, judge
from peer_tools.found import Found
from peer_tools.portman import NEWMAN, PORTMAN, portman
from peer_tools.prism import PRISM, prism
from peer_tools.schemathesis import schemathesis

from conformance.contract import load_contract
from conformance.reference.faults import catalogue
from conformance.reference.server import RunningPlatform, default_settings

# One small part of the contract each: what a description cannot say must not count against a tool.
READINGS = (
    "charset=utf-8", "correlation-id=made", "error-body=problem", "hdm-request-id=uuid", "sdp-field-types=example",
    "adm-answer=record", "ias-claims=rich", "ias-unknown-casn=403", "mds-bad-token=403", "extra-fields=everywhere",
)  # fmt: skip

TOOLS = {
    "schemathesis": schemathesis, "dredd": dredd, "prism": prism, "portman": portman, "drift": drift, "judge": judge,
}  # fmt: skip
PACKAGES = {
    "dredd": "dredd",
    "prism": "@stoplight/prism-cli",
    "portman": "@apideck/portman newman tslib",
    "drift": "@redocly/cli",
}
INSTALLED = {"dredd": DREDD, "prism": PRISM, "portman": PORTMAN and NEWMAN, "drift": REDOCLY}
MISSING = {tool for tool, found in INSTALLED.items() if not found}


def run_tool(tool: str, services: tuple[str, ...], examples: int, **settings: Any) -> Found:
    """One tool on one platform."""
    total = Found()
    with RunningPlatform(default_settings(**settings)) as running:
        live = Live(running)
        for service in services:
            with tempfile.TemporaryDirectory() as scratch:
                found = TOOLS[tool](service, live, Path(scratch), examples)
            total.findings |= {f"{service}: {one}" for one in found.findings}
            total.requests += found.requests
            total.seconds += found.seconds
    return total


def sampled(count: int) -> list[str]:
    """A sample of the faults, the same every time, with every kind in its proportion."""
    faults = sorted(catalogue().values(), key=lambda fault: (fault.kind, fault.name))
    step = max(1, len(faults) // count) if count else 1
    return [fault.name for fault in faults[step // 2 :: step]][: count or None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=60, help="how many faults; 0: all")
    parser.add_argument("--examples", type=int, default=30, help="schemathesis: --max-examples")
    parser.add_argument("--tool", action="append", choices=sorted(TOOLS), help="repeatable")
    parser.add_argument("--out", type=Path, default=Path("peers.json"))
    options = parser.parse_args()
    contract = load_contract()
    facts: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "tools": {}}
    for tool in options.tool or sorted(TOOLS):
        if tool in MISSING:
            print(f"{tool} is not installed: npm install -g {PACKAGES[tool]}")
            continue
        clean = run_tool(tool, tuple(KEYS), options.examples)
        alarms = {}
        for text in READINGS:
            name, _, option = text.partition("=")
            new = run_tool(tool, tuple(KEYS), options.examples, readings={name: option}).findings - clean.findings
            alarms[text] = sorted(new)
        kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        caught: list[str] = []
        missed: list[str] = []
        requests, seconds = clean.requests, clean.seconds
        for name in sampled(options.sample):
            fault = catalogue()[name]
            services = tuple(sorted({contract.operation(one).service for one in fault.operations})) or tuple(KEYS)
            found = run_tool(tool, services, options.examples, faults=(name,))
            seen = bool(found.findings - clean.findings)
            (caught if seen else missed).append(name)
            kinds[fault.kind]["caught" if seen else "missed"] += 1
            requests, seconds = requests + found.requests, seconds + found.seconds
            print(
                f"{tool}: {name}: {'caught' if seen else 'missed'} ({found.requests} requests, {found.seconds:.1f} s)",
                flush=True,
            )
        facts["tools"][tool] = {
            "caught": caught, "missed": missed, "false_alarms": sorted(clean.findings), "readings": alarms,
            "requests": requests, "seconds": round(seconds), "kinds": kinds,
        }  # fmt: skip
        total = len(caught) + len(missed)
        loud = sum(bool(new) for new in alarms.values())
        print(
            f"{tool}: {len(caught)} of {total} faults, {len(clean.findings)} false alarms, "
            f"new ones on {loud} of {len(READINGS)} readings"
        )
        options.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
