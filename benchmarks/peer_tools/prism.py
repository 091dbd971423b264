"""Prism as a validating proxy: it sends nothing itself, so the traffic through it is made here."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from peer_tools.contract import FORM, Live, described, example_of, resolved
from peer_tools.found import Found, steady

PRISM = shutil.which("prism") or ""
PATIENCE = 60.0


@dataclass(frozen=True)
class Sent:
    """One request: what it is, and what it holds."""

    method: str
    path: str
    what: str = "working"
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    form: bool = False


def prism(service: str, live: Live, folder: Path, _examples: int) -> Found:
    """The violations of answers that the proxy writes into its header; those of requests are ours."""
    spec = folder / "spec.json"
    document = described(service, live)
    spec.write_text(json.dumps(document, default=str))
    started = time.monotonic()
    found = Found()
    with proxy(spec, live.url) as url, httpx.Client(base_url=url, timeout=5) as client:
        for sent in traffic(document, live, live.header(service)):
            found.requests += 1
            body = {"data" if sent.form else "json": sent.body} if sent.body is not None else {}
            try:
                answer = client.request(sent.method, sent.path, params=sent.query, headers=sent.headers, **body)
            except httpx.HTTPError:
                continue  # Prism said nothing about it.
            for violation in json.loads(answer.headers.get("sl-violations", "[]")):
                if violation["location"][:1] == ["response"]:
                    where = ".".join(violation["location"])
                    text = f"{where}: {violation.get('code', '')}: {violation['message']}"
                    found.findings.add(f"{sent.method} {sent.path}: {sent.what}: {steady(text)}")
    found.seconds = time.monotonic() - started
    return found


@contextmanager
def proxy(spec: Path, url: str) -> Iterator[str]:
    """Prism between us and the platform."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [PRISM, "proxy", str(spec), url, "--port", str(port), "--verboseLevel", "silent"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the port is open."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("prism did not start.")


def traffic(document: dict[str, Any], live: Live, authorization: str) -> Iterator[Sent]:
    """For each operation: what works, the same without each mandatory part, and without Authorization."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield from requests_of(document, live, authorization, path, method, operation)


def requests_of(
    document: dict[str, Any], live: Live, authorization: str, path: str, method: str, operation: dict[str, Any]
) -> Iterator[Sent]:
    """The requests of one operation."""
    query: dict[str, str] = {}
    headers = {"Authorization": authorization} if authorization else {}
    mandatory: list[tuple[str, str]] = []
    for parameter in operation.get("parameters", []):
        found = resolved(document, parameter)
        name, place = found["name"], found["in"]
        if "example" not in found:
            continue
        if place == "path":
            path = path.replace(f"{{{name}}}", str(found["example"]))
            continue
        (query if place == "query" else headers)[name] = str(found["example"])
        if found.get("required"):
            mandatory.append((place, name))
    schema: dict[str, Any] | None = None
    form = False
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        schema, form = media["schema"], kind == FORM["Content-Type"]
        mandatory += [("body", name) for name in resolved(document, media["schema"]).get("required", [])]
        break

    def whole() -> Sent:
        # A user name can be taken once: were it sent twice, a refusal would hide that something missing was accepted.
        live.forget("live.email")
        body = example_of(document, schema, live) if schema is not None else None
        return Sent(method.upper(), path, "working", query, headers, body, form)

    yield whole()
    for place, name in mandatory:
        yield without(whole(), place, name)
    if authorization:
        yield without(whole(), "header", "Authorization")


def without(sent: Sent, place: str, name: str) -> Sent:
    """The same request with one part left out."""
    part = {"query": "query", "header": "headers", "body": "body"}[place]
    rest = {key: value for key, value in getattr(sent, part).items() if key != name}
    return replace(sent, what=f"without {name}", **{part: rest})
