"""The same request, written otherwise: HTTP, URIs and JSON leave order, white space, escapes and case to the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.checks.api import Check
from conformance.checks.common.test_methods import afresh
from conformance.client import Wire
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.session import ias, licences
from conformance.session.baseline import baseline
from conformance.session.encoding import build_wire
from conformance.session.ias import SIGN_ON, das_arguments, das_headers
from conformance.session.initialise import with_fresh_token

OPERATIONS = {
    "stbsignontokens": "WIR-901",
    "nmpsignontokens": "WIR-902",
    "initialiseDeviceByGet": "WIR-903",
    "initialiseDeviceByPost": "WIR-904",
    "createAccount": "WIR-905",
    "dasSignOnByCasn": "WIR-907",
    "updateInHomeStatus": "WIR-909",
    "isContentAuthorised": "WIR-910",
}
FORBIDDEN = 403
_ESCAPED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def _other_order(wire: Wire) -> Wire:
    url, mark, query = wire.url.partition("?")
    turned = "&".join(reversed(query.split("&")))
    content = _json(wire)
    if content is not None:
        body = json.dumps(dict(reversed(content.items()))).encode()
    else:
        body = b"&".join(reversed(wire.body.split(b"&")))
    return replace(wire, url=f"{url}{mark}{turned}", body=body)


def _lines(wire: Wire) -> Wire:
    content = _json(wire)
    return wire if content is None else replace(wire, body=json.dumps(content, indent=2).encode() + b"\n")


def _escapes(wire: Wire) -> Wire:
    """Every first character of a text that is a letter is escaped."""
    content = _json(wire)
    if content is None:
        return wire

    def escaped(found: re.Match[str]) -> str:
        text = found.group(1)
        return f'"\\u{ord(text[0]):04x}{text[1:]}"' if text[:1].isalpha() else found.group(0)

    return replace(wire, body=_ESCAPED.sub(escaped, json.dumps(content)).encode())


def _small_names(wire: Wire) -> Wire:
    return replace(wire, headers=tuple((name.lower(), value) for name, value in wire.headers))


def _small_hexadecimal(wire: Wire) -> Wire:
    def small(text: str) -> str:
        return re.sub("%[0-9A-F]{2}", lambda found: found.group(0).lower(), text)

    form = _json(wire) is None and b"=" in wire.body
    body = small(wire.body.decode("latin-1")).encode("latin-1") if form else wire.body
    return replace(wire, url=small(wire.url), body=body)


def _charset(wire: Wire) -> Wire:
    return replace(
        wire,
        headers=tuple(
            (name, f"{value}; charset=utf-8" if name.lower() == "content-type" and ";" not in value else value)
            for name, value in wire.headers
        ),
    )


def _json(wire: Wire) -> dict[str, object] | None:
    try:
        content = json.loads(wire.body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


FORMS: dict[str, Callable[[Wire], Wire]] = {
    "its parameters in another order": _other_order,
    "line breaks in its JSON": _lines,
    "escaped characters in its JSON": _escapes,
    "header names in small letters": _small_names,
    "percent-encoding in small letters": _small_hexadecimal,
    "a charset in its media type": _charset,
}


@pytest.mark.parametrize(
    "operation", [pytest.param(name, marks=pytest.mark.requirement(own)) for name, own in OPERATIONS.items()]
)
def test_a_request_is_understood_however_it_is_written(check: Check, operation: str) -> None:
    baseline(check, operation)
    if operation == licences.QUESTION:
        check.session.known_good.pop(operation)
        content = licences.content_id(check, "authorized")
        licences.ask(check, content, licences.client_token(check), valid=True)
        baseline(check, operation)
    usual = _sent(check, operation, lambda wire: wire)
    check.control(usual, what="the request as it is usually written")
    together = _sent(check, operation, _all_forms)
    if _judge(check, operation, together, "in another order, with escapes, small letters and a charset", only_if=True):
        return
    odd = [(what, _sent(check, operation, form)) for what, form in FORMS.items()]
    wrong = [(what, exchange) for what, exchange in odd if not succeeded(exchange)]
    if wrong:
        # A limit may have been reached in between, of accounts, of devices.
        check.control(_sent(check, operation, lambda wire: wire), what="the request as it is usually written, again")
    if all(exchange.status == FORBIDDEN for _, exchange in wrong or [("", together)]):
        check.lacks(f"a request that is written otherwise is answered 403, as by a firewall (exchange {together.id})")
    for what, exchange in wrong or [("in all these ways at once", together)]:
        _judge(check, operation, exchange, what)


def _judge(check: Check, operation: str, exchange: Exchange, what: str, *, only_if: bool = False) -> bool:
    served = succeeded(exchange)
    # A guard in front of the platform may take escapes for an attack: it answers 403.
    if exchange.status != FORBIDDEN and (served or not only_if):
        check.expect(
            OPERATIONS[operation],
            served,
            exchange,
            expected="the answer to the same request, as it is usually written",
            actual=f"HTTP {exchange.status}" if exchange.response else exchange.failure,
            cause=f"a request with {what} is refused",
        )
    return served


def _all_forms(wire: Wire) -> Wire:
    for form in FORMS.values():
        if form is not _lines:
            wire = form(wire)
    return _with_breaks(wire)


def _with_breaks(wire: Wire) -> Wire:
    """Line breaks between the members of JSON that has its escapes already."""
    if _json(wire) is None:
        return wire
    return replace(wire, body=wire.body.replace(b'", "', b'",\n  "').replace(b"{", b"{\n  ", 1))


def _written(check: Check, operation: str) -> Wire:
    """The request that works; one that uses up what it carries (a challenge, a token) with fresh ones."""
    if operation == SIGN_ON:
        headers, arguments = das_headers(check, "stb"), das_arguments(check, "stb")
        return build_wire("POST", check.session.routes.url(operation), headers=headers, json_body=arguments)
    if operation == ias.UPDATE:
        home = ias.broadcast_of(check, ias.generate(check, ias.access_token(check), valid=True))
        headers, body = ias.authorization(check, ias.access_token(check)), {"updateInHomeToken": home, "inHome": True}
        return build_wire("PUT", check.session.routes.url(operation), headers=headers, json_body=body)
    wire = check.session.known_good[operation]
    return with_fresh_token(check, wire) if operation.startswith("initialiseDevice") else wire


def _sent(check: Check, operation: str, form: Callable[[Wire], Wire]) -> Exchange:
    wire = form(afresh(operation, _written(check, operation)))
    exchange = check.send(operation, wire=wire, valid=True)
    if operation.startswith("createAccount") and exchange.succeeded:
        check.session.created(operation, f"the account of exchange {exchange.id}", exchange)
    return exchange
