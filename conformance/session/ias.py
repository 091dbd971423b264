"""IAS as flows: sign-on by caSN, the broadcast token of a home, and updates of the in-home flag.

Sources: ias-das-signon-by-casn; ias-in-home-detection. What the documents leave open (the scheme that a target file
does not give, "Bearer" before the token or not) is found out once in a run, by the first request that works.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace

from conformance.errors import ControlFailed, CouldNotTest
from conformance.model import Exchange, Json, JsonObject
from conformance.opentv.answers import answer_object, succeeded
from conformance.opentv.broadcast import find_broadcast_token
from conformance.opentv.tokens import parse_jwt, read_jwt
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.session.signing import ALGORITHMS, SignedOn, keep_secret, signed_with, token_text
from conformance.session.tokens import Bare, issuer
from conformance.stream import TargetProfile
from conformance.target import Secret, Value

SIGN_ON, GENERATE, UPDATE = "dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus"
LIST = "listServices"
SCHEMES = ("CONNECT", "WIDEVINE")
# A token is renewed this long before it ends, so that none ends on its way to the target.
MARGIN_S = 30.0
# How long what came of a token is used again before it is asked for anew.
REUSE_S = 120.0
# The documents give a broadcast token no time: a check gets one that is new, or nearly.
BROADCAST_REUSE_S = 5.0


def das_arguments(sender: Sender, name: str) -> dict[str, Value]:
    """The mandatory parameters of a device's sign-on.

    Raises:
        CouldNotTest: the target file lacks one of them.
    """
    device = sender.session.target.subject(name)
    return {"casn": device["casn"], "dasChallenge": device["dasChallenge"], "scheme": scheme_of(sender, name)}


def das_headers(sender: Sender, name: str) -> dict[str, Value]:
    """The headers of a device's sign-on: tenant, correlation ID, and the MAC address where the target file has one.

    Raises:
        CouldNotTest: the target requires a MAC address, and the target file has none for this device.
    """
    target = sender.session.target
    headers: dict[str, Value] = {"x-correlation-id": str(uuid.uuid4()), "nv-tenant-id": target.tenant}
    address = target.subject(name).get("macAddress")
    if address is not None:
        headers["nv-mac-address"] = address
    elif _mac_address_required(sender):
        add = [f'subjects: {{{name}: {{macAddress: "…"}}}}']
        raise CouldNotTest(f"the target requires nv-mac-address, and subjects.{name} has no macAddress", add=add)
    return headers


def _mac_address_required(sender: Sender) -> bool:
    """Whether a device that has a MAC address signs on with it, and is answered 400 without it."""
    known = sender.session.profile.mac_address_required
    return _find_mac_address_required(sender) if known is None else known


@once
def _find_mac_address_required(sender: Sender) -> bool:
    box = next((name for name, one in sender.session.target.subjects.items() if "macAddress" in one), None)
    if box is None:
        return False
    without = das_sign_on(sender, box, without=("nv-mac-address",))
    required = without.status == 400 and das_sign_on(sender, box).succeeded
    if required or without.succeeded:
        sender.session.learn(TargetProfile(mac_address_required=required))
    return required


def das_sign_on(
    sender: Sender,
    name: str,
    *,
    without: Collection[str] = (),
    changed: Mapping[str, object] | None = None,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
) -> Exchange:
    """Send a device's sign-on, with parameters or headers left out (`without`), changed, or with other headers."""
    arguments: dict[str, object] = {**das_arguments(sender, name), **(changed or {})}
    body = {key: value for key, value in arguments.items() if key not in without}
    sent = {key: value for key, value in das_headers(sender, name).items() if key not in without}
    return sender.send(SIGN_ON, headers={**sent, **(headers or {})}, json=body, valid=valid)


def scheme_of(sender: Sender, name: str) -> str:
    """The scheme of a device's challenge: the target file's, or the documented one that signs the device on."""
    device = sender.session.target.subject(name)
    if "scheme" in device:
        return device.text("scheme")
    return sender.session.profile.schemes.get(name) or _find_scheme(sender, name)


@once
def _find_scheme(sender: Sender, name: str) -> str:
    device = sender.session.target.subject(name)
    for scheme in SCHEMES:
        arguments = {"casn": device["casn"], "dasChallenge": device["dasChallenge"], "scheme": scheme}
        if sender.send(SIGN_ON, headers=das_headers(sender, name), json=arguments).succeeded:
            sender.session.learn(TargetProfile(schemes={name: scheme}))
            return scheme
    return SCHEMES[0]


def sign_on(sender: Sender, name: str = "stb", *, anew: bool = False) -> SignedOn:
    """Sign a device on, or return what an earlier sign-on brought while it is good.

    Raises:
        ControlFailed: the sign-on is refused, or its answer holds no access token.
        CouldNotTest: the target file lacks something.
    """
    return _signed_on.anew(sender, name) if anew else _signed_on(sender, name)


def access_token(sender: Sender, name: str = "stb") -> str:
    """A device's access token of a sign-on, as it goes over the wire, that the target still takes.

    "The app must use this access token in all subsequent calls": after an update, a target may refuse the token before.

    Raises:
        ControlFailed: the sign-on is refused.
        CouldNotTest: the target hands out decoded claims.
    """
    return sign_on(sender, name, anew=not superseded_tokens_work(sender)).bearer


def superseded_tokens_work(sender: Sender) -> bool:
    """Whether the token of a sign-on is still taken after an update (reading `ias-superseded-token`)."""
    target, known = sender.session.target, sender.session.profile.superseded_tokens_work
    pinned = target.readings.get("ias-superseded-token")
    if pinned is not None or "in_home_detection" not in target.features:
        return pinned != "refused"
    return _find_superseded_tokens_work(sender) if known is None else known


@once
def _find_superseded_tokens_work(sender: Sender) -> bool:
    session = sender.session
    token = sign_on(sender).bearer
    first = generate(sender, token)
    broadcast = find_broadcast_token(first.response) if first.response and succeeded(first) else None
    if broadcast is None or not any(_replaces(sender, token, broadcast, flag) for flag in (False, True)):
        return True
    again = generate(sender, token)
    refused = 400 <= again.status < 500
    if refused:
        refused = succeeded(generate(sender, sign_on(sender, anew=True).bearer))
    if refused or succeeded(again):
        session.saw_reading("ias-superseded-token", "refused" if refused else "accepted", again)
        session.learn(TargetProfile(superseded_tokens_work=not refused))
    return not refused


def _replaces(sender: Sender, token: str, broadcast: str, flag: bool) -> bool:
    """Update to a flag; tell whether another token came of it (without a jti, one of the same second is the same)."""
    answer = update(sender, token, broadcast, flag)
    return succeeded(answer) and answer_object(answer).get("access_token") not in (None, token)


@issuer
def _signed_on(sender: Sender, name: str) -> SignedOn:
    exchange = das_sign_on(sender, name, valid=True)
    found = signed_on(sender, exchange, f"the sign-on of subjects.{name}")
    if not found.decoded:
        return found
    algorithm = sender.session.profile.algorithm
    if algorithm is None:
        algorithm = _algorithm(sender, found)
        sender.session.learn(TargetProfile(algorithm=algorithm))
    return signed_with(sender, found, algorithm) if algorithm else replace(found, access="", refresh="")


def _algorithm(sender: Sender, found: SignedOn) -> str:
    """The algorithm by which the target takes claims that it handed out decoded, signed by the suite; empty if none."""
    target = sender.session.target
    asked = GENERATE if "in_home_detection" in target.features else LIST if "mds" in target.services else ""
    if not found.access or not asked:
        return ""
    for algorithm in ALGORITHMS:
        access = signed_with(sender, found, algorithm).access
        for form in (f"Bearer {access}", access):
            if succeeded(sender.send(asked, headers={"Authorization": Secret(form)})):
                return algorithm
    return ""


def signed_on(sender: Sender, exchange: Exchange, what: str) -> SignedOn:
    """Read the answer of a sign-on that should have succeeded.

    Raises:
        ControlFailed: it did not, or it holds no access token.
    """
    body = answer_object(exchange)
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not exchange.succeeded or not (isinstance(access, dict) or read_jwt(access)):
        raise ControlFailed(f"{what} gave no access token: it was {exchange.answered} (exchange {exchange.id})")
    claims = claims_of(access)
    texts = [token_text(sender, token) for token in (access, refresh)]
    for text in texts:
        keep_secret(sender, text)
    exp = claims.get("exp")
    # Where exp cannot be trusted (it is judged elsewhere), the token is used for a while.
    lasts = exp - time.time() if isinstance(exp, int) and not isinstance(exp, bool) and exp < 1 << 33 else 0.0
    lasts = lasts if lasts > 0 else REUSE_S
    good_until = time.monotonic() + max(lasts - MARGIN_S, lasts / 2)
    own = claims, claims_of(refresh)
    return SignedOn(exchange, texts[0], texts[1], *own, good_until, decoded=isinstance(access, dict))


def claims_of(token: Json) -> JsonObject:
    """The claims of a compact or decoded token; empty where it is neither."""
    if isinstance(token, dict):
        return token
    jwt = read_jwt(token)
    return jwt.claims if jwt else {}


def authorization(sender: Sender, token: str) -> dict[str, Value]:
    """The Authorization header of the in-home calls, in the form that this target takes."""
    return {"Authorization": Secret(token if authorization_form(sender) == "bare" else f"Bearer {token}")}


def authorization_form(sender: Sender) -> str:
    """`bearer`, or `bare` where the token is taken only without the prefix; found out by a valid request."""
    pinned = sender.session.target.readings.get("ias-authorization-form")
    if pinned in ("bearer", "bare"):
        return pinned
    return sender.session.profile.authorization_form or _find_authorization_form(sender)


@once
def _find_authorization_form(sender: Sender) -> str:
    # A control of the suite may have signed the box on again, and ended the token: then with a new one.
    for anew in (False, True):
        token = sign_on(sender, anew=anew).bearer
        for form, value in (("bearer", f"Bearer {token}"), ("bare", token)):
            tried = sender.send(GENERATE, headers={"Authorization": Secret(value)})
            if succeeded(tried):
                sender.session.saw_reading("ias-authorization-form", form, tried)
                sender.session.learn(TargetProfile(authorization_form=form))
                return form
    return "bearer"


def generate(sender: Sender, token: str, *, valid: bool = False) -> Exchange:
    """Ask for the token that a set top box broadcasts."""
    return sender.send(GENERATE, headers=authorization(sender, token), valid=valid)


def broadcast_of(sender: Sender, exchange: Exchange) -> str:
    """The token to broadcast that an answer holds.

    Raises:
        ControlFailed: the request was not served, or its answer holds none.
    """
    found = find_broadcast_token(exchange.response) if exchange.response and succeeded(exchange) else None
    if found is None:
        raise ControlFailed(f"{GENERATE} gave no token to broadcast: {exchange.answered} (exchange {exchange.id})")
    sender.session.stream.redactor.learn(found)
    return found


def broadcast_token(sender: Sender, name: str = "stb") -> str:
    """The token that a device broadcasts in its home, which no later one has ended.

    Raises:
        ControlFailed: sign-on or request fails.
    """
    return (_broadcast_token if broadcasts_outlast_the_next(sender) else _broadcast_token.anew)(sender, name).text


def home_tokens(sender: Sender, name: str = "stb") -> tuple[str, str]:
    """A device's access token and broadcast token, both good: a sign-on for the second must not end the first.

    Raises:
        ControlFailed: sign-on or request fails.
    """
    broadcast = broadcast_token(sender, name)
    return access_token(sender, name), broadcast


@once
def broadcasts_outlast_the_next(sender: Sender, name: str = "stb") -> bool:
    """Whether a broadcast token makes in-home after a later one; one that ended may be answered with inHome false."""
    try:
        pair = [broadcast_of(sender, generate(sender, access_token(sender, name), valid=True)) for _ in range(2)]
        return any([makes_in_home(sender, name, one) for one in pair] != [False, True] for _ in range(2))
    except CouldNotTest:
        return True


def makes_in_home(sender: Sender, name: str, broadcast: str) -> bool:
    """Tell whether a broadcast token makes a device in-home."""
    answer = update(sender, access_token(sender, name), broadcast, True, valid=True)
    return succeeded(answer) and claims_of(answer_object(answer).get("access_token")).get("inHome") is True


@issuer
def _broadcast_token(sender: Sender, name: str) -> Bare:
    answer = generate(sender, access_token(sender, name), valid=True)
    return Bare(broadcast_of(sender, answer), time.monotonic() + BROADCAST_REUSE_S)


def update(sender: Sender, token: str, broadcast: object, in_home: object, *, valid: bool = False) -> Exchange:
    """Update the in-home status; an argument that is `...` is left out."""
    arguments = {"updateInHomeToken": broadcast, "inHome": in_home}
    body = {key: value for key, value in arguments.items() if value is not ...}
    return sender.send(UPDATE, headers=authorization(sender, token), json=body, valid=valid)


def updated_token(sender: Sender, exchange: Exchange) -> str:
    """The access token of an update that should have succeeded.

    Raises:
        ControlFailed: it did not, or its answer holds no compact JWT.
    """
    token = answer_object(exchange).get("access_token")
    if not succeeded(exchange) or not isinstance(token, str) or read_jwt(token) is None:
        raise ControlFailed(f"{UPDATE} gave no access token: it was {exchange.answered} (exchange {exchange.id})")
    keep_secret(sender, token)
    return token


def in_home_token(sender: Sender, name: str, *, in_home: bool) -> str:
    """A device's access token whose flag was updated, and is as asked for.

    Raises:
        ControlFailed: an update fails, or its token has another flag.
    """
    kept = superseded_tokens_work(sender)
    return (_in_home_token if kept else _in_home_token.issued)(sender, name, in_home).text


@issuer
def _in_home_token(sender: Sender, name: str, in_home: bool) -> Bare:
    broadcast = broadcast_token(sender, name)
    answer = update(sender, access_token(sender, name), broadcast, in_home, valid=True)
    token = updated_token(sender, answer)
    if parse_jwt(token).claims.get("inHome") is not in_home:
        raise ControlFailed(f"an update to inHome {in_home} gave another flag (exchange {answer.id})")
    return Bare(token, time.monotonic() + REUSE_S)
