"""A target file in the making: what was found and answered so far, each answer checked when it is given.

No secret gets into it: where a value is one, the name of an environment variable, a file or a command takes its place.
"""

from __future__ import annotations

import copy
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from conformance.documents import parse_yaml
from conformance.errors import TargetFileError, UsageError
from conformance.model import Json
from conformance.resources import schema_files
from conformance.runner.target import unknown_names
from conformance.target import Target, target_from_document
from conformance.target.writing import is_secret, schema_of, target_text, variable_of

SCHEMA = "target.json"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# A JWT, a value of Authorization, a private key, a user and password in a URL.
_LOOKS_SECRET = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+|\b(?:bearer|basic)\s+\S{8,}|-----BEGIN|://[^/\s]*:[^/\s]+@", re.IGNORECASE
)
HOW = "${NAME} for an environment variable, file:PATH, or command:PROGRAM ARGUMENTS"


@dataclass
class Draft:
    """A target file in the making; `known` is what it has."""

    known: dict[str, Json]
    notes: Mapping[str, str] = field(default_factory=dict)

    def put(self, place: tuple[str, ...], text: str) -> None:
        """Set the value of a key, as somebody wrote it.

        Raises:
            UsageError: there is no such key, the value is a secret itself, or the file would be wrong with it.
        """
        name = ".".join(place)
        schema = schema_of(place)
        if not schema or "properties" in schema:
            advice = "docs/target-file.md lists all keys."
            raise UsageError(f"a target file has no key {name[:80]!r} with a value of its own", advice=advice)
        changed = copy.deepcopy(self.known)
        group: dict[str, Any] = changed
        for part in place[:-1]:
            group = cast("dict[str, Any]", group.setdefault(part, {}))
        group[place[-1]] = value_of(place, text, schema)
        before = _mistakes(self.known)
        for message, advice in _mistakes(changed).items():
            if message not in before:
                raise UsageError(message, advice=advice)
        self.known = changed

    def text(self) -> str:
        """Return the file."""
        said = "Made by `opentv-conformance init`: your editor completes and explains every key."
        return target_text(self.known, said=[said], notes=self.notes)

    def target(self) -> Target:
        """Return the target of the file as it is now, without any secret."""
        return _target(self.text())

    def variables(self) -> tuple[str, ...]:
        """Return the environment variables that the file names."""
        given = [line for line in self.text().splitlines() if not line.lstrip().startswith("#")]
        return tuple(dict.fromkeys(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", "\n".join(given))))


def _target(text: str) -> Target:
    document = parse_yaml(Path("staging.yaml"), text.encode(), TargetFileError, folder=Path.cwd())
    return target_from_document(document, sending=False, more=unknown_names)


def _mistakes(known: Mapping[str, Json]) -> dict[str, str]:
    """Return what is wrong with a file, with advice, but for keys that are still to come."""
    try:
        _target(target_text(known, said=(), explained=False))
    except TargetFileError as problem:
        found = problem.problems or (problem,)
        return {one.message: one.advice for one in found if not one.message.endswith(" is missing")}
    return {}


def value_of(place: tuple[str, ...], text: str, schema: Mapping[str, Any]) -> Json:
    """Return the value of a key as the file has it.

    Raises:
        UsageError: it is a secret itself.
    """
    name, text = ".".join(place), text.strip()
    kind, colon, rest = text.partition(":")
    if kind == "file" and colon and rest.strip():
        return {"file": rest.strip()}
    if kind == "command" and colon and rest.strip():
        words: list[Json] = list(shlex.split(rest))
        return {"command": words}
    if is_secret(place):
        # The bare name of a variable that is set cannot be the secret itself.
        named = text if text in os.environ else None
        variable = _VARIABLE.fullmatch(text)
        if variable is None and named is None:
            raise UsageError(
                f"{name} is a secret, and this looks like the secret itself: the file would hold it",
                advice=f"Write {HOW}; for example ${{{variable_of(place)}}}.",
            )
        return text if variable else f"${{{named}}}"
    if _LOOKS_SECRET.search(text):
        raise UsageError(f"what is given for {name} looks like a secret", advice=f"Write {HOW}.")
    return _typed(name, text, schema)


def _typed(name: str, text: str, schema: Mapping[str, Any]) -> Json:
    """Return a text as the type that the schema has for it: true, 20, a list with commas; else as it is."""
    kind = schema.get("type", "string")
    kinds = {kind} if isinstance(kind, str) else set(kind)
    if "boolean" in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kinds & {"number", "integer"} and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text) if "." in text else int(text)
    if kinds == {"boolean"}:
        raise UsageError(f"{name} is true or false")
    return [part.strip() for part in text.split(",") if part.strip()] if kinds == {"array"} else text


def save(draft: Draft, file: Path) -> list[Path]:
    """Write a target file, and its schema beside it for editors; return what was written.

    Raises:
        UsageError: the file exists already, or cannot be written.
    """
    written = [create(file, draft.text())]
    schema = file.parent / SCHEMA
    if not schema.exists():
        written.append(create(schema, schema_files()["target"].read_text(encoding="utf-8")))
    return written


def refuse_existing(file: Path) -> None:
    """Refuse to make a file that exists.

    Raises:
        UsageError: it exists.
    """
    if file.exists() or file.is_symlink():
        advice = "Move it away, or name another file."
        raise UsageError("exists already, and is never overwritten", where=str(file), advice=advice)


def create(file: Path, text: str) -> Path:
    """Write a new file, and the folder of it.

    Raises:
        UsageError: it exists already, or cannot be written.
    """
    refuse_existing(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except OSError as problem:
        raise UsageError(f"cannot be written: {problem.strerror}", where=str(file)) from None
    return file
