"""A limit or a guard on one signon alone, which refuses in the platform's own words.

What limits any path shows itself on a path that nobody has (see `front.py`). What limits the path of a signon does not;
but a request that worked before is refused alike while it lasts, and is served a moment later. Each form of a refusal
is looked into once. What stays refused, or never refuses the request that works, is the platform's.
"""

from __future__ import annotations

from conformance.client import UNREACHED, Reply, is_write
from conformance.errors import CouldNotTest
from conformance.session.attempt import Attempt, has_status
from conformance.session.form import Form, alike, form_of
from conformance.session.host import CALM_S

# They need no token, which may have ended.
SIGNONS = frozenset({"stbsignontokens", "nmpsignontokens", "dasSignOnByCasn"})
# By 429 a limit names itself, and is obeyed.
REFUSALS = tuple(status for status in (*range(400, 500), *UNREACHED) if status != 429)
MOST_WAITS, MOST_FORMS = 3, 20
WAITS_S = (CALM_S, 2 * CALM_S)


def past_limits(ask: Attempt, first: Reply) -> Reply:
    """Return a response to a signon that no limit of its path gave: the first, where none did.

    Requests that meet a limit are sent one after the other.

    Raises:
        Refused: the suite refuses (limits).
        CouldNotTest: the limit refuses this request, however long we waited.
    """
    if ask.operation not in SIGNONS or not has_status(first, *REFUSALS):
        return first
    form = form_of(first)
    if form.kind != "json":
        # Of a page, `front.py` and `steadiness.py` know more.
        return first
    with ask.sending.turn:
        if not _is_limit(ask, form):
            return first
        for _ in range(MOST_WAITS):
            ask.note("throttled", f"{form.described}, to a right request as well for a moment")
            reply = ask.send()
            if not alike(form_of(reply), form) or not _refuses_what_worked(ask, form):
                return reply
            ask.sending.patience.wait(CALM_S)
    raise CouldNotTest(f"signons are throttled: {form.described}, to a right request as well", add=["http: {rate: 5}"])


def _is_limit(ask: Attempt, form: Form) -> bool:
    """Tell whether the request that worked is refused alike, and served a moment later; each form is seen to once."""
    looked = ask.sending.refusals.setdefault(ask.operation, [])
    known = next((limits for one, limits in looked if alike(form, one)), None)
    if known is not None or len(looked) >= MOST_FORMS:
        return bool(known)
    limits = _refuses_what_worked(ask, form) and _serves_after_a_while(ask)
    looked.append((form, limits))
    return limits


def _serves_after_a_while(ask: Attempt) -> bool:
    """Wait for the request that worked to be served."""
    for pause in WAITS_S:
        if not ask.sending.patience.wait(pause):
            break
        served = _control(ask)
        if served is not None and served.response is not None and served.response.status < min(REFUSALS):
            ask.sending.patience.waited(helped=True)
            return True
    ask.sending.patience.waited(helped=False)
    return False


def _refuses_what_worked(ask: Attempt, form: Form) -> bool:
    refused = _control(ask)
    return refused is not None and alike(form_of(refused), form)


def _control(ask: Attempt) -> Reply | None:
    """Return what the request of the operation that worked is answered now; None where none did."""
    own = ask.sending.known_good.get(ask.operation)
    if own is None or is_write(ask.operation, own.method):
        return None
    return ask.sending.client.send(own, ask.operation)
