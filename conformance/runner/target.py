"""The target of a command: the one of a target file, or the embedded platform."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from conformance.contract import load_contract
from conformance.documents import Document, parse_yaml, read_bytes, read_yaml
from conformance.errors import TargetFileError, UsageError
from conformance.model import Reading
from conformance.register import load_register
from conformance.runner.embedded import embedded_platform
from conformance.stream import events
from conformance.target import Target, target_from_document


def opened_target(
    path: Path | None, scratch: Path, stack: ExitStack, *, sending: bool = True, platform: Sequence[str] = ()
) -> tuple[Target, Path]:
    """Return the target and its file; without a path the embedded platform, which runs until the stack closes.

    A file that can be read only once (standard input, a pipe) is kept in the scratch folder for the other processes of
    a run.

    Args:
        path: the target file; `-` is standard input.
        scratch: a folder that is deleted at the end.
        stack: keeps the embedded platform.
        sending: something will be sent, so that secrets must be there.
        platform: what the embedded platform is started with.

    Raises:
        TargetFileError: the file is wrong; with every mistake, each with file and line.
        SuiteError: the embedded platform does not start.
    """
    embedded = path is None
    place = stack.enter_context(embedded_platform(scratch, platform)) if path is None else path
    document = read_yaml(place, TargetFileError) if place.is_file() else _read_once(place, scratch / "target.yaml")
    found = target_from_document(document, embedded=embedded, sending=sending, more=unknown_names)
    return found, place.resolve() if place.is_file() else scratch / "target.yaml"


def learned_target(text: str, scratch: Path) -> tuple[Target, Path]:
    """Return the target of a file that the suite wrote itself, and where it is kept for the processes of a run."""
    copy = scratch / "target.yaml"
    document = _kept(Path("the learned target file"), text.encode(), copy)
    return target_from_document(document, more=unknown_names), copy


def facts_of(target: Target, *, embedded: bool = False, writes: bool = True) -> events.TargetFacts:
    """Return what a stream says of a target; `writes`: requests may create or change something."""
    return events.TargetFacts(
        name=target.name,
        tenant=target.tenant,
        services={name: events.Address(one.url, one.ssp_url or "") for name, one in target.services.items()},
        features=sorted(target.features),
        embedded=embedded,
        readings=dict(target.readings),
        writes=writes,
    )


def _read_once(path: Path, copy: Path) -> Document:
    """Read standard input or a pipe, which nobody can read again, and leave a copy for the process of the checks."""
    return _kept(path, read_bytes(path, TargetFileError), copy)


def _kept(path: Path, content: bytes, copy: Path) -> Document:
    copy.touch(mode=0o600)
    copy.write_bytes(content)
    return parse_yaml(path, content, TargetFileError, folder=Path.cwd())


def unknown_names(document: Document) -> Iterator[TargetFileError]:
    """Yield pins, paths, waivers and headers that cannot be what is meant, with the line of the target file."""
    register, contract = load_register(), load_contract()
    root = document.value if isinstance(document.value, dict) else {}
    looks: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("readings", register.reading),
        ("paths", contract.operation),
    )
    for kind, look in looks:
        names = root.get(kind)
        for name, value in names.items() if isinstance(names, dict) else ():
            try:
                found = look(name)
            except UsageError as problem:
                message = f"{kind}: {problem.message}"
                yield TargetFileError(message, where=document.where((kind, name)), advice=problem.advice)
                continue
            options = [option.id for option in found.options] if isinstance(found, Reading) else []
            # YAML takes 404 for a number, and off for a boolean: the option is what is written.
            option = document.texts.get((kind, name), str(value))
            if options and option not in options:
                near = difflib.get_close_matches(option, options, n=1)
                advice = f"Did you mean {near[0]!r}? " if near else ""
                message = f"readings.{name} has no option {option[:80]!r}"
                yield TargetFileError(
                    message, where=document.where((kind, name)), advice=f"{advice}Known: {', '.join(options)}."
                )
    http = root.get("http")
    headers = http.get("headers") if isinstance(http, dict) else None
    documented = {one.name.lower() for entry in contract for one in entry.parameters if one.location == "header"}
    for name in headers if isinstance(headers, dict) else ():
        if str(name).lower() in documented:
            yield TargetFileError(
                f"http.headers: {name} is a parameter of the platform's operations, which the suite sends",
                where=document.where(("http", "headers", name)),
                advice="Leave it out: requests that must be refused without it would have it.",
            )
    waivers = root.get("waivers")
    for index, waiver in enumerate(waivers if isinstance(waivers, list) else ()):
        waived = waiver.get("id") if isinstance(waiver, dict) else None
        if isinstance(waived, str) and waived not in register:
            try:
                register[waived]
            except UsageError as problem:
                where = document.where(("waivers", index, "id"))
                yield TargetFileError(f"waivers: {problem.message}", where=where, advice=problem.advice)
