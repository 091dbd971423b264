"""Requests that only ask who answers: the platform, or something in front of it.

What is sent here goes to a path that nobody has, or to a parameter that no operation reads.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol
from urllib.parse import quote, urlsplit

from conformance.client import UNREACHED, Kind, Reply, Wire, is_write
from conformance.errors import Refused
from conformance.model import Json, NotJson, Request, parse_json
from conformance.session.errors_of_host import HostErrors
from conformance.session.form import (
    CREDENTIALS,
    OWN_HEADERS,
    Form,
    alike,
    attack_like,
    common,
    fills,
    form_of,
    has_attack,
    of_one_kind,
    of_one_template,
)
from conformance.session.routes import Routes, beside, origin


class Send(Protocol):
    """Sends a request by which nothing is judged."""

    def __call__(self, wire: Wire, operation: str = "", *, brief: bool = False) -> Reply:
        """Send a request of an operation; `brief`: what is like it got no response, it is not waited for as long."""


# What says that it may be answered otherwise in a moment.
PASSING = (408, 429, *UNREACHED)
# A balancer that drops a node, or throttles, answers one request so: a plain one is asked so often before it counts.
PASSING_TRIES = 3
# What limits the number of requests shows it to so many, sent together.
BURST, AT_ONCE, FEW = 12, 6, 4
# A script in a page, in SQL, and a path out of its folder.
ATTACKS = ("<script>alert(1)</script>", "1' OR '1'='1' --", "../../../../etc/passwd")
_LONGEST_VALUE = 1_500
_USUAL_METHODS = ("GET", "POST", "HEAD")
_NO_METHOD, _FORBIDDEN = (405, 501), (400, 403, 406, 409, 418, 422)
_WITHOUT_BODY = ("GET", "HEAD", "DELETE")


@dataclass
class Experiments:
    """Sends the experiments and remembers how plain requests were answered.

    Attributes:
        send: sends a request (with its operation, which the budget asks for).
        routes: where the operations are.
    """

    send: Send
    routes: Routes
    _plain: dict[Wire, Form] = field(default_factory=dict)
    _refused_methods: dict[str, Form | None] = field(default_factory=dict)

    @cached_property
    def errors(self) -> HostErrors:
        """What hosts say of what is wrong."""
        return HostErrors(self._settled, self.routes)

    def nowhere(self, url: str, method: str, operation: str) -> Form | None:
        """Return what the host of a URL says of a path that nobody has; None where the suite refuses to ask."""
        return self._usual(Wire(method, f"{origin(url)}/{secrets.token_hex(8)}"), operation)

    def beside(self, url: str) -> Form | None:
        """Return what a path that nobody has, beside the one of a URL, is answered; None where it cannot be asked."""
        return self._form(Wire("GET", beside(url)), "")

    def usually_beside(self, url: str) -> Form | None:
        """Return the same, of a host that may answer otherwise for a moment: it is asked again then."""
        return self._usual(Wire("GET", beside(url)), "")

    def blocks_method(self, operation: str, wire: Wire, form: Form, *, valid: bool) -> bool:
        """Tell whether a method is refused so on a path that nobody has as well, and GET is not.

        A server that knows no such operation says the same of all methods there. A page, or what is said to a right
        request (`valid`), may be a gateway's that lets some methods through, whatever its status.
        """
        statuses = (*_NO_METHOD, *_FORBIDDEN) if valid or form.kind == "html" else _NO_METHOD
        if wire.method in _USUAL_METHODS or form.status not in statuses:
            return False
        key = f"{wire.method} {origin(wire.url)}"
        if key not in self._refused_methods:
            there = [self.nowhere(wire.url, method, operation) for method in (wire.method, "GET")]
            differs = there[0] is not None and there[1] is not None and not alike(there[0], there[1])
            self._refused_methods[key] = there[0] if differs else None
        known = self._refused_methods[key]
        return known is not None and alike(form, known)

    def is_unreachable(self, service: str, url: str, form: Form) -> bool:
        """Tell whether nothing of a service is reached behind a URL: the same comes of a path that nobody has.

        A gateway that has a route for each operation alone shows it by 502, 503 or 504 to every plain request.
        """
        if form.status in UNREACHED:
            plain = [self._form(wire, name) for name, wire in self.routes.plain_requests(service)]
            if plain and all(one is None or one.status in UNREACHED for one in plain):
                return True
        away = self.usually_beside(url)
        return away is not None and alike(away, form)

    def share(self, request: Wire | Request, form: Form, *, burst: int = BURST) -> float:
        """Return the part of so many requests, sent together to a path that nobody has, that are answered so.

        They have the credentials of the one that was, since some limits count by user or by token. Each has a
        connection of its own where it may be reset: on a used one, the client would send it again without a word.
        """
        wires = [_away(request) for _ in range(burst)]
        if form.kind == Kind.RESET:
            wires = [wire.unshared() for wire in wires]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            seen = list(pool.map(lambda wire: self._form(wire, ""), wires))
        return sum(one is not None and alike(one, form) for one in seen) / burst

    def is_calm(self, request: Wire | Request, form: Form) -> bool:
        """Tell whether a few requests, one after the other, to a path that nobody has are answered otherwise."""
        few = (self._form(_away(request), "") for _ in range(FEW))
        return not any(one is not None and alike(one, form) for one in few)

    def again(self, operation: str, wire: Wire) -> Form | None:
        """Return what a request is answered now; what writes is sent without its arguments."""
        return self._form(_emptied(wire) if is_write(operation, wire.method) else wire, operation)

    def is_firewall(self, url: str, form: Form) -> bool:
        """Tell whether classic attacks of different kinds are answered so at a path that nobody has.

        A platform that fails on one kind of value, whatever the path, fails on one of them.
        """
        away = f"{origin(url)}/{secrets.token_hex(8)}"
        seen = [self._form(Wire("GET", f"{away}?x={quote(attack, safe='')}"), "") for attack in ATTACKS]
        found = [one for one in seen if one is not None and (fills(one, form) or _differs_in_status(one, form))]
        drawn = any(one.status != form.status for one in found)
        return len(found) > 1 and not (drawn and self._gives(form, Wire("GET", f"{away}?x=abc"), drawn=True))

    def is_given_beside_other_services(self, operation: str, wire: Wire, form: Form) -> bool:
        """Tell whether a body is answered so beside the operations of the host's other services, of one at least."""
        urls = [url for url in self.routes.of_other_services(operation) if origin(url) == origin(wire.url)]
        seen = [self._form(Wire(wire.method, beside(url), wire.headers, wire.body), operation) for url in urls]
        return bool(seen) and all(one is not None and fills(one, form) for one in seen)

    def blocks(self, operation: str, wire: Wire, form: Form) -> Form | None:
        """Return the template of what blocks a request in front, None where nothing does.

        What the request contains is answered so where no operation reads it, and plain requests are not.

        Args:
            operation: the operationId.
            wire: the request.
            form: the form of its answer.
        """
        found, drawn = self._foreign(operation, wire, form)
        if found is None or self._gives(found, _without_arguments(operation, wire), operation, drawn=drawn):
            return None
        # A target that is out of service for a moment is answered otherwise by now.
        return found if self._foreign(operation, wire, form)[0] is not None else None

    def _foreign(self, operation: str, wire: Wire, form: Form) -> tuple[Form | None, bool]:
        """Return what answers in front, and whether its status is drawn anew for each request."""
        for attacked, plain, name in self._pairs(operation, wire):
            seen = self._form(attacked, name, brief=form.kind == Kind.TIMEOUT)
            drawn = seen is not None and _differs_in_status(seen, form)
            if seen is None or not (drawn or of_one_kind(seen, form)):
                continue
            # Where the words are others each time, only a plain request that is answered in another way says more.
            template = form if drawn or fills(seen, form) else common(seen, form)
            if (template is form or template.words) and not self._gives(template, plain, name, drawn=drawn):
                return template, drawn
        return None, False

    def _pairs(self, operation: str, wire: Wire) -> Iterator[tuple[Wire, Wire, str]]:
        """Yield what is sent where no operation reads it, the plain request to the same place, and their operation."""
        away = beside(wire.url)
        query = urlsplit(wire.url).query
        attacked = Wire(wire.method, f"{away}?{query}" if query else away, wire.headers, wire.body)
        yield attacked, _plain(away, wire), operation
        content = _content(wire)
        value = quote(content[:_LONGEST_VALUE], safe="", errors="replace")
        for url in self.routes.of_other_services(operation) if content else ():
            if origin(url) == origin(wire.url):
                yield Wire("GET", f"{url}?x={value}"), Wire("GET", f"{url}?x=abc"), ""

    def _gives(self, form: Form, wire: Wire, operation: str = "", *, drawn: bool = False) -> bool:
        """Tell whether a plain request is answered so, or cannot be sent; each is sent once.

        `drawn`: any status counts, since it is another one each time.
        """
        # The name of the path beside is another one each time, and does not matter.
        key = Wire(wire.method, wire.url.rpartition("/")[0] if "?" not in wire.url else wire.url, wire.headers)
        if key not in self._plain:
            found = self._settled(wire, operation, brief=form.kind == Kind.TIMEOUT)
            if found is None:
                return True
            self._plain[key] = found
        plain = self._plain[key]
        return fills(plain, form) or (drawn and of_one_template(plain, form))

    def _usual(self, wire: Wire, operation: str) -> Form | None:
        """Return what a request is answered twice, one after the other: what comes now and then is no habit."""
        found = self._settled(wire, operation)
        for _ in range(PASSING_TRIES - 1):
            if found is None or found.kind == Kind.TIMEOUT:
                break
            before, found = found, self._settled(wire, operation)
            if found is None or alike(found, before):
                break
        return found

    def _settled(self, wire: Wire, operation: str, *, brief: bool = False) -> Form | None:
        """Return what a request is answered, once it is not for a moment only that nothing comes from behind.

        What is silent is waited for at length once: each costs a time limit.
        """
        found = self._form(wire, operation, brief=brief)
        for _ in range(PASSING_TRIES - 1):
            if found is None or found.status not in (0, *PASSING):
                break
            found = self._form(wire, operation, brief=brief or found.kind == Kind.TIMEOUT)
        return found

    def _form(self, wire: Wire, operation: str, *, brief: bool = False) -> Form | None:
        try:
            return form_of(self.send(wire, operation, brief=brief))
        except Refused:
            return None


def _differs_in_status(one: Form, other: Form) -> bool:
    """Tell whether two error pages are one but for their status: some firewalls draw it at random."""
    return one.status != other.status and one.kind in ("html", "text") and of_one_template(one, other)


def _content(wire: Wire) -> str:
    """Return what a firewall may take offence at: the texts that look like an attack, else how a JSON body is built.

    Nothing else is sent to where it does not belong: it may be a password.
    """
    values = attack_like(wire)
    try:
        return " ".join(values) or (_structure(parse_json(wire.body)) if wire.body else "")
    except NotJson:
        return ""


def _structure(value: Json) -> str:
    def plain(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else "abc"

    return json.dumps(plain(value))


def _plain(url: str, wire: Wire) -> Wire:
    """Return a request of the same kind and with the same credentials, with nothing that looks like an attack."""
    odd = set(attack_like(wire))
    headers = tuple((name, value) for name, value in wire.headers if value not in odd)
    return Wire(wire.method, url, headers, b"{}" if wire.body and wire.method not in _WITHOUT_BODY else b"")


def _away(request: Wire | Request) -> Wire:
    """Return a request to a path that nobody has with the credentials of another one, and nothing like an attack."""
    query = "" if has_attack(request) else urlsplit(request.url).query
    headers = tuple((name, value) for name, value in request.headers if name.lower() in CREDENTIALS)
    return Wire("GET", f"{beside(request.url)}?{query}" if query else beside(request.url), headers)


def _without_arguments(operation: str, wire: Wire) -> Wire:
    """Return the request to the same place with nothing but its credentials; what writes is asked by GET."""
    method = "GET" if is_write(operation, wire.method) else wire.method
    headers = tuple((name, value) for name, value in wire.headers if name.lower() in OWN_HEADERS)
    return Wire(method, f"{wire.url.partition('?')[0]}?", headers)


def _emptied(wire: Wire) -> Wire:
    """Return a request without its arguments, which writes nothing."""
    return replace(wire, url=wire.url.partition("?")[0], body=b"{}" if wire.body.lstrip()[:1] == b"{" else b"")
