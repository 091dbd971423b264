"""Is an operation at a place? Shown by a request without arguments and credentials, and by paths beside that place.

What answers an operation's path as it answers any other path in the same folder does not have the operation, whatever
the status: a web site, a portal, a gateway that refuses all, a server that has one response to everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from conformance.client import UNREACHED, Reply, Wire, is_write
from conformance.contract import Operation
from conformance.errors import Refused
from conformance.session.encoding import build_wire
from conformance.session.form import Form, alike, form_of, of_one_kind
from conformance.session.routes import beside

Ask = Callable[[Wire, str], Reply]

# Of something in front, or of a service that is out of order for the moment: they show nothing.
_SHOWS_NOTHING = (407, 408, 429, 511, *UNREACHED)
_NOT_FOUND, _REFUSED = 404, 400


def is_served(ask: Ask, operation: Operation, url: str) -> bool:
    """Tell whether a URL answers requests of an operation in another way than paths beside it that do not exist."""
    for wire in _questions(operation, url):
        with suppress(Refused):
            if _differs(ask, operation.operation_id, wire):
                return True
    return False


def _questions(operation: Operation, url: str) -> Iterator[Wire]:
    """Yield requests without arguments; what writes is asked by methods that do not, as far as it has such."""
    name = operation.operation_id
    if not is_write(name, operation.method):
        yield build_wire(operation.method, url, json_body={}) if operation.method != "GET" else Wire("GET", url)
        return
    yield Wire("GET", url)
    yield Wire("OPTIONS", url)
    yield build_wire(operation.method, url, json_body={})


def _differs(ask: Ask, operation: str, wire: Wire) -> bool:
    form, again = (form_of(ask(wire, operation)) for _ in range(2))
    if not _tells(form) or form.kind == "redirect" or not of_one_kind(form, again):
        return False
    if form.kind == "html" and (form.status < _REFUSED or form.status == _NOT_FOUND):
        return False
    away = [form_of(ask(replace(wire, url=beside(wire.url)), operation)) for _ in range(2)]
    if not all(_tells(one) for one in away) or any(alike(form, one) for one in away):
        return False
    # Where even two paths that do not exist are answered in different words, only another kind of response says more.
    return alike(*away) or not any(of_one_kind(form, one) for one in away)


def _tells(form: Form) -> bool:
    return form.status not in (0, *_SHOWS_NOTHING)
