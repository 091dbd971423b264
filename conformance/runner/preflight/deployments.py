"""Are services of one deployment? What one of them issues, or takes, the other takes."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Premise
from conformance.opentv.answers import answer_object, succeeded
from conformance.opentv.codes import SUCCESS
from conformance.opentv.licence import authorisation
from conformance.runner.preflight.creating import no_account, unknown_profiles
from conformance.runner.preflight.lines import Line, Prober, State, answered, answered_alike
from conformance.session import channels, ias, licences
from conformance.session.creations import SSP, opening, send_account
from conformance.session.forgery import arbitrary
from conformance.session.routes import origin
from conformance.target import Secret

_REFUSALS = (401, 403)


def channels_by_token_of_ias(prober: Prober, premise: Premise) -> Iterator[Line]:
    """MDS lists channels for an access token of IAS; at one address, both are of one deployment."""
    exchange = channels.list_services(prober, ias.sign_on(prober).bearer, valid=True)
    services = prober.session.target.services
    if succeeded(exchange):
        yield prober.says(premise, State.PROVED, "MDS lists channels for an access token of IAS")
    elif exchange.status in _REFUSALS and origin(services["mds"].url) != origin(services["ias"].url):
        yield _refused(prober, premise, "MDS", exchange, channels.list_services(prober, arbitrary()))
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request for the channels is {answered(exchange)} by MDS")


def question_by_token_of_signon(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP says of the entitled content whether it is authorised; what it says of a token that nobody issued differs."""
    exchange = licences.licence_opening(prober).exchange
    code = answer_object(exchange).get("resultCode")
    if authorisation(exchange):
        yield prober.says(premise, State.PROVED, "SDP takes the token of a signon")
    elif isinstance(code, str) and code != SUCCESS:
        content, token = licences.content_id(prober, "authorized"), Secret(arbitrary())
        if answered_alike(exchange, licences.ask(prober, content, token, anonymous=True, expect_5xx=True)):
            yield prober.says(premise, State.NOT_PROVED, "SDP refuses a question as one without credentials")
            return
        yield _refused(prober, premise, "SDP", exchange, licences.ask(prober, content, token, expect_5xx=True))
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a question is {answered(exchange)} by SDP")


def account_on_ssp(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SSP creates the account that OPF created, with the token, the tenant and the profiles that OPF takes."""
    if why := no_account(prober, SSP):
        yield prober.says(premise, State.NOT_PROVED, why)
        return
    made = opening(prober, SSP)
    exchange = made.exchange
    if exchange.succeeded:
        yield prober.says(premise, State.PROVED, f"SSP creates the account that OPF created ({exchange.status})")
    elif exchange.status in _REFUSALS:
        stranger = send_account(prober, SSP, made.account.body, token=arbitrary())
        yield _refused(prober, premise, "SSP", exchange, stranger)
    elif unknown_profiles(prober, SSP, made):
        detail = f"SSP answers {exchange.status} to the account that OPF created, as to one of unknown profiles"
        yield prober.says(premise, State.CONTRADICTED, detail, advice="Does SSP have the tenant and the profiles?")
    else:
        yield prober.says(premise, State.NOT_PROVED, f"the account that OPF created is {answered(exchange)} by SSP")


def _refused(prober: Prober, premise: Premise, service: str, exchange: Exchange, stranger: Exchange) -> Line:
    """Say what a refused token means: one that is refused as nobody's contradicts the file."""
    if not answered_alike(exchange, stranger):
        return prober.says(premise, State.NOT_PROVED, f"a right request is {answered(exchange)} by {service}")
    detail = f"{service} refuses a right token with {exchange.status}, as it does one that nobody issued"
    return prober.says(premise, State.CONTRADICTED, detail, advice="Are both of one deployment?")
