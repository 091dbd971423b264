"""Where each operation lies on this target.

The pages lost some paths and differ on others (contract: `x-alternative-paths`, `x-base`). The contract's
path is tried first; where it is not found and an alternative is, the alternative stays for the run.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import quote, urlsplit

from conformance.client import Wire, is_write
from conformance.contract import Contract
from conformance.errors import CouldNotTest
from conformance.model import SERVICES
from conformance.target import Target


def beside(url: str) -> str:
    """Return a path that nobody has, beside the one of a URL."""
    return f"{folder_of(url)}/{secrets.token_hex(8)}"


def folder_of(url: str) -> str:
    """Return a URL without its last segment and its query."""
    return url.partition("?")[0].rpartition("/")[0]


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Routes:
    """Resolves operations to URLs."""

    def __init__(self, contract: Contract, target: Target, found: Mapping[str, str]) -> None:
        self._contract = contract
        self._target = target
        self._pinned = dict(found)

    def url(self, operation: str) -> str:
        """Return the URL of an operation, as far as it is known; where a sibling was found under another prefix, there.

        Raises:
            CouldNotTest: its service has no address in the target file.
        """
        return self._pinned.get(operation) or self._beside_siblings(operation) or next(self.candidates(operation))

    def _beside_siblings(self, operation: str) -> str | None:
        """Return the place of an operation that begins as the place where another of its service was found."""
        service = self._contract.operation(operation).service
        mine = list(self.candidates(operation))
        for other, place in self._pinned.items():
            if self._contract.operation(other).service != service or len(mine) < 2:
                continue
            theirs = list(self.candidates(other))
            if place in theirs and len(theirs) == len(mine):
                return mine[theirs.index(place)]
        return None

    def of_other_services(self, operation: str) -> Iterator[str]:
        """Yield a URL of each other service than an operation's, of one that is asked by GET and changes nothing."""
        services = {self._contract.operation(operation).service, *(set(SERVICES) - set(self._target.services))}
        for entry in self._contract:
            reads = entry.method == "GET" and not is_write(entry.operation_id, entry.method)
            if reads and entry.service not in services:
                services.add(entry.service)
                yield self.url(entry.operation_id)

    def plain_requests(self, service: str) -> Iterator[tuple[str, Wire]]:
        """Yield a request to each operation of a service that the target claims: no argument, credential or body.

        What writes is asked by GET, which does not.
        """
        for entry in self._contract.of_service(service):
            claimed = not entry.feature or entry.feature in self._target.features
            if entry.alternative_of or entry.operation_id == "keycloakToken" or not claimed:
                continue
            method = "GET" if is_write(entry.operation_id, entry.method) else entry.method
            if not is_write(entry.operation_id, method):
                with suppress(CouldNotTest):
                    yield entry.operation_id, Wire(method, self.url(entry.operation_id))

    def service(self, operation: str) -> str:
        """Return the service of an operation."""
        return self._contract.operation(operation).service

    def is_guarded(self, operation: str) -> bool:
        """Tell whether an operation wants a credential."""
        return bool(self._contract.operation(operation).security)

    def known(self, operation: str) -> bool:
        """Tell whether the place of an operation needs no more search."""
        return operation in self._pinned or operation in self._target.paths

    @property
    def found(self) -> Mapping[str, str]:
        """Where operations were found."""
        return self._pinned

    def pin(self, operation: str, url: str) -> None:
        """Remember where an operation was found."""
        self._pinned[operation] = url

    def candidates(self, operation: str) -> Iterator[str]:
        """Yield the URLs at which the documents allow an operation to be, the likeliest first.

        Raises:
            CouldNotTest: its service has no address in the target file.
        """
        entry = self._contract.operation(operation)
        own = self._target.paths.get(operation)
        if own and own.startswith(("http://", "https://")):
            yield own
            return
        spellings = [entry, *(one for one in self._contract if one.alternative_of == operation)]
        paths = (
            [own] if own else [one.path for one in spellings] + [p for one in spellings for p in one.alternative_paths]
        )
        for base in self._bases(operation):
            for path in paths:
                yield base.rstrip("/") + self._fill(path)

    def _bases(self, operation: str) -> list[str]:
        entry = self._contract.operation(operation)
        address = self._target.services.get(entry.service)
        if address is None:
            raise CouldNotTest(
                f"the target file declares no {entry.service}", add=[f"services: {{{entry.service}: {{url: …}}}}"]
            )
        if operation == "createAccountOnSsp":
            if not address.ssp_url:
                raise CouldNotTest("the target file has no SSP address", add=["services: {adm: {ssp_url: …}}"])
            return [address.ssp_url]
        bases = [address.url]
        sdp = self._target.services.get("sdp")
        # SDP offers what HDM offers (hdm-authentication, See also): initialise lies beside its other calls.
        if operation.startswith("initialiseDevice") and sdp and sdp.url != address.url:
            bases.append(sdp.url)
        return bases

    def _fill(self, path: str) -> str:
        mds = self._target.services.get("mds")
        provider = mds.provider if mds else "GLOBAL"
        return path.replace("{provider}", quote(provider, safe="")).replace("{tenant}", quote(self._target.tenant))
