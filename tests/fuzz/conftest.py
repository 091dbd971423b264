from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.documents import read_yaml
from conformance.errors import TargetFileError
from conformance.fuzz import run_fuzz
from conformance.opening import RunSettings, open_session
from conformance.runner.embedded import embedded_platform
from conformance.target import target_from_document
from tests.facts import facts

Events = list[dict[str, Any]]


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[Callable[..., Events]]:
    """Fuzz an embedded platform, and return the events of the stream."""

    def run(
        *arguments: str,
        safe: bool = False,
        limit: int = 50_000,
        change: Callable[[Any], None] = lambda _: None,
        **how: Any,
    ) -> Events:
        folder = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with embedded_platform(folder, arguments) as path:
            document = read_yaml(path, TargetFileError)
            change(document.value)
            target = target_from_document(document, embedded=True)
            (folder / "run.jsonl").touch()
            settings = RunSettings(
                target=str(path), stream=str(folder / "run.jsonl"), embedded=True, safe=safe, max_requests=limit
            )
            with open_session(settings, target, prefix="F") as session:
                run_fuzz(session, **how)
        return facts(folder)

    return run
