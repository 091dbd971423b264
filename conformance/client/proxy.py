"""The proxy of the target file: where it is, and what it is told."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from conformance.client.failures import Failure, Kind
from conformance.client.wire import Outgoing, Place, RawHeaders, place_of
from conformance.errors import TargetFileError


@dataclass(frozen=True)
class Proxy:
    """A proxy of http or https; `headers` say who we are."""

    place: Place
    headers: RawHeaders

    @classmethod
    def of(cls, url: str, where: str) -> Proxy:
        """Return the proxy of a URL that may hold a user and a password.

        Raises:
            TargetFileError: it is not an http or https URL.
        """
        try:
            place, parts = place_of(url), urlsplit(url)
        except ValueError as problem:
            raise TargetFileError(f"http.proxy: {problem}", where=where) from None
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
        basic = [(b"Proxy-Authorization", b"Basic " + base64.b64encode(user))]
        return cls(place, basic if parts.username else [])

    def connect(self, place: Place) -> bytes:
        """Return the request for a tunnel to a place."""
        headers = [(b"Host", place.authority.encode()), *self.headers]
        return Outgoing(place, "CONNECT", place.authority, headers, b"").content(proxy=None)


def refused(status: int) -> Failure:
    """Return the failure of a request that the proxy refused."""
    if status == 407:
        text = "the proxy wants a user and a password (407): http.proxy has none that it accepts"
        return Failure(Kind.PROXY, text, "Set http: {proxy: http://user:password@host:port}.")
    text = f"the proxy refused to connect to the target ({status})"
    return Failure(Kind.PROXY, text, "Is the URL right, and may http.proxy connect to it?")
