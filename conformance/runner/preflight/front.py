"""Is this the platform at all? Redirects, proxies, portals, sign-in pages and maintenance are reported at once.

Each service is asked for a path that nobody has, and for its operations without any argument, credential or body. What
answers all of them alike, or with a redirect or a sign-in page, is not the platform. A page that one operation alone
gives, and in the place of which nothing else speaks, is left to the run: it may be the platform's own defect.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from conformance.client import UNREACHED, Reply, Wire
from conformance.errors import Refused
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session.experiment import PASSING
from conformance.session.form import Form, alike, form_of, location_of

_NETWORK_SIGN_IN, _PROXY_SIGN_IN, SERVER_ERROR = 511, 407, 500
_REFUSED, _UNAUTHORISED = 400, 401
# What no path but an operation's own has reason to say to GET.
_NO_METHOD = (405, 501)
# A node that restarts, or one of several that a balancer cannot reach: asked again after these pauses, in seconds.
_PAUSES_S = (0.5, 1.0)
# What an operation may answer to a request without credentials, whatever path it is.
_NEEDS_CREDENTIALS = ("sdp", "mds", "adm")
_SIGN_IN = re.compile(
    r"type=[\"']?password|SAMLRequest|<meta[^>]{1,40}refresh|window\.location|\b(?:sign|log)[ -]?(?:in|on)\b|captcha"
    r"|checking your browser|enable javascript",
    re.IGNORECASE,
)
_SIGN_IN_PATH = re.compile(r"log-?[io]n|sign-?[io]n|sso|saml|oauth|authori[sz]e|portal|adfs", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A service's answers: to a path that nobody has, and to each operation."""

    url: str
    service: str
    nowhere: Reply
    operations: dict[str, Reply]


def front_lines(prober: Prober) -> list[Line]:
    """Say of each service where something else than the platform answers in its place."""
    lines = []
    services = {name: address.url for name, address in prober.session.target.services.items()}
    # One after the other they would wait for a silent platform as often as there are services.
    with ThreadPoolExecutor(len(services) or 1) as pool:
        first = list(pool.map(lambda service: _ask(prober, *service), services.items()))
    for asked in first:
        for pause in _PAUSES_S:
            passing = [name for name, reply in asked.operations.items() if _may_pass(asked, reply)]
            if not passing:
                break
            prober.session.front.clock.sleep(pause)
            again = _ask(prober, asked.service, asked.url, passing)
            asked = replace(again, operations={**asked.operations, **again.operations})
        line = line_about(prober, _without_credentials(prober, asked))
        lines += [] if line is None else [line]
    return lines


def ask_nowhere(prober: Prober, url: str) -> Reply:
    """Ask for a path below a URL that nobody has."""
    return prober.session.ask(Wire("GET", f"{url}/{secrets.token_hex(8)}"))


def _ask(prober: Prober, service: str, url: str, only: Collection[str] | None = None) -> Asked:
    replies = {}
    for operation, wire in prober.session.routes.plain_requests(service):
        if only is not None and operation not in only:
            continue
        try:
            replies[operation] = prober.session.ask(wire, operation)
        except Refused:
            continue
    return Asked(url, service, ask_nowhere(prober, url), replies)


def _may_pass(asked: Asked, reply: Reply) -> bool:
    """Tell whether a moment later, or another node, may answer in place of a page, or of a gateway's failure."""
    form = form_of(reply)
    return form.status in PASSING or (form.status >= _REFUSED and _is_page(asked, form, reply, []))


def _is_down(asked: Asked) -> bool:
    statuses = {form_of(reply).status for reply in asked.operations.values()}
    return bool(statuses) and statuses <= set(UNREACHED)


def _without_credentials(prober: Prober, asked: Asked) -> Asked:
    """Leave out what may be answered otherwise once it has credentials: a redirect to a sign-in, or its page."""
    forms = {name: form_of(reply) for name, reply in asked.operations.items()}
    is_open = {name: not prober.session.contract.operation(name).security for name in forms}
    to_all = [form_of(asked.nowhere), *(form for name, form in forms.items() if is_open[name])]
    left = {
        name: reply
        for name, reply in asked.operations.items()
        if is_open[name]
        or forms[name].status >= SERVER_ERROR
        or forms[name].kind not in ("redirect", "html")
        or any(alike(forms[name], other) for other in to_all)
    }
    if len(left) < len(asked.operations):
        prober.doubtful.add(asked.service)
    return replace(asked, operations=left)


def line_about(prober: Prober, asked: Asked) -> Line | None:
    """Return what is to be said of a service's answers; None where the platform may have given them."""
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
    gate = _gate(prober, asked)
    if gate:
        detail = f"a gateway in front wants a sign-in of its own for every path (401, WWW-Authenticate: {gate})"
        advice = "The suite needs an address that the API is open at: the Authorization header is the platform's."
        return prober.line(State.WRONG, detail, *place, advice=advice + through_proxy(prober))
    redirected = _redirected(prober, asked, place)
    if redirected is not None:
        return redirected
    if _is_down(asked):
        return _out_of_service(prober, asked, statuses, place)
    pairs = zip(replies, forms, strict=True)
    page = next((reply for reply, form in pairs if _is_page(asked, form, reply, forms)), None)
    if page is not None:
        return page_line(prober, page, place)
    if _is_one_answer(asked, forms):
        detail = f"every path is answered alike, also one that nobody has: {forms[0].described}"
        advice = "Is it the platform's address? A placeholder, a mock, a health check or a challenge may answer there."
        return prober.line(State.WRONG, detail, *place, advice=advice + through_proxy(prober))
    return None


def _gate(prober: Prober, asked: Asked) -> str:
    """Return how a gateway wants a sign-in for each path, also where an operation needs none; empty if none does."""
    replies = [asked.nowhere, *asked.operations.values()]
    wanted = [reply.response.header("www-authenticate") or "" for reply in replies if reply.response is not None]
    is_open = any(not prober.session.contract.operation(name).security for name in asked.operations)
    nowhere = form_of(asked.nowhere)
    same = nowhere.status == _UNAUTHORISED and all(alike(form_of(reply), nowhere) for reply in replies)
    return wanted[0][:80] if same and is_open and all(wanted) else ""


def page_line(prober: Prober, reply: Reply, place: tuple[str, ...]) -> Line:
    """Return what is to be said of an HTML page in place of an operation."""
    detail = f"{urlsplit(reply.request.url).path} answers HTML ({form_of(reply).status}): a portal's or proxy's page?"
    advice = "Open the URL in a browser: a sign-in page, a block page or a web site answers in place of the API."
    return prober.line(State.WRONG, detail, *place, advice=advice + through_proxy(prober))


def _out_of_service(prober: Prober, asked: Asked, statuses: set[int], place: tuple[str, ...]) -> Line:
    """Say that nothing but 502, 503 or 504 is answered: by the host to all, or to this service alone."""
    replies = [asked.nowhere, *asked.operations.values()]
    waits = [reply.response.header("retry-after") for reply in replies if reply.response is not None]
    told = next((f"; Retry-After: {wait[:40]}" for wait in waits if wait), "")
    which = "path" if form_of(asked.nowhere).status in statuses else f"operation of {asked.service}"
    detail = f"every {which} is answered {' or '.join(map(str, sorted(statuses)))}{told}"
    advice = "Is the platform down for maintenance, or can a gateway in front not reach it?"
    return prober.line(State.UNREACHABLE, detail, *place, advice=advice + through_proxy(prober))


def through_proxy(prober: Prober) -> str:
    """Return the hint that a proxy may answer, where requests go through one."""
    target = prober.session.target
    where = target.where("http", "proxy")
    return f" Requests go through http.proxy ({where}), which may answer itself." if target.http.proxy else ""


def _is_one_answer(asked: Asked, forms: list[Form]) -> bool:
    """Tell whether all is answered as if it succeeded, or as if no method were known: no path, and no operation."""
    nowhere = form_of(asked.nowhere)
    odd = 200 <= nowhere.status < 300 or nowhere.status in _NO_METHOD
    return odd and all(alike(form, nowhere) for form in forms)


def _is_page(asked: Asked, form: Form, reply: Reply, forms: list[Form]) -> bool:
    """Tell whether an HTML page answers in place of an operation."""
    if form.kind != "html" or reply.response is None or form.status in (_UNAUTHORISED, *UNREACHED):
        return False
    succeeds = form.status < 300
    if form.status in (404, 405, 501) or (not succeeds and asked.service in _NEEDS_CREDENTIALS):
        return False
    if alike(form, form_of(asked.nowhere)):
        return True
    text = reply.response.body[:20_000].decode("utf-8", "replace")
    return succeeds and (sum(alike(form, other) for other in forms) > 1 or _SIGN_IN.search(text) is not None)


def _redirected(prober: Prober, asked: Asked, place: tuple[str, ...]) -> Line | None:
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
        moved = there.path.rstrip("/") == here.path.rstrip("/")
        if not moved and _SIGN_IN_PATH.search(f"{there.netloc}{there.path}"):
            advice = "It leads to a sign-in page: the suite needs an address, or http.headers, that the API is open to."
            detail += f" to {origin if there.netloc else ''}{there.path}"
        elif there.path == here.path and (
            not there.netloc or (there.scheme, there.netloc) == (here.scheme, here.netloc)
        ):
            detail += " to the same path"
            advice = (
                "A gateway wants its cookie back, which the suite does not keep: Write http: {headers: {Cookie: …}}."
            )
        elif there.netloc and moved:
            advice = f"Write {origin}{base} instead of {asked.url}."
            if there.path != here.path and (there.scheme, there.netloc) == (here.scheme, here.netloc):
                advice = f"Write paths: {{{name}: {there.path.removeprefix(base)}}}."
        elif moved:
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
