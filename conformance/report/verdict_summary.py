"""The verdict as a sentence: whether to accept, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Outcome, Verdict
from conformance.report.causes import causes_of
from conformance.report.load_numbers import too_slow
from conformance.report.results import EXIT_NOTHING_VERIFIED, Results
from conformance.report.text import counted
from conformance.report.timestamps import duration
from conformance.report.words import REFERENCE_PLATFORM


@dataclass(frozen=True)
class VerdictSummary:
    """`head` says what to do and why in one sentence; `why` adds the circumstances, a sentence each."""

    head: str
    why: tuple[str, ...]


def summary_of(results: Results) -> VerdictSummary:
    """Say what a run means for whoever has to accept the delivery."""
    return VerdictSummary(_head(results), tuple(_circumstances(results)))


def _holds(number: int) -> str:
    return "the one tested requirement holds" if number == 1 else f"all {number:,} tested requirements hold"


def _selection(results: Results) -> str:
    passed, selected = results.counts["passed"], results.selected
    if passed == selected:
        hold = "it holds" if passed == 1 else f"all {passed:,} hold"
    else:
        hold = _holds(passed) if passed else "nothing binding is broken"
    verb = "was" if selected == 1 else "were"
    return f"No decision: {selected:,} of {counted(len(results.results), 'requirement')} {verb} selected, and {hold}."


def _head(results: Results) -> str:
    counts = results.counts
    if results.verdict is Verdict.ERROR:
        if not results.finished:
            return "No verdict: the run broke off before its end."
        if results.end.aborted:
            return "No verdict: the run was given up."
        return f"No verdict: {counted(counts['error'], 'requirement')} ended in a fault of the suite or the network."
    if results.verdict is Verdict.NONCONFORMANT:
        if counts["failed"]:
            verb = "is" if counts["failed"] == 1 else "are"
            return f"Do not accept: {counted(counts['failed'], 'binding requirement')} {verb} broken."
        slow = too_slow(results.run, results.load)
        if slow:
            return f"Do not accept: {slow}."
        wrong = sum(waiver.fails for waiver in results.waivers)
        if wrong:
            return f"Do not accept: {counted(wrong, 'waiver')} no longer {'holds' if wrong == 1 else 'hold'}."
        return f"Do not accept: {counted(counts['warned'], 'recommendation')} broken, which this run counts as failure."
    if results.verdict is Verdict.INCOMPLETE:
        if results.own_exit_code == EXIT_NOTHING_VERIFIED:
            return "No basis for a decision: nothing was verified."
        if results.captured:
            exchanges = counted(results.requests.get("sent", 0), "exchange")
            return f"No decision: no breach in {exchanges} of captured traffic; {_exercised(results)}."
        untested = counted(results.binding["could_not_test"], "binding requirement")
        if results.run.gaps:
            return f"Not yet: nothing is broken so far, but {_listed(list(results.run.gaps))}."
        if results.own_exit_code == 0:
            return f"With a reservation: nothing is broken, and the run allows that {untested} could not be tested."
        return f"Not yet: nothing is broken so far, but {untested} could not be tested."
    if results.verdict is Verdict.PARTIAL and results.load:
        requests = counted(results.requests.get("sent", 0), "request")
        return f"Held under load: {requests} broke none of the {counts['passed']:,} requirements that they tested."
    if results.verdict is Verdict.PARTIAL:
        if results.run.part.of > 1:
            return f"No decision: nothing is broken in {results.run.part}. Merge the parts."
        return _selection(results)
    if results.embedded:
        return f"No delivery was tested: of {REFERENCE_PLATFORM}, {_holds(counts['passed'])}."
    return f"Accept: {_holds(counts['passed'])}."


def _exercised(results: Results) -> str:
    return f"{results.exercised:,} of {sum(results.binding.values()):,} binding requirements exercised"


def _circumstances(results: Results) -> list[str]:
    counts = results.counts
    said: list[str] = []
    if results.captured and results.verdict is Verdict.NONCONFORMANT:
        said.append(f"{_exercised(results)} by captured traffic.")
    if results.mistakes:
        number = sum(one.repeats for one in results.mistakes)
        said.append(f"The client made {counted(number, 'mistake')} in its requests: no fault of the platform.")
    message = " ".join(results.end.message.split())
    if message and results.verdict is Verdict.ERROR:
        said.append(f"{message[:1].upper()}{message[1:].rstrip('.')}.")
    if results.run.part.of > 1 and results.verdict is not Verdict.PARTIAL:
        said.append(f"This is {results.run.part}: merge the parts for all that is broken.")
    if results.run.gaps and results.verdict is not Verdict.INCOMPLETE:
        said.append(f"The run is not whole: {_listed(list(results.run.gaps))}.")
    if len(results.blocks) > 1:
        further = counted(len(results.blocks) - 1, "further block")
        hours = duration(round(1000 * sum(block.seconds for block in results.blocks)))
        said.append(f"A soak of {hours}: the run, and {further} of generated cases.")
    vouched = {(event.vouched_by, event.vouched_on): None for event in results.premises if event.vouched_by}
    for by, on in vouched:
        premises = sum((event.vouched_by, event.vouched_on) == (by, on) for event in results.premises)
        against = f"{counted(premises, 'answer')} of the platform {'contradicts' if premises == 1 else 'contradict'}"
        said.append(f"{by} vouched for the subjects on {on}: {against} the target file.")
    causes = [cause for cause in causes_of(results) if cause.outcome is Outcome.FAILED]
    if causes:
        services = sorted({service.upper() for cause in causes for service in cause.services})
        said.append(f"{counted(len(causes), 'cause')}, in {_listed(services)}.")
    if results.verdict is not Verdict.NONCONFORMANT and counts["warned"]:
        said.append(f"{counted(counts['warned'], 'warning')}: not binding, but worth a question.")
    elif counts["warned"]:
        said.append(f"{counted(counts['warned'], 'warning')} besides, not binding.")
    if results.verdict is not Verdict.INCOMPLETE and counts["could_not_test"] and not results.captured:
        said.append(f"{counted(counts['could_not_test'], 'requirement')} could not be tested.")
    if counts["error"] and results.verdict is not Verdict.ERROR:
        said.append(f"{counts['error']:,} ended in an error of the suite or the network.")
    if counts["waived"]:
        said.append(f"{counts['waived']:,} waived.")
    wrong = sum(waiver.fails for waiver in results.waivers)
    if wrong and counts["failed"]:
        said.append(f"{counted(wrong, 'waiver')} no longer {'holds' if wrong == 1 else 'hold'}.")
    if results.embedded:
        said.append(f"The target was {REFERENCE_PLATFORM}, not a delivery.")
    if results.run.part.of > 1:
        said.append(f"{counted(counts['left_out'], 'requirement')} not seen in this part: nothing is said of them.")
    elif counts["left_out"]:
        said.append(f"{counted(counts['left_out'], 'requirement')} not selected: nothing is said of them.")
    return said


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
