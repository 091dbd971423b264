"""How many connections may be open at once? What limits them in front of a platform resets or refuses the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.client import ConcurrentClient, Reply, Wire
from conformance.runner.preflight.lines import Prober
from conformance.session import Session
from conformance.session.form import alike, form_of
from conformance.session.routes import beside
from conformance.stream import TargetProfile, events

# Beside those of generated cases, a run has one connection for its controls, and one may still be closing.
SPARE = 2
# What an address says to a connection that it does not want, where it says anything.
_TURNED_AWAY = (429, 503)


def limit_connections(prober: Prober, services: Collection[str] | None) -> None:
    """Open as many connections at once as the run may need; where some are turned away, keep within the others.

    Of some services alone (None: all).
    """
    session = prober.session
    limits = [limit for url in _hosts(session, services) if (limit := _limit(session, url)) is not None]
    if not limits:
        return
    least = min(limits)
    session.learn(TargetProfile(connections=least))
    session.target = replace(session.target, http=replace(session.target.http, connections=least))
    session.client.allow(least)
    session.stream.write(
        events.Note(text=f"preflight: of more than {least} connections at once some are turned away: no more are used")
    )


def _hosts(session: Session, services: Collection[str] | None) -> Iterator[str]:
    seen = set()
    for name, address in session.target.services.items():
        host = urlsplit(address.url)[:2]
        if host not in seen and (services is None or name in services):
            seen.add(host)
            yield address.url


def _limit(session: Session, url: str) -> int | None:
    """Return how many connections to a host are served at once, None where all are.

    What turns away one request in some does so one after the other, too.
    """
    away = Wire("GET", beside(f"{url.rstrip('/')}/"))
    usual = form_of(session.ask(away))
    http = session.target.http
    wanted, served = http.connections + SPARE, []
    for _ in range(2):
        with ConcurrentClient(http, guard=session.budget.take, connections=wanted) as client:
            replies = [one for one in client.send_all([("", away)] * wanted) if isinstance(one, Reply)]
        if not any(map(_is_turned_away, replies)):
            return None
        served.append(sum(alike(form_of(one), usual) for one in replies))
    singly = any(_is_turned_away(session.ask(away.unshared())) for _ in range(wanted))
    return None if singly else min(served) or None


def _is_turned_away(reply: Reply) -> bool:
    if reply.response is None:
        return reply.kind in ("reset", "connect")
    return reply.response.status in _TURNED_AWAY
