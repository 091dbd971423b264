"""`opentv-conformance requirements`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance import terminal
from conformance.cli import completion
from conformance.model import Premise, Requirement

if TYPE_CHECKING:
    from conformance.register import Register


@click.command("requirements")
@click.argument("ids", nargs=-1, metavar="[ID]...", shell_complete=completion.requirement_ids)
@click.option("--service", metavar="NAME", help="Only those of one service.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(ids: tuple[str, ...], service: str | None, as_json: bool) -> int:
    """List the requirements, or explain some: statement, source, readings, and where each is judged and broken."""
    from conformance.register import load_register

    register = load_register()
    console = terminal.console()
    if ids:
        for entry in [register[name.upper()] for name in ids]:
            _explain(entry, register, console)
        return 0
    entries = [entry for entry in register if service in (None, entry.service)]
    if as_json:
        terminal.say(json.dumps([_facts(entry) for entry in entries], indent=1))
        return 0
    table = Table("id", "level", "basis", "operation", "title", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(entry.id, entry.level.value, entry.basis.value, entry.operation, entry.title)
    console.print(table)
    console.print(f"{len(entries)} requirements, {sum(entry.binding for entry in entries)} of them can fail a target")
    return 0


def _facts(entry: Requirement) -> dict[str, object]:
    return {
        "id": entry.id,
        "service": entry.service,
        "operation": entry.operation,
        "level": entry.level.value,
        "basis": entry.basis.value,
        "title": entry.title,
        "statement": entry.statement,
        "source": {
            "document": entry.source.document,
            "section": entry.source.section,
            "place": entry.source.place,
        },
        "binds": entry.binds,
        "effect": {"broken": entry.effect.broken, "refused": entry.effect.refused},
        "readings": list(entry.readings),
    }


def _premises(entry: Requirement, register: Register) -> list[Premise]:
    """Return what a requirement presumes of the target file (specs/premises.yaml)."""
    return [premise for premise in register.premises if premise.id in entry.premises]


def _explain(entry: Requirement, register: Register, console: Console) -> None:
    from conformance.cli.places import places_of
    from conformance.report import fails_from, source_words

    needs = entry.needs
    console.print(Text.assemble((entry.id, "bold"), f" {entry.title}"))
    console.print(f"\n{entry.statement}\n", highlight=False)
    for label, text in (
        ("level", entry.level.value),
        ("basis", f"{entry.basis.value}{'' if entry.binding else ' (a warning only)'}"),
        ("operation", f"{entry.service} {entry.operation}"),
        ("source", f"{entry.source.document}: {entry.source.section}"),
        ("title", source_words(entry.source.document)),
        ("place", entry.source.place),
        ("binds", entry.binds),
        ("if broken", entry.effect.broken),
        ("if refused", entry.effect.refused and f"but in another way than documented: {entry.effect.refused}"),
        (
            "needs",
            ", ".join((*needs.services, *needs.features, *needs.subjects, *needs.credentials, *needs.conditions)),
        ),
        *(("presumes", f"{premise.id}: {premise.subject} {premise.it}") for premise in _premises(entry, register)),
        ("writes", "yes" if needs.writes else ""),
        (
            "judged by",
            {"both": "checks and rules", "check": "checks", "rule": "rules, on every exchange"}[entry.judged_by],
        ),
        *places_of(entry),
        ("preview", fails_from(entry)),
        *(("edition", str(change)) for change in register.history(entry.id)),
        ("siblings", ", ".join(f"{name} ({operation})" for operation, name in entry.siblings)),
    ):
        if text:
            console.print(f"{label:>10}  {text}", highlight=False)
    for name in entry.readings:
        reading = register.reading(name)
        console.print(f"\nreading {reading.id}: {reading.question}", highlight=False)
        for option in reading.options:
            console.print(f"  - {option.id}: {option.text}", highlight=False)
