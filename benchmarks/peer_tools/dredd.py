"""Dredd, without hooks."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import time
from pathlib import Path

from peer_tools.contract import Live, described, lowered
from peer_tools.found import Found, steady

DREDD = shutil.which("dredd") or ""


def dredd(service: str, live: Live, folder: Path, _examples: int) -> Found:
    """Dredd: one transaction for each documented success, with the examples, without hooks."""
    spec = folder / "spec.json"
    document = copy.deepcopy(described(service, live))
    document["openapi"] = "3.0.3"
    for item in document["paths"].values():
        for operation in item.values():
            # Without hooks dredd cannot bring a refusal about.
            operation["responses"] = {code: one for code, one in operation["responses"].items() if code[0] == "2"}
    spec.write_text(json.dumps(lowered(document), default=str))
    command = [DREDD, str(spec), live.url, "--loglevel=error", "--no-color", "--reporter=markdown"]
    command += ["--output", str(folder / "dredd.md"), "--user-agent", "dredd"]
    if live.header(service):
        command += ["--header", f"Authorization: {live.header(service)}"]
    if service == "ias":
        command += ["--header", "nv-tenant-id: nagra"]
    started = time.monotonic()
    subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=folder)
    found = Found(seconds=time.monotonic() - started)
    report = folder / "dredd.md"
    title = ""
    for line in report.read_text(encoding="utf-8").splitlines() if report.exists() else []:
        if line.startswith("## "):
            title = line.removeprefix("## ").partition("?")[0]
            found.requests += 1
        elif title.startswith("Fail") and line.startswith(
            ("body: At", "body: No", "body: JSON", "statusCode: Exp", "headers: At")
        ):
            found.findings.add(f"{title}: {steady(line)}")
    return found
