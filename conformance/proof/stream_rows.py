"""The rows about a stream: unbroken, in itself consistent, of its time, of this challenge and this target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from conformance.proof.facts import StreamFacts
from conformance.proof.rows import Row, failed, judged, some, undetermined, verified
from conformance.report import Results, counted
from conformance.stream import check_chain

# Threads and processes of a run append as they come: a line may be older than the one before it, by no more than this.
_MOST_BACK_MS = 10_000
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
    """Tell whether the lines of a stream agree with each other."""
    wrong: list[str] = []
    if facts.kinds["Block"] > 1:
        wrong += [
            f"an exchange {process}… is there twice"
            for process, numbers in facts.numbers.items()
            if len(set(numbers)) < len(numbers)
        ]
        wrong += list(_unsaid(facts))
        said = "the stream of a soak holds what was new, and counts the rest: nobody can count it again"
        return failed("sequence", some(wrong)) if wrong else undetermined("sequence", said)
    for process, numbers in sorted(facts.numbers.items()):
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            wrong.append(f"the exchanges {process}… are not numbered from 1 to {len(numbers):,}, each once")
    wrong += list(_miscounted(facts))
    missing = sorted(name for name in facts.named if name and name not in facts.makers)
    if missing:
        wrong.append(f"exchange {missing[0]} is named, and is not there")
    wrong += list(_unsaid(facts))
    total = sum(map(len, facts.numbers.values()))
    return judged("sequence", wrong, f"{total:,} exchanges, each in its place; counts, findings and checks agree")


def _miscounted(facts: StreamFacts) -> Iterator[str]:
    """Yield where a process counted otherwise than its exchanges say."""
    for one in facts.counts:
        for name, number in one.requirements.items():
            held, broken = facts.held[one.process][name], facts.broken[one.process][name]
            if (number.held, number.broken) != (held, broken):
                told = f"{number.held} kept and {number.broken} broken"
                yield f"{name}: process {one.process} counted {told}, its exchanges say {held} and {broken}"
    counted_by = {one.process for one in facts.counts}
    for process in sorted(facts.numbers.keys() - counted_by):
        yield f"process {process} has no counts"
    for one in facts.counts:
        judged_names = {*facts.held[one.process], *facts.broken[one.process]}
        for name in sorted(judged_names - one.requirements.keys()):
            if facts.held[one.process][name] or facts.broken[one.process][name]:
                yield f"{name}: process {one.process} did not count what its exchanges say"


def _unsaid(facts: StreamFacts) -> Iterator[str]:
    """Yield what is broken by one line, and has no finding."""
    broken = {name for process in facts.broken.values() for name, number in process.items() if number}
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
