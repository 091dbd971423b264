"""How long the target's tokens live, so that none is used beyond its end, and none that ended is held against it.

A signon tells the end of its token (`expiry` in HDM's answer, `exp` in a JWT). What a run remembers of a token is
made anew well before that. Should one end on its way all the same, its refusal is ours: the request is sent again
with a new one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote

from conformance.client import Reply, Wire
from conformance.model import NotJson, Response, http_date
from conformance.opentv.tokens import read_jwt

# A token is renewed this long before it ends, but not before half of its life is over.
MARGIN_S = 30.0
_LONGEST_S = 10 * 365 * 86_400
# The clocks of suite and target may differ by so much, and a token that seems to have ended is used for that long.
_OFF_S, _UNSURE_S = 300.0, 5.0
_SAME_CLOCK_MS = 2_000.0
_NO_END = float("inf")
MIN_TOKEN = 16
# Other services may learn of a token a moment after it was issued: so many seconds later they know it.
YOUNG_S, MOST_YOUNG = 3.0, 64


class Lifetimes:
    """Knows when tokens end, by the monotonic clock. May be shared by threads."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        # What came last, since when: each is young for some seconds alone.
        self._young: deque[tuple[str, float]] = deque(maxlen=MOST_YOUNG)
        self._lock = threading.Lock()

    def note(self, reply: Reply) -> None:
        """Learn when the tokens of an answer came, and the end of one of HDM."""
        now = time.monotonic()
        self._young.extend((text, now) for text in tokens_in(reply.response))
        if reply.response is None or reply.response.status != 200 or b'"expiry"' not in reply.response.body[:65_536]:
            return
        try:
            body = reply.response.json
        except NotJson:
            return
        token, expiry = (body.get("token"), body.get("expiry")) if isinstance(body, dict) else (None, None)
        text = token.get("token") if isinstance(token, dict) else token
        if isinstance(text, str) and isinstance(expiry, (int, float)) and len(text) >= MIN_TOKEN:
            left = (expiry - _server_time_ms(reply)) / 1000
            # By a clock that may be minutes off, one that seems to have ended may end at any moment.
            if -_OFF_S < left < _LONGEST_S:
                with self._lock:
                    self._ends[text] = time.monotonic() + left

    def age(self, wire: Wire) -> float | None:
        """Return the seconds since the newest token that a request carries was issued; None if it is old."""
        now = time.monotonic()
        ages = [now - since for text, since in list(self._young) if now - since < YOUNG_S and holds(wire, text)]
        return min(ages, default=None)

    def left(self, text: str) -> float | None:
        """Return how many seconds a token still lives, below zero if it ended; None where nothing tells."""
        end = self._ends.get(text)
        if end is not None:
            return end - time.monotonic()
        exp = _exp(text)
        return None if exp is None else exp - time.time()

    def good_for(self, texts: Iterable[str]) -> float:
        """Return for how long tokens may be used; infinite where nothing tells."""
        given = list(texts)
        lefts = [left for text in given if (left := self.left(text)) is not None and left > 0]
        unsure = any(self._ends.get(text, _NO_END) < time.monotonic() for text in given)
        return min((max(left - MARGIN_S, left / 2) for left in lefts), default=_UNSURE_S if unsure else _NO_END)


def _server_time_ms(reply: Reply) -> float:
    """Return the target's clock at an answer: ours, unless its `Date`, which has whole seconds, says another time."""
    date = reply.response.header("date") if reply.response else None
    seconds = http_date(date) if date else None
    if seconds is None or abs(seconds * 1000 - reply.received_at) < _SAME_CLOCK_MS:
        return reply.received_at
    return (seconds + 1) * 1000


def _exp(text: str) -> float | None:
    jwt = read_jwt(text)
    exp = jwt.claims.get("exp") if jwt else None
    if isinstance(exp, bool) or not isinstance(exp, (int, float)) or abs(exp) > 1 << 33:
        return None
    return float(exp)


def tokens_in(response: Response | None) -> Iterator[str]:
    """Yield what makes the tokens of an answer usable: whole opaque ones, and the signatures of JWTs."""
    if response is None or response.status >= 300 or b"oken" not in response.body[:65_536]:
        return
    try:
        body = response.json
    except NotJson:
        return
    places = [body, body.get("token")] if isinstance(body, dict) else []
    for place in places:
        for name, value in place.items() if isinstance(place, dict) else ():
            if isinstance(value, str) and "oken" in name and len(value) >= MIN_TOKEN:
                yield value.rpartition(".")[2] if value.startswith("eyJ") else value


def holds(wire: Wire, token: str) -> bool:
    """Tell whether a request carries a token."""
    return (
        token in wire.url
        or quote(token, safe="") in wire.url
        or token.encode() in wire.body
        or any(token in value for _, value in wire.headers)
        or quote(token, safe="").encode() in wire.body
    )


def exchanged(wire: Wire, old: str, new: str) -> Wire:
    """Return a request with another token."""
    safe_old, safe_new = quote(old, safe=""), quote(new, safe="")
    return replace(
        wire,
        url=wire.url.replace(safe_old, safe_new).replace(old, new),
        headers=tuple((name, value.replace(old, new)) for name, value in wire.headers),
        body=wire.body.replace(safe_old.encode(), safe_new.encode()).replace(old.encode(), new.encode()),
    )
