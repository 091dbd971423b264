"""Redocly's `drift`, and this suite's `judge`, on the same HAR: both send nothing, so the traffic is made here."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from conformance.runner.judge import judge_captures
from conformance.selftest.exports import Entry, har
from peer_tools.contract import Live, described
from peer_tools.found import Found, steady
from peer_tools.prism import traffic

REDOCLY = shutil.which("redocly") or ""
PATIENCE = 120


def recorded(document: dict[str, Any], service: str, live: Live) -> list[Entry]:
    """What a proxy would have written down: each operation's example, and the same without each mandatory part."""
    entries: list[Entry] = []
    with httpx.Client(base_url=live.url, timeout=5) as client:
        for sent in traffic(document, live, live.header(service)):
            body = {"data" if sent.form else "json": sent.body} if sent.body is not None else {}
            begun = datetime.now(UTC)
            try:
                answer = client.request(sent.method, sent.path, params=sent.query, headers=sent.headers, **body)
            except httpx.HTTPError:
                continue
            entries.append(entry(begun, answer))
    return entries


def entry(begun: datetime, answer: httpx.Response) -> Entry:
    """An exchange as HAR has it, nothing left out."""
    request = answer.request
    made: Entry = {
        "startedDateTime": begun.isoformat(),
        "time": answer.elapsed.total_seconds() * 1000,
        "request": {
            "method": request.method, "url": str(request.url), "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": pairs(request.headers), "headersSize": -1, "bodySize": len(request.content),
            "queryString": [{"name": name, "value": value} for name, value in request.url.params.multi_items()],
        },
        "response": {
            "status": answer.status_code, "statusText": answer.reason_phrase, "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": pairs(answer.headers), "redirectURL": "", "headersSize": -1, "bodySize": len(answer.content),
            "content": {
                "size": len(answer.content), "mimeType": answer.headers.get("content-type", ""), "text": answer.text,
            },
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }  # fmt: skip
    if request.content:
        kind = request.headers.get("content-type", "")
        made["request"]["postData"] = {"mimeType": kind, "text": request.content.decode("utf-8", "replace")}
    return made


def pairs(headers: httpx.Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def drift(service: str, live: Live, folder: Path, _examples: int) -> Found:
    """What `redocly drift` reports; a request that lacks something is reported where it was carried out."""
    document = described(service, live)
    spec, file, report = folder / "spec.json", folder / "traffic.har", folder / "drift.json"
    spec.write_text(json.dumps(document, default=str))
    entries = recorded(document, service, live)
    file.write_text(har(entries))
    started = time.monotonic()
    command = [REDOCLY, "drift", str(file), "--api", str(spec), "--server", live.url]
    done = subprocess.run(
        [*command, "--format", "json", "--output", str(report)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if not report.is_file():
        raise RuntimeError(f"redocly drift: {done.stderr.strip()[-500:]}")
    found = Found(requests=len(entries), seconds=time.monotonic() - started)
    for one in json.loads(report.read_text())["problems"]:
        what = f"{one.get('operationId')}: {one['target']} ({one.get('status')}): {one['message']}"
        found.findings.add(steady(what))
    return found


def judge(service: str, live: Live, folder: Path, _examples: int) -> Found:
    """What `opentv-conformance judge` holds against the platform, as a binding requirement, on the same traffic."""
    entries = recorded(described(service, live), service, live)
    file, target = folder / "traffic.har", folder / "target.yaml"
    file.write_text(har(entries))
    target.write_text(yaml.safe_dump(live.document))
    started = time.monotonic()
    results = judge_captures([file], target=target, out=folder / "judged").results
    found = Found(requests=len(entries), seconds=time.monotonic() - started)
    for one in results.results:
        if one.requirement.binding:
            found.findings |= {f"{one.requirement.id}: {steady(finding.cause)}" for finding in one.findings}
    return found
