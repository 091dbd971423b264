"""All that a target file itself shows to be wrong, found in one go before anything is sent.

No message repeats a value that could be a secret: it names the key, the variable or the file, and the line.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.documents import Document, Place, schema_mistakes
from conformance.errors import TargetFileError
from conformance.resources import specs
from conformance.target.addresses import wrong_address
from conformance.target.contradictions import contradictions
from conformance.target.forms import OWN_HEADERS
from conformance.target.scalars import ENV, ONE_LINE, Scalar, fill, scalars, stray

MAX_FILE_BYTES = 1_000_000
MAX_POOL_BYTES = 64 * 1024 * 1024
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def mistakes(document: Document, *, sending: bool = True, today: date | None = None) -> list[TargetFileError]:
    """Return what is wrong with a target file, in the order of its lines.

    Args:
        document: the file.
        sending: something will be sent; else variables and files that are missing are no mistakes.
        today: the day on which nobody can vouch for tomorrow.
    """
    if not isinstance(document.value, dict):
        return [TargetFileError(f"expected a mapping, found {_kind(document)}", where=document.where())]
    found = list(schema_mistakes(document, target_schema(), TargetFileError))
    values = _Values(document, sending)
    found += values.mistakes()
    found += contradictions(document, values.known, today or _latest_today())
    return sorted({(one.where, one.message): one for one in found}.values(), key=_line)


@lru_cache(maxsize=1)
def target_schema() -> Mapping[str, Any]:
    """Return the published schema of target files."""
    schema: dict[str, Any] = json.loads((specs() / "schemas" / "target.json").read_text(encoding="utf-8"))
    return schema


def _latest_today() -> date:
    """Return the day that has begun somewhere: a day of the file is of the time zone of who wrote it."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


def _kind(document: Document) -> str:
    return "nothing" if document.value is None else "a list" if isinstance(document.value, list) else "a single value"


def _line(mistake: TargetFileError) -> int:
    line = mistake.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


class _Values:
    """Looks at every value. `known` has those that are right, by their places, as they will be used."""

    def __init__(self, document: Document, sending: bool) -> None:
        self._document = document
        self._sending = sending
        self.known: dict[Place, str] = {}

    def mistakes(self) -> Iterator[TargetFileError]:
        for scalar in scalars(self._document):
            if scalar.place[:1] == ("waivers",) or "billingAddress" in scalar.place:
                continue
            look = {"text": self._text, "file": self._file, "command": self._command}[scalar.kind]
            for message, advice in look(scalar):
                yield TargetFileError(message, where=self._document.where(scalar.place), advice=advice)
        for place in self._document.lines:
            if place[-2:-1] == ("headers",) and not _HEADER_NAME.fullmatch(str(place[-1])):
                message = f"{'.'.join(map(str, place[:-1]))}: {str(place[-1])[:80]!r} is not the name of a header"
                yield TargetFileError(message, where=self._document.where(place))
            elif place[:2] == ("http", "headers") and str(place[-1]).lower() in OWN_HEADERS:
                yield TargetFileError(
                    f"http.headers: {place[-1]} is a header that the suite sets itself",
                    where=self._document.where(place),
                    advice="Leave it out: it would change how every request, or its response, is read.",
                )

    def _text(self, scalar: Scalar) -> Iterator[tuple[str, str]]:
        if re.search(r"\$\{", ENV.sub("", scalar.text)):
            advice = "Write ${NAME} with letters, digits and _; a value that holds ${ itself as {file: path}."
            yield f"{scalar.name} has a ${{…}} that is not the name of an environment variable", advice
            return
        try:
            text = fill(scalar.text, "")
        except TargetFileError as problem:
            if self._sending:
                yield problem.message, problem.advice
            return
        if not text and not self._may_be_empty(scalar.place):
            yield f"{scalar.name} is empty", ""
        elif scalar.place[-1] != "body" and (wrong := stray(text)):
            yield f"{self._source(scalar)} {wrong}", "Take it out: it would be sent as a part of the value."
        elif found := wrong_address(scalar.place, text):
            yield f"{scalar.name} {found[0]}", found[1]
        elif scalar.plain and _is_path(scalar.place) and not self._path(text).is_file():
            yield f"{scalar.name}: no such file: {text[:200]}", ""
        elif scalar.place == ("name",) and len(text) > target_schema()["properties"]["name"]["maxLength"]:
            yield f"name must have at most {target_schema()['properties']['name']['maxLength']} characters", ""
        else:
            self.known[scalar.place] = text

    @staticmethod
    def _may_be_empty(place: Place) -> bool:
        return place[-1] == "body" or place[-2:-1] == ("headers",)

    def _source(self, scalar: Scalar) -> str:
        """Say where a stray character comes from: the variable, or the value itself."""
        for name in scalar.variables:
            if stray(os.environ.get(name, "")) and stray(ENV.sub("x", scalar.text)) == "":
                return f"{scalar.name}: the environment variable {name}"
        return scalar.name

    def _path(self, text: str) -> Path:
        return self._document.folder / text

    def _file(self, scalar: Scalar) -> Iterator[tuple[str, str]]:
        what = f"{scalar.name}: the file {scalar.text[:200]!r}"
        if "\0" in scalar.text:
            yield f"{what} has a name that no file can have", ""
            return
        if not self._sending:
            return
        # The pool alone is no value of a request: it has lines.
        pool = scalar.place == ("subjects_pool",)
        most = MAX_POOL_BYTES if pool else MAX_FILE_BYTES
        try:
            with self._path(scalar.text).open("rb") as file:
                content = file.read(most + 1)
        except OSError as problem:
            yield f"{what} cannot be read: {problem.strerror}", ""
            return
        try:
            text = content.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            yield f"{what} is not text in UTF-8", ""
            return
        if not text or len(content) > most:
            yield f"{what} is {'too large for a value' if text else 'empty'}", ""
        elif not pool and (wrong := stray(text)):
            yield f"{what} {wrong}", ONE_LINE
        elif found := wrong_address(scalar.place, text):
            yield f"{what} {found[0]}", found[1]
        else:
            self.known[scalar.place] = text

    def _command(self, scalar: Scalar) -> Iterator[tuple[str, str]]:
        program = scalar.command[0] if scalar.command else ""
        if not self._sending or not program:
            return
        what = f"{scalar.name}: the command {program[:200]!r}"
        if any("\0" in word for word in scalar.command):
            yield f"{what} has a word that no command can have", ""
        elif "/" in program and not os.access(self._path(program), os.X_OK):
            yield f"{what} is not an executable file", "A relative path starts in the folder of the target file."
        elif "/" not in program and shutil.which(program) is None:
            yield f"{what} is not found in PATH", ""


def _is_path(place: Place) -> bool:
    return place[:2] in (("http", "verify"), ("http", "client_cert"))
