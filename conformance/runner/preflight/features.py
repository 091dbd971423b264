"""Are the claims true, where a request or two can tell? A claim that does not hold is a hint, never an error."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.opentv.answers import succeeded
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import hdm, ias

# What only a write, or a state of the target, could show.
_NOT_BY_A_REQUEST = {
    "dynamic_provisioning": "a signon of an unknown box would create a device",
    "created_accounts_sign_on": "an account would have to be created",
    "live_ppv_license": "see subjects.content.live_ppv",
}


def feature_lines(prober: Prober) -> list[Line]:
    """Look at every feature that the target file claims."""
    looks = {"in_home_detection": _in_home, "direct_mode": _direct_mode, "ssp": _ssp}
    lines: list[Line] = []
    for name in sorted(prober.session.target.features):
        place = ("features", name)
        if name in looks:
            lines += prober.lines(lambda look=looks[name]: look(prober), *place)  # type: ignore[misc]
        else:
            lines.append(prober.line(State.NOT_PROVED, _NOT_BY_A_REQUEST.get(name, ""), *place))
    return lines


def _in_home(prober: Prober) -> Iterator[Line]:
    place = ("features", "in_home_detection")
    if "ias" not in prober.session.target.services:
        yield prober.line(State.NOT_PROVED, "claimed, but no ias is declared", *place)
        return
    token = ias.sign_on(prober).bearer
    exchange = ias.generate(prober, token, valid=True)
    if succeeded(exchange):
        yield prober.line(State.OK, "IAS gives a token to broadcast", *place)
    else:
        detail = f"claimed, but a request for a token to broadcast is {answered(exchange)}"
        yield prober.line(
            State.NOT_PROVED, detail, *place, advice="If the target has no in-home detection, write false."
        )


def _direct_mode(prober: Prober) -> Iterator[Line]:
    place, target = ("features", "direct_mode"), prober.session.target
    if "hdm" not in target.services:
        yield prober.line(State.NOT_PROVED, "claimed, but no hdm is declared", *place)
        return
    query = hdm.direct_query(target.subject("user"), target.subject("gateway"))
    exchange = hdm.nmp_signon(prober, query)
    if exchange.succeeded:
        yield prober.line(State.OK, "a user signs on with the gateway's smartcard", *place)
    else:
        detail = f"claimed, but a signon with subjects.user and subjects.gateway is {answered(exchange)}"
        advice = "The gateway may be another home's; if the target has no direct mode, write false."
        yield prober.line(State.NOT_PROVED, detail, *place, advice=advice)


def _ssp(prober: Prober) -> Iterator[Line]:
    address = prober.session.target.services.get("adm")
    if address is None or not address.ssp_url:
        detail = "claimed, but services.adm has no ssp_url"
        yield prober.line(State.NOT_PROVED, detail, "features", "ssp", advice="Add it: services: {adm: {ssp_url: …}}.")
    else:
        yield prober.line(State.NOT_PROVED, "an account would have to be created", "features", "ssp")
