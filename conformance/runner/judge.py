"""Judges files of captured traffic: a run folder with all reports, of traffic that somebody else sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import __version__
from conformance.applicability import Applicability, applicability_of
from conformance.capture import CaptureJudge, Entry, Listener, PassedOver, read_capture
from conformance.contract import load_contract
from conformance.documents import read_yaml
from conformance.errors import ConformanceError, TargetFileError
from conformance.model import SERVICES
from conformance.opening import redactor_of, rule_context
from conformance.register import Register, load_register
from conformance.report import Results, write_reports
from conformance.rules import rule_versions
from conformance.runner.digests import suite_digest
from conformance.runner.folder import forget, new_folder
from conformance.runner.run import RunEnded
from conformance.runner.target import facts_of, unknown_names
from conformance.stream import SCHEMA_VERSION, StreamWriter, events
from conformance.target import ServiceAddress, Target, target_from_document


@dataclass(frozen=True)
class Traffic:
    """Captured traffic: what it is called, and its entries."""

    name: str
    entries: Iterable[Entry | PassedOver]


def judge_captures(
    files: Sequence[Path],
    *,
    target: Path | None = None,
    out: Path | None = None,
    fail_on: str = "must",
    reports: Callable[[Path, Register], Results] = write_reports,
) -> RunEnded:
    """Judge captured traffic; nothing is sent.

    Args:
        files: HAR files, spools of `record`, or run folders.
        target: says which hosts are the platform's, which services it claims, and its tenant, pins and keys.
        out: the folder of the reports.
        fail_on: `must`, or `should` where a broken recommendation is to fail, too.
        reports: writes the reports of a run folder, and returns its results.

    Raises:
        UsageError: a file or the target file cannot be read: no folder is left.
    """
    known = read_target(target) if target else None
    traffic = [Traffic(file.name, read_capture(file)) for file in files]
    return judge_traffic(traffic, target=known, out=out, fail_on=fail_on, reports=reports)


def judge_traffic(
    traffic: Sequence[Traffic],
    *,
    target: Target | None,
    out: Path | None = None,
    fail_on: str = "must",
    listener: Listener | None = None,
    reports: Callable[[Path, Register], Results] = write_reports,
) -> RunEnded:
    """Judge traffic from wherever it comes; `listener` hears of each exchange that was judged.

    Raises:
        UsageError: it cannot be read: no folder is left.
    """
    register, contract = load_register(), load_contract()
    meant = target or _unknown_target(register)
    applies = applicability_of(register, meant, None)
    folder = new_folder(out, meant.name)
    end = events.End()
    with StreamWriter(folder / "run.jsonl", redactor_of(meant)) as stream:
        stream.write(_opening([one.name for one in traffic], meant, applies, register, fail_on))
        judge = CaptureJudge(contract, rule_context(meant, register), applies, target, stream, listener=listener)
        try:
            for one in traffic:
                judge.judge_file(one.name, one.entries)
        except ConformanceError as problem:
            if judge.judged == 0:
                stream.close()
                forget(folder, whole=out is None)
                raise
            end = events.End(aborted=True, exit_code=problem.exit_code, message=str(problem))
        except KeyboardInterrupt:
            end = events.End(aborted=True, exit_code=3, message="interrupted")
        judge.finish(declared=target is not None)
        stream.write(end)
        message = stream.redactor.text(end.message)
    return RunEnded(folder, reports(folder, register), message)


def read_target(path: Path) -> Target:
    """Return the target of a file of which nothing is sent to: its secrets need not be there.

    Raises:
        TargetFileError: it is wrong.
    """
    return target_from_document(read_yaml(path, TargetFileError), sending=False, more=unknown_names)


def _unknown_target(register: Register) -> Target:
    """Return the target of traffic of which no file says more: each service, each feature."""
    features = {name for entry in register for name in entry.needs.features}
    services = {name: ServiceAddress("") for name in SERVICES}
    return Target(name="captured traffic", tenant="", services=services, features=frozenset(features))


def _opening(
    names: Sequence[str], target: Target, applies: Applicability, register: Register, fail_on: str
) -> events.Run:
    return events.Run(
        schema_version=SCHEMA_VERSION,
        suite=events.Suite("opentv-conformance", __version__, register.edition),
        target=facts_of(target),
        options={"fail_on": fail_on},
        digests=events.Digests(suite=suite_digest(), contract=load_contract().digest(), register=register.digest()),
        rules=rule_versions(),
        captures=list(names),
        not_declared=dict(applies.not_declared),
        started=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
