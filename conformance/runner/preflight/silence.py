"""Does an address answer at all? One that is reachable and completes no response is reported at once.

A target that is silent, trickles, resets every connection or sends bodies without end would cost every later request
its whole time limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from conformance.client import MAX_BODY_BYTES, Reply, Wire, is_write
from conformance.errors import CouldNotTest
from conformance.runner.preflight.lines import Prober
from conformance.session import hdm, ias
from conformance.session.encoding import build_wire

# Between two requests that fail at once: what restarts behind a port that is open.
PAUSE_S = 1.0


def complete(reply: Reply) -> bool:
    """Tell whether a response came, whole."""
    return reply.response is not None and not reply.response.truncated


def unanswered(prober: Prober, url: str, service: str, first: Reply) -> str:
    """Return what was seen of an address that completes no response to a few requests; empty where it completes one.

    Some of them should succeed: a platform that falls over whatever it should refuse is for the checks.

    Args:
        prober: who sends.
        url: the address, as the target file has it.
        service: the service that is there; empty for Keycloak.
        first: what came of the first request.
    """
    if complete(first):
        return ""
    valid = list(_signons(prober, url))
    if not valid and set(prober.session.target.services) & {"hdm", "ias"} and service not in ("hdm", "ias"):
        # Nothing cheap succeeds there; what the checks send shows whether it is silent.
        return ""
    if first.kind != "timeout":
        prober.session.patience.clock.sleep(PAUSE_S)
    wires = [_documented(prober, url, service), *valid]
    with ThreadPoolExecutor(len(wires)) as pool:
        replies = [first, *pool.map(prober.session.client.send, wires)]
    if any(map(complete, replies)):
        return ""
    asked = ", ".join(f"{one.request.method} {one.request.url.partition('?')[0]}" for one in replies)
    seen = "; ".join(dict.fromkeys(map(_seen, replies)))
    return f"none of {len(replies)} requests got a complete response: {seen} ({asked})"


def _documented(prober: Prober, url: str, service: str) -> Wire:
    """Return a request for something documented, or else for the root."""
    session = prober.session
    for operation in session.contract:
        if operation.service == service and not is_write(operation.operation_id, "GET"):
            return Wire("GET", session.routes.url(operation.operation_id))
    return Wire("GET", f"{url}/")


def _signons(prober: Prober, url: str) -> Iterator[Wire]:
    """Yield signons of the target file's subjects at an address."""
    session, target = prober.session, prober.session.target
    here = {name for name, address in target.services.items() if address.url.split("/")[:3] == url.split("/")[:3]}
    if "hdm" in here and "user" in target.subjects:
        query = hdm.user_query(target.subject("user"))
        yield build_wire("GET", session.routes.url("nmpsignontokens"), query=query)
    if "hdm" in here and "stb" in target.subjects:
        with suppress(CouldNotTest):
            query = hdm.stb_details(target.subject("stb"))
            yield build_wire("GET", session.routes.url("stbsignontokens"), query=query)
    if "ias" in here and "stb" in target.subjects:
        with suppress(CouldNotTest):
            box = target.subject("stb")
            scheme = box.get("scheme") or ias.SCHEMES[0]
            body = {"casn": box["casn"], "dasChallenge": box["dasChallenge"], "scheme": scheme}
            headers = ias.das_headers(prober, "stb")
            yield build_wire("POST", session.routes.url(ias.SIGN_ON), headers=headers, json_body=body)


def _seen(reply: Reply) -> str:
    if reply.response is None:
        return reply.failure
    return f"status {reply.response.status} with a body of more than {MAX_BODY_BYTES >> 20} MB"
