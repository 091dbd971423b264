"""Judges a run by an acceptance profile. A pure function."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from conformance.model import Outcome, Verdict
from conformance.report.acceptance import Acceptance, Line, Met, listed
from conformance.report.results import RequirementResult, Results
from conformance.stream import events

_UNTOUCHED = (Outcome.NOT_OBSERVED, Outcome.NOT_DECLARED)


def accepted(results: Results, profile: events.AcceptanceProfile) -> Acceptance:
    """Judge a run by a profile.

    Its age and its signatures are no facts of a run: `verify` looks at them.
    """
    lines = (*_requirements(results, profile), *_claims(results, profile), *_limits(results, profile))
    if results.verdict is Verdict.ERROR:
        return Acceptance(profile, lines, Verdict.ERROR)
    states = {line.met for line in lines}
    if Met.NO in states:
        return Acceptance(profile, lines, Verdict.NONCONFORMANT)
    return Acceptance(profile, lines, Verdict.INCOMPLETE if Met.OPEN in states else Verdict.CONFORMANT)


def _requirements(results: Results, profile: events.AcceptanceProfile) -> Iterator[Line]:
    exact: Collection[str] = () if profile.binding is None else profile.binding
    asked = [result for result in results.results if _is_asked(result, profile)]
    waived = [result.requirement.id for result in asked if result.outcome is Outcome.WAIVED]
    allowed = waived if profile.waived is None else [name for name in waived if name in profile.waived]
    broken = [one.requirement.id for one in asked if one.outcome in (Outcome.FAILED, Outcome.WARNED)]
    untested = [
        one.requirement.id
        for one in asked
        if one.outcome in (Outcome.COULD_NOT_TEST, Outcome.LEFT_OUT, Outcome.ERROR)
        or (one.outcome in _UNTOUCHED and one.requirement.id in exact)
    ]
    passed = sum(one.outcome is Outcome.PASSED for one in asked)
    asks = f"{len(asked):,} requirements hold"
    if broken:
        yield Line(asks, Met.NO, f"broken: {listed(broken)}")
    elif untested:
        yield Line(asks, Met.OPEN, f"not tested: {listed(untested)}")
    else:
        yield Line(asks, Met.YES if passed else Met.OPEN, f"{passed:,} hold, and none is broken")
    if waived or profile.waived is not None:
        refused = [name for name in waived if name not in allowed]
        seen = f"waived beyond it: {listed(refused)}" if refused else f"waived: {listed(waived)}"
        yield Line("no waivers but those that are accepted", Met.NO if refused else Met.YES, seen)


def _is_asked(result: RequirementResult, profile: events.AcceptanceProfile) -> bool:
    entry = result.requirement
    if entry.id in profile.shoulds:
        return True
    if profile.binding is None:
        return entry.binding and result.outcome is not Outcome.NOT_DECLARED
    return any(entry.id.startswith(name) for name in profile.binding) and (entry.binding or entry.id in profile.binding)


def _claims(results: Results, profile: events.AcceptanceProfile) -> Iterator[Line]:
    target = results.run.target
    for name, option in profile.readings.items():
        seen = results.readings.get(name)
        met = Met.OPEN if seen is None else Met.YES if seen == option else Met.NO
        yield Line(f"the reading {name} is {option}", met, "not seen in this run" if seen is None else f"seen: {seen}")
    for kind, wanted, claimed in (
        ("services", profile.services, list(target.services)),
        ("features", profile.features, target.features),
    ):
        lacking = [name for name in wanted if name not in claimed]
        if wanted:
            seen = f"not claimed: {listed(lacking)}" if lacking else "all are claimed"
            yield Line(f"claims the {kind} {', '.join(wanted)}", Met.NO if lacking else Met.YES, seen)
    for service, host in profile.hosts.items():
        address = target.services.get(service)
        seen = "" if address is None else urlsplit(address.url).hostname or ""
        yield Line(f"{service} is {host}", Met.YES if seen == host.lower() else Met.NO, seen or "not claimed")
    if profile.keys:
        keys = {key for peer in results.peers for key in (peer.first_key, peer.last_key)}
        strange = sorted(keys - set(profile.keys))
        met = Met.OPEN if not keys else Met.NO if strange else Met.YES
        seen = "no TLS connection" if not keys else f"other keys: {listed(strange)}" if strange else "no other key"
        yield Line("TLS certificates of the given keys", met, seen)


def _limits(results: Results, profile: events.AcceptanceProfile) -> Iterator[Line]:
    run = results.run
    if profile.cases:
        asked = run.options.get("fuzz_cases") if run.options.get("fuzz") else 0
        stopped = [event.operation for event in results.fuzz if event.stopped]
        enough = isinstance(asked, int) and asked >= profile.cases and bool(results.fuzz)
        seen = f"stopped early: {listed(stopped)}" if stopped else f"up to {asked} of each operation"
        met = Met.YES if enough and not stopped else Met.OPEN
        yield Line(f"{profile.cases:,} generated cases of each operation", met, seen)
    if profile.edition:
        edition = run.suite.edition
        met = Met.YES if edition >= profile.edition else Met.NO
        yield Line(f"edition {profile.edition} of the register or later", met, f"edition {edition}")
    if profile.challenge:
        given = str(run.options.get("challenge") or "")
        yield Line("a challenge", Met.YES if given else Met.NO, given or "the run has none")
