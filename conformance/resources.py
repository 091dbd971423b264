"""Where the suite's data lies: in the source tree when run from one, else in the installed package.

An editable install carries a snapshot of the data that goes stale, so the tree comes first.
"""

from __future__ import annotations

from pathlib import Path

from conformance.errors import SuiteError

_PACKAGE = Path(__file__).resolve().parent


def _data(name: str) -> Path:
    for candidate in (_PACKAGE.parent / name, _PACKAGE / "_data" / name):
        # `pyproject.toml` beside it tells our own tree from a stranger's folder of the same name.
        in_tree = candidate.parent == _PACKAGE.parent
        if candidate.is_dir() and (not in_tree or (_PACKAGE.parent / "pyproject.toml").is_file()):
            return candidate
    raise SuiteError(
        f"the suite's data folder {name!r} is missing",
        where=str(_PACKAGE),
        advice="Install the package again: `pip install --force-reinstall` with its wheel or a clone of it.",
    )


def specs() -> Path:
    """Return the folder of the contract: OpenAPI documents, register, readings, schemas."""
    return _data("specs")


def schema_files() -> dict[str, Path]:
    """Return the published JSON Schemas by name."""
    return {path.stem: path for path in sorted((specs() / "schemas").glob("*.json"))}


def fixtures() -> Path:
    """Return the folder of example target files, documented payloads and faults."""
    return _data("fixtures")


def templates() -> Path:
    """Return the folder of the report templates."""
    return _data("reports") / "templates"


def pipelines() -> Path:
    """Return the folder of the example pipeline files."""
    return _data("docs/pipelines")


def checks() -> Path:
    """Return the folder of the hand-written checks."""
    return _PACKAGE / "checks"
