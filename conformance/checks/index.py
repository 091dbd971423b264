"""Which checks verify which requirements, read from the check files without running them."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from conformance.resources import checks


@lru_cache(maxsize=1)
def index() -> dict[str, tuple[str, ...]]:
    """Return requirement id -> checks (`service/file::function`) that name it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(checks().rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for name in _ids(function):
                    found[name].append(f"{_stem(path)}::{function.name}")
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def checks_of(requirement_id: str) -> tuple[str, ...]:
    """Return the checks that name a requirement."""
    return index().get(requirement_id, ())


def _stem(path: Path) -> str:
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}"


def _ids(function: ast.FunctionDef) -> list[str]:
    """Return the ids in a function's decorators, wherever they stand (parametrised checks name them in marks)."""
    return [
        node.value
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_id(node.value)
    ]


def _is_id(text: str) -> bool:
    return len(text) == 7 and text[:3].isupper() and text[3] == "-" and text[4:].isdigit()
