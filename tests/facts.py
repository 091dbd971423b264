"""What a stream says, as plain JSON objects: for tests that look at what was written rather than at what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from conformance.stream import RunFolder


def facts(folder: Path, kind: str | None = None) -> list[dict[str, Any]]:
    found = [msgspec.to_builtins(event) for event in RunFolder(folder).events()]
    return [event for event in found if kind in (None, event["event"])]
