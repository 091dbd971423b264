from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.register import Register, load_register
from conformance.report import Results, write_reports

from .streams import Stream, example, hostile


@dataclass(frozen=True)
class Written:
    """A run folder with its reports."""

    folder: Path
    results: Results
    stream: Stream

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def register() -> Register:
    return load_register()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, register: Register) -> Written:
    stream = example(register)
    folder = stream.save(tmp_path_factory.mktemp("example"))
    return Written(folder, write_reports(folder, register), stream)


@pytest.fixture(scope="session")
def poisoned(tmp_path_factory: pytest.TempPathFactory, register: Register) -> Written:
    stream = hostile(register)
    folder = stream.save(tmp_path_factory.mktemp("hostile"))
    return Written(folder, write_reports(folder, register), stream)
