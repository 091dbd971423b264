"""How long does the suite take with a platform that is broken, and how many requests does it send?

    python benchmarks/broken.py [SCENARIO…] [--timeout 10] [--limit 900]

Each scenario is a whole run against the reference platform behind a server that breaks its answers in one way; the
first, `faultless`, is the measure: a broken platform should cost at most twice its time and requests, and a hostile
one at most 60 s and 300 MB.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.staging import broken_front as broken  # noqa: E402

Make = Callable[[str], broken.Front]


def _generated(act: broken.Act) -> Make:
    return lambda url: broken.Front(url, act, refused=lambda front: front.generated)


def _refused(act: broken.Act) -> Make:
    return lambda url: broken.Front(url, act, refused=lambda _front: True)


def _always(act: broken.Act) -> Make:
    return lambda url: broken.Front(url, act, when=broken.always)


def _numbered(act: broken.Act, when: Callable[[int], bool]) -> Make:
    return lambda url: broken.Front(url, act, when=lambda asked, _front: when(asked.number))


def _later(first: int) -> Make:
    """Break an operation for good once it was asked so often."""
    return lambda url: broken.Front(url, when=lambda asked, front: front.requests[asked.path] >= first)


SCENARIOS: dict[str, Make] = {
    "faultless": broken.Front,
    "500 on non-ASCII text": lambda url: broken.Front(url, when=lambda asked, _front: asked.non_ascii),
    "hang on non-ASCII text": lambda url: broken.Front(url, broken.hang, when=lambda asked, _front: asked.non_ascii),
    "500 on every generated case": _generated(broken.server_error),
    "hang on every generated case": _generated(broken.hang),
    "reset on every generated case": _generated(broken.reset),
    "500 in place of every refusal": _refused(broken.server_error),
    "hang in place of every refusal": _refused(broken.hang),
    "reset in place of every refusal": _refused(broken.reset),
    "500 from the 30th request on": _numbered(broken.server_error, lambda number: number >= 30),
    "500 from the 30th request of each path on": _later(30),
    "hang from the 300th request on": _numbered(broken.hang, lambda number: number >= 300),
    "1 in 10 resets": _numbered(broken.reset, lambda number: number % 10 == 0),
    "1 in 30 answers 500": _numbered(broken.server_error, lambda number: number % 30 == 0),
    "never answers": _always(broken.hang),
    "trickles a byte a second": _always(broken.trickle),
    "sends its headers byte by byte": _always(broken.headers_by_byte),
    "endless body": _always(broken.endless_body),
    "huge body": _always(broken.huge_body),
    "max-requests 50": broken.Front,
}


def serve(name: str) -> None:
    """Serve a scenario in a process of its own; a line on standard input is answered by what was counted."""
    from conformance.reference.server import RunningPlatform

    with RunningPlatform() as platform, SCENARIOS[name](platform.url) as front:
        print(json.dumps(front.target(platform.target_document())), flush=True)
        for line in sys.stdin:
            front.generated = line.strip() == "generated"
            print(json.dumps({"requests": front.total, "broken": front.broken}), flush=True)


def measure(name: str, timeout: float) -> None:
    """Run the suite against a scenario, and print what it cost."""
    import yaml
    from rich.console import Console

    from conformance.errors import ConformanceError
    from conformance.runner.checks import run_checks
    from conformance.runner.options import RunOptions
    from conformance.runner.run import run

    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def tell(line: str) -> dict:
        server.stdin.write(f"{line}\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())

    document = {**json.loads(server.stdout.readline()), "http": {"timeout": timeout}}
    marks: list[float] = []

    def checks(*arguments, **more):
        marks.append(time.monotonic())
        try:
            run_checks(*arguments, **more)
        finally:
            marks.append(time.monotonic())
            tell("generated")

    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "target.yaml"
        path.write_text(yaml.safe_dump(document))
        out = Path(os.environ["BROKEN_OUT"]) / name.replace(" ", "-") if "BROKEN_OUT" in os.environ else None
        limit = 50 if name == "max-requests 50" else None
        options = RunOptions(target=path, out=out or Path(scratch) / "run", max_requests=limit)
        try:
            ended = run(options, Console(file=io.StringIO()), checks=checks)
            verdict, message = f"{ended.results.exit_code} {ended.results.verdict.value}", ended.message
            failed = ended.results.counts["failed"]
        except ConformanceError as problem:
            verdict, message, failed = f"{problem.exit_code} (not begun)", str(problem), 0
    took = time.monotonic() - begun
    counted = tell("count")
    server.kill()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        json.dumps(
            {
                "scenario": name,
                "seconds": round(took, 1),
                "cpu": round(cpu, 1),
                **counted,
                "peak_mb": peak,
                "verdict": verdict,
                "failed": failed,
                "phases": [round(mark - begun, 1) for mark in marks],
                "message": message.replace("\n", " ")[:160],
            }
        )
    )


def main() -> None:
    """Measure the scenarios, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=[])
    parser.add_argument("--timeout", type=float, default=10.0, help="http.timeout of the target file, in seconds")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds after which a run is given up")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    if arguments.one:
        measure(arguments.one, arguments.timeout)
        return
    print(f"{'scenario':42} {'seconds':>8} {'CPU':>6} {'requests':>8} {'broken':>7} {'MB':>5} {'failed':>6}  verdict")
    for name in arguments.scenarios or SCENARIOS:
        command = [sys.executable, __file__, "--one", name, "--timeout", str(arguments.timeout)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            out, error = process.communicate(timeout=arguments.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 15)
            time.sleep(1)
            os.killpg(process.pid, 9)
            process.communicate()
            print(f"{name:42} > {arguments.limit:.0f} s", flush=True)
            continue
        if not out.strip():
            print(f"{name:42} {error.strip()[-400:]}", flush=True)
            continue
        found = json.loads(out.strip().splitlines()[-1])
        print(
            f"{name:42} {found['seconds']:8} {found['cpu']:6} {found['requests']:8} {found['broken']:7} "
            f"{found['peak_mb']:5} {found['failed']:6}  {found['verdict']} {found['phases']} {found['message']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
