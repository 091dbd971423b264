"""What HTTP itself may answer on every operation alike: specs/transport.yaml, and which requests it speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from conformance.contract.model import Operation
from conformance.contract.node import Node
from conformance.documents import read_yaml
from conformance.errors import ContractError
from conformance.model import Request
from conformance.resources import specs

_RAW = re.compile(r"[^A-Za-z0-9._~:/?@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_ODD_HEADER = re.compile(r"[^\x20-\x7e\t]")
# Headers that say how a request is carried; the client sets what is needed of them itself.
_CARRYING = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Transport:
    """The statuses of HTTP itself.

    Attributes:
        any_request: status -> why any request may be answered so.
        unusual_frame: the same for a request whose frame is unusual.
        long: from how many bytes on a `url`, a `header`, all `headers` together or a `body` is long.
    """

    any_request: dict[int, str]
    unusual_frame: dict[int, str]
    long: dict[str, int]

    def tolerates(self, operation: Operation, request: Request, status: int) -> bool:
        """Tell whether HTTP itself may answer a request of an operation so."""
        return status in self.any_request or (status in self.unusual_frame and self.unusual(operation, request))

    def unusual(self, operation: Operation, request: Request) -> bool:
        """Tell whether the frame of a request is unusual: what any HTTP server may refuse before the platform."""
        return (
            request.method != operation.method
            or (bool(request.body) and request.method not in _WITH_BODY)
            or len(request.body) >= self.long["body"]
            or self._unusual_url(request.url)
            or self._unusual_headers(operation, request)
        )

    def _unusual_url(self, url: str) -> bool:
        place = url.partition("://")[2].partition("/")[2]
        return (
            len(url) >= self.long["url"]
            or _RAW.search(place) is not None
            or _CONTROL.search(unquote_to_bytes(place)) is not None
            or not _is_utf_8(unquote_to_bytes(place))
        )

    def _unusual_headers(self, operation: Operation, request: Request) -> bool:
        sizes = [len(name) + len(value) for name, value in request.headers]
        if sum(sizes) >= self.long["headers"] or max(sizes, default=0) >= self.long["header"]:
            return True
        if any(name.lower() in _CARRYING or _ODD_HEADER.search(value) for name, value in request.headers):
            return True
        given = (request.header("content-type") or "").replace(" ", "").lower()
        documented = [entry.name for entry in operation.body.media_types] if operation.body else []
        return given not in ([""] if not documented else [*documented, *(f"{one};charset=utf-8" for one in documented)])


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=1)
def load_transport() -> Transport:
    """Load specs/transport.yaml.

    Raises:
        ContractError: it cannot be read; with file and line.
    """
    root = Node.root(read_yaml(specs() / "transport.yaml", ContractError))
    statuses = {
        name: {int(key): node.value for key, node in root.entries(name)} for name in ("any_request", "unusual_frame")
    }
    return Transport(
        {status: str(text) for status, text in statuses["any_request"].items()},
        {status: str(text) for status, text in statuses["unusual_frame"].items()},
        {name: int(str(node.value)) for name, node in root.entries("long")},
    )
