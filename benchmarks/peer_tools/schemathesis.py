"""Schemathesis, as it comes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from peer_tools.contract import Live, described
from peer_tools.found import Found


def schemathesis(service: str, live: Live, folder: Path, examples: int) -> Found:
    """Plain schemathesis: all checks, all phases."""
    spec, report = folder / "spec.json", folder / "report.ndjson"
    spec.write_text(json.dumps(described(service, live), default=str))
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(spec), "--url", live.url, "--seed", "1"]
    command += ["--max-examples", str(examples), "--checks", "all", "--no-shrink", "--continue-on-failure"]
    command += ["--generation-deterministic", "--no-color", "--request-timeout", "3"]
    command += [
        "--report-ndjson-path",
        str(report),
        "--suppress-health-check",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
    ]
    if live.header(service):
        command += ["--header", f"Authorization: {live.header(service)}"]
    if service == "ias":
        command += ["--header", "nv-tenant-id: nagra"]
    started = time.monotonic()
    subprocess.run(command, capture_output=True, timeout=300, check=False, cwd=folder)
    found = Found(seconds=time.monotonic() - started)
    for line in report.read_text(encoding="utf-8").splitlines() if report.exists() else []:
        collect(json.loads(line), "", found)
    return found


def collect(node: Any, label: str, found: Found) -> None:
    """Walk an event for interactions and failures, whatever the report's version nests them in."""
    if isinstance(node, list):
        for item in node:
            collect(item, label, found)
    if not isinstance(node, dict):
        return
    label = node.get("label", label) if isinstance(node.get("label", label), str) else label
    if "request" in node and "response" in node:
        found.requests += 1
    failure = node.get("failure_info") or node.get("failure")
    if node.get("status") == "failure" and isinstance(failure, dict):
        inner = failure.get("failure") if isinstance(failure.get("failure"), dict) else failure
        title = inner.get("title") or inner.get("type") or node.get("name")
        first = str(inner.get("message", "")).splitlines()[:1]
        found.findings.add(f"{label}: {node.get('name')}: {title}: {first[0][:80] if first else ''}")
    for item in node.values():
        collect(item, label, found)
