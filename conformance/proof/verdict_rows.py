"""The rows about what a run says: its verdict, recomputed and judged again, and the suite and exam that it rests on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance import __version__
from conformance.capture import Rejudged
from conformance.model import Verdict
from conformance.proof.archive import REPORTS, STREAM
from conformance.proof.facts import StreamFacts
from conformance.proof.rows import Row, failed, judged, undetermined, verified
from conformance.proof.statement import Statement, result_of
from conformance.register import Register
from conformance.report import Results, counted, results_of, write_reports
from conformance.rules import Context, rule_versions
from conformance.runner.digests import digests_of
from conformance.runner.options import DEFAULT_FUZZ_CASES, RunOptions
from conformance.stream import AnyEvent, RunFolder, events


def verdict_row(results: Results, stated: Statement | None) -> Row:
    """Compare the verdict that follows from the stream with the one that is stated."""
    what = "verdict"
    own = f"{results.verdict.value}, exit code {results.exit_code}"
    if stated is None:
        return undetermined(what, f"the stream says {own}; nothing that can be read is stated")
    found, said = (msgspec.to_builtins(one) for one in (result_of(results), stated.predicate))
    wrong = [
        f"{name} is stated as {_short(said[name])}, the stream says {_short(found[name])}"
        for name in found
        if found[name] != said[name]
    ]
    return judged(what, wrong, f"{own}: as the stream says")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else f"{text[:57]}…"


def reports_row(files: Mapping[str, Path], register: Register) -> Row:
    """Make the reports again of the stream, and compare them."""
    what = "reports"
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        (folder / STREAM).write_bytes(files[STREAM].read_bytes())
        write_reports(folder, register)
        wrong = [
            f"{name} does not follow from the stream"
            for name in REPORTS
            if name in files and (folder / name).read_bytes() != files[name].read_bytes()
        ]
    return judged(what, wrong, f"{len(REPORTS)} reports follow from the stream, byte by byte")


@dataclass(frozen=True)
class _Again:
    """The events of a run that is judged again."""

    rejudged: Rejudged

    def events(self) -> Iterator[AnyEvent]:
        yield from self.rejudged.stream()


def rules_row(run: RunFolder, results: Results, register: Register) -> Row:
    """Judge a run again by the rules of this suite, and compare what becomes of each requirement."""
    what = "judged again"
    target = results.run.target
    context = Context(
        register=register, tenant=target.tenant, features=frozenset(target.features), pins=target.readings
    )
    again = Rejudged(run, context, rule_versions())
    found = results_of(_Again(again), register)
    names = sorted(again.changes.contradicted)
    wrong = [f"{name}: its exchanges show otherwise than the stream says" for name in names]
    before = {one.requirement.id: one.outcome.value for one in results.results}
    wrong += [
        f"{one.requirement.id}: {before[one.requirement.id]} in the run, {one.outcome.value} by this suite's rules"
        for one in found.results
        if before[one.requirement.id] != one.outcome.value
    ]
    if found.verdict is not results.verdict:
        wrong.append(f"the verdict is {found.verdict.value} by this suite's rules")
    kept = sum(again.changes.kept.values()) + sum(again.changes.secret.values())
    rest = f"; {kept:,} judgements rest on secrets, and stay" if kept else ""
    return judged(what, wrong, f"by {len(rule_versions())} rules: the same outcome of each requirement{rest}")


def suite_row(run: events.Run, suite: str) -> Row:
    """Tell whether the suite that ran is the one that verifies, whose digest is `suite`."""
    what = "suite"
    same = (run.suite.version, run.suite.name) == (__version__, "opentv-conformance")
    if run.digests.suite == suite and same:
        return verified(what, f"{run.suite.name} {run.suite.version}, the same code as verifies here")
    if same:
        return failed(what, f"it calls itself {__version__}, and is not the code of {__version__}: it was modified")
    said = f"{run.suite.name} {run.suite.version} ran, {__version__} verifies"
    return undetermined(what, f"{said}: verify with the suite that ran, from a source of your own")


def exam_row(run: events.Run, facts: StreamFacts, register: Register) -> Row:
    """Tell whether contract, register, options and generated cases are those of this suite."""
    what = "exam"
    options = run.options
    asked = RunOptions(
        fuzz=options.get("fuzz") is True,
        fuzz_cases=_number(options.get("fuzz_cases")) or DEFAULT_FUZZ_CASES,
        seed=_number(options.get("seed")),
        challenge=str(options.get("challenge") or ""),
    )
    known = digests_of(options, register, "", asked.plan)
    wrong = [
        f"another {name} than this suite's"
        for name in ("contract", "register", "plan")
        if getattr(run.digests, name) != getattr(known, name)
    ]
    if run.digests.options != known.options:
        wrong.append("the options are not those that it was started with")
    if run.suite.edition != register.edition:
        wrong.append(f"edition {run.suite.edition} of the register, this suite has {register.edition}")
    if facts.fuzz:
        from conformance.fuzz import load_plan

        plan = load_plan(asked.seed, asked.fuzz_cases, asked.challenge)
        # The blocks of a soak have seeds of their own.
        own = [one for one in facts.fuzz if one.seed == plan.seed]
        wrong += sorted({f"{one.operation}: other generated cases" for one in own if one.plan != plan.digest})
        if not own:
            wrong.append("no generated cases of the seed are recorded")
    elif asked.fuzz:
        wrong.append("generated cases were asked for, and none is recorded")
    cases = sum(one.sent for one in facts.fuzz)
    return judged(what, wrong, f"contract, register and options are known; {counted(cases, 'generated case')}")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def waivers_row(results: Results) -> Row:
    """Say what is waived, and whether each waiver still holds."""
    what = "waivers"
    wrong = [f"{one.id} is {one.state}" for one in results.waivers if one.fails]
    shown = ", ".join(f"{one.id} ({one.state}, until {one.expires}, {one.owner})" for one in results.waivers)
    return judged(what, wrong, shown or "none")


def decision_row(results: Results) -> Row:
    """Tell what follows for whoever decides: by his profile where he gave one, else by the run's own verdict."""
    what = "decision"
    asked = results.acceptance
    if asked is not None:
        rows = {Verdict.CONFORMANT: verified, Verdict.INCOMPLETE: undetermined}
        return rows.get(asked.verdict, failed)(what, asked.head)
    if results.verdict is Verdict.CONFORMANT:
        return verified(what, "the run is conformant")
    made = failed if results.verdict in (Verdict.NONCONFORMANT, Verdict.ERROR) else undetermined
    return made(what, f"the run is {results.verdict.value}")
