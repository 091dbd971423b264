"""Runs `schemathesis run` and the suite's own fuzzing in turn on the same contract and the same platform, and compares.

    python benchmarks/fuzz.py [--cases 200] [--fault NAME]

What counts is what the target sees: the platform hashes every request that it is sent (without the identifiers that are
new in each), so both are measured in the same way. A second, faulty platform shows how long each takes to the first
server error. Both run alone, one after the other; nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent.parent / "specs" / "openapi"
SERVICES = ("hdm", "ias", "adm", "sdp", "mds")
UNCOUNTED = {
    b"x-correlation-id",
    b"x-schemathesis-testcaseid",
    b"user-agent",
    b"host",
    b"connection",
    b"content-length",
}


class Counting:
    """An ASGI application around the platform that counts what it is sent."""

    def __init__(self, app: Any) -> None:
        self.app, self.state = app, app.state
        self.seen: set[bytes] = set()
        self.requests, self.first_error = 0, 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == "/__count":
            await self.answer(send)
            return
        digest = hashlib.sha256(scope["method"].encode() + scope["raw_path"] + b"?" + scope["query_string"])
        for name, value in sorted(scope["headers"]):
            if name not in UNCOUNTED:
                digest.update(name + b":" + value)

        async def hear() -> Any:
            message = await receive()
            digest.update(message.get("body", b""))
            return message

        async def tell(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == 500 and not self.first_error:
                self.first_error = time.time()
            await send(message)

        await self.app(scope, hear, tell)
        self.requests += 1
        self.seen.add(digest.digest())

    async def answer(self, send: Any) -> None:
        found = {"requests": self.requests, "distinct": len(self.seen), "first_error": self.first_error}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})


def serve(fault: str | None) -> None:
    from conformance.reference import server

    create = server.create_app
    server.create_app = lambda settings: Counting(create(settings))  # type: ignore[assignment]
    with server.RunningPlatform(server.default_settings(faults=(fault,) if fault else ())) as running:
        print(json.dumps({"url": running.url, "target": running.target_document()}), flush=True)
        sys.stdin.read()


def ours(target: str, cases: int) -> None:
    from conformance.documents import read_yaml
    from conformance.errors import TargetFileError
    from conformance.fuzz import run_fuzz
    from conformance.opening import RunSettings, open_session
    from conformance.target import target_from_document

    stream = Path(target).with_name("run.jsonl")
    stream.unlink(missing_ok=True)
    stream.touch()
    settings = RunSettings(target=target, stream=str(stream), embedded=True, max_requests=10_000_000)
    with open_session(
        settings, target_from_document(read_yaml(Path(target), TargetFileError), embedded=True), prefix="F"
    ) as session:
        run_fuzz(session, cases_per_operation=cases)


@dataclass
class Measured:
    seconds: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0
    requests: int = 0
    distinct: int = 0
    first_error: float | None = None


class Platform:
    """A counting platform in a process of its own."""

    def __init__(self, fault: str | None = None) -> None:
        command = [sys.executable, __file__, "--serve", *(["--fault", fault] if fault else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.url, self.target = ready["url"], ready["target"]

    def count(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/__count") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def first_error(platform: Platform, commands: list[list[str]]) -> float | None:
    """Run commands one after the other until the platform has answered a 500; return the seconds until then."""
    begun = time.time()
    for command in commands:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir()
        )
        while process.poll() is None:
            time.sleep(0.05)
            if found := platform.count()["first_error"]:
                process.kill()
                process.wait()
                return float(found) - begun
    return None


def timed(platform: Platform, commands: list[list[str]]) -> Measured:
    """Run commands one after the other, and measure them and what they sent."""
    found = Measured()
    begun = time.time()
    for command in commands:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        found.cpu += usage.ru_utime + usage.ru_stime
        found.memory = max(found.memory, usage.ru_maxrss / 1024)
    found.seconds = time.time() - begun
    seen = platform.count()
    found.requests, found.distinct = seen["requests"], seen["distinct"]
    return found


def schemathesis_commands(platform: Platform, cases: int) -> list[list[str]]:
    """One run for each document, with the credentials that its operations want, as far as one header can carry them."""
    found = []
    for service in SERVICES:
        url = platform.target["services"][service]["url"]
        command = ["-m", "schemathesis.cli", "run", str(SPECS / f"{service}.yaml"), "--url", url, "-n", str(cases)]
        command += ["--generation-database", "none", "--seed", "1", "--continue-on-failure", "--no-shrink"]
        if service == "sdp":
            credential = platform.target["credentials"]["sdp"]
            command += ["--auth", f"{credential['username']}:{credential['password']}"]
        found.append([sys.executable, *command])
    return found


def our_commands(platform: Platform, cases: int, folder: Path) -> list[list[str]]:
    target = folder / "target.yaml"
    target.write_text(json.dumps(platform.target))
    return [[sys.executable, __file__, "--ours", str(target), "--cases", str(cases)]]


def measure(cases: int, fault: str, folder: Path) -> dict[str, Measured]:
    table = {}
    for name in ("schemathesis run", "opentv-conformance"):
        found = Measured()
        for broken in (None, fault):
            platform = Platform(broken)
            try:
                own = name != "schemathesis run"
                commands = our_commands(platform, cases, folder) if own else schemathesis_commands(platform, cases)
                if broken is None:
                    found = timed(platform, commands)
                else:
                    found.first_error = first_error(platform, commands)
            finally:
                platform.close()
        table[name] = found
    return table


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--cases", type=int, default=200)
    command.add_argument("--fault", default=None)
    command.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    command.add_argument("--ours", help=argparse.SUPPRESS)
    options = command.parse_args()
    if options.serve:
        serve(options.fault)
        return
    if options.ours:
        ours(options.ours, options.cases)
        return
    fault = options.fault or "signon-breaks-on-non-ascii"
    with tempfile.TemporaryDirectory() as folder:
        table = measure(options.cases, fault, Path(folder))
    print(f"{options.cases} cases for each operation; first server error on a platform with the fault {fault}\n")
    print(
        "| | requests | distinct | seconds | requests/s | distinct/s | first server error | CPU seconds | peak memory |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, one in table.items():
        first = f"{one.first_error:.1f} s" if one.first_error is not None else "none"
        print(
            f"| {name} | {one.requests} | {one.distinct} | {one.seconds:.1f} | {one.requests / one.seconds:.0f} "
            f"| {one.distinct / one.seconds:.0f} | {first} | {one.cpu:.1f} | {one.memory:.0f} MB |"
        )
    rates = [one.distinct / one.seconds for one in table.values()]
    print(f"\nDistinct requests a second: {rates[1] / rates[0]:.1f} times as many.")


if __name__ == "__main__":
    main()
