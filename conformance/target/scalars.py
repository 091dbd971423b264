"""The scalars of a target file as they are written: texts with `${ENV}`, files and commands, each with its place."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.documents import Document, Place
from conformance.errors import TargetFileError
from conformance.model import Json

ENV = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Invisible inside a value, and never meant: zero-width and soft characters.
_INVISIBLE = frozenset("\u00ad\u200b\u200e\u200f\u2060\ufeff")
ONE_LINE = "It must hold the value alone, in one line (base64: base64 -w0)."
_NAMES = {"\n": "a newline", "\r": "a carriage return", "\t": "a tab", " ": "a space", "\ufeff": "a byte order mark"}


@dataclass(frozen=True)
class Scalar:
    """One scalar: a text, the path of a file, or a command (the words of which are `command`).

    `plain` says that YAML does not take the text for a number or a boolean.
    """

    place: Place
    kind: Literal["text", "file", "command"]
    text: str = ""
    command: tuple[str, ...] = ()
    plain: bool = True

    @property
    def name(self) -> str:
        """The place with dots."""
        return ".".join(map(str, self.place))

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that the text names."""
        return tuple(ENV.findall(self.text))


def scalars(document: Document) -> Iterator[Scalar]:
    """Yield the scalars of a document, whatever else is wrong with it."""
    yield from _scalars(document, document.value, ())


def _scalars(document: Document, value: Json, place: Place) -> Iterator[Scalar]:
    if isinstance(value, dict):
        if set(value) == {"file"} and isinstance(value["file"], str):
            yield Scalar(place, "file", value["file"])
        elif set(value) == {"command"} and isinstance(value["command"], list):
            yield Scalar(place, "command", command=tuple(str(word) for word in value["command"]))
        else:
            for key, child in value.items():
                yield from _scalars(document, child, (*place, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _scalars(document, child, (*place, index))
    elif value is not None:
        text = value if isinstance(value, str) else document.texts.get(place, str(value))
        yield Scalar(place, "text", text, plain=isinstance(value, str))


def fill(text: str, where: str) -> str:
    """Return a text with its environment variables filled in.

    A variable that is set to nothing is how pipelines hand over a secret that they do not have.

    Raises:
        TargetFileError: a variable is not set, or all is empty.
    """
    for name in ENV.findall(text):
        if name not in os.environ:
            message = f"the environment variable {name} is not set"
            raise TargetFileError(message, where=where, advice=f"Set it: export {name}=…")
    filled = ENV.sub(lambda match: os.environ[match.group(1)], text)
    if text and not filled:
        raise TargetFileError(
            f"the environment variable {', '.join(ENV.findall(text))} is set, but empty",
            where=where,
            advice="In a pipeline: does the secret exist, and may this job have it?",
        )
    return filled


def stray(text: str) -> str:
    """Say which character at the end, at the start or (a control character) inside is there by accident."""
    if not text:
        return ""
    for said, character in (("ends in", text[-1]), ("begins with", text[0])):
        if unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            return f"{said} {_named(character)}"
    inside = next(
        (one for one in text if unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") or one in _INVISIBLE), ""
    )
    return f"contains {_named(inside)}" if inside else ""


def _named(character: str) -> str:
    return _NAMES.get(character, f"the character U+{ord(character):04X}")
