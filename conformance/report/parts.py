"""What the parts of a run say together that one of them alone does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from conformance.opentv.tokens import SIGNONS
from conformance.report.tally import Finding
from conformance.stream import events

# What takes no token, and how a token that has ended is refused.
_WITHOUT_TOKEN = SIGNONS | {"keycloakToken"}
_REFUSED = (400, 401, 403)


def fuzz_of(told: Sequence[events.Fuzz]) -> tuple[events.Fuzz, ...]:
    """Return what the generated cases of each operation did, in whatever parts and blocks they were sent."""
    found: dict[str, events.Fuzz] = {}
    seconds: defaultdict[str, float] = defaultdict(float)
    for one in told:
        name = one.operation
        seconds[name] += one.sent / one.per_second if one.per_second else 0
        known = found.get(name)
        if known is None:
            found[name] = one
            continue
        sent = known.sent + one.sent
        found[name] = replace(
            known,
            cases=known.cases + one.cases,
            sent=sent,
            dropped=known.dropped + one.dropped,
            withheld=known.withheld + one.withheld,
            blocked=known.blocked + one.blocked,
            blocked_values=dict((Counter(known.blocked_values) + Counter(one.blocked_values)).most_common()),
            statuses=dict(sorted((Counter(known.statuses) + Counter(one.statuses)).items())),
            per_second=round(sent / seconds[name]) if seconds[name] else 0,
            stopped=known.stopped or one.stopped,
        )
    return tuple(found.values())


def contradictions(seen: Sequence[events.Reading]) -> Iterator[events.Note]:
    """Yield a warning for each place of the documents that the target was seen to read in more than one way."""
    options: dict[str, dict[str, str]] = {}
    for one in seen:
        options.setdefault(one.reading, {}).setdefault(one.option, one.exchange)
    for reading, shown in options.items():
        if len(shown) > 1:
            told = ", ".join(f"{option!r} (exchange {exchange})" for option, exchange in shown.items())
            text = f"the target contradicts itself: it follows several readings of {reading}: {told}"
            yield events.Note(text=text, level="warning")


def unsure(finding: Finding, opening: events.Run, controls: Sequence[events.Control]) -> str:
    """Return why a finding of a run in parts proves nothing; empty where it does.

    Where a target ends tokens at a later sign-on, a part that is made at the same time may have ended the one that was
    refused.
    """
    answered = finding.answered
    if not (opening.part.of > 1 or opening.at_once) or answered is None or answered.operation in _WITHOUT_TOKEN:
        return ""
    if answered.status not in _REFUSED or not any(control.verdict == "expired" for control in controls):
        return ""
    return (
        f"refused ({answered.status}, exchange {finding.exchange}), and another part may have ended its token: make "
        "the parts one after the other, or with subjects of their own"
    )
