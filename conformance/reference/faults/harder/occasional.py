"""Known faults that act on some occasions only: the table says which, where, and when.

A fault of this module is called as the fault that it is, and when it acts: `any-challenge-every-tenth-time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from conformance.reference.faults import (  # noqa: F401 - they register what is derived from here
    Fault,
    access_tokens,
    account_answers,
    account_traces,
    broadcast_tokens,
    callers,
    channel_tokens,
    channels,
    claims,
    concurrency,
    credentials,
    find_plain,
    generated,
    in_home,
    in_home_state,
    isolation,
    licences,
    operator_tokens,
    parameters_adm,
    parameters_hdm,
    parameters_ias,
    refusals,
    register,
    rights,
    signon_answers,
    status,
)
from conformance.reference.faults.harder.occasions import (
    AfterRefusal,
    AfterUpdate,
    Again,
    Every,
    FromUse,
    OlderThan,
    Overlap,
    SecondAccount,
)
from conformance.reference.faults.occasion import Occasion
from conformance.reference.faults.operations import (
    CREATE,
    CREATE_SSP,
    DAS,
    GENERATE,
    INITIALISE,
    MDS,
    NMP,
    SDP,
    STB,
    UPDATE,
)

AGE_S = 3.0
# name of the occasion -> kind of the faults, words for the summary, what makes it
OCCASIONS: dict[str, tuple[str, str, Callable[[], Occasion]]] = {
    "every-tenth-time": ("sometimes", "on one request in ten", partial(Every, 10)),
    "every-thirtieth-time": ("sometimes", "on one request in thirty", partial(Every, 30)),
    "from-the-fifth-time": ("later", "from a caller's fifth request", partial(FromUse, 5)),
    "after-a-refusal": ("later", "on the request after a refused one", AfterRefusal),
    "after-an-update": ("later", "after an update of the in-home status", AfterUpdate),
    "for-old-tokens": ("later", f"for tokens older than {AGE_S:g} seconds", partial(OlderThan, AGE_S)),
    "for-the-second-account": ("for some", "for the second account only", SecondAccount),
    "when-requests-overlap": ("together", "while another request is served", Overlap),
    "when-sent-again": ("later", "from the second time that the same request comes", Again),
}
TENTH, THIRTIETH, FIFTH, REFUSED, UPDATED, OLD, SECOND, TOGETHER, AGAIN = OCCASIONS
BOTH = (TENTH, THIRTIETH)


def _derived(base: str, operations: Iterable[str], *occasions: str) -> None:
    """Registers a fault on some occasions, at some operations."""
    known, own = find_plain(base), tuple(operations)
    # A fault that other services' operations could show, too, has the operation in its name.
    place = "" if set(known.operations) <= set(own) else f"-at-{_PLACES[own]}"
    for name in occasions:
        kind, words, made = OCCASIONS[name]
        summary = f"{known.summary.rstrip('.')}, {words}."
        fault = replace(known, name=f"{base}{place}-{name}", kind=kind, summary=summary, operations=own)
        register(replace(fault, occasion=made, base=base))


_PLACES = {
    (STB,): "stb",
    (NMP,): "nmp",
    INITIALISE: "initialise",
    (CREATE,): "opf",
    (CREATE_SSP,): "ssp",
    (DAS,): "das",
    (GENERATE,): "generate",
    (UPDATE,): "update",
    (SDP,): "sdp",
    (MDS,): "mds",
}

# HDM, set top boxes
_derived("nuid-not-compared", (STB,), *BOTH, REFUSED, SECOND, TOGETHER, AGAIN)
_derived("disabled-box-signs-on", (STB,), TENTH)
_derived("stb-mixed-details-is-401", (STB,), TENTH)
_derived("hdm-disabled-device-is-401", (STB,), TENTH)
_derived("stbsignontokens.expiry.missing", (STB,), THIRTIETH)
_derived("boxes-refused", (STB,), *BOTH, FIFTH, REFUSED, TOGETHER)
_derived("signon-expiry-past", (STB,), THIRTIETH, FIFTH, SECOND)
_derived("stb-without-nuid", (STB,), REFUSED, AGAIN)
_derived("stb-missing-parameter-is-422", (STB,), AGAIN, TOGETHER)
# HDM, open devices
_derived("nmp-without-password", (NMP,), AGAIN, TOGETHER)
_derived("any-password-without-device", (NMP,), SECOND)
_derived("any-password-with-device", (NMP,), SECOND)
_derived("created-account-any-password", (NMP,), TENTH, REFUSED)
_derived("any-user", (NMP,), *BOTH, REFUSED, AGAIN)
_derived("nmp-unknown-device-is-401", (NMP,), TENTH)
_derived("any-device", (NMP,), *BOTH, TOGETHER)
_derived("foreign-device-accepted", (NMP,), *BOTH, SECOND)
_derived("device-signon-refused", (NMP,), *BOTH, FIFTH, REFUSED, SECOND, TOGETHER)
_derived("first-signon-refused", (NMP,), TENTH, REFUSED)
_derived("device-token-unknown-to-sdp", (NMP,), *BOTH, REFUSED, SECOND)
_derived("gateway-not-checked", (NMP,), TENTH, SECOND)
_derived("nmp-unprovisioned-gateway-is-500", (NMP,), TENTH)
_derived("signon-expiry-past", (NMP,), THIRTIETH, FIFTH)
# HDM, initialisation
_derived("any-signon-token", INITIALISE, *BOTH, REFUSED, AGAIN)
_derived("initialiseDeviceByGet.result.response.missing", INITIALISE[:1], THIRTIETH, REFUSED, TOGETHER)
_derived("initialise-without-payload", INITIALISE, TENTH, AGAIN)
_derived("initialise-without-token", INITIALISE, AGAIN)
# ADM
_derived("crm-any-token", (CREATE,), *BOTH, REFUSED, AGAIN)
_derived("crm-any-token", (CREATE_SSP,), TENTH)
_derived("account-of-any-tenant", (CREATE,), *BOTH, REFUSED)
_derived("account-without-accountprofileid", (CREATE,), TOGETHER)
_derived("account-of-any-tenant", (CREATE_SSP,), TENTH)
_derived("adm-unknown-tenant-is-403", (CREATE,), TENTH)
_derived("created-account-never-opens", (NMP,), TENTH, TOGETHER)
_derived("account-id-constant", (CREATE,), TENTH, TOGETHER)
# IAS, signon
_derived("any-challenge", (DAS,), *BOTH, REFUSED, SECOND, AGAIN)
_derived("challenge-of-any-box", (DAS,), TENTH)
_derived("das-of-any-tenant", (DAS,), *BOTH, REFUSED)
_derived("envelope-of-another-account", (DAS,), THIRTIETH, FIFTH, SECOND)
_derived("device-of-first-signon", (DAS,), TENTH, UPDATED, TOGETHER)
_derived("signon-at-ias-refused", (DAS,), *BOTH, FIFTH, REFUSED, UPDATED, TOGETHER)
_derived("das-missing-casn-accepted", (DAS,), AGAIN, TOGETHER)
_derived("das-missing-parameter-is-422", (DAS,), AGAIN)
_derived("das-without-tenant", (DAS,), REFUSED)
# IAS, in-home detection
_derived("alg-none-accepted", (GENERATE,), TOGETHER, REFUSED)
_derived("any-key-accepted", (GENERATE,), *BOTH, REFUSED, SECOND, AGAIN)
_derived("access-token-never-expires", (GENERATE,), TENTH)
_derived("broadcast-of-first-home", (GENERATE,), *BOTH, FIFTH, UPDATED, TOGETHER)
_derived("any-key-accepted", (UPDATE,), TENTH, REFUSED)
_derived("account-not-compared", (UPDATE,), *BOTH, REFUSED, UPDATED, SECOND, TOGETHER)
_derived("forged-broadcast-is-home", (UPDATE,), TENTH, AGAIN)
_derived("flag-inverted", (UPDATE,), THIRTIETH)
_derived("flag-always-true", (UPDATE,), *BOTH, UPDATED, SECOND, TOGETHER)
_derived("update-changes-account", (UPDATE,), TENTH)
_derived("update-to-true-refused", (UPDATE,), *BOTH, REFUSED, OLD, SECOND, TOGETHER)
_derived("update-missing-flag-is-false", (UPDATE,), AGAIN)
# SDP
_derived("licence-without-token", (SDP,), AGAIN)
_derived("basic-optional", (SDP,), AGAIN, TOGETHER)
_derived("licence-for-all-contents", (SDP,), *BOTH, REFUSED, OLD, TOGETHER)
_derived("licence-account-constant", (SDP,), TENTH, TOGETHER)
_derived("licence-for-nothing", (SDP,), THIRTIETH, FIFTH, OLD)
_derived("licence-error-without-result", (SDP,), TENTH, REFUSED)
_derived("basic-any", (SDP,), *BOTH, REFUSED)
_derived("any-signon-token", (SDP,), *BOTH, REFUSED, AGAIN)
# MDS
_derived("channels-not-filtered", (MDS,), *BOTH, FIFTH, REFUSED, UPDATED, OLD, SECOND, TOGETHER)
_derived("channels-one-missing", (MDS,), THIRTIETH, SECOND, TOGETHER)
_derived("any-key-accepted", (MDS,), *BOTH, REFUSED, UPDATED, AGAIN)
_derived("channels-for-nobody", (MDS,), TENTH)
_derived("channels-refuse-updated-token", (MDS,), TENTH)

__all__ = ["OCCASIONS", "Fault"]
