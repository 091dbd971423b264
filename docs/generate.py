"""Writes the reference pages of docs/ from the register, the schemas, the faults and the command line, and the schema
of `run.jsonl` from the types of its events.

`python docs/generate.py` writes them; `tests/test_docs.py` fails where one is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from conformance.checks.index import checks_of
from conformance.cli.main import cli
from conformance.editions import KINDS
from conformance.model import SERVICES
from conformance.reference.faults import catalogue
from conformance.reference.readings import CATALOGUE
from conformance.register import load_register
from conformance.resources import fixtures, specs
from conformance.selftest.catalogue import load_faults
from conformance.stream.schema import run_schema

DOCS = Path(__file__).parent
NOTE = "<!-- Made by docs/generate.py; do not edit. -->\n\n"


def cell(text: str) -> str:
    """Return text that a table cell can hold."""
    return " ".join(text.split()).replace("|", "\\|")


def requirements() -> Iterator[str]:
    """Yield docs/requirements.md."""
    register = load_register()
    binding = sum(entry.binding for entry in register)
    yield f"# Requirements\n\n{NOTE}{len(register.requirements)} statements; {binding} of them can fail a target, "
    yield "the others warn. `opentv-conformance requirements ID` explains one.\n"
    for service in SERVICES:
        entries = [entry for entry in register if entry.service == service]
        yield f"\n## {service.upper()}\n"
        for operation in dict.fromkeys(entry.operation for entry in entries):
            yield f"\n### {operation}\n\n| id | level | basis | statement | source | verified by |\n| --- | --- | --- | --- | --- | --- |\n"
            for entry in entries:
                if entry.operation == operation:
                    by = (
                        "every exchange"
                        if entry.judged_by == "rule"
                        else ", ".join(f"`{c}`" for c in family_checks(entry))
                    )
                    source = f"{entry.source.document}: {entry.source.section}"
                    source += f" ({entry.source.place})" if entry.source.place else ""
                    row = (entry.id, entry.level.value, entry.basis.value, entry.statement, source, by)
                    yield "| " + " | ".join(cell(text) for text in row) + " |\n"


def family_checks(entry: Any) -> list[str]:
    """Return the checks of a requirement, or of its family."""
    own = list(checks_of(entry.id))
    return own or [name for _, sibling in entry.siblings for name in checks_of(sibling)]


def readings() -> Iterator[str]:
    """Yield docs/readings.md."""
    register = load_register()
    yield f"# Readings\n\n{NOTE}Places where the documents contradict themselves or are silent. A target may follow any "
    yield "option; the report says which one was seen, and a target file may pin one under `readings`.\n"
    for reading in register.readings:
        yield f"\n## {reading.id}\n\n{reading.question} ({reading.service})\n\n"
        for option in reading.options:
            source = f" — {option.source}" if option.source else ""
            yield f"- `{option.id}`: {option.text}{source}\n"
    yield "\n# Readings of the reference platform\n\n`opentv-conformance serve --reading ID=OPTION` answers in one; the "
    yield "first option of each is the default. `selftest` shows that the suite accuses none of them.\n"
    for name, options in CATALOGUE.items():
        yield f"\n## `{name}`\n\n"
        for option, text in options.items():
            yield f"- `{option}`: {cell(str(text))}\n"


def editions() -> Iterator[str]:
    """Yield docs/editions.md."""
    register = load_register()
    yield f"# Editions\n\n{NOTE}What each edition of the register added, retired and changed, and why "
    yield "([concepts.md](concepts.md#edition-preview)).\n"
    for edition in reversed(register.editions):
        in_force = ", in force" if edition.number == register.edition else ""
        yield f"\n## Edition {edition.number} ({edition.date}{in_force})\n\n{cell(edition.summary)}\n"
        for kind in KINDS:
            ids: dict[tuple[str, str], list[str]] = {}
            for name, change in edition.changes.items():
                if change.kind == kind:
                    ids.setdefault((", ".join(change.was or ()), change.why), []).append(name)
            if not ids:
                continue
            count = sum(map(len, ids.values()))
            yield f"\n### {kind.capitalize()}: {count}\n\n| requirements | {'was | ' * (kind == 'changed')}why |\n"
            yield f"| --- | {'--- | ' * (kind == 'changed')}--- |\n"
            for (was, why), names in ids.items():
                said = ", ".join(names) if len(names) <= 40 else f"{len(names)} requirements"
                yield f"| {said} | {f'{was} | ' * (kind == 'changed')}{cell(why)} |\n"


def faults() -> Iterator[str]:
    """Yield docs/faults.md."""
    expected, register = load_faults(), load_register()
    known = catalogue()
    yield f"# Faults\n\n{NOTE}The {len(known)} ways in which the reference platform can be wrong "
    yield "(`opentv-conformance serve --fault NAME`), and the requirements of which any one must fail for it\n"
    yield "(*warns*: none of them binds; one must warn, and nothing may fail).\n"
    for kind in sorted({fault.kind for fault in known.values()}):
        yield f"\n## {kind}\n\n| fault | what is wrong | requirements | why |\n| --- | --- | --- | --- |\n"
        for name, fault in known.items():
            if fault.kind == kind and name in expected:
                entry = expected[name]
                warns = "" if any(register[one].binding for one in entry.requirements) else "*warns*: "
                stated = warns + ", ".join(entry.requirements)
                yield f"| `{name}` | {cell(fault.summary)} | {stated} | {cell(entry.why)} |\n"


def target_file() -> Iterator[str]:
    """Yield the reference half of docs/target-file.md."""
    schema = json.loads((specs() / "schemas" / "target.json").read_text(encoding="utf-8"))
    yield f"# Target file\n\n{NOTE}YAML, checked by [`specs/schemas/target.json`](../specs/schemas/target.json). Any scalar "
    yield "may be `${ENV_NAME}`, `{file: path}` or `{command: [...]}`; files are read and commands are run again at every use, "
    yield "since DAS challenges may be valid for one use only. Three commented examples are in "
    yield "[`fixtures/targets/`](../fixtures/targets). Everything under `credentials`, every password, challenge, token "
    yield "and salt is a secret and is written to no file.\n\nAn editor with a YAML language server completes and explains "
    yield "every key, where the file begins with the line\n`# yaml-language-server: $schema=target.json` and "
    yield "`opentv-conformance schema target > target.json` has put the schema beside it.\n\n"
    yield "The suite renews a token of `credentials.crm.keycloak` before it expires: with the refresh token of the last response, "
    yield "or with the password if the response had no refresh token, the refresh token has expired, or Keycloak refuses it. "
    yield "A `token` that expires during the run is read again from its file or command.\n\n"
    yield "| key | type | |\n| --- | --- | --- |\n"
    yield from keys(schema, schema, "")


def keys(schema: dict[str, Any], root: dict[str, Any], prefix: str) -> Iterator[str]:
    """Yield a table row for each key of a schema, nested ones below it."""
    for name, entry in schema.get("properties", {}).items():
        if "$ref" in entry:
            kind = entry["$ref"].rpartition("/")[2]
            entry = {**root["$defs"][kind], **entry}
        words = ["Required."] if name in schema.get("required", []) else []
        if "enum" in entry:
            words.append(f"One of {', '.join(f'`{value}`' for value in entry['enum'])}.")
        words.append(entry["description"])
        yield f"| `{prefix}{name}` | {cell(type_of(entry))} | {cell(' '.join(words))} |\n"
        yield from keys(entry, root, f"{prefix}{name}.")
        yield from keys(entry.get("items", {}), root, f"{prefix}{name}[].")


def type_of(entry: dict[str, Any]) -> str:
    """Return a schema's type in words."""
    if "anyOf" in entry or "const" in entry:
        return "scalar"
    kind = entry.get("type", "scalar")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


COMPLETION = """
## Completion

A shell completes commands, options, ids of requirements, services, faults, readings and schemas. For bash, once:

```sh
_OPENTV_CONFORMANCE_COMPLETE=bash_source opentv-conformance > ~/.opentv-conformance.sh
echo '. ~/.opentv-conformance.sh' >> ~/.bashrc
```

For zsh and fish, write `zsh_source` or `fish_source`, and the shell's own file.
"""


def commands() -> Iterator[str]:
    """Yield docs/commands.md."""
    yield f"# Commands\n\n{NOTE}"
    context = click.Context(cli, info_name="opentv-conformance", max_content_width=110, terminal_width=110)
    yield f"```text\n{cli.get_help(context)}\n```\n"
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context, max_content_width=110, terminal_width=110)
        yield f"\n## {name}\n\n```text\n{command.get_help(own)}\n```\n"
    yield COMPLETION


def detection() -> Iterator[str]:
    """Yield docs/detection.md: its own text, with the score that the reports print."""
    written = (DOCS / "detection.md").read_text(encoding="utf-8")
    for name, made in (("score", score), ("again", again)):
        before, _, rest = written.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        written = f"{before}<!-- {name} -->\n{''.join(made())}<!-- /{name} -->{after}"
    yield written


def score() -> Iterator[str]:
    """Yield what `selftest --save` measured."""
    facts = json.loads((fixtures() / "detection.json").read_text(encoding="utf-8"))
    how = ", ".join(
        f"{number} by {'a generated case' if by == 'fuzz' else f'a {by}'}" for by, number in facts["how"].items()
    )
    yield f"Measured on {facts['date']} in one pass of `opentv-conformance selftest --save`: "
    yield f"**{facts['caught']} of {facts['faults']} faults caught**, {facts['for_the_stated_reason']} of them for the "
    yield f"stated reason, {facts['void']} void; {facts['false_alarms']} false alarms on {facts['readings']} conformant "
    yield f"platforms. Seen first: {how}."
    if "seconds" in facts:
        minutes, seconds = divmod(facts["seconds"], 60)
        yield f" The pass took {minutes} min {seconds} s on {facts['cores']} cores, in {facts['workers']} processes."
    yield "\n\n| kind of fault | faults | caught |\n| --- | --- | --- |\n"
    for kind, words in facts["kinds"].items():
        yield f"| {kind} | {sum(words.values())} | {words.get('caught', 0)} |\n"


def again() -> Iterator[str]:
    """Yield what `selftest --captures --save` measured."""
    facts = json.loads((fixtures() / "detection.json").read_text(encoding="utf-8")).get("captures")
    if facts is None:
        yield "Not measured in one pass yet.\n"
        return
    yield f"Measured on {facts['date']}: of {facts['by_rules']} faults of which a rule saw a stated requirement broken in the "
    yield f"run, the redacted HAR of the run shows **{facts['found']}**. {facts['alarms']} false alarms on the HAR of "
    yield f"{facts['platforms']} conformant platforms, as it is and with what each export leaves out.\n"
    if facts["missed"]:
        yield "\n| why the HAR does not show a fault | faults |\n| --- | --- |\n"
        for why, number in facts["missed"].items():
            yield f"| {why} | {number} |\n"


PAGES = {
    "requirements.md": requirements,
    "readings.md": readings,
    "editions.md": editions,
    "faults.md": faults,
    "target-file.md": target_file,
    "commands.md": commands,
    "detection.md": detection,
}


def page(name: str) -> str:
    """Return a page as it should be."""
    return "".join(PAGES[name]())


if __name__ == "__main__":
    for title in sys.argv[1:] or PAGES:
        (DOCS / title).write_text(page(title), encoding="utf-8")
    (specs() / "schemas" / "run.json").write_text(run_schema(), encoding="utf-8")
