"""The register: every testable statement of the documents, read from specs/requirements and specs/readings."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

from conformance.documents import check_schema, read_yaml
from conformance.editions import Edition, EditionChange, load_editions
from conformance.effects import consequences_of, effects_of
from conformance.errors import RegisterError, UsageError
from conformance.model import (
    SERVICES,
    Basis,
    Level,
    Needs,
    Premise,
    Provocation,
    Reading,
    ReadingOption,
    Requirement,
    Source,
)
from conformance.premises import load_premises
from conformance.resources import specs


@dataclass(frozen=True)
class Register:
    """All requirements, readings and premises, in the order of their sections and files; its editions, oldest first."""

    requirements: tuple[Requirement, ...]
    readings: tuple[Reading, ...]
    premises: tuple[Premise, ...] = ()
    editions: tuple[Edition, ...] = ()

    @property
    def edition(self) -> int:
        """The number of the edition that is in force."""
        return len(self.editions)

    def history(self, requirement_id: str, *, since: int = 0) -> tuple[EditionChange, ...]:
        """Return what the editions behind the one numbered `since` did to a requirement, also to a retired one."""
        later = (edition.changes.get(requirement_id) for edition in self.editions[since:])
        return tuple(change for change in later if change is not None)

    @cached_property
    def _by_id(self) -> Mapping[str, Requirement]:
        return {entry.id: entry for entry in self.requirements}

    @cached_property
    def _siblings(self) -> Mapping[tuple[str, str], str]:
        return {(one.id, operation): name for one in self.requirements for operation, name in one.siblings}

    @cached_property
    def _readings_by_id(self) -> Mapping[str, Reading]:
        return {entry.id: entry for entry in self.readings}

    def __iter__(self) -> Iterator[Requirement]:
        """Iterate over the requirements."""
        return iter(self.requirements)

    def __contains__(self, requirement_id: object) -> bool:
        """Tell whether an id exists."""
        return requirement_id in self._by_id

    def __getitem__(self, requirement_id: str) -> Requirement:
        """Return a requirement.

        Raises:
            UsageError: there is none of that id; with the nearest one.
        """
        try:
            return self._by_id[requirement_id]
        except KeyError:
            near = difflib.get_close_matches(requirement_id.upper(), self._by_id, n=1, cutoff=0.4)
            advice = f"Did you mean {near[0]}?" if near else ""
            raise UsageError(
                f"no requirement has the id {requirement_id!r}",
                advice=f"{advice} `opentv-conformance requirements` lists all.".strip(),
            ) from None

    def reading(self, reading_id: str) -> Reading:
        """Return a reading.

        Raises:
            UsageError: there is none of that id.
        """
        try:
            return self._readings_by_id[reading_id]
        except KeyError:
            near = difflib.get_close_matches(reading_id, self._readings_by_id, n=1, cutoff=0.4)
            advice = f"Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"no reading has the id {reading_id!r}", advice=advice) from None

    def for_operation(self, requirement_id: str, operation: str) -> str:
        """Return the id that makes the same statement of another operation, or the id itself.

        A rule names one id of a family (`ids:` in the register); an exchange of a sibling operation is
        judged on the sibling's id.
        """
        return self._siblings.get((requirement_id, operation), requirement_id)

    def digest(self) -> str:
        """Return the SHA-256 of all statements, which tells two versions of the register apart."""
        facts = [
            (entry.id, entry.statement, entry.level.value, entry.basis.value, entry.operation)
            for entry in self.requirements
        ]
        return hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()


def _needs(*values: Mapping[str, Any]) -> Needs:
    """Merge what an entry needs with what its operation always needs."""

    def names(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for value in values for name in value.get(key, ())))

    return Needs(
        services=names("services"),
        features=names("features"),
        subjects=names("subjects"),
        credentials=names("credentials"),
        conditions=names("conditions"),
        writes=any(value.get("writes", False) for value in values),
    )


def _sections(folder: Path) -> Iterator[Path]:
    """Yield the files of the register in the order of `sections.yaml`.

    Raises:
        RegisterError: a file is not listed there.
    """
    document = read_yaml(folder / "sections.yaml", RegisterError)
    sections = cast("dict[str, list[str]]", document.value)
    found = [folder / service / f"{name}.yaml" for service in ("common", *SERVICES) for name in sections[service]]
    unlisted = set(folder.glob("*/*.yaml")) - set(found)
    if unlisted:
        raise RegisterError(f"{min(unlisted)} is not listed", where=document.where())
    yield from found


def _requirements(path: Path, schema: Mapping[str, Any], edition: int) -> Iterator[Requirement]:
    """Yield the requirements of a file; previews fail a target from the edition behind the one in force on."""
    document = read_yaml(path, RegisterError)
    check_schema(document, schema, RegisterError)
    content = cast("dict[str, Any]", document.value)
    for index, entry in enumerate(content["requirements"]):
        where = document.where(("requirements", index))
        if ("id" in entry) == ("ids" in entry) or ("id" in entry) != ("operation" in entry):
            raise RegisterError("give `id` and `operation`, or `ids` alone", where=where)
        ids: dict[str, str] = entry.get("ids") or {entry["operation"]: entry["id"]}
        for operation, requirement_id in ids.items():
            common = content.get("operations", {}).get(operation, {})
            service = common.get("service") or path.parent.name
            if service not in SERVICES:
                raise RegisterError(f"no service is given for {operation}", where=where)
            yield Requirement(
                id=requirement_id,
                service=service,
                title=entry["title"],
                statement=entry["statement"],
                level=Level(entry.get("level_of", {}).get(operation, entry["level"])),
                basis=Basis(entry["basis"]),
                operation=operation,
                source=Source(**entry.get("source_of", {}).get(operation, entry["source"])),
                needs=_needs(
                    common.get("needs", {}), entry.get("needs_of", {}).get(operation, entry.get("needs") or {})
                ),
                readings=tuple(entry.get("readings", ())),
                judged_by=entry["judged_by"],
                siblings=tuple((key, value) for key, value in ids.items() if key != operation),
                provokes=tuple(_provocation(one) for one in entry.get("provokes", ())),
                binds=entry.get("binds", ""),
                fails_from=edition + 1 if entry.get("status") == "preview" else 0,
            )


def _provocation(value: Mapping[str, str]) -> Provocation:
    kind, parameter = next((key, name) for key, name in value.items() if key != "variant")
    return Provocation(kind, parameter, value.get("variant", ""))


def _readings(path: Path, schema: Mapping[str, Any]) -> Iterator[Reading]:
    document = read_yaml(path, RegisterError)
    check_schema(document, schema, RegisterError)
    content = cast("dict[str, Any]", document.value)
    for entry in content["readings"]:
        options = tuple(ReadingOption(o["id"], o["text"], o.get("source", "")) for o in entry["options"])
        yield Reading(entry["id"], content["service"], entry["question"], options, tuple(entry.get("requirements", ())))


def _once(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise RegisterError(f"the id {name!r} is in the register twice")
        seen.add(name)


@lru_cache(maxsize=4)
def load_register(folder: Path | None = None) -> Register:
    """Load the register.

    Raises:
        RegisterError: a file is unreadable, breaks its schema, or an id stands twice.
    """
    root = folder or specs()
    schemas = {
        name: json.loads((root / "schemas" / f"{name}.json").read_text()) for name in ("requirements", "readings")
    }
    editions = load_editions(folder)
    requirements: list[Requirement] = []
    readings: list[Reading] = []
    for path in _sections(root / "requirements"):
        requirements.extend(_requirements(path, schemas["requirements"], len(editions)))
    for path in sorted((root / "readings").glob("*.yaml")):
        readings.extend(_readings(path, schemas["readings"]))
    _once(entry.id for entry in requirements)
    _once(entry.id for entry in readings)
    premises = load_premises(folder)
    return Register(tuple(_completed(requirements, premises, folder)), tuple(readings), premises, editions)


def _completed(
    requirements: Sequence[Requirement], premises: Sequence[Premise], folder: Path | None
) -> Iterator[Requirement]:
    """Yield the requirements with what other files say of them: what they presume, and what it means to break them."""
    effects, consequences = effects_of(requirements, folder), consequences_of(requirements, folder)
    for entry in requirements:
        yield replace(
            entry,
            premises=tuple(one.id for one in premises if one.presumed_by(entry)),
            effect=effects.get(entry.id, entry.effect),
            consequences=consequences.get(entry.id, ()),
        )
