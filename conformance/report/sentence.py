"""The verdict as a sentence: whether to accept, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Outcome, Verdict
from conformance.report.causes import causes_of
from conformance.report.results import EXIT_NOTHING_VERIFIED, Results
from conformance.report.text import counted


@dataclass(frozen=True)
class Sentence:
    """`head` says what to do and why in one sentence; `why` adds the circumstances, a sentence each."""

    head: str
    why: tuple[str, ...]


def sentence_of(results: Results) -> Sentence:
    """Say what a run means for whoever has to accept the delivery."""
    return Sentence(_head(results), tuple(_circumstances(results)))


def _binding(results: Results, outcome: Outcome) -> int:
    return sum(result.outcome is outcome and result.requirement.binding for result in results.results)


def _holds(number: int) -> str:
    return "the one tested requirement holds" if number == 1 else f"all {number:,} tested requirements hold"


def _head(results: Results) -> str:
    counts = results.counts
    if results.verdict is Verdict.ERROR:
        if not results.finished:
            return "No verdict: the run broke off before its end."
        if results.end.get("aborted"):
            return "No verdict: the run was given up."
        return f"No verdict: {counted(counts['error'], 'requirement')} ended in a fault of the suite or the network."
    if results.verdict is Verdict.NONCONFORMANT:
        if counts["failed"]:
            verb = "is" if counts["failed"] == 1 else "are"
            return f"Do not accept: {counted(counts['failed'], 'binding requirement')} {verb} broken."
        wrong = sum(waiver.fails for waiver in results.waivers)
        if wrong:
            return f"Do not accept: {counted(wrong, 'waiver')} no longer {'holds' if wrong == 1 else 'hold'}."
        return f"Do not accept: {counted(counts['warned'], 'recommendation')} broken, which this run counts as failure."
    if results.verdict is Verdict.INCOMPLETE:
        if results.exit_code == EXIT_NOTHING_VERIFIED:
            return "No basis for a decision: nothing was verified."
        untested = counted(_binding(results, Outcome.COULD_NOT_TEST), "binding requirement")
        if results.exit_code == 0:
            return f"With a reservation: nothing is broken, and the run allows that {untested} could not be tested."
        return f"Not yet: nothing is broken so far, but {untested} could not be tested."
    return f"Accept: {_holds(counts['passed'])}."


def _circumstances(results: Results) -> list[str]:
    counts = results.counts
    said: list[str] = []
    message = " ".join(str(results.end.get("message") or "").split())
    if message and results.verdict is Verdict.ERROR:
        said.append(f"{message[:1].upper()}{message[1:].rstrip('.')}.")
    causes = [cause for cause in causes_of(results) if cause.outcome is Outcome.FAILED]
    if causes:
        services = sorted({service.upper() for cause in causes for service in cause.services})
        said.append(f"{counted(len(causes), 'cause')}, in {_listed(services)}.")
    if results.verdict is not Verdict.NONCONFORMANT and counts["warned"]:
        said.append(f"{counted(counts['warned'], 'warning')}: not binding, but worth a question.")
    elif counts["warned"]:
        said.append(f"{counted(counts['warned'], 'warning')} besides, not binding.")
    if results.verdict is not Verdict.INCOMPLETE and counts["could_not_test"]:
        said.append(f"{counted(counts['could_not_test'], 'requirement')} could not be tested.")
    if counts["error"] and results.verdict is not Verdict.ERROR:
        said.append(f"{counts['error']:,} ended in an error of the suite or the network.")
    if counts["waived"]:
        said.append(f"{counts['waived']:,} waived.")
    wrong = sum(waiver.fails for waiver in results.waivers)
    if wrong and counts["failed"]:
        said.append(f"{counted(wrong, 'waiver')} no longer {'holds' if wrong == 1 else 'hold'}.")
    if (results.run.get("target") or {}).get("embedded"):
        said.append("The target was the suite's own reference platform, not a delivery.")
    if results.run.get("selected") is not None:
        said.append("Only a part of the suite ran; what was left out is neither accepted nor refused.")
    return said


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
