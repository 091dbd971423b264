"""`python -m conformance.reference`: the platform in a process of its own.

With `--print-target` it prints one line of JSON when it is ready: {"url": ..., "target": {...}, "pool": "..."}; the
pool is a CSV of the households for `subjects_pool`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from conformance.reference import crowd
from conformance.reference.faults import IncompatibleFaults, UnknownFault
from conformance.reference.readings import UnknownReading, chosen_readings
from conformance.reference.server import HOST, RunningPlatform, default_settings
from conformance.reference.state import UnusableDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.reference.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until interrupted."""
    options = parser().parse_args(arguments)
    try:
        running = RunningPlatform(settings_of(options), port=options.port, host=options.host)
    except (UnknownReading, UnknownFault, IncompatibleFaults, UnusableDatabase, OSError) as error:
        sys.stderr.write(f"opentv reference platform: {error}\n")
        return 2
    try:
        with running:
            serve(running, options)
    except KeyboardInterrupt:
        pass
    return 0


def serve(running: RunningPlatform, options: argparse.Namespace) -> None:
    """Says where the platform is, and waits for its end."""
    pool = crowd.pool(options.households) if options.households else ""
    document = {"url": running.url, "target": running.target_document(), "pool": pool}
    sys.stdout.write((json.dumps(document) if options.print_target else running.url) + "\n")
    sys.stdout.flush()
    if options.die_with_parent:
        threading.Thread(target=_follow_parent, daemon=True).start()
    running.wait()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="python -m conformance.reference", description=__doc__)
    command.add_argument("--port", type=int, default=0)
    command.add_argument("--host", default=HOST)
    command.add_argument("--database", default=":memory:", metavar="FILE")
    command.add_argument("--reading", action="append", default=[], metavar="ID=OPTION")
    command.add_argument("--fault", action="append", default=[], metavar="NAME")
    command.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    command.add_argument("--households", type=int, default=0, metavar="N", help="as many more people")
    command.add_argument("--crm-credential", choices=("keycloak", "token"), default="keycloak")
    command.add_argument("--print-target", action="store_true")
    command.add_argument("--die-with-parent", action="store_true", help="end when standard input is closed")
    return command


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that a command line asks for; the control endpoint is open only to readers of the printed target."""
    return default_settings(
        readings=chosen_readings(options.reading),
        faults=tuple(options.fault),
        latency=options.latency,
        database=options.database,
        households=options.households,
        crm_credential=options.crm_credential,
        **({} if options.print_target else {"control_key": None}),
    )


def _follow_parent() -> None:
    while sys.stdin.buffer.read(4096):
        time.sleep(0)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
