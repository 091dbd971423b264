"""What the checks of MDS have in common: which channels a list holds, and what a token that is none may get."""

from __future__ import annotations

from conformance.checks.api import Check
from conformance.model import Exchange
from conformance.opentv.answers import refused_by_gate
from conformance.session.channels import ChannelList, channel_list, list_services
from conformance.session.ias import access_token
from conformance.stream import TargetProfile

REFUSED = (401, 403)


def in_home_only(check: Check) -> tuple[str, ...]:
    """The channels that can only be watched in the home, or the end of the check as `could_not_test`."""
    return _channels(check, "in_home_only")


def everywhere(check: Check) -> tuple[str, ...]:
    """The channels that can be watched everywhere, or the end of the check as `could_not_test`."""
    return _channels(check, "everywhere")


def _channels(check: Check, name: str) -> tuple[str, ...]:
    found = check.target.channels.get(name, ())
    if not found:
        check.lacks(f"the target file has no subjects.channels.{name}", f'subjects: {{channels: {{{name}: ["…"]}}}}')
    return found


def lists_all(
    check: Check, requirement_id: str, found: ChannelList, channels: tuple[str, ...], *, who: str, cause: str
) -> None:
    """Judge that a list, which must have been served whole, holds every one of some channels."""
    control(check, found, who)
    lacking = [channel for channel in channels if not found.lists(channel)]
    if lacking and not found.whole:
        check.lacks(f"the rest of the channel list with {who} was kept back (exchange {found.exchange.id})")
    check.expect(
        requirement_id,
        not lacking,
        found.exchange,
        expected=f"all of {len(channels)} channels of the target file",
        actual=f"{len(lacking)} missing: {', '.join(lacking)[:80]}",
        cause=cause,
    )


def lists_none(check: Check, requirement_id: str, found: ChannelList, *, cause: str) -> bool:
    """Judge that a list, if one was served, holds no channel that can only be watched in the home."""
    shown = [channel for channel in in_home_only(check) if found.lists(channel)]
    return check.expect(
        requirement_id,
        not shown,
        found.exchange,
        expected="no channel that can only be watched in the home",
        actual=f"{len(shown)} listed: {', '.join(shown)[:80]}",
        cause=cause,
    )


def control(check: Check, found: ChannelList, who: str) -> None:
    """Require that a list was served."""
    if not found.served:
        check.control(found.exchange, 200, what=f"the channel list with {who}")
        check.lacks(f"the channel list with {who} is the gate's refusal (exchange {found.exchange.id})")


def open_to_all(check: Check) -> bool:
    """Whether the list is served without a token (reading `mds-without-token`)."""
    known = check.session.profile.channels_without_token
    if known is None:
        known = channel_list(check, None).served
        check.session.learn(TargetProfile(channels_without_token=known))
    return known


def not_accepted(check: Check, requirement_id: str, answer: Exchange, *, cause: str) -> None:
    """Judge that a token that is none was refused, or got what everybody gets where the list is open."""
    if answer.status not in REFUSED and not answer.succeeded:
        again = list_services(check, access_token(check), valid=True)
        check.control(again, what="the channel list with a valid token")
    refused = answer.status >= 400 or refused_by_gate(answer)
    check.expect(
        requirement_id,
        refused or (answer.succeeded and open_to_all(check)),
        answer,
        expected=("an HTTP error", "the list that is open to everybody"),
        actual=f"HTTP {answer.status}" if answer.response else answer.failure,
        cause=f"{cause}: answered {answer.status or 'nothing'}",
        refusal=refused and not open_to_all(check),
    )
