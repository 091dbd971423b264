"""YAML files, read safely and within limits, with a line number for every key.

A file is as little trusted as a target: its size, its depth and what its aliases expand to are bounded before anything
is built of it.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

import yaml

from conformance.documents.syntax import syntax_mistake
from conformance.errors import ConformanceError
from conformance.model import Json

# The longest file of the suite has a tenth of it.
MAX_BYTES = 1_000_000
MAX_DEPTH = 60
# How many values a file may hold, what its aliases repeat counted as often as it is repeated.
MAX_VALUES = 100_000
STANDARD_INPUT = Path("-")

Place: TypeAlias = tuple[str | int, ...]
Lines = dict[Place, int]
Texts = dict[Place, str]


@dataclass(frozen=True)
class Document:
    """A YAML file: its value, the line on which each key or item begins, and each scalar as it is written.

    YAML reads `012`, `10:20:30` and `yes` as 10, 37230 and true: an identifier or a password is none of these. A key
    is text, whatever it looks like. Relative paths in the file start from `folder`.
    """

    path: Path
    value: Json
    lines: Lines = field(default_factory=dict, repr=False)
    texts: Mapping[Place, str] = field(default_factory=dict, repr=False)
    folder: Path = field(default_factory=Path.cwd)

    @property
    def name(self) -> str:
        """The name of the file as messages give it."""
        return "standard input" if self.path == STANDARD_INPUT else str(self.path)

    def where(self, location: Sequence[str | int] = ()) -> str:
        """Return `file:line` of a place in the document, or of its nearest parent that has a line."""
        place = tuple(location)
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"


# libyaml's safe loader where PyYAML has it: ten times faster.
_Safe: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}
# A day stays the text that it is: JSON has no dates.
_Loader: type[yaml.SafeLoader] = type("_Loader", (_Safe,), {"yaml_implicit_resolvers": _RESOLVERS})
_TEXT_TAG, _MERGE_TAG = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


def read_yaml(path: Path, error: type[ConformanceError]) -> Document:
    """Read a YAML file; the path `-` is standard input.

    Raises:
        error: the file is missing, too large, not UTF-8, not YAML, or holds a key twice; with file and line.
    """
    return parse_yaml(path, read_bytes(path, error), error)


def read_bytes(path: Path, error: type[ConformanceError]) -> bytes:
    """Return the content of a file, at most one byte more than a file may have; the path `-` is standard input.

    Raises:
        error: the file cannot be read.
    """
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error("no such file", where=str(path), advice=_neighbours(path)) from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise error(f"cannot be read: {reason}", where=str(path)[:200]) from None


def parse_yaml(path: Path, content: bytes, error: type[ConformanceError], *, folder: Path | None = None) -> Document:
    """Make a document of the content of a file; without `folder`, relative paths in it start from its own.

    Raises:
        error: as `read_yaml`.
    """
    where = Document(path, None).name
    if len(content) > MAX_BYTES:
        raise error(f"is larger than {MAX_BYTES:,} bytes", where=where, advice="Is it the right file?")
    lines: Lines = {}
    texts: Texts = {}
    try:
        text = content.decode("utf-8-sig")
        _check_depth(text)
        value = _load(text, lines, texts)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise error("is not text in UTF-8", where=f"{where}:{line}") from None
    except _Refused as problem:
        mark = problem.problem_mark
        raise error(str(problem.problem), where=f"{where}:{mark.line + 1}" if mark else where) from None
    except yaml.YAMLError as problem:
        number, message, advice = syntax_mistake(problem, text)
        raise error(message, where=f"{where}:{number}" if number else where, advice=advice) from None
    except (RecursionError, ValueError) as problem:
        raise error(f"not YAML: {str(problem).splitlines()[0]}", where=where) from None
    return Document(path, value, lines, texts, folder or path.resolve().parent)


class _Refused(yaml.MarkedYAMLError):
    """YAML that is refused although it is well formed."""

    def __init__(self, problem: str, node: yaml.Node | yaml.Event) -> None:
        super().__init__(problem=problem, problem_mark=cast("yaml.error.Mark | None", node.start_mark))


def _check_depth(text: str) -> None:
    """Refuse what is nested too deeply, before a recursive reader sees it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _Refused(f"nested more than {MAX_DEPTH} levels deep", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Walk:
    """Goes through the nodes of a document as they will be built, and notes the place, line and text of each."""

    def __init__(self, lines: Lines, texts: Texts) -> None:
        self._lines, self._texts = lines, texts
        self._left = MAX_VALUES
        self._open: set[int] = set()

    def visit(self, node: yaml.Node, place: Place) -> None:
        self._left -= 1
        if self._left < 0 or len(place) > MAX_DEPTH:
            raise _Refused(f"its aliases expand to more than {MAX_VALUES:,} values", node)
        if id(node) in self._open:
            raise _Refused("its aliases expand to themselves", node)
        self._lines.setdefault(place, node.start_mark.line + 1)
        self._open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.visit(item, (*place, index))
        elif isinstance(node, yaml.ScalarNode):
            self._texts.setdefault(place, node.value)
        self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, place: Place) -> None:
        seen: set[str] = set()
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                template = isinstance(key, yaml.MappingNode)
                raise _Refused(f"a key must be text{'; is {{ … }} a template, not rendered?' * template}", key)
            if key.tag == _MERGE_TAG:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
                continue
            key.tag = _TEXT_TAG
            name = key.value
            if name in seen:
                raise _Refused(f"duplicate key {name!r}", key)
            seen.add(name)
            self._lines[(*place, name)] = key.start_mark.line + 1
            self.visit(value, (*place, name))
        # What the mapping says itself has its line already, and counts more.
        for other in merged:
            self.visit(other, place)


def _load(text: str, lines: Lines, texts: Texts) -> Json:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _Walk(lines, texts).visit(node, ())
        value: Json = loader.construct_document(node)
        return value
    finally:
        loader.dispose()


def _neighbours(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"Did you mean {folder / near[0]}?" if near else ""
