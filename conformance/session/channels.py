"""MDS's channel list as a flow: mds-channel-lists; ias-in-home-detection, "Overview", step 6."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.model import Exchange, Json
from conformance.opentv.answers import answer_object, succeeded
from conformance.opentv.tokens import bearer_token
from conformance.session.encoding import Fields
from conformance.session.errors_of_host import SERVER_ERROR
from conformance.session.sender import Sender
from conformance.target import Secret, Value

OPERATION = "listServices"
LARGEST_PAGE = "9999"
MAX_PAGES = 20
TOO_MANY = 429


@dataclass(frozen=True)
class ChannelList:
    """What a request for the channel list brought; `names` are all texts and numbers in its entries, as text.

    `whole`: nothing kept the suite from the rest of it, as a limit of requests may.
    """

    exchange: Exchange
    names: frozenset[str]
    whole: bool = True

    @property
    def served(self) -> bool:
        """Whether the request was served: a 2xx that is not the gate's refusal."""
        return succeeded(self.exchange)

    def lists(self, channel: str) -> bool:
        """Tell whether an entry carries a channel's ID; under which name is not public."""
        return channel in self.names


def list_services(
    sender: Sender,
    token: str | None,
    query: Fields = (),
    *,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
) -> Exchange:
    """Ask for the channel list, with an access token or without, and with further headers."""
    own: dict[str, Value] = {} if token is None else {"Authorization": Secret(f"Bearer {token}")}
    return sender.send(OPERATION, headers={**own, **(headers or {})}, query=query, valid=valid)


def channel_list(
    sender: Sender,
    token: str | None,
    query: Fields = (),
    *,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
) -> ChannelList:
    """Ask for the channel list, and for the rest where there is more, or where the answer does not say how much."""
    exchange = list_services(sender, token, query, headers=headers, valid=valid)
    names = set(_names(exchange))
    seen, total = len(_entries(exchange)), _total(exchange)
    if query or not seen or (total is not None and seen >= total):
        return ChannelList(exchange, frozenset(names))
    # Where the token had ended, another took its place on the way.
    token = None if token is None else bearer_token(exchange.request.header("Authorization"))
    rest = list_services(sender, token, {"limit": LARGEST_PAGE})
    whole = not _kept_back(rest)
    names.update(_names(rest))
    seen = max(seen, len(_entries(rest)))
    # A server may have a largest page of its own: then page by page.
    for _ in range(MAX_PAGES):
        if total is not None and seen >= total:
            break
        page = list_services(sender, token, {"offset": str(seen), "limit": LARGEST_PAGE})
        whole = whole and not _kept_back(page)
        if not names.issuperset(_names(page)):
            names.update(_names(page))
            seen += len(_entries(page))
        else:  # empty, or the same page again
            break
    return ChannelList(exchange, frozenset(names), whole)


def names_of(exchange: Exchange) -> frozenset[str]:
    """Return all texts and numbers in the entries of one answer, as text."""
    return frozenset(_names(exchange))


def _kept_back(exchange: Exchange) -> bool:
    """Tell whether a request may well have been answered otherwise a moment later."""
    return exchange.status in (0, TOO_MANY) or exchange.status >= SERVER_ERROR


def _entries(exchange: Exchange) -> list[Json]:
    services = answer_object(exchange).get("services") if succeeded(exchange) else None
    return services if isinstance(services, list) else []


def _total(exchange: Exchange) -> int | None:
    total = answer_object(exchange).get("total_records") if succeeded(exchange) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _names(exchange: Exchange) -> Iterator[str]:
    for entry in _entries(exchange):
        yield from _texts(entry)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
