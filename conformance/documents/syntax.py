"""What is wrong with a text that is not YAML, in words for who wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}) ", re.MULTILINE)
_TAG = re.compile(r"for the tag '(?:tag:yaml\.org,2002:)?([^']{1,60})'")


def syntax_mistake(problem: yaml.YAMLError, text: str) -> tuple[int | None, str, str]:
    """Return the line of a mistake (from 1; None: not known), what it is, and advice.

    No message repeats more than one character, or the name of a tag: the rest may be a secret.
    """
    conflict = _CONFLICT.search(text)
    if conflict:
        return _line(text, conflict.start()), "not YAML: a merge left its conflict markers in the file", ""
    if isinstance(problem, yaml.reader.ReaderError):
        return _line(text, problem.position), "not YAML: a control character", "Take it out."
    if not isinstance(problem, yaml.MarkedYAMLError):
        return None, f"not YAML: {str(problem).splitlines()[0]}", ""
    said, mark, began = problem.problem or "", problem.problem_mark, problem.context_mark
    line = mark.line + 1 if mark else None
    if "another document" in said:
        return line, "not YAML: a second document begins here", "A file holds one document: take --- out."
    if "unexpected end of stream" in said and began is not None:
        return began.line + 1, "not YAML: the quotation mark that opens here is never closed", ""
    if "constructor for the tag" in said:
        tag = _TAG.search(said)
        advice = "Give plain values, ${NAME} of the environment, {file: path} or {command: […]}."
        return line, f"not YAML that is read here: the tag {tag.group(1) if tag else ''}", advice
    if "found a tab character" in said:
        return line, *_cannot_start("\t")
    if "cannot start any token" in said and mark is not None:
        return line, *_cannot_start(_character(text, mark.line, mark.column))
    if "undefined alias" in said:
        return line, "not YAML: found undefined alias", "A value that begins with * must be in quotation marks."
    if "mapping values are not allowed" in said:
        advice = "A value that holds a colon and a space must be in quotation marks; else look at the indentation."
        return line, "not YAML: a colon where no key can be", advice
    return line, f"not YAML: {said or problem}", ""


def _cannot_start(character: str) -> tuple[str, str]:
    if character == "\t":
        return "not YAML: a tab", "Indent with spaces."
    return f"not YAML: a value cannot begin with {character!r}", "Put the value in quotation marks."


def _character(text: str, line: int, column: int) -> str:
    lines: Sequence[str] = text.splitlines()
    return lines[line][column : column + 1] if line < len(lines) else ""


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
