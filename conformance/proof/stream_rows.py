"""The rows about a stream: unbroken, in itself consistent, of its time, of this challenge and this target."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from conformance.proof.facts import StreamFacts
from conformance.proof.rows import Row, failed, judged, undetermined, verified
from conformance.report import Results, counted
from conformance.report.answers import GENERATED
from conformance.stream import check_chain

# Threads and processes of a run append as they come: a line may be older than the one before it, by no more than this.
_MOST_BACK_MS = 60_000
# The clock of a target may be wrong, but not by so much without a word.
_MOST_SKEW_S = 3_600
# How a check's message names a requirement.
_ID = re.compile(r"^([A-Z]{3}-\d{3}): ", re.MULTILINE)
# What a clock may be ahead of another.
_AHEAD_S = 300


def stream_row(stream: Path, facts: StreamFacts) -> Row:
    """Tell whether a stream is whole: the digests in it, its first and its last line."""
    what = "stream"
    found = check_chain(stream)
    if found.wrong is not None:
        first, last = found.wrong
        return failed(what, f"lines {first:,} to {last:,} are not as they were written")
    wrong = []
    if facts.kinds["Torn"]:
        wrong.append(counted(facts.kinds["Torn"], "line was", "lines were") + " cut off when a process ended")
    if facts.opening is None or facts.kinds["Run"] != 1:
        wrong.append("it does not begin with one opening line")
    if facts.kinds["End"] != 1 or type(facts.last).__name__ != "End":
        wrong.append("it has no closing line: the run was cut off")
    elif not found.closed:
        wrong.append("it does not end with a digest of all before it")
    if facts.opening is not None and facts.opening.part.of > 1:
        wrong.append(f"it is {facts.opening.part}")
    if facts.opening is not None and facts.opening.gaps:
        wrong += facts.opening.gaps
    return judged(
        what, wrong, f"{found.lines:,} lines, {counted(found.digests, 'digest')}, unbroken to its closing line"
    )


def sequence_row(facts: StreamFacts) -> Row:
    """Tell whether the lines of a stream agree with each other.

    Numbers of exchanges may be left out: what was sent only to find something out is not written.
    """
    what = "sequence"
    # A soak and a load write what is new, and count the rest.
    sampled = facts.kinds["Block"] > 1 or facts.kinds["Load"] > 0
    wrong = [*_missing(facts), *_miscounted(facts, sampled=sampled), *_unsaid(facts)]
    total = sum(map(len, facts.numbers.values()))
    said = f"{total:,} exchanges, as many as were written; counts, findings and checks agree"
    if sampled and not wrong:
        return undetermined(
            what, f"{total:,} exchanges, as many as were written; the rest of a soak or load is counted alone"
        )
    return judged(what, wrong, said)


def _missing(facts: StreamFacts) -> Iterator[str]:
    """Yield exchanges that are not there, or are there twice."""
    written: Counter[str] = Counter()
    known = {one.process for one in facts.counts if one.exchanges is not None}
    for one in facts.counts:
        written[one.process] += one.exchanges or 0
    for process in sorted({*facts.numbers, *known}):
        numbers = facts.numbers.get(process, [])
        if len(set(numbers)) < len(numbers) or min(numbers, default=1) < 1:
            yield f"an exchange {process}… is there twice"
        if process not in known:
            yield f"process {process} did not count what it wrote"
        elif written[process] != len(numbers):
            yield f"process {process} wrote {written[process]:,} exchanges, {len(numbers):,} are there"
    missing = sorted(name for name in facts.named if name and name not in facts.makers)
    if missing:
        yield f"exchange {missing[0]} is named, and is not there"


def _miscounted(facts: StreamFacts, *, sampled: bool) -> Iterator[str]:
    """Yield where a process counted differently from what its exchanges say."""
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for one in facts.counts:
        for name, number in one.requirements.items():
            held, broken = counted.get((one.process, name), (0, 0))
            counted[one.process, name] = held + number.held, broken + number.broken
    shown = {
        (process, name)
        for judged_as in (facts.held, facts.broken)
        for process in judged_as
        for name in judged_as[process]
    }
    for process, name in sorted({*counted, *shown}):
        told, said = counted.get((process, name), (0, 0)), (facts.held[process][name], facts.broken[process][name])
        if told != said and not (sampled and told[0] >= said[0] and told[1] >= said[1]):
            counts = f"{told[0]} kept and {told[1]} broken"
            yield f"{name}: process {process} counted {counts}, its exchanges say {said[0]} and {said[1]}"


def _unsaid(facts: StreamFacts) -> Iterator[str]:
    """Yield what is broken by one line, and has no finding.

    Of generated cases a finding follows only from what shows again; each has a cause in the counts.
    """
    sure = (names for process, names in facts.broken.items() if not process.startswith(GENERATED))
    broken = {name for names in sure for name, number in names.items() if number}
    broken |= {cause.requirement for one in facts.counts for cause in one.causes}
    for name in sorted(broken - facts.findings.keys()):
        yield f"{name} is broken in an exchange or a count, and no finding says so"
    for check in facts.checks:
        for name in _ID.findall(check.message) if check.outcome == "failed" else ():
            if name not in facts.findings:
                yield f"the check {check.name} failed for {name}, and no finding says so"


def time_row(facts: StreamFacts, now: float) -> Row:
    """Tell whether the times of a stream agree: those of its lines, of its requests, and of the target's responses."""
    wrong: list[str] = []
    # The parts of a merged run stand one behind the other, and were made at once.
    merged = any(len(process) > 1 for process in facts.numbers)
    if facts.back > _MOST_BACK_MS and not merged:
        wrong.append(f"a line is {facts.back / 1000:,.0f} s older than one before it")
    if facts.last_at / 1000 > now + _AHEAD_S:
        wrong.append(f"it ends in the future: {_day(facts.last_at)}")
    if facts.sent and facts.opening is not None and not facts.opening.captures:
        first, last = facts.sent
        if first < facts.first_at - _MOST_BACK_MS or last > facts.last_at + _MOST_BACK_MS:
            wrong.append("requests were sent before its first or after its last line")
    told = _started(facts.opening.started) if facts.opening is not None else None
    if told is not None and abs(told - facts.first_at / 1000) > _AHEAD_S:
        wrong.append(f"it claims a start on {_day(told * 1000)}, its first line is of {_day(facts.first_at)}")
    skew = median(facts.skews) if facts.skews else 0.0
    if abs(skew) > _MOST_SKEW_S:
        wrong.append(f"by the Date of its responses the target was asked {abs(skew) / 3600:,.1f} h earlier or later")
    witness = "; the target's own clock agrees" if facts.skews else ""
    return judged("time", wrong, f"from {_day(facts.first_at)} to {_day(facts.last_at)}{witness}")


def _started(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None


def _day(milliseconds: float) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def age_row(facts: StreamFacts, now: float, most_s: int) -> Row:
    """Tell whether a run is young enough."""
    age = now - facts.last_at / 1000
    said = f"it ended {age / 86_400:,.1f} days ago, {most_s / 86_400:,.1f} are allowed"
    return verified("age", said) if age <= most_s else failed("age", said)


def challenge_row(facts: StreamFacts, challenge: str) -> Row:
    """Tell whether a run was made for a challenge, and sent it with every request."""
    what = "challenge"
    given = str(facts.opening.options.get("challenge") or "") if facts.opening else ""
    if given != challenge:
        return failed(what, f"the run was made {'for another one' if given else 'without one'}")
    if facts.without_state:
        first = facts.without_state[0]
        return failed(what, f"{counted(len(facts.without_state), 'request')} went without it, the first {first}")
    return verified(what, f"it went with each of {counted(len(facts.makers), 'request')}")


def target_row(facts: StreamFacts, results: Results) -> Row:
    """Tell which system was tested: its hosts, and the keys of its TLS certificates."""
    what = "target"
    target = results.run.target
    if results.embedded:
        return failed(what, "the reference platform of the suite was tested, no delivery")
    addresses = [url for one in target.services.values() for url in (one.url, one.ssp_url) if url]
    hosts = {urlsplit(url).hostname or "" for url in addresses}
    wrong = []
    for service, seen in sorted(facts.hosts.items()):
        address = target.services.get(service)
        own = set() if address is None else {urlsplit(url).hostname for url in (address.url, address.ssp_url) if url}
        wrong += [f"{service}: requests went to {host[:100]}, which is no service of the target" for host in seen - own]
    met = {peer.host for peer in results.peers}
    for peer in results.peers:
        if peer.first_key != peer.last_key:
            wrong.append(f"{peer.host} showed another TLS key at its last connection than at the first")
    keys: dict[tuple[str, int], set[str]] = {}
    for peer in results.peers:
        keys.setdefault((peer.host, peer.port), set()).update((peer.first_key, peer.last_key))
    wrong += [f"{host}:{port} showed {len(found)} TLS keys" for (host, port), found in keys.items() if len(found) > 1]
    if wrong:
        return failed(what, "; ".join(dict.fromkeys(wrong)))
    plain = sorted({urlsplit(url).hostname or "" for url in addresses if not url.startswith("https:")} | (hosts - met))
    shown = ", ".join(f"{host} ({next(iter(found))[:16]}…)" for (host, _), found in sorted(keys.items()))
    if plain:
        said = f"no TLS key is known of {', '.join(plain)}"
        return undetermined(what, f"{said}; {shown}" if shown else said)
    return verified(what, f"{target.name}: {shown}, the same key at the first and the last connection")
