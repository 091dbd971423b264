"""HDM's signons as flows: requests as hdm-authentication gives them, and the tokens that they bring.

What the documents leave open (a parameter's name) is found out once in a run, by the first request that works.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from conformance.errors import ControlFailed
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.stream import TargetProfile
from conformance.target import Secret, Subject, Value

STB_DETAILS = ("smartcardId", "nuId", "casn", "csadList")

Query = dict[str, Value]


def stb_details(box: Subject) -> Query:
    """The four details of a set top box, under the names of the target file ("Set Top Box signon").

    Raises:
        CouldNotTest: the target file lacks one of them.
    """
    return {name: box[name] for name in STB_DETAILS}


def stb_signon(
    sender: Sender,
    details: Mapping[str, Value],
    *,
    extra: Mapping[str, Value] | None = None,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
    expect_5xx: bool = False,
) -> Exchange:
    """Sign on a set top box; the caSN travels under the name that this target takes."""
    spelling = casn_name(sender)
    query: Query = {(spelling if name == "casn" else name): value for name, value in details.items()}
    query.update(extra or {})
    answer = sender.send("stbsignontokens", query=query, headers=headers, valid=valid, expect_5xx=expect_5xx)
    return _remembered(sender, details, answer)


def casn_name(sender: Sender) -> str:
    """How the target spells the parameter of the caSN: `casn`, or `caSn` where that one is refused (8.2)."""
    pinned = sender.session.target.readings.get("stb-casn-name")
    if pinned in ("casn", "caSn"):
        return pinned
    return sender.session.profile.casn_name or _find_casn_name(sender)


@once
def _find_casn_name(sender: Sender) -> str:
    session = sender.session
    box = session.target.subjects.get("stb")
    if box is None or not all(name in box for name in STB_DETAILS):
        return "casn"
    details = stb_details(box)
    spelling = "casn"
    found = _remembered(sender, details, sender.send("stbsignontokens", query=details))
    if found.status == 400:
        renamed = {("caSn" if name == "casn" else name): value for name, value in details.items()}
        spelling = "caSn"
        found = _remembered(sender, details, sender.send("stbsignontokens", query=renamed))
    if not found.succeeded:
        return "casn"
    session.saw_reading("stb-casn-name", spelling, found)
    session.learn(TargetProfile(casn_name=spelling))
    return spelling


def user_query(user: Subject) -> Query:
    """The first signon of non-direct mode ("Signon by username and password")."""
    return {"username": user["username"], "password": user["password"]}


def device_query(user: Subject) -> Query:
    """The signon after initialisation ("Signon by username, password, and device ID")."""
    return {**user_query(user), "deviceId": user["deviceId"]}


def one_call_flow() -> dict[str, Value]:
    """Return headers for several requests: one x-correlation-id may correlate all messages of a call flow."""
    return {"x-correlation-id": str(uuid.uuid4())}


def direct_query(user: Subject, gateway: Subject) -> Query:
    """The signon of direct mode, with the home gateway's smartcard ("Direct mode")."""
    return {"smartcardId": gateway["smartcardId"], **device_query(user)}


def nmp_signon(
    sender: Sender,
    query: Mapping[str, Value],
    *,
    extra: Mapping[str, Value] | None = None,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
    expect_5xx: bool = False,
) -> Exchange:
    """Sign on an open device; the parameters present decide the variant."""
    sent = {**query, **(extra or {})}
    answer = sender.send("nmpsignontokens", query=sent, headers=headers, valid=valid, expect_5xx=expect_5xx)
    return _remembered(sender, query, answer)


def _remembered(sender: Sender, query: Mapping[str, Value], answer: Exchange) -> Exchange:
    if answer.succeeded:
        sender.session.history.signed_on(query)
    else:
        sender.session.history.refused(query)
    return answer


def direct_mode_only(sender: Sender) -> bool:
    """Whether the target is seen to answer direct mode alone (reading `nmp-mode`).

    So it is where the feature is declared, all three signons of non-direct mode are answered 400, and the same
    with all four parameters 200. One of the three that succeeds shows a platform that knows non-direct mode.
    """
    target, found = sender.session.target, sender.session.profile.direct_mode_only
    pinned = target.readings.get("nmp-mode")
    if pinned is not None or "direct_mode" not in target.features:
        return pinned == "direct"
    return _find_direct_mode_only(sender) if found is None else found


@once
def _find_direct_mode_only(sender: Sender) -> bool:
    session = sender.session
    user, gateway = session.target.subjects.get("user"), session.target.subjects.get("gateway")
    if user is None or gateway is None or "deviceId" not in user:
        return False
    card: Query = {"smartcardId": gateway["smartcardId"]}
    for query in (user_query(user), device_query(user), {**user_query(user), **card}):
        other = nmp_signon(sender, query)
        if other.status != 400:
            if other.succeeded:
                session.learn(TargetProfile(direct_mode_only=False))
            return False
    direct = nmp_signon(sender, direct_query(user, gateway))
    if direct.status != 200:
        return False
    session.saw_reading("nmp-mode", "direct", direct)
    session.learn(TargetProfile(direct_mode_only=True))
    return True


def first_form(sender: Sender, name: str = "user") -> Query:
    """The least that signs a user on: name and password; all of direct mode where the target has that alone."""
    if direct_mode_only(sender):
        return _direct_form(sender, name)
    return user_query(sender.session.target.subject(name))


def first_signon_gateway(sender: Sender) -> None:
    """Find out whether a first signon looks at the gateway's smartcard (reading `first-signon-gateway`)."""
    card = sender.session.target.subject("gateway_unprovisioned")["smartcardId"]
    answer = nmp_signon(sender, {**first_form(sender), "smartcardId": card}, expect_5xx=True)
    option = {200: "ignored", 503: "checked"}.get(answer.status)
    if option is not None:
        sender.session.saw_reading("first-signon-gateway", option, answer)


def device_form(sender: Sender, name: str = "user") -> Query:
    """The least that signs a user on with the device ID."""
    if direct_mode_only(sender):
        return _direct_form(sender, name)
    return device_query(sender.session.target.subject(name))


def _direct_form(sender: Sender, name: str) -> Query:
    """Direct mode's parameters with a gateway that works for this user: nothing says whose `gateway` is."""
    target = sender.session.target
    gateway = sender.session.profile.gateways.get(name) or _find_gateway(sender, name)
    return direct_query(target.subject(name), target.subject(gateway))


@once
def _find_gateway(sender: Sender, name: str) -> str:
    target = sender.session.target
    box = "stb" if name == "user" else "stb_other_account"
    for gateway in ("gateway", *([box] if target.has_subject(f"{box}.smartcardId") else [])):
        if nmp_signon(sender, direct_query(target.subject(name), target.subject(gateway))).succeeded:
            sender.session.learn(TargetProfile(gateways={name: gateway}))
            return gateway
    return "gateway"


def direct_mode_undecided(sender: Sender) -> list[str]:
    """The lines that the target file lacks to tell whether a target answers direct mode alone.

    What the file says of it is certain only where somebody vouches for the file.
    """
    target = sender.session.target
    said = "direct_mode" not in target.features or "nmp-mode" in target.readings
    if said and target.vouched is not None:
        return []
    needed = {"gateway": "smartcardId", "user": "deviceId"}
    lacking = {name: key for name, key in needed.items() if not target.has_subject(f"{name}.{key}")}
    return [f'subjects: {{{name}: {{{key}: "…"}}}}' for name, key in lacking.items()]


def token_of(exchange: Exchange) -> Secret | None:
    """The token of a signon's or an initialisation's answer, nested as the page has it, or flat; None without one."""
    found = answer_object(exchange).get("token")
    if isinstance(found, dict):
        found = found.get("token")
    return Secret(found) if exchange.succeeded and isinstance(found, str) and found else None


def user_token(sender: Sender, name: str = "user") -> Secret:
    """A fresh token of a user's first signon; of direct mode where the target has that alone.

    Always by a signon of its own: a platform may let a new signon end the tokens of earlier ones.

    Raises:
        ControlFailed: the signon gives none.
    """
    answer = nmp_signon(sender, first_form(sender, name), valid=True)
    return _issued(sender, answer, f"the signon of subjects.{name}")


def device_token(sender: Sender, name: str = "user") -> Secret:
    """A fresh token of a user's signon with the device ID, which tells the platform the device.

    Raises:
        ControlFailed: the signon gives none.
    """
    answer = nmp_signon(sender, device_form(sender, name), valid=True)
    return _issued(sender, answer, f"the signon of subjects.{name} with deviceId")


def stb_token(sender: Sender, name: str = "stb") -> Secret:
    """A fresh token of a set top box's signon.

    Raises:
        ControlFailed: the signon gives none.
    """
    answer = stb_signon(sender, stb_details(sender.session.target.subject(name)), valid=True)
    return _issued(sender, answer, f"the signon of subjects.{name}")


def _issued(sender: Sender, exchange: Exchange, what: str) -> Secret:
    token = token_of(exchange)
    if token is None:
        raise ControlFailed(f"{what} gives no token: it was {exchange.answered} (exchange {exchange.id})")
    sender.session.stream.redactor.learn(token.reveal())
    return token
