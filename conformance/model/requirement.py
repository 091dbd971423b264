"""Requirements and readings: the register's facts, and the words for what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

SERVICES = ("hdm", "adm", "ias", "sdp", "mds")


class Level(StrEnum):
    """How binding a statement is."""

    MUST = "must"
    SHOULD = "should"


class Basis(StrEnum):
    """What a statement rests on; `shown` and `client` only ever warn."""

    STATED = "stated"
    IMPLIED = "implied"
    SHOWN = "shown"
    CLIENT = "client"


class Outcome(StrEnum):
    """What became of a requirement in a run."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOT_OBSERVED = "not_observed"
    NOT_DECLARED = "not_declared"
    LEFT_OUT = "left_out"
    COULD_NOT_TEST = "could_not_test"
    WAIVED = "waived"
    ERROR = "error"


class Verdict(StrEnum):
    """What became of a run."""

    CONFORMANT = "conformant"
    PARTIAL = "partial"
    INCOMPLETE = "incomplete"
    NONCONFORMANT = "nonconformant"
    ERROR = "error"


_RANGE = re.compile(r"(?P<prefix>[A-Z]{3}-)(?P<first>\d{3})\.\.(?P=prefix)(?P<last>\d{3})")


def ids_in(text: str) -> Iterator[str]:
    """Yield the ids that a text of ids and ranges of them (`ADM-011..ADM-013`), separated by blanks, names."""
    for part in text.split():
        span = _RANGE.fullmatch(part)
        if span is None:
            yield part
        else:
            yield from (f"{span['prefix']}{number:03}" for number in range(int(span["first"]), int(span["last"]) + 1))


@dataclass(frozen=True)
class Source:
    """Where a statement is found: `document` is a source document's key, `section` its heading(s).

    `place` counts the sentence, item, row, step or example within each section ("sentence 3; row 2"); empty where
    nothing in a document binds.
    """

    document: str
    section: str
    place: str = ""


@dataclass(frozen=True)
class Needs:
    """What a target must have so that a requirement can be tested.

    `services` and `features` decide whether it is declared at all; the rest whether it can be tested.
    """

    services: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    writes: bool = False


@dataclass(frozen=True)
class Provocation:
    """What a generated request must be like to test a requirement.

    `kind` is missing, empty, null, type, value, unknown or broken; `parameter` is what is so (`body`, `Authorization`,
    or `*` for any); `variant` is the operation's variant, where the statement is of one alone.
    """

    kind: str
    parameter: str
    variant: str = ""


_GROUPS = frozenset({"content", "channels", "expired_tokens", "credentials", "features", "services", "readings"})
# What every requirement of a service rests on, whatever it needs.
_EVERYWHERE = frozenset({"tenant", "services"})


@dataclass(frozen=True)
class Premise:
    """What requirements presume of the values in a target file.

    Attributes:
        id: its name.
        keys: what it speaks of: `stb`, `user.deviceId`, `credentials.sdp`, `features.ssp`, `tenant`.
        it: completes "the file says that it …".
        services: where all of them are declared, it is presumed and can be proved.
        features: likewise.
        unclaimed: features that the file must not claim; then only `requirements` presume it.
        probe: the name of preflight's request; empty where there is none.
        unproved: why there is none.
        signs_on: the subjects that the probe signs on with.
        differs_from: subject -> the keys in which it must differ (none: the value itself).
        requirements: ids that presume it although they need none of its keys.
    """

    id: str
    keys: tuple[str, ...]
    it: str
    services: tuple[str, ...]
    features: tuple[str, ...] = ()
    unclaimed: tuple[str, ...] = ()
    probe: str = ""
    unproved: str = ""
    signs_on: tuple[str, ...] = ()
    differs_from: tuple[tuple[str, tuple[str, ...]], ...] = ()
    requirements: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The subject that it speaks of; of a group of values (`content.authorized`), the value."""
        whole = self.keys[0].partition(".")[0]
        return self.keys[0] if whole in _GROUPS else whole

    def presumed_by(self, entry: Requirement) -> bool:
        """Tell whether a requirement presumes it."""
        if entry.id in self.requirements:
            return True
        concerned = {entry.service, *entry.needs.services}
        if self.unclaimed:
            return False
        if self.keys[0].partition(".")[0] in _EVERYWHERE:
            return bool(concerned & set(self.services))
        needed = {
            *entry.needs.subjects,
            *(f"credentials.{name}" for name in entry.needs.credentials),
            *(f"features.{name}" for name in entry.needs.features),
        }
        return bool(concerned & set(self.services)) and any(_overlap(key, name) for key in self.keys for name in needed)


def _overlap(key: str, needed: str) -> bool:
    """Tell whether what is needed is a key, a part of it, or the whole that it is a part of."""
    return key == needed or key.startswith(f"{needed}.") or needed.startswith(f"{key}.")


@dataclass(frozen=True)
class Effect:
    """What a broken requirement means for a viewer or an operator, in a sentence.

    `refused` is the sentence where the platform refused the request, but in another way than documented; empty where
    that makes no difference.
    """

    broken: str = ""
    refused: str = ""

    def of(self, *, refused: bool) -> str:
        """Return the sentence for a finding."""
        return self.refused if refused and self.refused else self.broken


@dataclass(frozen=True)
class Requirement:
    """One statement of the documents; `binds` says in our own words why its place binds a platform.

    `premises` are the ids of what it presumes, `effect` says what it means that it is broken, and `consequences` are
    the ids of what is broken because of it. `fails_from` is the edition of the register from which on breaking it fails
    a target; until then it is judged and shown, and no verdict speaks of it. 0: it is in force.
    """

    id: str
    service: str
    title: str
    statement: str
    level: Level
    basis: Basis
    operation: str
    source: Source
    needs: Needs = field(default_factory=Needs)
    readings: tuple[str, ...] = ()
    judged_by: str = "both"
    siblings: tuple[tuple[str, str], ...] = ()
    provokes: tuple[Provocation, ...] = ()
    binds: str = ""
    premises: tuple[str, ...] = ()
    effect: Effect = field(default_factory=Effect)
    consequences: tuple[str, ...] = ()
    fails_from: int = 0

    @property
    def binding(self) -> bool:
        """Whether breaking it fails a target rather than warns."""
        return not self.fails_from and self.level is Level.MUST and self.basis in (Basis.STATED, Basis.IMPLIED)


@dataclass(frozen=True)
class ReadingOption:
    """One documented way to understand a place."""

    id: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Reading:
    """A place where the documents contradict themselves or are silent, and the ways to read it."""

    id: str
    service: str
    question: str
    options: tuple[ReadingOption, ...]
    requirements: tuple[str, ...] = ()
