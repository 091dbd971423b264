"""Checks a bundle offline: is it what its vendor signed, is it unbroken, and does its verdict follow from it?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError
from conformance.model.clock import SYSTEM_CLOCK, Clock
from conformance.proof.archive import STREAM, BrokenArchive, longest_line, sha256_of, unpack
from conformance.proof.canaries import canaries_row
from conformance.proof.contents import manifest_row, statement_rows
from conformance.proof.facts import facts_of
from conformance.proof.rows import Row, State, failed, state_of, undetermined, verified
from conformance.proof.stream_rows import age_row, challenge_row, sequence_row, stream_row, target_row, time_row
from conformance.proof.verdict_rows import (
    decision_row,
    exam_row,
    reports_row,
    rules_row,
    suite_row,
    verdict_row,
    waivers_row,
)
from conformance.register import Register
from conformance.report import Results, results_of
from conformance.rules import Context
from conformance.runner.digests import suite_digest
from conformance.stream import RunFolder, events

# The writer cuts what a target says: a line of it is shorter.
MOST_LINE_BYTES = 16 << 20
_CODES = {State.VERIFIED: 0, State.FAILED: 1, State.UNDETERMINED: 3}
# What another suite may say of the same stream.
_OF_SUITE = frozenset({"exam", "verdict", "reports", "judged again"})
_OF_STREAM = (
    "stream", "sequence", "time", "target", "verdict", "reports", "judged again", "canaries", "suite", "exam",
    "waivers", "decision",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What whoever verifies knows and asks: the public keys of the vendor, his own challenge, and his limits."""

    keys: Sequence[Path] = ()
    challenge: str = ""
    max_age_s: int | None = None
    profile: events.AcceptanceProfile | None = None

    @property
    def most_s(self) -> int | None:
        """How old a run may be, in seconds: the least of what is asked."""
        of_profile = None if self.profile is None else self.profile.max_age_s
        return min((one for one in (self.max_age_s, of_profile) if one is not None), default=None)


@dataclass(frozen=True)
class Verification:
    """What a check of a bundle showed; `results` are those of its run, where they can be had."""

    path: Path
    sha256: str
    rows: tuple[Row, ...]
    results: Results | None
    asked: Asked
    at: float

    @property
    def state(self) -> State:
        """The state of all rows together."""
        return state_of(self.rows)

    @property
    def exit_code(self) -> int:
        """What `verify` ends with."""
        return _CODES[self.state]


def verify(
    path: Path,
    asked: Asked,
    register: Register,
    *,
    clock: Clock = SYSTEM_CLOCK,
    suite: Callable[[], str] = suite_digest,
) -> Verification:
    """Check a bundle; nothing in it is trusted, and nothing is sent.

    Args:
        path: the archive.
        asked: the keys, challenge and limits of whoever verifies.
        register: the requirements.
        clock: tells the age of a run.
        suite: returns the digest of this suite's code.

    Raises:
        BundleError: the file is not there, or a key cannot be used.
    """
    now = clock.wall()
    rows: list[Row] = []
    results = None
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        try:
            files = unpack(path, folder)
            rows.append(verified("archive", f"{len(files)} files, as `bundle` writes them"))
        except BrokenArchive as problem:
            rows.append(failed("archive", str(problem)))
            files = {}
        if files:
            checked = _Checked(files, asked, register, now, suite)
            rows += checked.rows()
            results = checked.results
    named = {row.what for row in rows}
    if results is None:
        missing = ("manifest", "statement", "signatures", *_OF_STREAM)
        rows += [undetermined(what, "not looked at: see above") for what in missing if what not in named]
    return Verification(path, sha256_of(path), tuple(rows), results, asked, now)


class _Checked:
    """The rows about the files of a bundle."""

    def __init__(
        self, files: Mapping[str, Path], asked: Asked, register: Register, now: float, suite: Callable[[], str]
    ) -> None:
        self._files = files
        self._asked = asked
        self._register = register
        self._now = now
        self._suite = suite
        self.results: Results | None = None

    def rows(self) -> Iterator[Row]:
        yield manifest_row(self._files)
        statement, signatures, stated = statement_rows(self._files, self._asked.keys)
        yield statement
        yield signatures
        if STREAM not in self._files:
            return
        run = RunFolder(self._files[STREAM].parent)
        if longest_line(run.stream) > MOST_LINE_BYTES:
            yield failed("stream", f"it has a line of more than {MOST_LINE_BYTES:,} bytes, which no run writes")
            return
        try:
            facts = facts_of(run.events(), self._asked.challenge)
            results = results_of(run, self._register, self._asked.profile)
            own = results if self._asked.profile is None else results_of(run, self._register)
        except Exception as problem:  # noqa: BLE001 - a stream that somebody made: whatever is wrong with it
            yield failed("stream", _said(problem))
            return
        self.results = results
        asked, opening = self._asked, results.run
        target = opening.target
        context = Context(self._register, target.tenant, frozenset(target.features), target.readings)
        made: list[tuple[str, Callable[[], Row]]] = [
            ("stream", lambda: stream_row(run.stream, facts)),
            ("sequence", lambda: sequence_row(facts)),
            ("time", lambda: time_row(facts, self._now)),
            ("target", lambda: target_row(facts, results)),
            ("suite", lambda: suite_row(opening, self._suite())),
            ("exam", lambda: exam_row(opening, facts, self._register)),
            ("verdict", lambda: verdict_row(own, stated)),
            ("reports", lambda: reports_row(self._files, self._register)),
            ("judged again", lambda: rules_row(run, results, self._register)),
            ("canaries", lambda: canaries_row(run.events(), context)),
            ("waivers", lambda: waivers_row(results)),
            ("decision", lambda: decision_row(results)),
        ]
        most = asked.most_s
        if most is not None:
            made.insert(3, ("age", lambda: age_row(facts, self._now, most)))
        if asked.challenge:
            made.insert(3, ("challenge", lambda: challenge_row(facts, asked.challenge)))
        another = suite_row(opening, self._suite()).state is State.UNDETERMINED
        for what, row in made:
            try:
                found = row()
            except Exception as problem:  # noqa: BLE001 - likewise
                found = failed(what, _said(problem))
            if another and what in _OF_SUITE and found.state is State.FAILED:
                found = undetermined(what, f"another suite ran: {found.said}")
            yield found


def _said(problem: Exception) -> str:
    """Say what is wrong with what somebody made; a defect of ours, which it brought about, by its kind alone."""
    if isinstance(problem, ConformanceError):
        return problem.message
    return f"it cannot be read: {type(problem).__name__}"
