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
        page = channels[offset : offset + limit]
        return self.cacheable(Answer(data=self.envelope(page, len(channels))))

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

    @decision
    def filter_argument(self, call: Call) -> dict[str, Json]:
        """The `filter` of the query: a JSON object; 400 for anything else."""
        given = call.query.get("filter", "")
        if not given:
            return {}
        try:
            value = json.loads(given)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            if self.reads("mds-bad-filter") == "ignored":
                return {}
            raise Refusal(400, "The filter is not a JSON object.")
        return value

    @decision
    def matching(self, channels: list[Channel], wanted: dict[str, Json]) -> list[Channel]:
        """The channels that the filter names by id; a filter of other fields (C1 always sends `locale`) leaves all."""
        identifier = wanted.get("technical.id", wanted.get("id"))
        if identifier is None:
            return channels
        among = identifier.get("$in") if isinstance(identifier, dict) else [identifier]
        return [channel for channel in channels if isinstance(among, list) and channel.id in among]

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
        """One channel; where its id stands is not public, so it is a reading."""
        titles = {"title": channel.name, "lcn": channel.number}
        place = self.reads("mds-channel-id")
        if place == "editorial":
            return {"editorial": {"id": channel.id, **titles}, "technical": {"active": True}}
        if place == "technical":
            return {"editorial": titles, "technical": {"id": channel.id, "active": True}}
        return {"id": channel.id, **titles}

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
