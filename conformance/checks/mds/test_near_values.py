"""ias-in-home-detection, "Overview", step 6: many lists in and out of the home, and tokens that are nearly right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle

from conformance.checks.api import Check, requirement
from conformance.checks.mds.listing import everywhere, in_home_only, open_to_all
from conformance.checks.repetition import TIMES, Sent, judge_all, send_all, send_near
from conformance.model import Exchange
from conformance.opentv.answers import refused_by_gate
from conformance.session.channels import ChannelList, channel_list, list_services
from conformance.session.ias import in_home_token, superseded_tokens_work
from conformance.session.near import near_tokens
from conformance.session.signing import keep_secret

NAMES = ("stb", "stb_other_account")


@requirement("MDS-035")
def test_a_nearly_right_token_is_refused(check: Check) -> None:
    names = [name for name in NAMES if name in check.target.subjects]
    good = [in_home_token(check, name, in_home=True) for name in names]
    for token in good:
        check.control(list_services(check, token, valid=True), 200, what="the channel list with a valid token")
    values = [near for number, token in enumerate(good) for near in near_tokens(token, TIMES)[number :: len(good)]]
    for near in values:
        keep_secret(check, near.value)
    public = open_to_all(check)

    def holds(exchange: Exchange) -> bool:
        return not exchange.succeeded or refused_by_gate(exchange) or public

    # Every second one with a query, as public clients send it.
    queries = cycle(({}, {"limit": "9999"}))
    sent = send_near(
        values,
        lambda token: list_services(check, token, next(queries)),
        beside=partial(list_services, check, good[0], valid=True),
    )
    expected = ("HTTP 401", "HTTP 403", "the list that is open to everybody")
    judge_all(check, "MDS-035", sent, holds, expected=expected, cause="a token that is nearly a good one is taken")


@requirement("MDS-010", "MDS-011", "MDS-012", "MDS-013", "MDS-031")
def test_lists_in_turns_are_filtered_every_time(check: Check) -> None:
    """Two boxes in turns, in and out of the home, and nobody in between."""
    other = NAMES[1] if NAMES[1] in check.target.subjects else NAMES[0]
    pairs = [(NAMES[0], True), (other, False), (other, True), (NAMES[0], False)]
    if not superseded_tokens_work(check):
        pairs = pairs[:2]
    tokens = [in_home_token(check, name, in_home=flag) for name, flag in pairs]
    control = channel_list(check, tokens[0], valid=True)
    if not control.served:
        check.control(control.exchange, 200, what="the channel list with a valid token")
        check.lacks("the channel list with a valid token is the gate's refusal")
    turns: list[tuple[str | None, bool | None]] = [
        *zip(tokens, (flag for _, flag in pairs), strict=True),
        (None, None),
    ]
    # As it is, and as public clients ask, so that a cache has lists of both kinds at one address.
    plain: list[dict[str, str]] = [{}] * len(turns)
    queries = cycle([*plain, *[{"limit": "9999"}] * len(turns)])
    turns *= TIMES // 2
    lists: dict[str, ChannelList] = {}

    def send(token: str | None, query: dict[str, str]) -> Exchange:
        found = channel_list(check, token, query, valid=token is not None)
        # Of what a query asks for, a platform may keep back a part.
        lists[found.exchange.id] = replace(found, whole=found.whole and not query)
        return found.exchange

    exchanges = send_all([partial(send, token, next(queries)) for token, _ in turns])
    answered = [(flag, Sent("", one)) for (_, flag), one in zip(turns, exchanges, strict=True) if one.succeeded]
    inside = [sent for flag, sent in answered if flag]
    outside = [sent for flag, sent in answered if flag is False]
    nobody = [Sent("", one) for (token, _), one in zip(turns, exchanges, strict=True) if token is None]
    hidden, shown = in_home_only(check), everywhere(check)

    def holds_all(channels: tuple[str, ...]) -> Callable[[Exchange], bool]:
        return lambda one: not lists[one.id].whole or all(lists[one.id].lists(channel) for channel in channels)

    cause = "an in-home-only channel is not listed for a token of inHome true"
    judge_all(check, "MDS-010", inside, holds_all(hidden), expected="all in-home-only channels", cause=cause)
    cause = "a channel that can be watched everywhere is not listed for a token of inHome true"
    judge_all(check, "MDS-011", inside, holds_all(shown), expected="all the other channels", cause=cause)
    cause = "a channel that can be watched everywhere is not listed for a token of inHome false"
    judge_all(check, "MDS-012", outside, holds_all(shown), expected="all the other channels", cause=cause)
    for requirement_id, sent, whom in (
        ("MDS-013", outside, "for a token of inHome false"),
        ("MDS-031", nobody, "without a token"),
    ):
        judge_all(
            check,
            requirement_id,
            sent,
            lambda one: not any(lists[one.id].lists(channel) for channel in hidden),
            expected="no channel that can only be watched in the home",
            cause=f"an in-home-only channel is listed {whom}",
        )
