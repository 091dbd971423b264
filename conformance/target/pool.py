"""More subjects, for many users at once: `subjects_pool` of the target file, a CSV with a household in each row."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.errors import TargetFileError
from conformance.target.model import Source, Subject, Target

USER_KEYS = ("username", "password", "deviceId")
BOX_KEYS = ("smartcardId", "nuId", "casn", "csadList", "dasChallenge", "scheme", "macAddress")
ACCOUNT = "accountId"
SECRET_KEYS = frozenset({"password", "dasChallenge"})
# What makes a user or a set top box of a row: with less, nobody signs on.
_USER_NEEDS, _BOX_NEEDS = ("username", "password"), ("casn",)
# The subjects of the target file that are households, too: `other_account` says that two of a kind are two accounts.
# Nothing says that a user and a set top box of it share one.
_OWN = ("user", "stb", "user_other_account", "stb_other_account")
_KIND = "kind "


@dataclass(frozen=True)
class Household:
    """A user, a set top box, or both, of one account; `account` is empty where nothing tells it from others.

    `row` is the line of the pool, 0 for a subject of the target file.
    """

    number: int
    user: Subject | None
    box: Subject | None
    account: str
    row: int = 0

    def is_apart(self, other: Household) -> bool:
        """Tell whether another household is surely of another account."""
        mine, others = self.account, other.account
        if mine == others or not mine or not others:
            return False
        kinds = [one.startswith(_KIND) for one in (mine, others)]
        return not any(kinds) or (all(kinds) and mine.split()[1] == others.split()[1])

    @property
    def names(self) -> Iterator[tuple[str, str]]:
        """What is this household's alone, as (key of the target file, value)."""
        for subject in (self.user, self.box):
            for key in subject.values if subject is not None else ():
                if subject is not None and key not in SECRET_KEYS and key not in ("scheme", "csadList"):
                    yield key, subject.text(key)


def households(target: Target) -> tuple[Household, ...]:
    """Return the subjects of a target file and those of its pool, each once.

    Raises:
        TargetFileError: the pool cannot be read, or names somebody twice.
    """
    found: list[Household] = []
    for name in (name for name in _OWN if name in target.subjects):
        subject, kind = target.subjects[name], name.partition("_")[0]
        given = subject.text(ACCOUNT) if ACCOUNT in subject else f"{_KIND}{kind} {name}"
        user, box = (subject, None) if kind == "user" else (None, subject)
        found.append(Household(len(found), user, box, given))
    if target.pool is not None:
        found.extend(_pooled(target.pool, len(found)))
    seen: dict[tuple[str, str], Household] = {}
    for one in found:
        for key, value in one.names:
            if key in ("username", "casn") and seen.setdefault((key, value.casefold()), one) is not one:
                raise TargetFileError(
                    f"subjects_pool: row {one.row} has a {key} that is there already",
                    where=target.pool.where if target.pool is not None else "",
                    advice="Give each user and each set top box one row; leave out those of `subjects`.",
                )
    return tuple(found)


def _pooled(source: Source, first: int) -> Iterator[Household]:
    rows = csv.reader(io.StringIO(source.read()))
    names = [name.strip() for name in next(rows, [])]
    for name in names:
        if name not in (*USER_KEYS, *BOX_KEYS, ACCOUNT):
            near = difflib.get_close_matches(name, (*USER_KEYS, *BOX_KEYS, ACCOUNT), n=1)
            known = f"Columns: {', '.join((*USER_KEYS, ACCOUNT, *BOX_KEYS))}."
            raise TargetFileError(
                f"subjects_pool has a column {name[:80]!r}",
                where=source.where,
                advice=f"Did you mean {near[0]!r}? {known}" if near else known,
            )
    for number, row in enumerate((row for row in rows if row), first):
        line = rows.line_num
        if len(row) > len(names):
            raise TargetFileError(f"subjects_pool: row {line} has more values than columns", where=source.where)
        values = {name: value.strip() for name, value in zip(names, row, strict=False) if value.strip()}
        account = values.get(ACCOUNT, "")
        user = _subject(f"pool row {line}: user", values, (*USER_KEYS, ACCOUNT), _USER_NEEDS)
        box = _subject(f"pool row {line}: stb", values, BOX_KEYS, _BOX_NEEDS)
        if user is None and box is None:
            raise TargetFileError(
                f"subjects_pool: row {line} is neither a user nor a set top box",
                where=source.where,
                advice="A user has username and password, a set top box a casn with dasChallenge or its details.",
            )
        yield Household(number, user, box, account, line)


def _subject(name: str, values: dict[str, str], keys: tuple[str, ...], needs: tuple[str, ...]) -> Subject | None:
    if not all(key in values for key in needs):
        return None
    return Subject(name, {key: Source(value=values[key]) for key in keys if key in values}, SECRET_KEYS)
