"""From what the suite said of each platform to the score that every report prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.register import Register
from conformance.selftest.catalogue import ExpectedFault
from conformance.selftest.execute import CaseResult

CAUGHT, OTHER_REASON, MISSED, VOID = "caught", "caught for another reason", "missed", "void"
CLEAN, FALSE_ALARM, TROUBLE = "clean", "false alarm", "trouble"


@dataclass(frozen=True)
class Judged:
    """A case with what became of it: one of the words above; `how` says what saw a fault."""

    result: CaseResult
    word: str
    how: str = ""


@dataclass(frozen=True)
class Score:
    """The suite's detection score."""

    faults: int
    caught: int
    for_the_stated_reason: int
    void: int
    readings: int
    false_alarms: int
    kinds: Mapping[str, Mapping[str, int]]
    how: Mapping[str, int]

    @property
    def perfect(self) -> bool:
        """Whether every fault was caught for the stated reason, none was void, and there was no false alarm."""
        return self.for_the_stated_reason == self.faults and not self.void and not self.false_alarms

    def facts(self) -> dict[str, Any]:
        """Return the score as JSON."""
        return {
            "faults": self.faults,
            "caught": self.caught,
            "for_the_stated_reason": self.for_the_stated_reason,
            "void": self.void,
            "readings": self.readings,
            "false_alarms": self.false_alarms,
            "kinds": {kind: dict(words) for kind, words in self.kinds.items()},
            "how": dict(self.how),
        }


def judge_case(result: CaseResult, expected: Mapping[str, ExpectedFault], register: Register) -> Judged:
    """Say what became of a case. A fault that never acted proves nothing, whatever the suite said.

    A fault of requirements that only warn is expected to warn; its platform is conformant, and a failure accuses it.
    """
    if result.case.kind != "fault":
        if result.failed:
            return Judged(result, FALSE_ALARM)
        return Judged(result, CLEAN if result.clean else TROUBLE)
    if not result.acted:
        return Judged(result, VOID)
    entry = expected.get(result.case.name)
    wanted = set(entry.requirements) if entry else set()
    binding = not wanted or any(register[name].binding for name in wanted)
    if result.failed and not binding:
        return Judged(result, FALSE_ALARM)
    seen = result.failed if binding else result.warned
    hit = [name for name in seen if name in wanted]
    if hit:
        return Judged(result, CAUGHT, seen[hit[0]])
    if not result.failed:
        return Judged(result, MISSED)
    return Judged(result, OTHER_REASON, next(iter(result.failed.values())))


def score(judged: Iterable[Judged]) -> Score:
    """Count."""
    words: Counter[str] = Counter()
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    how: Counter[str] = Counter()
    readings = 0
    for one in judged:
        case = one.result.case
        words[one.word] += 1
        if case.kind == "fault":
            kinds[case.group][one.word] += 1
            if one.how:
                how[one.how] += 1
        else:
            readings += 1
    return Score(
        faults=sum(sum(row.values()) for row in kinds.values()),
        caught=words[CAUGHT] + words[OTHER_REASON],
        for_the_stated_reason=words[CAUGHT],
        void=words[VOID],
        readings=readings,
        false_alarms=words[FALSE_ALARM] + words[TROUBLE],
        kinds={kind: kinds[kind] for kind in sorted(kinds)},
        how=how,
    )
