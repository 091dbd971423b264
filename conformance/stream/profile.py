"""What a run finds out about its target: how it wants what the documents leave open."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from conformance.redaction.masks import MASK


class InitialiseForm(Struct, frozen=True):
    """How a target takes an initialisation: the parameters' names, and base64url with or without padding."""

    names: tuple[str, ...]
    padded: bool = True


class AccountForm(Struct, frozen=True, kw_only=True):
    """How a target takes a new account.

    `billing` is the kind of billingAddress: `list`, `text` or `null` (blank), `filled`, or `given` in the target file;
    `encoding` and `length` (in bytes) are those of the hashed password.
    """

    billing: str = "list"
    encoding: str = "base64"
    length: int = 320
    pvr_status: str = "ENABLED"


class SspForm(Struct, frozen=True, kw_only=True):
    """How SSP wants the token (the header) and the tenant, and whether it takes the `_id` that OPF gave."""

    authorization: str = "authorization"
    tenant: str = "header"
    account_id: str = "given"


class TargetProfile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a target wants what the documents leave open; None, or missing in a mapping: not found out.

    Attributes:
        places: operation -> the URL where it was found.
        casn_name: how HDM spells the parameter of the caSN.
        direct_mode_only: whether HDM answers direct mode alone.
        gateways: user -> the subject whose smartcardId its signons of direct mode are taken with.
        initialise: operation -> the form of its parameters.
        schemes: set top box -> the scheme of its challenge, where the target file does not give it.
        mac_address_required: whether IAS refuses a sign-on without nv-mac-address.
        authorization_form: `bearer`, or `bare` where the in-home calls take the token only without the prefix.
        superseded_tokens_work: whether the token before an update is still taken.
        algorithm: by which the suite signs claims that IAS issues decoded; empty where the target takes none.
        question_token: whose signon gives the token of the licence question: device, stb, user or ias.
        account: the form of a new account on OPF.
        ssp: the form of a request to SSP.
        accounts_need_ssp: whether an account signs on at HDM only after it was created on SSP, too.
        signs_on_after_s: how many seconds after its creation an account signs on.
        ssp_after_s: how many seconds after its creation on OPF an account is known on SSP.
        channels_without_token: whether the channel list is served without a token.
        salts_again: whether an account may have the password and salt of another.
        connections: how many connections are served at once, where more are turned away.
        locks_after: how many wrong passwords lock a user out, where that was seen on an account made for it.
        tokens_known_after_s: how many seconds after it was issued a token is known to all services.
        bans: operation -> why it refuses whoever asks, or what worked before, since wrong credentials were sent.
        silent: whether some requests get no response, so that the next ones are not waited for so long.
    """

    places: dict[str, str] = {}
    casn_name: str | None = None
    direct_mode_only: bool | None = None
    gateways: dict[str, str] = {}
    initialise: dict[str, InitialiseForm] = {}
    schemes: dict[str, str] = {}
    mac_address_required: bool | None = None
    authorization_form: str | None = None
    superseded_tokens_work: bool | None = None
    algorithm: str | None = None
    question_token: str | None = None
    account: AccountForm | None = None
    ssp: SspForm | None = None
    accounts_need_ssp: bool | None = None
    signs_on_after_s: float | None = None
    ssp_after_s: float | None = None
    channels_without_token: bool | None = None
    salts_again: bool | None = None
    connections: int | None = None
    locks_after: int | None = None
    tokens_known_after_s: float | None = None
    bans: dict[str, str] = {}
    silent: bool | None = None

    def with_facts(self, found: TargetProfile) -> TargetProfile:
        """Return the profile with what another one knows, which counts where both do."""
        both = {}
        for name in self.__struct_fields__:
            mine, new = getattr(self, name), getattr(found, name)
            both[name] = {**mine, **new} if isinstance(mine, dict) else mine if new is None else new
        return msgspec.structs.replace(self, **both)

    def without_masks(self) -> TargetProfile:
        """Return the profile without the places whose URL was redacted when it was written."""
        kept = {operation: url for operation, url in self.places.items() if MASK not in url}
        return msgspec.structs.replace(self, places=kept)
