"""How the suite talked to the platform: the facts of the target's profile in words."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report import views
from conformance.report.text import one_line
from conformance.stream import AccountForm, SspForm, TargetProfile

_LONGEST = 200


def profile_facts(profile: TargetProfile) -> tuple[views.Fact, ...]:
    """Return what was found out about the target, each fact with a name; nothing of what was not found out."""
    return tuple(views.Fact(name, one_line(text, _LONGEST)) for name, text in _facts(profile))


def _facts(profile: TargetProfile) -> Iterator[tuple[str, str]]:
    if profile.casn_name is not None:
        yield "Parameter of the caSN at HDM", profile.casn_name
    if profile.direct_mode_only is not None:
        yield "Signons of HDM", "direct mode alone" if profile.direct_mode_only else "with and without direct mode"
    for user, gateway in sorted(profile.gateways.items()):
        yield f"Gateway of subjects.{user}", f"subjects.{gateway}"
    for operation, form in sorted(profile.initialise.items()):
        padding = "" if form.padded else "; base64url without padding"
        yield f"Parameters of {operation}", ", ".join(form.names) + padding
    for box, scheme in sorted(profile.schemes.items()):
        yield f"Scheme of subjects.{box}", scheme
    if profile.mac_address_required is not None:
        yield "nv-mac-address at IAS", "required" if profile.mac_address_required else "not required"
    if profile.authorization_form is not None:
        yield "Access token of the in-home calls", _AUTHORIZATION.get(profile.authorization_form, "")
    if profile.superseded_tokens_work is not None:
        yield "Access token before an update", "still accepted" if profile.superseded_tokens_work else "refused"
    if profile.algorithm is not None:
        yield "Signature of decoded tokens", profile.algorithm or "none is accepted"
    if profile.question_token is not None:
        yield "Token of the licence question", _QUESTION.get(profile.question_token, "")
    if profile.account is not None:
        yield "New account", _account(profile.account)
    if profile.ssp is not None:
        yield "Request to SSP", _ssp(profile.ssp)
    if profile.accounts_need_ssp is not None:
        soon = f"after {profile.signs_on_after_s:g} s" if profile.signs_on_after_s else "at once"
        yield "A new account signs on", "after it was created on SSP, too" if profile.accounts_need_ssp else soon
    if profile.ssp_after_s:
        yield "A new account is known on SSP", f"after {profile.ssp_after_s:g} s"
    if profile.channels_without_token is not None:
        yield "Channel list without a token", "served" if profile.channels_without_token else "refused"
    if profile.salts_again is False:
        yield "Salt of a new account", "must be another one each time"
    if profile.connections is not None:
        yield "Connections at once", f"{profile.connections}: more are turned away"
    if profile.locks_after is not None:
        yield "Wrong passwords that lock a user out", str(profile.locks_after)
    if profile.tokens_known_after_s:
        yield "A new token is known to all services", f"after {profile.tokens_known_after_s:g} s"
    for operation, why in sorted(profile.bans.items()):
        yield f"Ban at {operation}", why
    if profile.silent:
        yield "Requests without a response", "some: further ones are waited for as long as other responses took"
    for operation, url in sorted(profile.places.items()):
        yield f"URL of {operation}", url


_AUTHORIZATION = {"bearer": "Authorization: Bearer <token>", "bare": "Authorization: <token>"}
_QUESTION = {
    "device": "of a user's signon with deviceId",
    "user": "of a user's signon",
    "stb": "of a set top box's signon",
    "ias": "the access token of IAS",
}
_BILLING = {"list": "[]", "text": "an empty string", "null": "null", "filled": "an address", "given": "as given"}


def _account(form: AccountForm) -> str:
    billing = _BILLING.get(form.billing, form.billing)
    status = f"pvrStatus {form.pvr_status}"
    return f"password hash of {form.length} bytes in {form.encoding}, billingAddress {billing}, {status}"


def _ssp(form: SspForm) -> str:
    header = "Authorization" if form.authorization == "authorization" else form.authorization
    tenant = "in the path" if form.tenant == "path" else "in nv-tenant-id"
    return f"token in {header}, tenant {tenant}, _id {'of OPF' if form.account_id == 'given' else 'made by SSP'}"
