"""How many requests a second workers send, and whether `load` catches each fault that acts under load only.

Run: python benchmarks/load.py [--users 50] [--seconds 60] [--workers 1,2,4] [--faults] [--readings N]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from conformance.reference.faults import catalogue
from conformance.reference.readings import CATALOGUE


def loaded(out: Path, *arguments: str) -> dict:
    command = [sys.executable, "-m", "conformance", "load", "--out", str(out), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = out / "report.json"
    return json.loads(report.read_text()) if report.is_file() else {"verdict": done.stderr.strip()[-300:], "load": []}


def said(name: str, report: dict) -> None:
    sent = sum(number for one in report["load"] for _, number in one["statuses"])
    seconds = sum(one["seconds"] for one in report["load"]) or 1.0
    failed = [one["id"] for one in report.get("requirements", ()) if one["outcome"] == "failed"]
    median = sorted(one["latency"][0] for one in report["load"] if one["latency"])
    half = median[len(median) // 2] if median else 0
    print(
        f"{name:<34} {report['verdict']:<14} {sent:>7} {sent / seconds:>6.0f}/s  median {half:.0f} ms  {failed}",
        flush=True,
    )


def readings(number: int, users: int, folder: Path) -> None:
    """Load platforms that answer in another reading of some questions each."""
    for seed in range(number):
        chance = random.Random(seed)
        chosen = {name: chance.choice(list(options)) for name, options in CATALOGUE.items()}
        command = [sys.executable, "-m", "conformance.reference", "--print-target", "--households", str(users)]
        for name, option in chosen.items():
            command += ["--reading", f"{name}={option}"]
        platform = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            printed = json.loads(platform.stdout.readline())
            (folder / "pool.csv").write_text(printed["pool"])
            target = {**printed["target"], "subjects_pool": {"file": "pool.csv"}, "safety": {"max_requests": 10**9}}
            (folder / "target.yaml").write_text(yaml.safe_dump(target))
            short = ("--users", str(users), "--for", "10s", "--ramp", "1s")
            said(f"readings {seed}", loaded(folder / f"r{seed}", "--target", str(folder / "target.yaml"), *short))
        finally:
            platform.kill()


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--users", default="50")
    command.add_argument("--seconds", default="60")
    command.add_argument("--workers", default="")
    command.add_argument("--faults", action="store_true")
    command.add_argument("--readings", type=int, default=0)
    options = command.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long = ("--users", options.users, "--for", f"{options.seconds}s")
        for workers in filter(None, options.workers.split(",")):
            said(f"{workers} workers", loaded(folder / f"w{workers}", *long, "--workers", workers))
        short = ("--users", "20", "--for", "10s", "--ramp", "1s")
        for fault in sorted(one.name for one in catalogue().values() if one.under_load and options.faults):
            said(fault, loaded(folder / fault, *short, "--fault", fault))
        readings(options.readings, 20, folder)


if __name__ == "__main__":
    main()
