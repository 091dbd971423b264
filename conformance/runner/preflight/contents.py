"""May the contents be watched, are the channels where the file says, do the gateways do what it says?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.errors import CouldNotTest
from conformance.model import Exchange, Premise
from conformance.opentv.licence import AUTHORISED, NOT_AUTHORISED, authorisation, delivery_window, result_of
from conformance.runner.preflight.lines import Line, Prober, State, answered, answered_alike
from conformance.session import channels, hdm, ias, licences
from conformance.session.channels import ChannelList
from conformance.session.forgery import arbitrary
from conformance.session.lookalikes import unknown_like
from conformance.session.once import once
from conformance.target import Secret, Value

_REFUSED_GATEWAY, _FORBIDDEN = 503, 403
_USERS = ("user", "user_other_account")
_ANOTHER = "Give a user of another account."
_KEPT_BACK = "the rest of the channel list was kept back, as a limit of requests may do"


def content_authorized(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP says AUTHORIZED to one of those that sign on."""
    opening = licences.licence_opening(prober)
    yield _content(prober, premise, opening.exchange, AUTHORISED)


def content_not_authorized(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP says NOT_AUTHORIZED to whom it says AUTHORIZED of the entitled content."""
    exchange = licences.ask(prober, licences.content_id(prober, "not_authorized"), licences.client_token(prober))
    yield _content(prober, premise, exchange, NOT_AUTHORISED)


def content_live_ppv(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP says AUTHORIZED of a live event, or, where it was not bought, says at least when its keys are delivered."""
    exchange = about_live_event(prober)
    said = authorisation(exchange)
    if said == NOT_AUTHORISED and delivery_window(result_of(exchange)):
        yield prober.says(premise, State.NOT_PROVED, "SDP says NOT_AUTHORIZED: it was not bought")
    else:
        yield _content(prober, premise, exchange, AUTHORISED)


def about_live_event(prober: Prober) -> Exchange:
    """Return SDP's answer about the live event; it is asked once."""
    if "live_ppv" not in prober.asked:
        content, token = licences.content_id(prober, "live_ppv"), licences.client_token(prober)
        prober.asked["live_ppv"] = licences.ask(prober, content, token)
    return prober.asked["live_ppv"]


def _content(prober: Prober, premise: Premise, exchange: Exchange, wanted: str) -> Line:
    said = authorisation(exchange)
    if said == wanted:
        return prober.says(premise, State.PROVED, f"SDP says {said}")
    if said:
        return prober.says(premise, State.CONTRADICTED, f"SDP says {said}")
    if 400 <= exchange.status < 500 and _is_unknown(prober, premise, exchange):
        detail = f"SDP answers {exchange.status} to a question about it, as about a content that nobody has"
        return prober.says(premise, State.CONTRADICTED, detail)
    return prober.says(premise, State.NOT_PROVED, f"a request about it is {answered(exchange)} by SDP")


def _is_unknown(prober: Prober, premise: Premise, refused: Exchange) -> bool:
    """Tell whether a question is refused for its content: as one about a content that nobody has, whoever asks."""
    content = licences.content_id(prober, premise.subject.rpartition(".")[2])
    unknown = licences.ask(prober, unknown_like(content), licences.client_token(prober), expect_5xx=True)
    stranger = licences.ask(prober, content, Secret(arbitrary()), expect_5xx=True)
    return answered_alike(refused, unknown) and not answered_alike(refused, stranger)


def users_are_two(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP's answers to two users have two account numbers; without SDP, neither signs on with the other's device."""
    if "sdp" not in prober.session.target.services:
        yield _by_devices(prober, premise)
        return
    content = licences.content_id(prober, "authorized")
    numbers = []
    for name in _USERS:
        exchange = licences.ask(prober, content, _token(prober, name))
        numbers.append(result_of(exchange).get("accountNumber"))
    one, two = numbers
    if not isinstance(one, str) or not isinstance(two, str):
        yield prober.says(premise, State.NOT_PROVED, "SDP gives no account number to both users")
    elif one == two:
        yield prober.says(premise, State.CONTRADICTED, "SDP gives both users the same accountNumber", advice=_ANOTHER)
    else:
        yield prober.says(premise, State.PROVED, "SDP gives the users two account numbers")


def _by_devices(prober: Prober, premise: Premise) -> Line:
    """Say whether a user signs on with the device of the other, which only one of the same account may."""
    for name, other in (_USERS, _USERS[::-1]):
        user, device = prober.session.target.subject(name), prober.session.target.subject(other)
        if "deviceId" not in device:
            continue
        exchange = hdm.nmp_signon(prober, {**hdm.user_query(user), "deviceId": device["deviceId"]})
        if exchange.succeeded:
            detail = f"HDM signs subjects.{name} on with the device of subjects.{other}"
            return prober.says(premise, State.CONTRADICTED, detail, advice=_ANOTHER)
    return prober.says(premise, State.NOT_PROVED, "only SDP tells the account of a user")


def _token(prober: Prober, name: str) -> Secret:
    with_device = "deviceId" in prober.session.target.subject(name)
    return hdm.device_token(prober, name) if with_device else hdm.user_token(prober, name)


def gateway(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A signon with the gateway succeeds; 503 says that it is not provisioned, if HDM works without it."""
    exchange = with_gateway(prober, "gateway")
    looked_at = "direct_mode" in prober.session.target.features
    if exchange.succeeded and looked_at:
        yield prober.says(premise, State.PROVED, f"a user signs on at HDM with it ({exchange.status})")
    elif (
        exchange.status in (_REFUSED_GATEWAY, _FORBIDDEN)
        and _works_without(prober)
        and (exchange.status == _REFUSED_GATEWAY or _device_works(prober))
    ):
        detail = f"HDM answers {exchange.status} to a signon with it, and 200 without"
        advice = "Give the gateway of the home of subjects.user."
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, _unclear(exchange, "another home's gateway may be refused"))


def gateway_unprovisioned(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A signon with the gateway is answered 503; in direct mode, which needs a provisioned one, never 200.

    One that is answered otherwise, while one that nobody has is answered 503, is provisioned: perhaps for another home.
    """
    exchange = with_gateway(prober, "gateway_unprovisioned")
    claimed = "direct_mode" in prober.session.target.features
    if exchange.status == _REFUSED_GATEWAY and _works_without(prober):
        yield prober.says(premise, State.PROVED, "HDM answers 503 to a signon with it, and 200 without")
    elif exchange.status == 200 and hdm.token_of(exchange) and claimed:
        detail = f"HDM signs a user on with it in direct mode ({exchange.status})"
        yield prober.says(premise, State.CONTRADICTED, detail)
    elif exchange.status in (200, _FORBIDDEN) and _unknown_gateway(prober).status == _REFUSED_GATEWAY:
        detail = f"HDM answers {exchange.status} to a signon with it, and 503 to one with a gateway that nobody has"
        advice = "Give a smartcardId that is not provisioned, for example of a box that was never sold."
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, _unclear(exchange, "HDM may ignore it without direct mode"))


def with_gateway(prober: Prober, name: str) -> Exchange:
    """Sign a user on with a gateway; once for each gateway."""
    if name not in prober.asked:
        prober.asked[name] = _signon_with(prober, name)
    return prober.asked[name]


def _signon_with(prober: Prober, name: str) -> Exchange:
    return _signon_with_card(prober, prober.session.target.subject(name)["smartcardId"])


def _unknown_gateway(prober: Prober) -> Exchange:
    """Sign a user on with a gateway that nobody has, written as that of the file."""
    card = prober.session.target.subject("gateway_unprovisioned")["smartcardId"]
    return _signon_with_card(prober, unknown_like(card))


def _signon_with_card(prober: Prober, card: Value) -> Exchange:
    target = prober.session.target
    user = target.subject("user")
    direct = "direct_mode" in target.features or "deviceId" in user
    query = hdm.device_query(user) if direct else hdm.user_query(user)
    return hdm.nmp_signon(prober, {**query, "smartcardId": card}, expect_5xx=True)


def _works_without(prober: Prober) -> bool:
    """Tell whether HDM signs on without that gateway: the user, or a box."""
    target = prober.session.target
    if "user" in prober.users:
        return True
    box = target.subjects.get("stb")
    return box is not None and hdm.stb_signon(prober, hdm.stb_details(box)).succeeded


def _device_works(prober: Prober) -> bool:
    """Tell whether HDM signs the user on with the device of the file, if there is one."""
    user = prober.session.target.subject("user")
    return "deviceId" not in user or hdm.nmp_signon(prober, hdm.device_query(user)).succeeded


def _unclear(exchange: Exchange, why: str) -> str:
    return f"a signon with it is {answered(exchange)}; {why}"


def channels_in_home_only(prober: Prober, premise: Premise) -> Iterator[Line]:
    """Each is listed with a token of the home, and not with one out of it."""
    given = prober.session.target.channels["in_home_only"]
    inside, outside = _lists(prober, "stb")
    if not inside.served or not outside.served:
        yield prober.says(premise, State.NOT_PROVED, _not_served(inside, outside))
    elif missing := [one for one in given if not inside.lists(one)]:
        if not inside.whole:
            yield prober.says(premise, State.NOT_PROVED, _KEPT_BACK)
            return
        detail = f"MDS does not list {', '.join(missing[:3])} in the home"
        yield prober.says(premise, State.CONTRADICTED, detail)
    elif seen := [one for one in given if outside.lists(one)]:
        detail = f"MDS lists {', '.join(seen[:3])} out of the home, too"
        yield prober.says(premise, State.CONTRADICTED, detail)
    elif line := _other_account(prober, premise, given, inside, "in"):
        yield line
    else:
        yield prober.says(premise, State.PROVED, "MDS lists them in the home only")


def channels_everywhere(prober: Prober, premise: Premise) -> Iterator[Line]:
    """Each is listed with a token of the home, and with one out of it."""
    given = prober.session.target.channels["everywhere"]
    lists = _lists(prober, "stb")
    if not all(one.served for one in lists):
        yield prober.says(premise, State.NOT_PROVED, _not_served(*lists))
        return
    for where, found in zip(("in", "out of"), lists, strict=True):
        missing = [one for one in given if not found.lists(one)]
        if missing and not found.whole:
            yield prober.says(premise, State.NOT_PROVED, _KEPT_BACK)
            return
        if missing:
            detail = f"MDS does not list {', '.join(missing[:3])} {where} the home"
            yield prober.says(premise, State.CONTRADICTED, detail)
            return
        if line := _other_account(prober, premise, given, found, where):
            yield line
            return
    yield prober.says(premise, State.PROVED, "MDS lists them in and out of the home")


@once
def _lists(prober: Prober, name: str) -> tuple[ChannelList, ChannelList]:
    """Return the channels of a box in the home and out of it."""
    inside = channels.channel_list(prober, ias.in_home_token(prober, name, in_home=True))
    return inside, channels.channel_list(prober, ias.in_home_token(prober, name, in_home=False))


def _other_account(prober: Prober, premise: Premise, given: Sequence[str], own: ChannelList, where: str) -> Line | None:
    """Say which channels the other account does not have: a region or a package may have its own."""
    if "stb_other_account" not in prober.session.target.subjects:
        return None
    try:
        other = _lists(prober, "stb_other_account")[where != "in"]
    except CouldNotTest:
        return None
    missing = [one for one in given if own.lists(one) and not other.lists(one)]
    if not missing or not other.served or not other.whole:
        return None
    detail = f"MDS does not list {', '.join(missing[:3])} {where} the home of subjects.stb_other_account"
    return prober.says(premise, State.CONTRADICTED, detail, advice="Give channels that both accounts have.")


def _not_served(*lists: ChannelList) -> str:
    failed = next(one for one in lists if not one.served)
    return f"a request for the channels is {answered(failed.exchange)} by MDS"


def tenant(prober: Prober, premise: Premise) -> Iterator[Line]:
    """IAS signs a box on under the tenant, and its token names it; 404 for every box says that it is unknown."""
    if len(prober.at_ias) > 1 and set(prober.at_ias.values()) == {404}:
        advice = "404 says that tenant or device is unknown: of several devices, check the tenant first."
        yield prober.says(premise, State.CONTRADICTED, "IAS answers 404 to every signon under it", advice=advice)
        return
    claimed = ias.sign_on(prober).claims.get("tenantId")
    if claimed == prober.session.target.tenant:
        yield prober.says(premise, State.PROVED, "IAS signs on under it, and its token names it")
    elif isinstance(claimed, str) and claimed:
        detail = f"IAS signs on under it, and its token names {claimed[:60]!r}"
        yield prober.says(premise, State.CONTRADICTED, detail, advice="Write the tenant as the tokens name it.")
    else:
        yield prober.says(premise, State.NOT_PROVED, "IAS signs on under it, but its token does not name it")
