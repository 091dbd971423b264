"""Whether generated cases accuse a conformant platform: all readings, ten seeds, 500 cases for each operation.

    python benchmarks/seeds.py [SEEDS [CASES]]

For each seed: the faultless platform, and as many platforms as the largest reading has options, which together answer
in every option of every reading. No checks run, only generated cases. Prints every failed requirement, and how many
requests were judged. (`opentv-conformance selftest` has each option alone.)
"""

from __future__ import annotations

import io
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml
from rich.console import Console

from conformance.fuzz.loading import load_plan
from conformance.model import Outcome
from conformance.reference import RunningPlatform, default_settings
from conformance.reference.readings import CATALOGUE
from conformance.report import results_of
from conformance.runner.options import RunOptions
from conformance.runner.run import run
from conformance.stream import read_run

TIMEOUT_S = 10


def platforms():
    """Return the platforms that every seed meets: name, readings."""
    yield "faultless", {}
    for turn in range(max(map(len, CATALOGUE.values()))):
        yield (
            f"readings together, {turn}",
            {
                name: list(options)[(turn + place) % len(options)]
                for place, (name, options) in enumerate(CATALOGUE.items())
            },
        )


def judged(job):
    """Fuzz one platform; return its name, what failed, and how many requests were answered."""
    name, readings, seed, size = job
    with RunningPlatform(default_settings(readings=readings)) as running, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target.yaml"
        document = {**running.target_document(), "http": {"timeout": TIMEOUT_S, "verify": False}}
        document["safety"] = {"writes": "allow", "max_requests": 200_000}
        target.write_text(yaml.safe_dump(document))
        out = Path(folder) / "run"
        options = RunOptions(target=target, fuzz_cases=size, seed=seed, out=out)
        ended = run(
            options,
            Console(file=io.StringIO()),
            reports=lambda path, register: results_of(read_run(path), register),
            checks=lambda *_, **__: None,
        )
    failed = {
        one.requirement.id: one.findings[0].cause for one in ended.results.results if one.outcome is Outcome.FAILED
    }
    return name, failed, ended.results.requests["sent"], ended.message


def main():
    seeds, size = (int(text) for text in (*sys.argv[1:], *("10", "500")[len(sys.argv) - 1 :]))
    started, seen, met, bad = time.monotonic(), 0, Counter(), 0
    for seed in range(seeds):
        plan = load_plan(seed, size)  # once, before the processes part
        jobs = [(name, readings, seed, size) for name, readings in platforms()]
        with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=20) as pool:
            for name, failed, sent, message in pool.imap_unordered(judged, jobs):
                seen += sent
                met[name] += 1
                bad += bool(failed or message)
                if failed or message:
                    print(f"seed {seed}, {name}: {failed} {message}", flush=True)
        print(
            f"seed {seed}: plan {plan.digest[:12]}, {len(jobs)} platforms, {seen:,} requests by now, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    print(f"{sum(met.values())} runs on {len(met)} platforms, {seen:,} requests, {bad} with a failed requirement")


if __name__ == "__main__":
    main()
