"""How many of the planted faults do general-purpose tools see, with the same contract, good credentials and examples?

    python benchmarks/peers.py --sample 60 --out peers.json

Each tool runs on the faultless platform first, then on ten conformant readings and on each fault. A fault counts as
caught when the tool reports something on the faulty platform that it does not report on the faultless one. What it
reports on the faultless platform, and beyond that on a reading, are false alarms.
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from conformance.contract import load_contract
from conformance.reference.faults import catalogue
from conformance.reference.server import RunningPlatform, default_settings
from conformance.resources import specs

# One small part of the contract each: what a description cannot say must not count against a tool.
READINGS = (
    "charset=utf-8", "correlation-id=made", "error-body=problem", "hdm-request-id=uuid", "sdp-field-types=example",
    "adm-answer=record", "ias-claims=rich", "ias-unknown-casn=403", "mds-bad-token=403", "extra-fields=everywhere",
)  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEYS = {"hdm": "", "adm": "live.crm_token", "ias": "live.ias_token", "mds": "live.ias_token", "sdp": "credentials.sdp"}


@dataclass
class Found:
    """What a tool reported: one text a finding, and what it cost."""

    findings: set[str] = field(default_factory=set)
    requests: int = 0
    seconds: float = 0.0


class Live:
    """Values that make requests work, from the target document and from the platform itself."""

    def __init__(self, running: RunningPlatform) -> None:
        self.url, self.document = running.url, running.target_document()
        self._known: dict[str, Any] = {}

    def value(self, path: str) -> Any:
        """The value behind `x-from-target`."""
        if path not in self._known:
            self._known[path] = self._made(path)
        return self._known[path]

    def _made(self, path: str) -> Any:
        if path.startswith("live."):
            try:
                return getattr(self, path.removeprefix("live."))()
            except (httpx.HTTPError, KeyError, TypeError, ValueError):
                return "not-to-be-had"
        here: Any = {**self.document, **self.document["subjects"]}
        for step in path.split("."):
            here = here.get(step) if isinstance(here, dict) else None
        return here if here is not None else {"account_template.billingAddress": []}.get(path, "x")

    def _get(self, path: str, **more: Any) -> Any:
        return httpx.get(self.url + path, timeout=5, **more).json()

    def correlation_id(self) -> str:
        return str(uuid.uuid4())

    def device_token(self) -> str:
        return self.hdm_token()

    def hdm_token(self) -> str:
        user = self.document["subjects"]["user"]
        query = {name: user[name] for name in ("username", "password", "deviceId")}
        return str(self._get("/api/authentication/v2/nmpsignontokens", params=query)["token"]["token"])

    def ias_token(self) -> str:
        stb = self.document["subjects"]["stb"]
        body = {name: stb[name] for name in ("casn", "dasChallenge", "scheme")}
        answer = httpx.post(
            f"{self.url}/ias/v3/token/actions/dasSignOnByCasn", json=body, headers={"nv-tenant-id": "nagra"}, timeout=5
        )
        return str(answer.json()["access_token"])

    def broadcast_token(self) -> str:
        headers = {"Authorization": f"Bearer {self.value('live.ias_token')}"}
        return str(self._get("/ias/v3/token/actions/generateUpdateInHomeToken", headers=headers)["updateInHomeToken"])

    def crm_token(self) -> str:
        keycloak = self.document["credentials"]["crm"]["keycloak"]
        form = {name: keycloak[name] for name in ("username", "password", "client_id")} | {"grant_type": "password"}
        path = f"/keycloak/auth/realms/{keycloak['realm']}/protocol/openid-connect/token"
        return str(httpx.post(self.url + path, data=form, headers=FORM, timeout=5).json()["access_token"])

    def email(self) -> str:
        return f"peer-{uuid.uuid4().hex[:12]}@example.test"

    def password_hash(self) -> str:
        return base64.b64encode(random.randbytes(320)).decode()

    def salt(self) -> str:
        return base64.b64encode(random.randbytes(16)).decode()

    def geo_block_exempt(self) -> bool:
        return False

    def header(self, service: str) -> str:
        """The Authorization of a service; empty where it has none."""
        path = KEYS[service]
        if path == "credentials.sdp":
            pair = self.document["credentials"]["sdp"]
            return "Basic " + base64.b64encode(f"{pair['username']}:{pair['password']}".encode()).decode()
        return f"Bearer {self.value(path)}" if path else ""


def described(service: str, live: Live) -> dict[str, Any]:
    """The contract of a service with examples that work, and with every status that the contract tolerates."""
    document: dict[str, Any] = yaml.safe_load((specs() / "openapi" / f"{service}.yaml").read_text())
    document["servers"] = [{"url": live.url}]
    paths = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post", "put") or "x-alternative-of" in operation:
                continue
            place = operation.get("x-path", path)
            if operation.get("x-base") == "ssp_url":
                place = f"/ssp{place}"
            paths.setdefault(place, {})[method] = operation
            for status in operation.get("x-tolerated-statuses", []):
                operation["responses"].setdefault(str(status), {"description": "tolerated"})
            for parameter in operation.get("parameters", []):
                found = resolved(document, parameter)
                if "x-from-target" in found:
                    found["example"] = live.value(found["x-from-target"])
            for media in operation.get("requestBody", {}).get("content", {}).values():
                media["example"] = example_of(document, media["schema"], live)
    document["paths"] = paths
    return document


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a local reference points to."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/")]
        node = target
    return node


def example_of(document: dict[str, Any], schema: dict[str, Any], live: Live) -> Any:
    """A body that works."""
    schema = resolved(document, schema)
    made = {}
    for name, member in schema.get("properties", {}).items():
        member = resolved(document, member)
        if name not in schema.get("required", []):
            continue
        path = member.get("x-from-target", "")
        given = live.value(path) if path else member.get("const", (member.get("enum") or [True])[0])
        made[name] = given
    return made


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
            found.findings.add(f"{title}: {re.sub('[0-9]{4,}', 'N', line)[:160]}")
    return found


def lowered(node: Any) -> Any:
    """OpenAPI 3.1's lists of types as 3.0 understands them."""
    if isinstance(node, dict):
        made = {name: lowered(value) for name, value in node.items() if not name.startswith("x-")}
        if isinstance(made.get("type"), list):
            kinds = [kind for kind in made["type"] if kind != "null"]
            made = (
                {**made, "nullable": True, "type": kinds[0]}
                if len(kinds) == 1
                else {k: v for k, v in made.items() if k != "type"}
            )
        return made
    return [lowered(item) for item in node] if isinstance(node, list) else node


DREDD = shutil.which("dredd") or ""
TOOLS = {"schemathesis": schemathesis, "dredd": dredd}


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
        if tool == "dredd" and not DREDD:
            print("dredd is not installed: npm install -g dredd")
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
            found = run_tool(tool, services, options.examples, fault=name)
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
