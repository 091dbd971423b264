"""How fast captured traffic is judged: exchanges a second, and the most memory, for a HAR file of any size.

    python -m benchmarks.captures --exchanges 100000

The traffic is that of an app in many homes (sign-on, broadcast token, update, channels), each with its own tokens, as
Chrome exports it: about 5 KB an exchange. The file is made first, and judged by a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conformance.reference.server import RunningPlatform, default_settings
from conformance.selftest.exports import Entry, chrome
from tests.capture.traffic import App

EVENINGS = 40
# What a browser writes beside the exchange: where the request came from, and its own headers.
BROWSER = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "sec-ch-ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    "accept-language": "en-GB,en;q=0.9", "accept-encoding": "gzip, deflate, br, zstd", "cache-control": "no-cache",
    "origin": "https://tv.example", "referer": "https://tv.example/watch", "sec-fetch-mode": "cors",
}  # fmt: skip
STACK = [
    {"functionName": f"step{n}", "scriptId": "61", "url": "https://tv.example/static/app.3f2c1b.js", "lineNumber": n}
    for n in range(16)
]


# Stands for what makes a token that of one home.
HOME = "\x01"


def evenings() -> list[list[str]]:
    """The entries of some evenings as lines; in each token, `HOME` is where those of another home differ."""
    found = []
    with RunningPlatform(default_settings()) as running:
        for _ in range(EVENINGS):
            app = App(running.target_document()).evening()
            entries = json.loads(chrome(app.entries))["log"]["entries"][: len(app.entries)]
            lines = []
            for entry in entries:
                entry["request"]["headers"] += [{"name": name, "value": value} for name, value in BROWSER.items()]
                entry["_initiator"] = {"type": "script", "stack": {"callFrames": STACK}}
                line = json.dumps(entry, separators=(",", ":"))
                for token in tokens(app.entries):
                    line = line.replace(token, token[:-8] + HOME)
                lines.append(line)
            found.append(lines)
    return found


def tokens(entries: list[Entry]) -> list[str]:
    """The tokens of responses, the longest first."""
    bodies = [json.loads(entry["response"]["content"]["text"]) for entry in entries]
    places = [place for body in bodies for place in (body, body.get("token")) if isinstance(place, dict)]
    named = [value for place in places for name, value in place.items() if "oken" in name and isinstance(value, str)]
    values = [value for value in named if len(value) > 40]
    return sorted(set(values), key=len, reverse=True)


def write(file: Path, exchanges: int) -> None:
    """Write a HAR file of so many exchanges."""
    known = evenings()
    with file.open("w", encoding="utf-8") as out:
        out.write('{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],"entries":[')
        number = 0
        while number < exchanges:
            home = number // len(known[0])
            for line in known[home % len(known)][: exchanges - number]:
                out.write(("," if number else "") + line.replace(HOME, f"{home:08x}") + "\n")
                number += 1
        out.write("]}}")


def main() -> None:
    """Make the file, judge it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--file", type=Path, help="where the file is kept; one that exists is judged as it is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="captures-") as scratch:
        file = options.file or Path(scratch) / "evenings.har"
        if not file.exists():
            write(file, options.exchanges)
        size = file.stat().st_size
        started = time.monotonic()
        command = [sys.executable, "-m", "conformance", "judge", str(file), "--out", f"{scratch}/judged"]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env={**os.environ, "COLUMNS": "120"}
        )
        seconds = time.monotonic() - started
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(Path(scratch, "judged", "report.json").read_text(encoding="utf-8"))
    sent = report["requests"]["sent"]
    print(done.stdout.splitlines()[0] if done.stdout else done.stderr)
    print(f"{sent:,} exchanges, {size / 1e6:,.0f} MB: {seconds:.1f} s ({sent / seconds:,.0f} a second), "
          f"{spent.ru_utime + spent.ru_stime:.1f} s of CPU, {spent.ru_maxrss / 1024:,.0f} MB of memory")  # fmt: skip


if __name__ == "__main__":
    main()
