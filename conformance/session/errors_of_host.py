"""What a host says of what is wrong: by it, what is written as none of the platform's errors is told from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol

from conformance.client import UNREACHED, Wire
from conformance.model import SERVICES
from conformance.session.form import Form, alike
from conformance.session.routes import Routes, beside, origin

SERVER_ERROR = 500
# The errors of so many services are not alike by themselves, and as that of a path that nobody has.
LEVELLED = 3
# How a gateway refuses credentials, or hides what it refuses.
REFUSALS = (401, 403, 404)
_MADE_UP = tuple((name, "Bearer abc") for name in ("Authorization", "nv-authorizations"))
_BESIDE = "beside"
_REGISTERED = frozenset(map(int, HTTPStatus))


class Settled(Protocol):
    """Returns what a request is answered once it is not for a moment only; None where the suite refuses to ask."""

    def __call__(self, wire: Wire, operation: str) -> Form | None:
        """Send the request of an operation."""


@dataclass
class HostErrors:
    """Asks hosts for errors, and remembers them.

    Attributes:
        settled: sends a request.
        routes: where the operations are.
    """

    settled: Settled
    routes: Routes
    _plain: dict[str, list[tuple[str, Form]]] = field(default_factory=dict)
    _refused_by: dict[str, list[tuple[Form, set[str]]]] = field(default_factory=dict)

    def is_foreign(self, url: str, form: Form) -> bool:
        """Tell whether an answer is written as nothing else on a host that speaks JSON, or has a status of nobody's.

        A page that refuses, fails or is called a success, or no body in place of one; a 5xx that no standard names; an
        error with members of its own; or a response that breaks off, which says nothing of who began it.
        """
        if form.status == 0:
            return form.kind in ("reset", "malformed")
        if 300 <= form.status < SERVER_ERROR and form.kind != "json":
            return True
        if form.status in UNREACHED or (form.kind == "json" and (form.status < 400 or not form.keys)):
            return False
        if is_of_proxies(form.status):
            return True
        known = self._members_of(url)
        return bool(known) and form.keys not in known

    def is_of_a_gate(self, operation: str, url: str, form: Form, *, hides: bool, plain: bool) -> bool:
        """Tell whether the operations of several services give one refusal, written as none of their other errors.

        Two services have no page or text by themselves, three no JSON; nor two that of a path that nobody has: beside
        one of them, or any (`hides`): a gateway may answer as if the path were not there. `plain`: it refuses a request
        of the documented method that no firewall takes for an attack.
        """
        if form.status not in REFUSALS or (form.kind == "empty" and not hides) or not self.is_of_none(url, form):
            return False
        given = self._services_that_refuse_so(url, form)
        if plain:
            given.add(self.routes.service(operation))
        places = given | ({_BESIDE} if hides else set())
        return len(given - {_BESIDE}) > 1 and (form.kind != "json" or len(places) >= LEVELLED)

    def levels(self, url: str, form: Form, nowhere: Form | None) -> bool:
        """Tell whether all that is wrong is refused so on a host: a path that nobody has, and three services at least.

        The documents give them different statuses; which one the platform gave, nobody can tell then.
        """
        if not 400 <= form.status < SERVER_ERROR or nowhere is None or not alike(form, nowhere):
            return False
        errors = [(service, one) for service, one in self._errors_of(url) if one.status >= 400]
        return len({service for service, _ in errors}) > LEVELLED and all(alike(one, form) for _, one in errors)

    def _services_that_refuse_so(self, url: str, form: Form) -> set[str]:
        """Return the services that were seen to give a refusal, to be added to; at first by a made-up credential."""
        seen = self._refused_by.setdefault(origin(url), [])
        given = next((services for one, services in seen if alike(one, form)), None)
        if given is None:
            given = {service for service, one in (*self._errors_of(url), *self._refused(url)) if alike(one, form)}
            given.discard("")
            seen.append((form, given))
        return given

    def is_of_none(self, url: str, form: Form) -> bool:
        """Tell whether an error is written as none of those that name what is wrong with a request."""
        named = [one for service, one in self._errors_of(url) if service and one.status >= 400]
        own = [one for one in named if one.status not in REFUSALS]
        return bool(own) and all((one.kind, one.keys) != (form.kind, form.keys) for one in own)

    def of_other_services(self, operation: str, *, made_up: bool = False) -> list[Form]:
        """Return what operations of other services answer without arguments, or with a made-up credential alone."""
        headers = _MADE_UP if made_up else ()
        forms = [self.settled(Wire("GET", url, headers), "") for url in self.routes.of_other_services(operation)]
        return [form for form in forms if form is not None]

    def _refused(self, url: str) -> Iterator[tuple[str, Form]]:
        """Yield what the host of a URL says to a made-up credential, with the service; twice what is to count.

        Beside each operation a path that nobody has is asked without any.
        """
        for service in SERVICES:
            for name, wire in self.routes.plain_requests(service):
                if origin(wire.url) == origin(url) and self.routes.is_guarded(name):
                    one, two = (self.settled(replace(wire, headers=_MADE_UP), name) for _ in range(2))
                    if one and two and alike(one, two):
                        yield service, one
                        away = self.settled(Wire("GET", beside(wire.url)), "")
                        yield from [(_BESIDE, away)] if away else ()

    def _members_of(self, url: str) -> frozenset[frozenset[str]]:
        """Return the members of what a host says of requests without arguments, and of a path that nobody has.

        An operation that fails then may be limited, or be kept back: it says nothing of what the platform's errors are.
        """
        said = [form for service, form in self._errors_of(url) if form.status < SERVER_ERROR or not service]
        return frozenset(form.keys for form in said) - {frozenset()}

    def _errors_of(self, url: str) -> list[tuple[str, Form]]:
        """Return what a host says of requests without arguments, with their service, and of a path that nobody has.

        Each is sent twice: what comes now and then is not what the host says of it.
        """
        host = origin(url)
        if host not in self._plain:
            plain = [(service, wire) for service in SERVICES for _, wire in self.routes.plain_requests(service)]
            asked = [("", Wire("GET", beside(url))), *(one for one in plain if origin(one[1].url) == host)]
            pairs = [(service, self.settled(wire, ""), self.settled(wire, "")) for service, wire in asked]
            self._plain[host] = [(name, one) for name, one, two in pairs if one and two and one.keys == two.keys]
        return self._plain[host]


def is_of_proxies(status: int) -> bool:
    """Tell whether a status is none of the standards', but of some content delivery networks (509, 520 and more)."""
    return status > SERVER_ERROR and status not in _REGISTERED
