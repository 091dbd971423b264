"""The target of a command: the one of a target file, or the embedded platform."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from conformance.contract import load_contract
from conformance.documents import read_yaml
from conformance.errors import TargetFileError, UsageError
from conformance.register import load_register
from conformance.runner.embedded import embedded_platform
from conformance.target import Target, load_target, target_from_document


def opened_target(path: Path | None, scratch: Path, stack: ExitStack) -> tuple[Target, Path]:
    """Return the target and its file; without a path the embedded platform, which runs until the stack closes.

    Raises:
        TargetFileError: the file is wrong; with file and line.
        SuiteError: the embedded platform does not start.
    """
    if path is not None:
        found, place = load_target(path.resolve()), path.resolve()
    else:
        place = stack.enter_context(embedded_platform(scratch))
        found = target_from_document(read_yaml(place, TargetFileError), embedded=True)
    _known_names(found)
    return found, place


def _known_names(target: Target) -> None:
    """Refuse pins and paths that name nothing, with the line of the target file."""
    contract, register = load_contract(), load_register()
    for kind, names in (("readings", target.readings), ("paths", target.paths)):
        for name in names:
            try:
                if kind == "paths":
                    contract.operation(name)
                    continue
                options = [option.id for option in register.reading(name).options]
            except UsageError as problem:
                raise TargetFileError(problem.message, where=target.where(kind, name), advice=problem.advice) from None
            if names[name] not in options:
                raise TargetFileError(
                    f"readings.{name}: {names[name]!r} is no option of it",
                    where=target.where(kind, name),
                    advice=f"Known: {', '.join(options)}.",
                )
