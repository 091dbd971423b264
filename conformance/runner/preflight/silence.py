"""Does an address answer at all? One that is reachable and completes no response is reported at once.

A target that is silent, trickles, resets every connection or sends bodies without end would cost every later request
its whole time limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.client import MAX_BODY_BYTES, Reply, Wire, is_write
from conformance.runner.preflight.lines import Prober

# Between two requests that fail at once: what restarts behind a port that is open.
PAUSE_S = 1.0


def complete(reply: Reply) -> bool:
    """Tell whether a response came, whole."""
    return reply.response is not None and not reply.response.truncated


def unanswered(prober: Prober, url: str, service: str, first: Reply) -> str:
    """Return what was seen of an address that completes no response to a few requests; empty where it completes one.

    Args:
        prober: who sends.
        url: the address, as the target file has it.
        service: the service that is there; empty for Keycloak.
        first: what came of the first request.
    """
    replies = [first]
    if complete(first):
        return ""
    for wire in _others(prober, url, service):
        if replies[-1].kind != "timeout":
            prober.session.patience.clock.sleep(PAUSE_S)
        replies.append(prober.session.client.send(wire))
        if complete(replies[-1]):
            return ""
    asked = ", ".join(f"{one.request.method} {one.request.url}" for one in replies)
    seen = "; ".join(dict.fromkeys(map(_seen, replies)))
    return f"none of {len(replies)} requests got a complete response: {seen} ({asked})"


def _others(prober: Prober, url: str, service: str) -> Iterator[Wire]:
    """Yield a request for something documented, and one more for the root."""
    session = prober.session
    for operation in session.contract:
        if operation.service == service and not is_write(operation.operation_id, "GET"):
            yield Wire("GET", session.routes.url(operation.operation_id))
            return
    yield Wire("GET", f"{url}/")


def _seen(reply: Reply) -> str:
    if reply.response is None:
        return reply.failure
    return f"status {reply.response.status} with a body of more than {MAX_BODY_BYTES >> 20} MB"
