"""Is this the platform at all? Redirects, proxies, portals, sign-in pages and maintenance are reported at once.

Each service is asked for a path that nobody has, and for its operations without any argument, credential or body. What
answers all of them alike, or with a redirect or a sign-in page, is not the platform. A page that one operation alone
gives, and in the place of which nothing else speaks, is left to the run: it may be the platform's own defect.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.client import Reply, Wire, is_write
from conformance.errors import CouldNotTest, Refused
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session.form import Form, alike, form_of, location_of

_NETWORK_SIGN_IN, _PROXY_SIGN_IN = 511, 407
_DOWN = (502, 503, 504)
# What an operation may answer to a request without credentials, whatever path it is.
_NEEDS_CREDENTIALS = ("sdp", "mds", "adm")
_SIGN_IN = re.compile(
    r"type=[\"']?password|SAMLRequest|<meta[^>]{1,40}refresh|window\.location|\b(?:sign|log)[ -]?(?:in|on)\b|captcha"
    r"|checking your browser|enable javascript",
    re.IGNORECASE,
)
_SIGN_IN_PATH = re.compile(r"log-?[io]n|sign-?[io]n|sso|saml|oauth|authori[sz]e|portal|adfs", re.IGNORECASE)


@dataclass(frozen=True)
class _Asked:
    """A service's answers: to a path that nobody has, and to each operation."""

    url: str
    service: str
    nowhere: Reply
    operations: dict[str, Reply]


def front_lines(prober: Prober) -> list[Line]:
    """Say of each service where something else than the platform answers in its place."""
    lines = []
    for service, address in prober.session.target.services.items():
        nowhere = prober.session.client.send(Wire("GET", f"{address.url}/{secrets.token_hex(8)}"))
        asked = _Asked(address.url, service, nowhere, dict(_operations(prober, service)))
        lines += [line for line in (_line(prober, asked),) if line is not None]
    return lines


def _operations(prober: Prober, service: str) -> Iterator[tuple[str, Reply]]:
    session = prober.session
    for entry in session.contract.of_service(service):
        claimed = not entry.feature or entry.feature in session.target.features
        if entry.alternative_of or entry.operation_id == "keycloakToken" or not claimed:
            continue
        # What creates something is asked by GET, which does not.
        method = "GET" if is_write(entry.operation_id, entry.method) else entry.method
        if is_write(entry.operation_id, method):
            continue
        try:
            url = session.routes.url(entry.operation_id)
            yield entry.operation_id, session.client.send(Wire(method, url), entry.operation_id)
        except (CouldNotTest, Refused):
            continue


def _line(prober: Prober, asked: _Asked) -> Line | None:
    place = ("services", asked.service, "url")
    replies = list(asked.operations.values())
    if not replies:
        return None
    forms = [form_of(reply) for reply in replies]
    statuses = {form.status for form in forms}
    if _NETWORK_SIGN_IN in statuses:
        detail = "the network wants a sign-in first (511): a captive portal answers in place of the platform"
        return prober.line(State.UNREACHABLE, detail, *place, advice="Sign in to the network, and try again.")
    if _PROXY_SIGN_IN in statuses:
        detail = "a proxy in front of it wants a user and a password (407)"
        proxy = ("http", "proxy") if prober.session.target.http.proxy else place
        return prober.line(State.WRONG, detail, *proxy, advice="Set http.proxy: http://USER:PASSWORD@HOST:PORT.")
    redirected = _redirected(prober, asked, place)
    if redirected is not None:
        return redirected
    everywhere = form_of(asked.nowhere)
    same = all(alike(form, everywhere) for form in forms)
    if same and everywhere.status in _DOWN:
        wait = asked.nowhere.response.header("retry-after") if asked.nowhere.response else None
        told = f"; Retry-After: {wait[:40]}" if wait else ""
        detail = f"every path is answered {everywhere.status}{told}"
        advice = "Is the platform down for maintenance, or can a gateway in front not reach it?"
        return prober.line(State.UNREACHABLE, detail, *place, advice=advice + _through_proxy(prober))
    pairs = zip(replies, forms, strict=True)
    page = next((reply for reply, form in pairs if _is_page(asked, form, reply, forms)), None)
    if page is not None and page.response is not None:
        detail = f"{urlsplit(page.request.url).path} answers HTML ({page.response.status}): a portal's or proxy's page?"
        advice = "Open the URL in a browser: a sign-in page, a block page or a web site answers in place of the API."
        return prober.line(State.WRONG, detail, *place, advice=advice + _through_proxy(prober))
    return None


def _through_proxy(prober: Prober) -> str:
    return " Requests go through http.proxy, which may answer itself." if prober.session.target.http.proxy else ""


def _is_page(asked: _Asked, form: Form, reply: Reply, forms: list[Form]) -> bool:
    """Tell whether an HTML page answers in place of an operation."""
    if form.kind != "html" or reply.response is None or form.status == 401:
        return False
    succeeds = form.status < 300
    if form.status in (404, 405, 501) or (not succeeds and asked.service in _NEEDS_CREDENTIALS):
        return False
    if alike(form, form_of(asked.nowhere)):
        return True
    text = reply.response.body[:20_000].decode("utf-8", "replace")
    return succeeds and (sum(alike(form, other) for other in forms) > 1 or _SIGN_IN.search(text) is not None)


def _redirected(prober: Prober, asked: _Asked, place: tuple[str, ...]) -> Line | None:
    """Say where an operation's request is sent elsewhere: nothing at all is followed."""
    for name, reply in asked.operations.items():
        response = reply.response
        if response is None or not 300 <= response.status < 400 or not response.header("location"):
            continue
        here, there = urlsplit(reply.request.url), urlsplit(location_of(response.header("location") or ""))
        detail = f"{here.path} is answered with a redirect ({response.status})"
        base = urlsplit(asked.url).path.rstrip("/")
        origin = f"{there.scheme}://{there.netloc}"
        others = [form_of(one).kind for key, one in asked.operations.items() if key != name]
        if _SIGN_IN_PATH.search(f"{there.netloc}{there.path}"):
            advice = "It leads to a sign-in page: the suite needs an address, or http.headers, that the API is open to."
            detail += f" to {origin if there.netloc else ''}{there.path}"
        elif there.netloc and there.path.rstrip("/") == here.path.rstrip("/"):
            advice = f"Write {origin}{base} instead of {asked.url}."
            if there.path != here.path and (there.scheme, there.netloc) == (here.scheme, here.netloc):
                advice = f"Write paths: {{{name}: {there.path.removeprefix(base)}}}."
        elif not there.netloc and there.path.rstrip("/") == here.path.rstrip("/"):
            advice = f"Write paths: {{{name}: {there.path.removeprefix(base)}}}."
        elif there.netloc and (there.scheme, there.netloc) != (here.scheme, here.netloc):
            detail += f" to {origin}"
            advice = f"Write {origin} and the path below which the services are, if that is the platform's address."
        elif "redirect" in others or form_of(asked.nowhere).kind == "redirect":
            detail += f" to {there.path}"
            advice = "Write the address that answers by itself: the suite follows no redirect."
        else:
            continue
        return prober.line(State.WRONG, detail, *place, advice=advice)
    return None
