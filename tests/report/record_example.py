"""Records the run of reports/examples: a reference platform that is wrong in several ways, and a target file that
lacks some things. Run by hand when the form of the stream changes:

    python tests/report/record_example.py reports/examples
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.options import RunOptions
from conformance.runner.run import run

FAULTS = (
    "stb-unknown-smartcard-is-401",
    "account-not-compared",
    "password-in-any-case",
    "crm-signature-ignored",
    "claim-exp-in-milliseconds",
    "stbsignontokens.token.resultCode.wrong-type",
    "initialiseDeviceByGet.token.missing",
)
HOSTS = {"hdm": "hdm", "ias": "api", "adm": "operator", "sdp": "sdp", "mds": "api"}
WAIVERS = [
    {
        "id": "INI-010",
        "reason": "The player keeps its token until release 5.15.",
        "owner": "A. Meier, platform integration",
        "link": "https://tickets.acme.example/OTV-311",
        "expires": "2027-03-31",
    }
]
# No platform makes the suite itself fail; this is what it looks like when a check of its own does.
TROUBLE = {"requirement": "MDS-015", "reason": "the suite failed: KeyError (test_paging.py:41)", "by": "test_paging"}


def target_of(running: RunningPlatform) -> dict[str, Any]:
    document = running.target_document()
    document["name"] = "acme-staging"
    document["waivers"] = WAIVERS
    document["features"]["direct_mode"] = False
    document["features"]["ssp"] = False
    del document["services"]["adm"]["ssp_url"]
    del document["subjects"]["stb_disabled"]
    del document["subjects"]["expired_tokens"]
    del document["credentials"]["token_keys"]
    del document["conditions"]["gateway_unverifiable"]
    return document


def published(text: str, url: str) -> str:
    """The stream with the addresses of a deployment instead of the loopback's, and what no platform can show."""
    lines = []
    for line in text.splitlines():
        event = json.loads(line)
        if event["event"] == "digest":  # of the lines as they were
            continue
        service = event.get("service", "hdm")
        host = f"https://{HOSTS[service]}.acme.example"
        event = json.loads(json.dumps(event).replace(url, host).replace(url.removeprefix("http://"), host[8:]))
        if event["event"] == "run":
            event["target"]["services"] = {name: {"url": f"https://{HOSTS[name]}.acme.example"} for name in HOSTS}
            event["options"] = {key: value for key, value in event["options"].items() if key not in ("target", "out")}
        if event["event"] == "end":
            lines.append(json.dumps({"event": "trouble", "at": event["at"], **TROUBLE}))
        drop = event.get("requirement") == TROUBLE["requirement"] and event["event"] == "verified"
        if not drop:
            lines.append(json.dumps(event))
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    with RunningPlatform(default_settings(faults=FAULTS)) as running, tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "target.yaml"
        path.write_text(yaml.safe_dump(target_of(running)), encoding="utf-8")
        ended = run(RunOptions(target=path, out=Path(scratch) / "run", fuzz_cases=20), Console())
        text = (ended.folder / "run.jsonl").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.jsonl").write_text(published(text, running.url), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
