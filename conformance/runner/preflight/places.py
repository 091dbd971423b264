"""Are the services where the target file says? Reachability first; then whether anything documented is found there."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from urllib.parse import urlsplit, urlunsplit

from conformance.client import Reply, Wire
from conformance.client.reach import protocol, reach, speaks_tls
from conformance.errors import CouldNotTest, Refused
from conformance.runner.preflight.front import through_proxy
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.runner.preflight.silence import unanswered
from conformance.session.encoding import build_wire
from conformance.session.form import alike, form_of

_NOT_FOUND = (404, 405, 501)
_PROXY = ("http", "proxy")
_OTHER_PROXY = "Set http.proxy to a proxy that connects to the target, with its user and password."


def _addresses(prober: Prober) -> Iterator[tuple[str, tuple[str, ...]]]:
    target = prober.session.target
    for name, address in target.services.items():
        yield address.url, ("services", name, "url")
        if address.ssp_url:
            yield address.ssp_url, ("services", name, "ssp_url")
    for name, path in target.paths.items():
        if path.startswith(("http://", "https://")):
            yield path, ("paths", name)
    given = target.credentials
    if given.keycloak is not None and given.crm_token is None and "adm" in target.services:
        yield given.keycloak.url, ("credentials", "crm", "keycloak", "url")


def reach_lines(prober: Prober) -> list[Line]:
    """Try to reach every address of the target file, each host once, all at the same time."""
    addresses = list(_addresses(prober))
    first = {_origin(url): (url, place) for url, place in reversed(addresses)}
    with ThreadPoolExecutor(len(first) or 1) as pool:
        found = dict(zip(first, pool.map(lambda one: _reached(prober, *one), first.values()), strict=True))
    lines = []
    for url, place in addresses:
        state, detail, advice = found[_origin(url)]
        at = _PROXY if advice == _OTHER_PROXY else place
        lines.append(prober.line(state, detail, *at, advice=advice))
    return list(dict.fromkeys(lines))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _reached(prober: Prober, url: str, place: tuple[str, ...]) -> tuple[State, str, str]:
    settings = prober.session.target.http
    found = reach(url, settings)
    if found.stage:
        return (State.WRONG if found.stage == "scheme" else State.UNREACHABLE), found.message, found.advice
    secure = url.startswith("https://")
    reply = prober.session.ask(Wire("GET", f"{url}/"))
    if not secure and not settings.proxy and _looks_like_tls(reply) and speaks_tls(url, settings):
        return State.WRONG, "this port speaks TLS", "Write https:// instead of http://."
    if reply.kind == "proxy":
        return State.WRONG, reply.failure, _OTHER_PROXY
    if reply.kind in ("malformed", "http2", "reset") and not secure and not settings.proxy:
        other = protocol(url, settings)
        if other:
            return State.WRONG, f"this port speaks {other}, not HTTP/1", "Check host and port."
    silence = unanswered(prober, url, place[1] if place[0] == "services" else "", reply)
    if silence:
        return State.UNREACHABLE, silence, "Is this the address of the platform, and is it up?"
    return State.OK, "reachable, TLS verified" if secure and settings.verify and not settings.proxy else "reachable", ""


def _looks_like_tls(reply: Reply) -> bool:
    if reply.response is None:
        return reply.kind in ("reset", "malformed", "timeout")
    return reply.response.status == 400 and b"HTTPS" in reply.response.body[:4096].upper()


def shared_lines(prober: Prober) -> list[Line]:
    """Say where the target file has two operations at one place that the documents give places of their own."""
    session, lines = prober.session, []
    given = session.target.paths
    places = dict(_places(prober))
    for (name, mine), (other, theirs) in combinations(places.items(), 2):
        one, two = session.contract.operation(name), session.contract.operation(other)
        is_one = one.path == two.path and (one.method != two.method or name == two.alternative_of)
        if is_one or two.alternative_of == name or not mine & theirs:
            continue
        wrong, right = (name, other) if name in given else (other, name)
        place = ("paths", wrong) if wrong in given else ("services", "adm", "ssp_url")
        detail = f"there {wrong} would be at the place of {right}, {urlsplit(min(mine & theirs)).path[:200]}"
        lines.append(prober.line(State.WRONG, detail, *place, advice="Each operation has a place of its own."))
    return lines


def _places(prober: Prober) -> Iterator[tuple[str, set[str]]]:
    """Yield the operations that the target file declares, each with the URLs at which it may be."""
    session = prober.session
    for entry in session.contract:
        # Where Keycloak has its tokens, its own URL says, unless `paths` does.
        named = entry.operation_id != "keycloakToken" or entry.operation_id in session.target.paths
        if named and (not entry.feature or entry.feature in session.target.features):
            with suppress(CouldNotTest):
                yield entry.operation_id, set(session.routes.candidates(entry.operation_id))


def unserved_lines(prober: Prober) -> list[Line]:
    """Say which of `paths` in the target file served no request of those that should succeed.

    Another thing may be there, and refuse them all; what breaks with a server error is left to the checks.
    """
    session, lines = prober.session, []
    for name, path in session.target.paths.items():
        status = session.refused.get(name)
        if status is not None and name not in session.known_good:
            detail = f"no request to {path[:200]} succeeds (HTTP {status}); the file says that {name} is there"
            lines.append(prober.line(State.CONTRADICTED, detail, "paths", name, advice="Check the path."))
    return lines


def path_lines(prober: Prober) -> list[Line]:
    """Say which of `paths` in the target file lead nowhere: their operation is answered as a path that nobody has."""
    session = prober.session
    lines = []
    for name, path in session.target.paths.items():
        entry = session.contract.operation(name)
        if entry.service not in session.target.services or entry.alternative_of:
            continue
        try:
            url = session.routes.url(name)
            wire = build_wire(entry.method, url, json_body={}) if entry.method != "GET" else Wire("GET", url)
            found = not absent(prober, wire, name)
        except (CouldNotTest, Refused):
            continue
        if not found:
            detail = f"{path[:200]} is answered 404, as a path that nobody has; the file says that {name} is there"
            lines.append(
                prober.line(State.CONTRADICTED, detail, "paths", name, advice="Check the path, or leave it out.")
            )
    return lines


def absent(prober: Prober, wire: Wire, operation: str) -> bool:
    """Tell whether a request is answered as one for a path that nobody has."""
    parts = urlsplit(wire.url)
    beside = f"{parts.path.rpartition('/')[0]}/{secrets.token_hex(8)}"
    elsewhere = replace(wire, url=urlunsplit((parts.scheme, parts.netloc, beside, "", "")))
    return _nothing_there(prober.session.ask(wire, operation), prober.session.ask(elsewhere, operation))


def place_lines(prober: Prober) -> list[Line]:
    """Say where no documented path of a service is found, because its URL is another."""
    lines = []
    for service, operations in _OPERATIONS.items():
        address = prober.session.target.services.get(service)
        if address is None or any(name in prober.session.target.paths for name in operations):
            continue
        if not operations.keys().isdisjoint(prober.session.known_good):
            continue
        try:
            replies = [_ask(prober, name, method) for name, method in operations.items()]
        except Refused:
            continue
        elsewhere = prober.session.ask(Wire("GET", f"{address.url}/{secrets.token_hex(8)}"))
        if all(_nothing_there(reply, elsewhere) for reply in replies):
            detail = "no documented path is found there"
            advice = f"Check the URL; the first request went to {replies[0].request.url}."
            advice += _repeated(prober, address.url, operations) or _found_at(prober, service, operations)
            advice += through_proxy(prober)
            # Of these, one operation is all that there is: that it is not found may be the platform's fault.
            state = State.CONTRADICTED if service in ("mds", "adm") else State.WRONG
            if state is State.CONTRADICTED:
                detail += f"; the file says that {service} is"
                if service == "mds":
                    where = prober.lines_of("services.mds.url", "services.mds.provider")
                    advice += f" Check services.mds.provider, too.{where}"
            lines.append(prober.line(state, detail, "services", service, "url", advice=advice))
    return lines


def _repeated(prober: Prober, url: str, operations: Iterable[str]) -> str:
    """Say which end of a URL the suite adds by itself; empty where it adds none."""
    path = urlsplit(url).path
    wanted = {one.removeprefix(url) for name in operations for one in prober.session.routes.candidates(name)}
    parts = [one.split("/") for one in wanted]
    starts = {"/".join(one[:length]) for one in parts for length in range(2, len(one) + 1)}
    found = max((start for start in starts if path.endswith(start)), key=len, default="")
    return f" Leave out {found}: the suite adds it." if found else ""


def _found_at(prober: Prober, service: str, operations: Mapping[str, str]) -> str:
    """Say at which other service's URL the operations of one are found; empty if at none."""
    session = prober.session
    services = session.target.services
    mine = services[service].url
    for other, address in services.items():
        if address.url == mine:
            continue
        nowhere = session.ask(Wire("GET", f"{address.url}/{secrets.token_hex(8)}"))
        for name, method in operations.items():
            for url in session.routes.candidates(name):
                reply = session.ask(Wire(method, address.url + url.removeprefix(mine)), name)
                if url.startswith(mine) and not alike(form_of(reply), form_of(nowhere)):
                    return f" It is found at services.{other}.url: were the URLs exchanged?"
    return ""


# Requests that no token, subject or write is needed for; a service answers them, if only with a refusal.
_OPERATIONS = {
    "hdm": {"stbsignontokens": "GET", "nmpsignontokens": "GET"},
    "ias": {"dasSignOnByCasn": "POST", "generateUpdateInHomeToken": "GET"},
    "sdp": {"isContentAuthorised": "GET"},
    "mds": {"listServices": "GET"},
    "adm": {"createAccount": "POST"},
}


def _ask(prober: Prober, operation: str, method: str) -> Reply:
    """Ask at the documented places until one is found."""
    routes = prober.session.routes
    urls = [routes.url(operation)] if routes.known(operation) else list(routes.candidates(operation))
    # A place that refuses even GET by 405 is one that somebody serves: the finding of a run. To POST, a server of
    # files answers so wherever it is asked.
    refusing = None
    for url in urls:
        reply = prober.session.ask(Wire(method, url), operation)
        if reply.response is not None and reply.response.status not in _NOT_FOUND:
            return reply
        if method == "GET" and reply.response is not None and reply.response.status != 404:
            refusing = refusing or reply
    return refusing or reply


def _nothing_there(reply: Reply, elsewhere: Reply) -> bool:
    """Tell whether a documented path is answered 404, as one that nobody serves."""
    if reply.response is None or elsewhere.response is None:
        return False
    statuses = {reply.response.status, elsewhere.response.status}
    return statuses == {404} and (alike(form_of(reply), form_of(elsewhere)) or not reply.response.body)
