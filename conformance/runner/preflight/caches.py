"""Does something in front answer signons from a cache? Then no response to one tells what the platform says now."""

from __future__ import annotations

import secrets
from dataclasses import replace

from conformance.client import Wire
from conformance.opentv.tokens import SIGNONS
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session.lifetimes import tokens_in


def cache_lines(prober: Prober) -> list[Line]:
    """Say that a cache keeps signons: one by GET is asked, since no cache keeps other methods by itself (RFC 9111)."""
    session = prober.session
    by_get = ((name, wire) for name, wire in session.known_good.items() if name in SIGNONS and wire.method == "GET")
    operation, wire = next(by_get, ("", None))
    if wire is None or not _is_kept(prober, operation, wire):
        return []
    detail = (
        f"{operation} is answered from a cache: the same signon gets the token of before, and one with a parameter "
        "that nobody reads gets another"
    )
    place = ("services", session.contract.operation(operation).service, "url")
    advice = "Let nothing in front keep signons: what was kept says nothing of the platform."
    return [prober.line(State.WRONG, detail, *place, advice=advice)]


def _is_kept(prober: Prober, operation: str, wire: Wire) -> bool:
    """Tell whether a signon gets one token before and after a signon that differs for a cache alone, and gets another.

    A platform that gives a user the same token for a while gives it to all three.
    """
    other = replace(wire, url=f"{wire.url}{'&' if '?' in wire.url else '?'}x={secrets.token_hex(4)}")
    sending = prober.session.sending
    before, between, after = (set(tokens_in(sending.send(one, operation).response)) for one in (wire, other, wire))
    return bool(before and between) and before == after != between
