"""hdm-authentication: details that are nearly right, many of them, a few at a time, between signons that are right."""

from __future__ import annotations

from collections.abc import Callable

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.initialising import BY_GET, BY_POST, initialise_as_control
from conformance.checks.repetition import TIMES, Sent, judge_all, judge_refusals, send_all, send_near
from conformance.model import Exchange
from conformance.session.hdm import Query, device_form, first_form, nmp_signon, stb_details, stb_signon, user_token
from conformance.session.initialise import initialise, initialised
from conformance.session.near import Near, near_values, regrouped
from conformance.target import Secret, reveal

DETAILS = {"smartcardId": "STB-020", "nuId": "STB-021", "casn": "STB-022"}
BOXES, USERS = ("stb", "stb_other_account"), ("user", "user_other_account")
UNPROVISIONED = "the gateway that is not provisioned"
Form = Callable[[Check, str], Query]
# What a wrong token must not do, and what the right one does.
INITIALISATIONS = {BY_GET: ("INI-027", "INI-001"), BY_POST: ("INI-127", "INI-101")}


def _refused(exchange: Exchange) -> bool:
    return not exchange.succeeded


def _present(check: Check, names: tuple[str, str]) -> list[str]:
    """The subjects that the target file has: a server may look at one more closely than at another."""
    return [name for name in names if name in check.target.subjects]


def _provisions(check: Check) -> None:
    if "dynamic_provisioning" in check.target.features:
        check.not_declared(
            "the platform may provision what it does not know, so that nearly right details may be taken"
        )


@requirement("STB-020", "STB-021", "STB-022")
def test_a_nearly_right_detail_is_refused(check: Check) -> None:
    _provisions(check)
    boxes = {name: stb_details(check.subject(name)) for name in _present(check, BOXES)}
    for details in boxes.values():
        check.control(stb_signon(check, details, valid=True), 200, what="a signon with the box's own details")
    own = {reveal(value) for details in boxes.values() for value in details.values()}
    for name, requirement_id in DETAILS.items():
        sent: list[Sent] = []
        for number, details in enumerate(boxes.values()):
            values = near_values(reveal(details[name]), TIMES, odd=True)[number :: len(boxes)]
            values = [one for one in values if one.value not in own]
            sent += send_near(values, _box_with(check, details, name), beside=_right(stb_signon, check, details))
        cause = f"signon with a {name} that is nearly the box's own is answered with a token"
        judge_refusals(check, requirement_id, sent, 403, cause=cause)


@requirement("STB-021", "STB-022")
def test_details_are_compared_one_by_one(check: Check) -> None:
    _provisions(check)
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="a signon with the box's own details")
    pairs = regrouped(reveal(details["nuId"]), reveal(details["casn"]))
    sent = [Sent("", stb_signon(check, {**details, "nuId": nuid, "casn": casn})) for nuid, casn in pairs]
    cause = "signon with nuId and casn that are the box's own only together is answered with a token"
    for requirement_id in ("STB-021", "STB-022"):
        judge_refusals(check, requirement_id, sent, 403, cause=cause)


def _box_with(check: Check, details: Query, name: str) -> Callable[[str], Exchange]:
    return lambda value: stb_signon(check, {**details, name: value})


@requirement("STB-029")
def test_a_disabled_set_top_box_is_refused_every_time(check: Check) -> None:
    disabled, details = stb_details(check.subject("stb_disabled")), stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="a signon with the box's own details")
    exchanges = send_all([lambda: stb_signon(check, disabled)] * (TIMES // 2))
    sent = [Sent("", exchange) for exchange in exchanges]
    judge_refusals(check, "STB-029", sent, 403, cause="signon of a disabled box")


@requirement("NMP-030")
def test_a_nearly_right_username_is_refused(check: Check) -> None:
    _signons_with(check, "NMP-030", first_form, "username", "signon with a username that is nearly a user's")


@requirement("NMP-036")
def test_a_nearly_right_device_id_is_refused(check: Check) -> None:
    _provisions(check)
    _signons_with(check, "NMP-036", device_form, "deviceId", "signon with a deviceId that is nearly the user's")


def _signons_with(check: Check, requirement_id: str, form: Form, name: str, cause: str) -> None:
    """Sign each user on with a parameter that is nearly the right one, and judge that all signons are refused."""
    sent: list[Sent] = []
    users = _present(check, USERS)
    for number, user in enumerate(users):
        query = _working(check, form(check, user))
        values = near_values(reveal(query[name]), TIMES, odd=True)[number :: len(users)]
        sent += send_near(values, _signon_with(check, query, name), beside=_right(nmp_signon, check, query))
    judge_refusals(check, requirement_id, sent, 403, cause=f"{cause} is answered with a token")


@requirement("ISO-001")
def test_another_accounts_device_id_is_refused_every_time(check: Check) -> None:
    forms = [_working(check, device_form(check, name)) for name in USERS]
    sends = [
        lambda own=own, other=other: nmp_signon(check, {**own, "deviceId": other["deviceId"]})
        for own, other in (forms, reversed(forms))
    ]
    sent = [Sent("", exchange) for exchange in send_all(sends * (TIMES // 2))]
    cause = "signon with the deviceId of another account"
    judge_refusals(check, "ISO-001", sent, 403, cause=cause)


@requirement("NMP-051")
def test_a_gateway_that_is_nearly_the_users_is_refused(check: Check) -> None:
    unprovisioned = check.subject("gateway_unprovisioned")["smartcardId"]
    query = {**device_form(check), "smartcardId": check.subject("gateway")["smartcardId"]}
    check.control(nmp_signon(check, query, valid=True), 200, what="a signon with deviceId and gateway")
    values = [Near(UNPROVISIONED, reveal(unprovisioned))] * (TIMES // 4)
    values += near_values(reveal(query["smartcardId"]), TIMES // 2, odd=True)
    sent = send_near(values, _at_gateway(check, query))
    other = USERS[1]
    if other in check.target.subjects and "deviceId" in check.subject(other):
        # The second user: its device signs on, and not with that gateway.
        query = _working(check, device_form(check, other))
        sent += send_near(values[: TIMES // 4], _at_gateway(check, query))
    cause = "signon with the smartcardId of a gateway that is not provisioned"
    judge_all(check, "NMP-051", sent, _refused, expected="HTTP 503", cause=cause)
    known = [one for one in sent if one.what == UNPROVISIONED]
    judge_all(
        check,
        "NMP-051",
        known,
        lambda one: one.status in (503, 429),
        expected="HTTP 503",
        cause=f"{cause}: another status",
    )


def _at_gateway(check: Check, query: Query) -> Callable[[str], Exchange]:
    return lambda gateway: nmp_signon(check, {**query, "smartcardId": gateway}, expect_5xx=True)


@requirement("INI-027", "INI-127", "INI-001", "INI-101")
def test_an_initialisation_with_a_nearly_right_token_does_not_succeed(check: Check) -> None:
    spent = [
        right
        for operation, (wrong, right) in INITIALISATIONS.items()
        if not _initialises(check, operation, wrong, right)
    ]
    if spent:
        check.not_observed("a token initialises a device only once, or is ended by later signons, on this target")


def _initialises(check: Check, operation: str, wrong: str, right: str) -> bool:
    """Judge many initialisations, wrong and right ones; False where nothing follows from the right ones."""
    initialise_as_control(check, operation)
    token = user_token(check)
    rights: list[Sent] = []

    def initialise_rightly() -> Exchange:
        rights.append(Sent("", initialise(check, operation, token, valid=True)))
        return rights[-1].exchange

    values = near_values(token.reveal(), TIMES, odd=True)
    # Fewer right ones than wrong ones: each initialises a device.
    sent = send_near(values, _initialised_with(check, operation), beside=initialise_rightly, every=2)
    cause = "initialisation with a token that is nearly a signon's succeeds"
    expected = ("HTTP 200 with a status other than OK, and no response", "HTTP 4xx")
    judge_all(check, wrong, sent, lambda one: not initialised(one), expected=expected, cause=cause)
    served = sum(initialised(one.exchange) for one in rights)
    if served <= len(rights) // 2 and not _initialises_again(check, operation, token):
        return False
    cause = "a right initialisation fails now and then"
    judge_all(check, right, rights, initialised, expected="status OK", cause=cause)
    return True


def _initialised_with(check: Check, operation: str) -> Callable[[str], Exchange]:
    return lambda token: initialise(check, operation, Secret(token))


def _right(sign_on: Callable[..., Exchange], check: Check, query: Query) -> Callable[[], Exchange]:
    return lambda: sign_on(check, query, valid=True)


def _initialises_again(check: Check, operation: str, token: Secret) -> bool:
    """Whether a token initialises a device time and again, while nobody else does."""
    return all(initialised(initialise(check, operation, token)) for _ in range(2))


def _working(check: Check, query: Query) -> Query:
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, with the right details")
    return query


def _signon_with(check: Check, query: Query, name: str) -> Callable[[str], Exchange]:
    return lambda value: nmp_signon(check, {**query, name: value})
