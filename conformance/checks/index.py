"""Which checks verify which requirements, read from the check files without running them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from conformance.resources import checks

# What a check calls before it sends a wrong password.
_SPENDING = "spend_wrong_password"


@dataclass(frozen=True)
class NamedCheck:
    """A check as its file has it: `service/file::function`, and the ids that it names.

    Attributes:
        path: its file.
        function: its name there.
        ids: the requirements that it verifies.
        alone: it brings the target into a condition.
        placed: it runs before or after all others.
        wrong_passwords: its file sends wrong passwords for users of the target file.
    """

    path: Path
    function: str
    ids: tuple[str, ...]
    alone: bool
    placed: bool
    wrong_passwords: bool

    @property
    def name(self) -> str:
        """Its name in reports, without parameters."""
        return f"{self.path.parent.name}/{self.path.stem.removeprefix('test_')}::{self.function}"


@lru_cache(maxsize=1)
def index() -> dict[str, tuple[str, ...]]:
    """Return requirement id -> checks (`service/file::function`) that name it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for check in named_checks():
        for name in check.ids:
            found[name].append(check.name)
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def wanted(selected: Collection[str] | None, named: Collection[str] = ()) -> list[NamedCheck]:
    """Return the checks of the selected requirements (None: of all), in the order in which pytest finds them.

    `named`: checks that are wanted, too, whatever they verify (`service/file::function`, perhaps with parameters).
    """
    ids, functions = frozenset(selected or ()), {name.partition("[")[0] for name in named}
    return [
        check
        for check in named_checks()
        if selected is None or not ids.isdisjoint(check.ids) or check.name in functions
    ]


@lru_cache(maxsize=1)
def named_checks() -> tuple[NamedCheck, ...]:
    """Return every check that names a requirement."""
    found = []
    for path in sorted(checks().rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        module = ast.parse(text)
        tables = _tables(module)
        for node in ast.walk(module):
            ids = tuple(_ids(node, tables)) if isinstance(node, ast.FunctionDef) else ()
            if isinstance(node, ast.FunctionDef) and ids:
                words = {
                    one.arg for tree in node.decorator_list for one in ast.walk(tree) if isinstance(one, ast.keyword)
                }
                found.append(NamedCheck(path, node.name, ids, "alone" in words, "place" in words, _SPENDING in text))
    return tuple(found)


def checks_of(requirement_id: str) -> tuple[str, ...]:
    """Return the checks that name a requirement."""
    return index().get(requirement_id, ())


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
