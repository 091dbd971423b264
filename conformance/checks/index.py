"""Which checks verify which requirements, read from the check files without running them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from conformance.resources import checks


@lru_cache(maxsize=1)
def index() -> dict[str, tuple[str, ...]]:
    """Return requirement id -> checks (`service/file::function`) that name it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path, function, ids in _named():
        for name in ids:
            found[name].append(f"{_stem(path)}::{function}")
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def files(selected: Collection[str], named: Collection[str] = ()) -> list[Path]:
    """Return the files that hold checks of the selected requirements, in the order in which pytest finds them.

    `named`: checks that are wanted, too, whatever they verify (`service/file::function`, perhaps with parameters).
    """
    wanted, functions = frozenset(selected), {name.partition("[")[0] for name in named}
    return list(
        dict.fromkeys(
            path
            for path, function, ids in _named()
            if not wanted.isdisjoint(ids) or f"{_stem(path)}::{function}" in functions
        )
    )


@lru_cache(maxsize=1)
def _named() -> tuple[tuple[Path, str, tuple[str, ...]], ...]:
    """Return every check: its file, its name, the ids that it names."""
    found = []
    for path in sorted(checks().rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        tables = _tables(module)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef):
                found.append((path, node.name, tuple(_ids(node, tables))))
    return tuple(found)


def checks_of(requirement_id: str) -> tuple[str, ...]:
    """Return the checks that name a requirement."""
    return index().get(requirement_id, ())


def _stem(path: Path) -> str:
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}"


def _tables(module: ast.Module) -> dict[str, ast.expr]:
    """Return the values that a module's constants are given."""
    return {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _ids(function: ast.FunctionDef, tables: Mapping[str, ast.expr]) -> list[str]:
    """Return the ids in a function's decorators, wherever they stand: parametrised checks name them in marks, or in
    a table of the module that the marks are made from.
    """
    found = []
    for decorator in function.decorator_list:
        named = [tables[node.id] for node in ast.walk(decorator) if isinstance(node, ast.Name) and node.id in tables]
        for tree in (decorator, *named):
            found += [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_id(node.value)
            ]
    return found


def _is_id(text: str) -> bool:
    return len(text) == 7 and text[:3].isupper() and text[3] == "-" and text[4:].isdigit()
