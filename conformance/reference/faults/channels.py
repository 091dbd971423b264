"""Channel lists that are not filtered, or by the wrong flag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.making import answering, answers, memory, overriding
from conformance.reference.faults.operations import MDS
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.mds import Mds
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

STATE = "state"

# MDS

HOME_ONLY = {channel.id for channel in seed.CHANNELS if channel.in_home_only}


def _shown(decide: Callable[[str, bool], bool]) -> Callable[..., Any]:
    """A channel is listed where `decide(id, in home)` says so."""

    def replacement(_original: Any, _service: Mds) -> Callable[..., list[Any]]:
        return lambda channels, in_home: [channel for channel in channels if decide(channel.id, in_home)]

    return replacement


for _name, _summary, _decide in (
    ("channels-not-filtered", "In-home-only channels are listed everywhere.", lambda name, home: True),
    ("channels-always-filtered", "In-home-only channels are never listed.", lambda name, home: name not in HOME_ONLY),
    (
        "channels-filter-inverted",
        "In-home-only channels are listed out of the home only.",
        lambda name, home: (name in HOME_ONLY) != home,
    ),
    ("channels-nothing-out-of-home", "Out of the home nothing is listed.", lambda name, home: home),
    (
        "channels-only-home-ones-in-home",
        "In the home only the in-home-only ones are listed.",
        lambda name, home: home == (name in HOME_ONLY),
    ),
    (
        "channels-last-one-not-filtered",
        "One in-home-only channel is not flagged.",
        lambda name, home: home or name not in HOME_ONLY or name == max(HOME_ONLY),
    ),
    (
        "channels-one-missing",
        "One channel is never listed out of the home.",
        lambda name, home: home or (name not in HOME_ONLY and name != "SVC-0002"),
    ),
):
    overriding(_name, "filter", _summary, (MDS,), "mds", "visible", _shown(_decide))


@replaces("mds", "visible", MDS, kind="filter")
def channels_refused_out_of_home(original: Callable[..., list[Any]], _service: Mds) -> Callable[..., list[Any]]:
    """Out of the home the list is refused."""

    def visible(channels: list[Any], in_home: bool) -> list[Any]:
        if not in_home:
            raise Refusal(403, "You are not at home.")
        return original(channels, in_home)

    return visible


@replaces("mds", "in_home", MDS, kind="filter")
def channels_flag_by_presence(_original: Any, _service: Mds) -> Callable[..., bool]:
    """The claim inHome counts when it is there."""
    return lambda claims: claims is not None and "inHome" in claims


def _lists_from_cache(key: Callable[[dict[str, Any] | None], str]) -> Callable[..., Any]:
    def replacement(original: Callable[..., bool], service: Mds) -> Callable[..., bool]:
        def in_home(claims: dict[str, Any] | None) -> bool:
            cache: dict[str, bool] = memory(service.platform).setdefault("lists", {})
            return cache.setdefault(key(claims), original(claims))

        return in_home

    return replacement


for _name, _summary, _key in (
    ("channels-cached-for-all", "The first list is everybody's.", lambda claims: "all"),
    (
        "channels-cached-by-device",
        "A list is cached by device, whatever the flag.",
        lambda claims: str((claims or {}).get("deviceId")),
    ),
    (
        "channels-cached-by-account",
        "A list is cached by account, whatever the flag.",
        lambda claims: str((claims or {}).get("accountId")),
    ),
):
    overriding(_name, STATE, _summary, (MDS,), "mds", "in_home", _lists_from_cache(_key))


@replaces("mds", "in_home", MDS, kind=STATE)
def channels_opened_for_all(original: Callable[..., bool], service: Mds) -> Callable[..., bool]:
    """One in-home token opens the list for all."""

    def in_home(claims: Any) -> bool:
        store = memory(service.platform)
        store["home"] = store.get("home", False) or original(claims)
        return bool(store["home"])

    return in_home


@replaces("mds", "in_home", MDS, kind=STATE)
def channels_opened_for_account(original: Callable[..., bool], service: Mds) -> Callable[..., bool]:
    """One in-home token opens the list for its account."""

    def in_home(claims: Any) -> bool:
        homes: set[str] = memory(service.platform).setdefault("homes", set())
        account = str((claims or {}).get("accountId"))
        if original(claims):
            homes.add(account)
        return account in homes

    return in_home


def _paged_past(name: str, summary: str, argument: str) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        if argument in call.query:
            answer.data["services"] = [platform.mds.entry(channel) for channel in platform.database.channels()]

    answering(name, "filter", summary, (MDS,), change)


_paged_past("channels-unfiltered-with-limit", "With limit the list is not filtered.", "limit")
_paged_past("channels-unfiltered-with-offset", "With offset the list is not filtered.", "offset")
_paged_past("channels-unfiltered-with-sort", "With sort the list is not filtered.", "sort")


@replaces("mds", "verify_token", MDS, kind=STATE)
def channels_refuse_updated_token(
    original: Callable[[str], dict[str, Any]], service: Mds
) -> Callable[[str], dict[str, Any]]:
    """MDS refuses a token that was updated."""

    def verify_token(token: str) -> dict[str, Any]:
        claims = original(token)
        if claims.get("inHome") is True:
            raise Refusal(401, "The access token is not known.")
        return claims

    return verify_token


@answers(MDS, kind="shape")
def channels_bare_list(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer is the bare list."""
    answer.data = answer.data["services"]


@answers(MDS, kind="shape")
def channels_renamed(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The member services is called channels."""
    answer.data["channels"] = answer.data.pop("services")
