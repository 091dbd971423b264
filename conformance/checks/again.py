"""What a check saw refused is sent again when the check is over: all of it together, a single one beside itself.

A server that knows by then what it refused, that errs on the request after a refused one, or that mixes up requests of
one moment shows it here.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from functools import partial

from conformance.checks.api import SERVER_ERROR, THROTTLED, Check, Refusal
from conformance.checks.repetition import send_all
from conformance.client import Wire
from conformance.client.headers import STATE_HEADER, TRACE_HEADER
from conformance.errors import CouldNotTest, Refused
from conformance.model import Exchange, Request
from conformance.opentv.answers import succeeded
from conformance.opentv.licence import authorisation
from conformance.opentv.tokens import SIGNONS
from conformance.session import crm
from conformance.session.creations import OPF, SSP
from conformance.session.initialise import initialised
from conformance.session.licences import QUESTION, basic, credentials
from conformance.target import reveal

# What becomes of a caller after many wrong requests, no document says.
LOCKED = 423
CORRELATION = "x-correlation-id"


def ask_again(check: Check) -> None:
    """Send what was refused again, and judge that none of it is served, and none refused with another status."""
    refusals = [one for one in check.refusals.values() if _is_sent_again(check, one)]
    turns = [(one, _with_other_correlation(one.exchange)) for one in refusals]
    operations = Counter(one.exchange.operation for one in refusals)
    alone = [one for one in refusals if operations[one.exchange.operation] == 1]
    turns += [(one, _untraced(one.exchange.request)) for one in alone]
    sends = [partial(_sent, check, one.exchange.operation, request) for one, request in turns]
    for (one, _), again in zip(turns, send_all(sends) if sends else (), strict=True):
        if again is not None and again.response is not None and again.status != THROTTLED and not again.foreign:
            _judge(check, one, again)


def _untraced(request: Request) -> Request:
    """Return a request without what the client writes into each one anew."""
    headers = tuple(one for one in request.headers if one[0].lower() not in (TRACE_HEADER, STATE_HEADER))
    return replace(request, headers=headers)


def _with_other_correlation(refused: Exchange) -> Request:
    """Return a request with an x-correlation-id where it had none, and without where it had one and needs none."""
    request = _untraced(refused.request)
    headers = tuple(one for one in request.headers if one[0].lower() != CORRELATION)
    if len(headers) == len(request.headers) or refused.operation == QUESTION:
        headers = (*headers, (CORRELATION, str(uuid.uuid4())))
    return replace(request, headers=headers)


def _sent(check: Check, operation: str, sent: Request) -> Exchange | None:
    """Send a request; None where the suite, or a limit of the target, does not let it."""
    try:
        return check.send(operation, wire=Wire(sent.method, sent.url, sent.headers, sent.body))
    except (CouldNotTest, Refused):
        return None


def _judge(check: Check, refusal: Refusal, again: Exchange) -> None:
    for requirement_id, statuses in refusal.judged.items():
        # A token may have ended, which is another refusal.
        right = again.operation not in SIGNONS or again.status in (*statuses, LOCKED) or again.status >= SERVER_ERROR
        right = right or not statuses
        check.expect(
            requirement_id,
            right and not _serves(again),
            again,
            expected=f"HTTP {refusal.exchange.status}, as before",
            actual=f"HTTP {again.status}",
            cause=f"{refusal.cause}: sent again, answered {again.status}",
        )


def _serves(exchange: Exchange) -> bool:
    if exchange.operation.startswith("initialiseDevice"):
        return initialised(exchange)
    return bool(authorisation(exchange)) if exchange.operation == QUESTION else succeeded(exchange)


def _is_sent_again(check: Check, refusal: Refusal) -> bool:
    """Tell whether a refused request is worth another one.

    Of accounts, checks send many of a kind anyway; a wrong password of somebody might lock that one out.
    """
    register, exchange = check.session.register, refusal.exchange
    if exchange.operation in (OPF, SSP, crm.OPERATION) or not any(register[name].binding for name in refusal.judged):
        return False
    if exchange.operation == QUESTION:
        given = exchange.request.header("Authorization") or ""
        return not given.startswith("Basic ") or given == reveal(basic(*credentials(check)))
    query = dict(exchange.request.query)
    name, password = query.get("username"), query.get("password")
    people = [one for one in check.target.subjects.values() if "username" in one and "password" in one]
    rights = {reveal(one["username"]): reveal(one["password"]) for one in people}
    # With a name that nobody has, a password of somebody locks nobody out.
    right = {rights[name]} if name in rights else {*rights.values()}
    return not (name and password) or password in right
