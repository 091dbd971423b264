"""What only a request that creates something can prove: done where the run would do the same anyway."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from msgspec.structs import replace

from conformance.model import Premise
from conformance.opentv.answers import answer_object
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import hdm
from conformance.session.accounts import ENCODINGS, fresh_account
from conformance.session.creations import OPF, Opening, opening, send_account
from conformance.session.initialise import initialise, initialised

_INITIALISE = "initialiseDeviceByPost"
_REFUSALS = (400, 404)


def player(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A device is initialised with the player's data; the documents answer data that is refused with HTTP 200, too."""
    if why := _left_out(prober, _INITIALISE, "initialiseDeviceByGet"):
        yield prober.says(premise, State.NOT_PROVED, why)
        return
    if hdm.direct_mode_only(prober):
        yield prober.says(premise, State.NOT_PROVED, "the deployment knows direct mode alone, without initialisation")
        return
    exchange = initialise(prober, _INITIALISE, hdm.user_token(prober), valid=True)
    result = answer_object(exchange).get("result")
    status = result.get("status") if isinstance(result, dict) else None
    if initialised(exchange):
        yield prober.says(premise, State.PROVED, f"SDP initialises a device with it ({status or exchange.status})")
    elif exchange.status == 200 and isinstance(status, str):
        yield prober.says(premise, State.CONTRADICTED, f"the platform answers an initialisation with {status[:60]!r}")
    else:
        yield prober.says(premise, State.NOT_PROVED, f"an initialisation is {answered(exchange)}")


def account_template(prober: Prober, premise: Premise) -> Iterator[Line]:
    """An account is created; 404, or the 400 that profiles of no name get as well, says that they are unknown."""
    if why := no_account(prober, OPF):
        yield prober.says(premise, State.NOT_PROVED, why)
        return
    made = opening(prober)
    exchange = made.exchange
    if exchange.succeeded:
        yield prober.says(premise, State.PROVED, f"ADM creates an account with them ({exchange.status})")
        return
    if other := _other_encoding(prober, made):
        detail = f"ADM answers {exchange.status} to a password in the encoding of the file, and 201 to one in {other}"
        key = "account_template.password_encoding"
        yield prober.says(premise, State.CONTRADICTED, detail, key=key, advice=f"Write {other}.")
        return
    if unknown_profiles(prober, OPF, made):
        advice = "Check accountProfileId, npvrProfileName and tenant."
        if prober.session.target.billing_address is not None:
            advice = "Check accountProfileId, npvrProfileName, billingAddress and tenant."
        detail = f"ADM answers {exchange.status}, as it does for profiles that do not exist"
        yield prober.says(premise, State.CONTRADICTED, detail, advice=advice)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request to create an account is {answered(exchange)}")


def _other_encoding(prober: Prober, made: Opening) -> str:
    """Return the encoding that the target takes in place of the one that the file gives; empty where that is not it."""
    template = prober.session.target.account_template
    given = template["password_encoding"].read() if "password_encoding" in template else ""
    for encoding in ENCODINGS:
        if given and encoding != given and made.exchange.status == 400:
            account = fresh_account(prober, replace(made.form, encoding=encoding))
            if send_account(prober, OPF, account.body).succeeded:
                return encoding
    return ""


def unknown_profiles(prober: Prober, operation: str, made: Opening) -> bool:
    """Tell whether an account was refused as one of profiles that do not exist is."""
    if made.exchange.status not in _REFUSALS:
        return False
    improbable = f"no-such-profile-{uuid.uuid4().hex[:8]}"
    body = made.account.having(accountProfileId=improbable, npvrProfileName=improbable)
    return send_account(prober, operation, body).status == made.exchange.status


def no_account(prober: Prober, operation: str) -> str:
    """Say why preflight creates no account; empty if it does."""
    wrong = "no account is created while another line is wrong" if prober.problems else ""
    return _left_out(prober, operation) or wrong


def _left_out(prober: Prober, *operations: str) -> str:
    """Say why the run sends no such request; empty if it does."""
    session = prober.session
    if not session.budget.writes_allowed:
        return "writes are not allowed"
    selected = session.applicability.selected
    if selected is not None and not any(session.register[one].operation in operations for one in selected):
        return "no requirement that is selected creates anything"
    return ""
