"""`opentv-conformance init`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from conformance import terminal
from conformance.errors import ConformanceError, UsageError
from conformance.model import Json

if TYPE_CHECKING:
    from conformance.runner.discovery import Found
    from conformance.runner.draft import Draft

_PIPELINES = ("github", "gitlab", "jenkins")
# Groups of which each member has values of its own.
_ASKED = ("subjects", "credentials")
_CRM = ("credentials", "crm")
_HTTP = "http."

Place = tuple[str, ...]


@click.command("init")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Where the services are (repeatable).")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("staging.yaml"), show_default=True)
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="A value of the file, for example subjects.user.username=ada@example.test (repeatable). Of a secret: "
    "${NAME}, file:PATH or command:PROGRAM ARGUMENTS.",
)
@click.option("--pipeline", type=click.Choice(_PIPELINES), help="Write a pipeline file, too.")
@click.option("--non-interactive", is_flag=True, help="Ask nothing: use the URLs, and what --set gives.")
def command(
    urls: tuple[str, ...], out: Path, given: tuple[str, ...], pipeline: str | None, non_interactive: bool
) -> int:
    """Make a target file: find the services, prompt for the rest, check it. Overwrites nothing, stores no secret."""
    from conformance.runner.draft import refuse_existing, save
    from conformance.runner.pipelines import PLACES

    for path in (out, *([PLACES[pipeline][1]] if pipeline else [])):
        refuse_existing(path)
    if not non_interactive and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", advice="Add --non-interactive, --url and --set KEY=VALUE.")
    if non_interactive and not urls:
        raise UsageError("no --url is given", advice="Name the platform, for example --url https://staging.example.")
    found = _found(urls, _http(given), ask=not non_interactive)
    draft = _drafted(found, [one for one in given if not one.startswith(_HTTP)])
    if not non_interactive:
        _ask(draft, {one.partition("=")[0].strip() for one in given})
    draft.target()  # what is missing is reported before anything is written
    for path in save(draft, out):
        terminal.say(f"wrote {path}")
    code = _examine(draft, out)
    if pipeline is None and not non_interactive:
        chosen = click.prompt("A pipeline file", type=click.Choice([*_PIPELINES, "none"]), default="none", err=True)
        pipeline = None if chosen == "none" else chosen
    if pipeline:
        _write_pipeline(pipeline, draft, out)
    terminal.say(_how_much(draft))
    return code


def _http(given: tuple[str, ...]) -> dict[str, Json]:
    """Return how to connect, of what is given: discovery needs it."""
    from conformance.runner.draft import Draft

    draft = Draft({"name": "http", "tenant": "http", "services": {"hdm": {"url": "http://127.0.0.1"}}})
    _put(draft, [one for one in given if one.startswith(_HTTP)])
    return cast("dict[str, Json]", draft.known.get("http", {}))


def _found(urls: tuple[str, ...], http: dict[str, Json], *, ask: bool) -> Found:
    """Find the services; on a terminal, a URL that is wrong is asked for again."""
    from conformance.runner.discovery import discover
    from conformance.runner.scratch import scratch

    more = False
    while True:
        urls = urls or (_answer("URL of the platform"),)
        try:
            with scratch() as own:
                found = discover(urls, own, http=http)
        except ConformanceError as problem:
            if not ask:
                raise
            terminal.say(str(problem), err=True)
            # What was found before stays found.
            urls, more = urls[:-1], len(urls) > 1
            continue
        terminal.say(found.said)
        if not ask or not found.missing or more:
            return found
        other = _answer("Another URL, where the others are (empty: none)")
        if not other:
            return found
        urls = (*urls, other)


def _drafted(found: Found, given: Sequence[str]) -> Draft:
    from conformance.runner.discovery import NOTES
    from conformance.runner.draft import Draft

    notes = {name: text for name, text in NOTES.items() if name != "tenant"}
    draft = Draft(found.document(), notes | {f"services.{name}": "Not found." for name in found.missing})
    _put(draft, given)
    return draft


def _put(draft: Draft, given: Sequence[str]) -> None:
    for one in given:
        key, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"--set {key[:80]!r} is not KEY=VALUE")
        draft.put(tuple(key.strip().split(".")), value)


def _ask(draft: Draft, given: set[str]) -> None:
    """Ask for what no request shows: tenant, features, subjects, credentials, permission to write."""
    from conformance.runner.draft import HOW

    for name in ("tenant", "name"):
        if name not in given:
            _ask_value(draft, (name,), default=str(draft.known[name]))
    for name in _features(draft):
        feature: Place = ("features", name)
        if f"features.{name}" not in given and name not in cast("dict[str, object]", draft.known["features"]):
            draft.put(feature, str(_agreed(f"features.{name}: {_said(feature)} Claimed?")).lower())
    terminal.say(f"Secrets are never stored: write {HOW}. An empty answer leaves a key out.", err=True)
    for place in _groups(given):
        gain = _waiting(draft, place)
        if gain and _agreed(f"{'.'.join(place)}, which {gain} more requirements need: {_said(place)} Give it?"):
            _ask_group(draft, place)
    if "safety.writes" not in given and _agreed("May a run create accounts and initialise devices?"):
        draft.put(("safety", "writes"), "allow")


def _ask_group(draft: Draft, place: Place) -> None:
    """Ask for the values of a subject or credential; of the two forms of the CRM's, for one."""
    from conformance.target.writing import schema_of

    members = schema_of(place)["properties"]
    if place == _CRM:
        form = click.prompt("token or keycloak", type=click.Choice(list(members)), default="keycloak", err=True)
        members = {form: members[form]}
    for name, entry in members.items():
        if "properties" in entry:
            _ask_group(draft, (*place, name))
        elif entry.get("type") != ["array", "string"]:  # a list of mappings is for an editor
            _ask_value(draft, (*place, name))


def _ask_value(draft: Draft, place: Place, default: str = "") -> None:
    """Ask for a value until it is right, or left out."""
    while text := _answer(f"{'.'.join(place)}: {_said(place)}", default):
        try:
            draft.put(place, text)
        except UsageError as problem:
            terminal.say(str(problem), err=True)
        else:
            return


def _answer(question: str, default: str = "") -> str:
    return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()


def _agreed(question: str) -> bool:
    return click.confirm(question, default=False, err=True)


def _said(place: Place) -> str:
    """Return the first sentence of what the schema says of a key."""
    from conformance.target.writing import schema_of

    return f"{str(schema_of(place)['description']).partition('. ')[0].rstrip('.')}."


def _features(draft: Draft) -> Iterator[str]:
    """Yield the features that concern the services of a draft."""
    from conformance.register import load_register

    services = cast("dict[str, object]", draft.known["services"])
    entries = [one for one in load_register() if {one.service, *one.needs.services} <= services.keys()]
    yield from dict.fromkeys(name for entry in entries for name in entry.needs.features)


def _groups(given: set[str]) -> Iterator[Place]:
    """Yield the subjects and credentials of which nothing is given yet."""
    from conformance.target.writing import schema_of

    for group in _ASKED:
        for name in schema_of((group,))["properties"]:
            asked = "properties" in schema_of((group, name))
            if asked and not any(one.startswith(f"{group}.{name}.") for one in given):
                yield group, name


def _waiting(draft: Draft, place: Place) -> int:
    """Return how many requirements wait for a subject or credential, perhaps beside others."""
    from conformance.register import load_register
    from conformance.runner.gains import testable

    lacking = testable(load_register(), draft.target()).lacking
    name = ".".join(place)
    return sum(number for names, number in lacking.items() if any(f"{one}.".startswith(f"{name}.") for one in names))


def _examine(draft: Draft, out: Path) -> int:
    """Run preflight; what it finds is for the user to mend, and the file stays."""
    from conformance.cli.preflight import examine_target

    unset = [name for name in draft.variables() if not os.environ.get(name)]
    if unset:
        terminal.say(f"not checked yet: set {', '.join(unset)}, and run: opentv-conformance preflight --target {out}")
        return 0
    try:
        examine_target(out, safe=True)
    except ConformanceError as problem:
        terminal.say(f"opentv-conformance: {problem}", err=True)
        return problem.exit_code
    return 0


def _write_pipeline(name: str, draft: Draft, out: Path) -> None:
    """Write a pipeline file; one that exists already stays as it is."""
    from conformance.runner.draft import create
    from conformance.runner.pipelines import PLACES, pipeline_text

    place = PLACES[name][1]
    try:
        create(place, pipeline_text(name, str(out), draft.variables()))
    except UsageError as problem:
        terminal.say(f"opentv-conformance: {problem}", err=True)
    else:
        terminal.say(f"wrote {place}")


def _how_much(draft: Draft) -> str:
    from conformance.register import load_register
    from conformance.runner.gains import testable

    return testable(load_register(), draft.target()).sentence
