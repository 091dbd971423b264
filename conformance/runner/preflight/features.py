"""Are the claims true, and is nothing there that the file does not claim? Each is proved by one request."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Premise
from conformance.opentv.answers import succeeded
from conformance.opentv.licence import AUTHORISED, authorisation, delivery_window, result_of
from conformance.runner.preflight.contents import about_live_event, with_gateway
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.runner.preflight.places import absent
from conformance.session import channels, hdm, ias
from conformance.session.creations import SSP, ssp_url
from conformance.session.encoding import build_wire
from conformance.session.lookalikes import unknown_like

_IF_NOT = "If the target does not have it, write features: {%s: false}."


def in_home_detection(prober: Prober, premise: Premise) -> Iterator[Line]:
    """IAS gives a token to broadcast; a platform without it has no such path."""
    exchange = ias.generate(prober, ias.sign_on(prober).bearer, valid=True)
    if succeeded(exchange):
        yield prober.says(premise, State.PROVED, "IAS gives a token to broadcast")
        return
    url = prober.session.routes.url(ias.GENERATE)
    advice = _IF_NOT % "in_home_detection"
    if absent(prober, build_wire("GET", url), ias.GENERATE):
        detail = "IAS has no path that gives a token to broadcast (404)"
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        detail = f"a request for a token to broadcast is {answered(exchange)}"
        yield prober.says(premise, State.NOT_PROVED, detail, advice=advice)


def mds_provider(prober: Prober, premise: Premise) -> Iterator[Line]:
    """MDS lists channels under the provider; 404 is what it says of a provider that it does not have."""
    exchange = channels.list_services(prober, ias.sign_on(prober).bearer, valid=True)
    name = prober.session.target.services["mds"].provider
    if succeeded(exchange):
        yield prober.says(premise, State.PROVED, f"MDS lists channels of {name[:60]}")
    elif exchange.status == 404:
        detail = f"MDS answers 404 to a request for the channels of {name[:60]}"
        lines = prober.lines_of("services.mds.provider", "services.mds.url")
        advice = f"Check services.mds.provider and services.mds.url.{lines}"
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request for its channels is {answered(exchange)} by MDS")


def direct_mode(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A user signs on with the gateway's smartcard; a refusal may mean that it is another home's."""
    exchange = with_gateway(prober, "gateway")
    if exchange.succeeded:
        yield prober.says(premise, State.PROVED, "a user signs on with the gateway's smartcard")
    else:
        detail = f"a signon with subjects.user and subjects.gateway is {answered(exchange)}"
        advice = f"The gateway may be another home's. {_IF_NOT % 'direct_mode'}"
        yield prober.says(premise, State.NOT_PROVED, detail, advice=advice)


def no_direct_mode(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A user signs on without a gateway; a platform of direct mode alone answers 400, and takes its card."""
    target = prober.session.target
    user, gateway = target.subject("user"), target.subjects.get("gateway")
    if "user" in prober.users or gateway is None or "deviceId" not in user:
        said = "a user signs on without a gateway" if "user" in prober.users else "subjects.gateway would show it"
        yield prober.says(premise, State.PROVED if "user" in prober.users else State.NOT_PROVED, said)
        return
    plain = hdm.nmp_signon(prober, hdm.device_query(user), valid=True)
    direct = hdm.nmp_signon(prober, hdm.direct_query(user, gateway)) if plain.status == 400 else plain
    if plain.status == 400 and direct.succeeded:
        detail = "HDM answers a signon of subjects.user 400, and 200 with the smartcard of subjects.gateway"
        advice = "Write features: {direct_mode: true}."
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a signon without a gateway is {answered(plain)}")


def live_ppv_license(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP says of a live event that was bought when its keys are delivered."""
    exchange = about_live_event(prober)
    if delivery_window(result_of(exchange)):
        yield prober.says(premise, State.PROVED, "SDP says when the keys of a live event are delivered")
    elif authorisation(exchange) == AUTHORISED:
        detail = "SDP says AUTHORIZED of subjects.content.live_ppv, and not when its keys are delivered"
        advice = f"Check that it is a live event. {_IF_NOT % 'live_ppv_license'}"
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request about a live event is {answered(exchange)} by SDP")


def ssp(prober: Prober, premise: Premise) -> Iterator[Line]:
    """Something answers at SSP's address to an empty account, which nothing is created of."""
    url = prober.session.target.services["adm"].ssp_url
    if not url:
        advice = "Add it: services: {adm: {ssp_url: …}}."
        yield prober.says(premise, State.NOT_PROVED, "services.adm has no ssp_url", advice=advice)
        return
    places = dict.fromkeys((prober.session.routes.url(SSP), ssp_url(prober, prober.session.target.tenant)))
    if all(absent(prober, build_wire("POST", place, json_body={}), SSP) for place in places):
        detail = "nothing is found at services.adm.ssp_url (404)"
        where = prober.lines_of("services.adm.ssp_url", "features.ssp")
        advice = f"Check services.adm.ssp_url. {_IF_NOT % 'ssp'}{where}"
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.PROVED, "something answers at services.adm.ssp_url")


def dynamic_provisioning(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A box that nobody knows signs on."""
    yield _unknown_box(prober, premise, wanted=True)


def no_dynamic_provisioning(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A box that nobody knows is refused."""
    yield _unknown_box(prober, premise, wanted=False)


def _unknown_box(prober: Prober, premise: Premise, *, wanted: bool) -> Line:
    session = prober.session
    if not session.budget.writes_allowed:
        return prober.says(premise, State.NOT_PROVED, "the signon of an unknown box may create a device")
    details = hdm.stb_details(session.target.subject("stb"))
    unknown = {name: unknown_like(value) for name, value in details.items()}
    exchange = hdm.stb_signon(prober, unknown)
    if exchange.succeeded:
        session.created("stbsignontokens", f"set top box with smartcardId {unknown['smartcardId']}", exchange)
    # What signs on without a token shows nothing: it may answer everything so.
    if exchange.status != 403 and hdm.token_of(exchange) is None:
        return prober.says(premise, State.NOT_PROVED, f"the signon of an unknown box is {answered(exchange)}")
    state = State.PROVED if exchange.succeeded is wanted else State.CONTRADICTED
    advice = f"Write features: {{dynamic_provisioning: {str(exchange.succeeded).lower()}}}, if that is right."
    detail = f"HDM {'signs an unknown box on' if exchange.succeeded else 'refuses an unknown box'} ({exchange.status})"
    return prober.says(premise, state, detail, advice="" if state is State.PROVED else advice)
