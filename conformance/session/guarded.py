"""A limit or a guard on one signon alone, which refuses in the platform's own words.

What limits any path shows itself on a path that nobody has (see `front.py`). What limits the path of a signon does not;
but a right request is refused alike while it lasts, is served a moment later, and refused again when many are sent
together. Each form of a refusal is looked into once. What stays refused, never refuses the right request, or does not
depend on how many there are, is the platform's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.client import UNREACHED, Reply, is_write
from conformance.errors import CouldNotTest
from conformance.session.attempt import Attempt, has_status
from conformance.session.experiment import AT_ONCE
from conformance.session.form import Form, alike, form_of
from conformance.session.host import CALM_S

# They need no token, which may have ended.
SIGNONS = frozenset({"stbsignontokens", "nmpsignontokens", "dasSignOnByCasn"})
# By 429 a limit names itself, and is obeyed.
REFUSALS = tuple(status for status in (*range(400, 500), *UNREACHED) if status != 429)
MOST_FORMS = 20
# Of so many requests, sent together, a limit refuses at least this part.
MANY, LEAST_OF_MANY = 60, 0.2
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
        ask.note("throttled", f"{form.described}, to a right request as well for a moment")
        for pause in (0.0, *WAITS_S):
            waited = ask.sending.patience.wait(pause)
            reply = ask.send()
            if not alike(form_of(reply), form):
                ask.sending.patience.waited(helped=True)
                return reply
            if not waited:
                break
        ask.sending.patience.waited(helped=False)
        if not _refuses_what_worked(ask, form):
            return reply
    raise CouldNotTest(f"signons are throttled: {form.described}, to a right request as well", add=["http: {rate: 5}"])


def _is_limit(ask: Attempt, form: Form) -> bool:
    """Tell whether the request that worked is refused alike, and served a moment later; each form is seen to once."""
    looked = ask.sending.refusals.setdefault(ask.operation, [])
    known = next((limits for one, limits in looked if alike(form, one)), None)
    if known is not None or len(looked) >= MOST_FORMS:
        return bool(known)
    limits = _refuses_what_worked(ask, form) and _serves_after_a_while(ask) and _refuses_many(ask, form)
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


def _refuses_many(ask: Attempt, form: Form) -> bool:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda _number: _control(ask), range(MANY)))
    return sum(one is not None and alike(form_of(one), form) for one in seen) >= LEAST_OF_MANY * MANY


def _refuses_what_worked(ask: Attempt, form: Form) -> bool:
    refused = _control(ask)
    return refused is not None and alike(form_of(refused), form)


def _control(ask: Attempt) -> Reply | None:
    """Return what a right request of the operation is answered now, the same if it is one; None where none worked."""
    own = ask.wire if ask.valid else ask.sending.known_good.get(ask.operation)
    if own is None or is_write(ask.operation, own.method):
        return None
    return ask.sending.client.send(own, ask.operation)
