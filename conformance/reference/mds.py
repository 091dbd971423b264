"""MDS: the channel list, without what may only be watched in the home when the token says that the client is elsewhere.

Sources: ias-in-home-detection, "Overview", step 6; mds-channel-lists for URL, query and form of the answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.reference.service import Operation, Service, decision
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.claims import Claims
    from conformance.reference.context import Context
    from conformance.reference.ias import Ias
    from conformance.reference.state import Channel

LARGEST_PAGE = 9999


class Mds(Service):
    """The metadata server."""

    name = "mds"

    def __init__(self, platform: Context, ias: Ias) -> None:
        super().__init__(platform)
        self.ias = ias

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        path = f"/metadata/delivery/{self.platform.settings.provider}/btv/services"
        return [Operation("listServices", "GET", (path,), "list_services")]

    async def list_services(self, call: Call) -> Answer:
        """btv/services."""
        claims = self.caller(call)
        channels = self.visible(self.database.channels(), self.in_home(claims))
        channels = self.matching(channels, self.filter_argument(call))
        offset, limit = self.number(call, "offset", 0), self.number(call, "limit", self.default_limit())
        limit = min(limit, 2) if self.reads("mds-largest-page") == "two" else limit
        page = self.in_order(channels, self.sort_argument(call))[offset : offset + limit]
        listed = self.envelope(page, len(channels))
        if names := self.fields_argument(call):
            listed["services"] = [only(entry, names) for entry in listed["services"]]
        return self.cacheable(Answer(data=listed))

    # The caller

    @decision
    def caller(self, call: Call) -> Claims | None:
        """The verified claims of the caller's token; None for nobody, where the list is open."""
        token = self.bearer(call)
        if not token:
            if self.reads("mds-without-token") == "open":
                return None
            raise Refusal(self.missing_token_status(), "The access token is missing.")
        return self.verify_token(token)

    @decision
    def missing_token_status(self) -> int:
        """The status of a call without a token."""
        return 403 if self.reads("mds-without-token") == "forbidden" else 401

    @decision
    def bearer(self, call: Call) -> str:
        """The token of the Authorization header, with or without its scheme."""
        header = call.headers.get("authorization", "").strip()
        scheme, _, rest = header.partition(" ")
        return rest.strip() if scheme.lower() == "bearer" else header

    @decision
    def verify_token(self, token: str) -> Claims:
        """The claims of a genuine, current access token; anything else is refused."""
        try:
            return self.ias.authenticate(token)
        except Refusal as refusal:
            raise Refusal(int(self.reads("mds-bad-token")), refusal.message, code=refusal.code) from None

    @decision
    def in_home(self, claims: Claims | None) -> bool:
        """Whether the verified token says that the client is at home; only `true` does."""
        return claims is not None and claims.get("inHome") is True

    # The list

    @decision
    def visible(self, channels: list[Channel], in_home: bool) -> list[Channel]:
        """The list without "the content/channels that can only be consumed in-home", unless the client is at home."""
        return [channel for channel in channels if in_home or not channel.in_home_only]

    def json_argument(self, call: Call, name: str, kind: type[list[Json] | dict[str, Json]]) -> Json:
        """An argument of the query that is JSON of this kind; empty without it, 400 for anything else."""
        given = call.query.get(name, "")
        if not given:
            return kind()
        try:
            value = json.loads(given)
        except (ValueError, RecursionError):
            value = None
        return value if isinstance(value, kind) else self.refuse_argument(name, kind())

    def refuse_argument(self, name: str, nothing: Json) -> Json:
        """400 for a filter, a sort or fields of another form; or it is ignored."""
        if self.reads("mds-bad-filter") == "ignored":
            return nothing
        raise Refusal(400, f"The parameter {name} is not JSON of its form.")

    @decision
    def filter_argument(self, call: Call) -> dict[str, Json]:
        """The `filter` of the query: a JSON object."""
        found: dict[str, Json] = self.json_argument(call, "filter", dict)
        return found

    @decision
    def fields_argument(self, call: Call) -> list[str]:
        """The `fields` of the query, a JSON list of names as `editorial.title`; an empty one asks for all."""
        found: list[str] = self.json_argument(call, "fields", list)
        if not all(isinstance(name, str) for name in found):
            found = self.refuse_argument("fields", [])
        return found

    @decision
    def sort_argument(self, call: Call) -> list[tuple[str, int]]:
        """The `sort` of the query: a JSON list of pairs, a name and 1, or -1 for the other direction."""
        found = self.json_argument(call, "sort", list)
        pairs = all(
            isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and pair[1] in (1, -1)
            for pair in found
        )
        return [(name, way) for name, way in (found if pairs else self.refuse_argument("sort", []))]

    @decision
    def matching(self, channels: list[Channel], wanted: dict[str, Json]) -> list[Channel]:
        """The channels that the filter names by id; a filter of other fields (C1 always sends `locale`) leaves all."""
        identifier = wanted.get("technical.id", wanted.get("id"))
        if identifier is None:
            return channels
        among = identifier.get("$in") if isinstance(identifier, dict) else [identifier]
        return [channel for channel in channels if isinstance(among, list) and channel.id in among]

    @decision
    def in_order(self, channels: list[Channel], sort: list[tuple[str, int]]) -> list[Channel]:
        """The channels in the order that was asked for; without one, that of their numbers."""
        for name, way in reversed(sort):
            channels = sorted(channels, key=lambda one: sort_key(member(self.entry(one), name)), reverse=way < 0)
        return channels

    @decision
    def number(self, call: Call, name: str, default: int) -> int:
        """A count of the query; 400 for what is no count."""
        given = call.query.get(name, "")
        if not given:
            return default
        if not (given.isascii() and given.isdigit() and len(given) <= 9):
            raise Refusal(400, f"The parameter {name} is not a number.")
        return int(given)

    @decision
    def default_limit(self) -> int:
        """How many channels are listed for a caller who does not say."""
        return 2 if self.reads("mds-default-limit") == "two" else LARGEST_PAGE

    @decision
    def entry(self, channel: Channel) -> dict[str, Json]:
        """One channel, with the members that public clients read; where its id stands is a reading."""
        name, place = channel.name, self.reads("mds-channel-id")
        titles = {"title": name, "longName": name, "tvChannel": channel.number}
        if place == "flat":
            return {"id": channel.id, **titles}
        identifier = {"id": channel.id}
        return {
            "editorial": {**(identifier if place != "technical" else {}), **titles},
            "technical": {**(identifier if place != "editorial" else {}), "Title": name, "active": True},
        }

    @decision
    def envelope(self, page: list[Channel], total: int) -> dict[str, Json]:
        """The list, and how long it would be without offset and limit."""
        entries = [self.entry(channel) for channel in page]
        return (
            {"services": entries}
            if self.reads("mds-envelope") == "bare"
            else {"total_records": total, "services": entries}
        )

    @decision
    def cacheable(self, answer: Answer) -> Answer:
        """Caches may keep the list for one token only, or not at all."""
        if self.reads("mds-caching") == "private":
            answer.headers |= {"cache-control": "private, max-age=600", "vary": "Authorization"}
        else:
            answer.headers["cache-control"] = "no-store"
        return answer


def member(entry: Json, name: str) -> Json:
    """What an entry has at `editorial.title`; None where it has nothing there."""
    for part in name.split("."):
        entry = entry.get(part) if isinstance(entry, dict) else None
    return entry


def sort_key(value: Json) -> tuple[int, float, str]:
    """A key that orders numbers, then texts, then all the rest."""
    if isinstance(value, int | float):
        return 0, value, ""
    return (1, 0, value) if isinstance(value, str) else (2, 0, "")


def only(entry: Json, names: list[str]) -> Json:
    """An entry with these members alone, each where it was."""
    kept: dict[str, Json] = {}
    for name in names:
        value, place = member(entry, name), kept
        *folders, last = name.split(".")
        if value is None:
            continue
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return kept
