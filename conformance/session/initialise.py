"""Initialisation of an open device as a flow: hdm-authentication, "Initialise device".

Names, positions and padding are tried in turn once in a run; what this target takes is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlsplit

from conformance.client import Wire
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.opentv.codes import INITIALISED
from conformance.session.hdm import Query, user_token
from conformance.session.lifetimes import exchanged
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.stream import InitialiseForm, TargetProfile
from conformance.target import Secret, Value, reveal

PLAYER_DATA = ("playerVersion", "playerType", "initializationPayload")
POSITIONS = ("arg0", "arg1", "arg2")
TRIES = 3


def initialise(
    sender: Sender,
    operation: str,
    token: Value | None,
    *,
    without: Collection[str] = (),
    replacing: Mapping[str, Value] | None = None,
    extra: Mapping[str, Value] | None = None,
    form: InitialiseForm | None = None,
    valid: bool = False,
) -> Exchange:
    """Initialise the target file's player: base64url in the query by GET, base64 in a form by POST.

    `without` and `replacing` name the player's data as the page does, whatever this target calls them. Where `form`
    is left out, it is the one that this target was found to take.
    """
    chosen = form or initialise_form(sender, operation)
    player = sender.session.target.subject("player")
    by_get = operation == "initialiseDeviceByGet"
    fields: Query = {}
    for name, sent_as in zip(PLAYER_DATA, chosen.names, strict=True):
        if name in without:
            continue
        value = (replacing or {}).get(name)
        if value is None:
            value = player[name]
            if name == "initializationPayload" and by_get:
                value = _base64url(sender, value, padded=chosen.padded)
        fields[sent_as] = value
    if token is not None:
        fields["token"] = token
    fields.update(extra or {})
    if by_get:
        return sender.send(operation, query=fields, valid=valid, expect_5xx=not valid)
    return sender.send(operation, form=fields, valid=valid, expect_5xx=not valid)


def initialise_freshly(sender: Sender, operation: str) -> Exchange:
    """Initialise with everything right and a token of its own.

    Where it fails it is tried again: a signon of another check, at the same time, may have ended the token.
    """
    answer = initialise(sender, operation, user_token(sender), valid=True)
    for _ in range(TRIES - 1):
        if initialised(answer):
            break
        answer = initialise(sender, operation, user_token(sender), valid=True)
    return answer


def with_fresh_token(sender: Sender, wire: Wire) -> Wire:
    """Return an initialisation with a signon's token of its own in place of the one that it carries."""
    fields = (urlsplit(wire.url).query, wire.body.decode("latin-1"))
    carried = next((value for text in fields for name, value in parse_qsl(text) if name == "token"), "")
    return exchanged(wire, carried, user_token(sender).reveal()) if carried else wire


def _base64url(sender: Sender, payload: Value, *, padded: bool) -> Value:
    changed = reveal(payload).translate(str.maketrans("+/", "-_"))
    changed = changed if padded else changed.rstrip("=")
    sender.session.stream.redactor.learn(changed)
    return Secret(changed)


def initialise_form(sender: Sender, operation: str) -> InitialiseForm:
    """Return how this target takes an initialisation: names first, then `arg0..2` (8.30)."""
    return sender.session.profile.initialise.get(operation) or _find_form(sender, operation)


@once
def _find_form(sender: Sender, operation: str) -> InitialiseForm:
    session = sender.session
    pinned = session.target.readings.get("initialise-parameters")
    names = {"named": (PLAYER_DATA,), "positional": (POSITIONS,)}.get(pinned or "", (PLAYER_DATA, POSITIONS))
    payload = reveal(session.target.subject("player")["initializationPayload"])
    paddings = _paddings(sender, operation, payload)
    forms = [InitialiseForm(chosen, padded) for chosen in names for padded in paddings]
    for form in forms:
        tried = initialise(sender, operation, user_token(sender), form=form)
        if initialised(tried):
            _note_form(sender, form, paddings, tried)
            session.learn(TargetProfile(initialise={operation: form}))
            return form
    return forms[0]


def _paddings(sender: Sender, operation: str, payload: str) -> tuple[bool, ...]:
    """Which forms of the payload differ, and are open, on this target."""
    pinned = sender.session.target.readings.get("initialise-payload-padding")
    if operation != "initialiseDeviceByGet" or not payload.endswith("="):
        return (True,)
    return {"padded": (True,), "unpadded": (False,)}.get(pinned or "", (True, False))


def _note_form(sender: Sender, form: InitialiseForm, paddings: tuple[bool, ...], exchange: Exchange) -> None:
    session = sender.session
    named = "named" if form.names == PLAYER_DATA else "positional"
    session.saw_reading("initialise-parameters", named, exchange)
    base = "qsp" if "/qsp/" in exchange.request.url else "hue-gateway"
    session.saw_reading("initialise-base", base, exchange)
    if len(paddings) > 1 or not form.padded:
        session.saw_reading("initialise-payload-padding", "padded" if form.padded else "unpadded", exchange)
    session.created(exchange.operation, "the device of subjects.player", exchange)


def is_error_response(exchange: Exchange) -> bool:
    """Whether an answer has the printed form of an initialisation's error: its result says a status other than OK.

    The document prints the form without an HTTP status (reading `initialise-error-http`).
    """
    result = answer_object(exchange).get("result")
    status = result.get("status") if isinstance(result, dict) else None
    return isinstance(status, str) and status not in INITIALISED


def initialised(exchange: Exchange) -> bool:
    """Whether an answer says that a device was initialised: a 2xx whose status, or else whose response, says so."""
    if not exchange.succeeded:
        return False
    body = answer_object(exchange)
    result = body.get("result")
    place = result if isinstance(result, dict) else body
    status = place.get("status")
    return status in INITIALISED if isinstance(status, str) else bool(place.get("response"))
