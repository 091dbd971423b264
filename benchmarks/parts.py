"""Generated cases a second, by one process, and by two and four that each send a part of the same plan.

    python benchmarks/parts.py [--cases 500] [--parts 1 2 4] [--platforms 1]

The platform is in processes of its own, `--platforms` of them behind as many ports, the parts take them in turn. What
counts is the time from the first request to the end of the last part; nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml


def send(target: str, part: str, cases: int) -> None:
    """Send a part, and print what it took as JSON."""
    from conformance.fuzz import load_plan, run_fuzz
    from conformance.opening import RunSettings, open_session
    from conformance.runner.shard import part_of
    from conformance.stream import RunFolder, events
    from conformance.target import load_target

    own = part_of(part, {})
    load_plan(None, cases)
    with tempfile.TemporaryDirectory() as folder:
        settings = RunSettings(target, f"{folder}/run.jsonl", part=own, max_requests=10**9)
        begun, used = time.time(), time.process_time()
        with open_session(settings, load_target(Path(target)), prefix="F") as session:
            run_fuzz(session, cases_per_operation=cases, part=own, operations=None)
        told = [event for event in RunFolder(Path(folder)).events() if isinstance(event, events.Fuzz)]
        sent = sum(event.sent for event in told)
        print(json.dumps({"begun": begun, "ended": time.time(), "cpu": time.process_time() - used, "sent": sent}))


def serve() -> None:
    """Serve the platform until standard input closes; print its target file as JSON."""
    from conformance.reference.server import RunningPlatform

    with RunningPlatform() as platform:
        print(json.dumps(platform.target_document()), flush=True)
        sys.stdin.read()


def measure(parts: int, cases: int, targets: list[str]) -> str:
    """Send all parts at the same time; return a row of the table."""
    command = [sys.executable, __file__, "--cases", str(cases)]
    running = [
        subprocess.Popen(
            [*command, "--send", targets[one % len(targets)], f"{one + 1}/{parts}"], stdout=subprocess.PIPE, text=True
        )
        for one in range(parts)
    ]
    told = [json.loads(process.communicate()[0]) for process in running]
    seconds = max(one["ended"] for one in told) - min(one["begun"] for one in told)
    sent = sum(one["sent"] for one in told)
    longest = max(one["ended"] - one["begun"] for one in told)
    cpu = sum(one["cpu"] for one in told)
    return f"| {parts} | {sent:,} | {seconds:.1f} | {sent / seconds:.0f} | {longest:.1f} | {1000 * cpu / sent:.2f} |"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--platforms", type=int, default=1)
    parser.add_argument("--send", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve()
    elif chosen.send:
        send(*chosen.send, chosen.cases)
    else:
        with tempfile.TemporaryDirectory() as folder:
            platforms = [
                subprocess.Popen(
                    [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
                for _ in range(chosen.platforms)
            ]
            targets = [str(Path(folder) / f"{number}.yaml") for number in range(len(platforms))]
            for platform, target in zip(platforms, targets, strict=True):
                assert platform.stdout is not None
                Path(target).write_text(yaml.safe_dump(json.loads(platform.stdout.readline())), encoding="utf-8")
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            print("| parts | cases sent | seconds | cases/s | longest part, s | CPU of the suite, ms a case |")
            print("| ---: | ---: | ---: | ---: | ---: | ---: |")
            for parts in chosen.parts:
                print(measure(parts, chosen.cases, targets), flush=True)
            for platform in platforms:
                platform.communicate("")


if __name__ == "__main__":
    main()
