"""Sending accounts to OPF and to SSP, and finding out once in a run which documented form each of them takes.

Source: adm-creating-an-account (Request; Headers). No page gives a way to delete an account: the ledger hears of each.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from msgspec.structs import replace

from conformance.errors import CouldNotTest
from conformance.model import Exchange, NotJson, broken
from conformance.session.accounts import BLANKS, HASH_BYTES, SALT_BYTES, Account, forms, fresh_account, hash_of, with_id
from conformance.session.attribution import deliver
from conformance.session.crm import crm_token
from conformance.session.encoding import build_wire
from conformance.session.form import CREDENTIALS
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.session.session import Session
from conformance.stream import AccountForm, SspForm, TargetProfile
from conformance.target import Secret, Value, reveal

OPF, SSP = "createAccount", "createAccountOnSsp"
WAITS_S = (0.0, 1.0, 2.5)
NOT_FOUND = 404


@dataclass(frozen=True)
class Opening:
    """The first account that the run created at a place, and the form that was taken; `exchange` may be a refusal."""

    form: AccountForm
    account: Account
    exchange: Exchange

    @property
    def account_id(self) -> str:
        """The account's ID, empty where there is none."""
        return created_id(self.exchange)


def send_account(
    sender: Sender,
    operation: str,
    body: Mapping[str, object] | None,
    *,
    token: Value | None = None,
    tenant: str | None = None,
    without: str = "",
    content: bytes | None = None,
    place: SspForm | None = None,
    correlation_id: str = "",
    valid: bool = False,
) -> Exchange:
    """Send a request to create an account, and tell the ledger if it did.

    Args:
        sender: who sends.
        operation: `OPF` or `SSP`.
        body: the body as JSON; None where `content` is the body.
        token: another token than the CRM's.
        tenant: another tenant than the target's.
        without: a header to be left out, in lower case.
        content: the body as it is.
        place: how SSP wants token and tenant, where that is not known yet.
        correlation_id: the x-correlation-id of another request.
        valid: the request is meant to succeed.
    """
    where = place or (known_place(sender) if operation == SSP else SspForm())
    named = sender.session.target.tenant if tenant is None else tenant
    headers = _headers(where, crm_token(sender) if token is None else token, named)
    if correlation_id:
        headers["x-correlation-id"] = correlation_id
    dropped = CREDENTIALS if without == "authorization" else (without,)
    sent = {name: value for name, value in headers.items() if name.lower() not in dropped}
    if content is not None:
        exchange = sender.send(operation, headers=sent, content=content, valid=valid)
    else:
        exchange = sender.send(operation, headers=sent, json=body, valid=valid)
    if exchange.succeeded:
        _judge_id(sender, operation, body or {}, exchange)
        signon_id = str((body or {}).get("signonId", ""))
        if operation == OPF and (valid or signon_id in sender.session.history.passwords()):
            sender.session.history.created(signon_id, hash_of(body or {}))
        sender.session.created(operation, created_id(exchange) or f"signonId {signon_id}", exchange)
    return exchange


def _judge_id(sender: Sender, operation: str, body: Mapping[str, object], exchange: Exchange) -> None:
    """Judge that the platform made an ID that it has not given before in this run."""
    made = created_id(exchange)
    if operation != OPF:
        return
    history, whose = sender.session.history, str(body.get("signonId"))
    if "_id" in body:
        history.asked_again(str(body["_id"]))
    # Which _id a second request for an account is answered with, no document says (reading duplicate-account).
    if not history.names_first(whose) or "_id" in body or not made:
        return
    name, before = history.account_of(made, whose, exchange.id)
    if name != whose:
        cause = "two accounts have the same _id"
        actual = f"the _id of exchange {before} again"
        finding = broken("ADM-008", expected="another _id for each account", actual=actual, cause=cause)
        sender.session.recorder.record(finding, exchange, by=sender.made_by)


def send_account_to(
    sender: Sender, url: str, body: Mapping[str, object], *, tenant: str | None, made_by: str
) -> Exchange:
    """Send a request to create an account on SSP to another URL than its own, with the CRM's token."""
    session = sender.session
    headers = _headers(known_place(sender), crm_token(sender), tenant)
    wire = build_wire("POST", url, headers=headers, json_body=body)
    delivery = deliver(session.sending, SSP, wire)
    exchange = session.recorder.exchange_of(SSP, delivery, made_by=made_by, valid=False)
    session.recorder.judge_and_write(exchange, lost=delivery.lost)
    if exchange.succeeded:
        session.created(SSP, created_id(exchange), exchange)
    return exchange


def send_to_ssp(sender: Sender, account: Account, account_id: str) -> Exchange:
    """Make the request that created an account on OPF again, to SSP; without the ID, where SSP makes its own."""
    opening(sender, SSP)
    _wait_for_ssp(sender)
    exchange = send_account(sender, SSP, with_id(account, account_id).body)
    if exchange.succeeded:
        return exchange
    return send_account(sender, SSP, {name: value for name, value in account.body.items() if name != "_id"})


def _wait_for_ssp(sender: Sender) -> None:
    session = sender.session
    session.patience.clock.sleep(session.profile.ssp_after_s or 0.0)


def _headers(place: SspForm, token: Value, tenant: str | None) -> dict[str, Value]:
    headers: dict[str, Value] = {"x-correlation-id": str(uuid.uuid4()), "Content-Type": "application/json"}
    headers.update(_authorization(place, token))
    if tenant is not None:
        headers["nv-tenant-id"] = tenant
    return headers


def _authorization(place: SspForm, token: Value) -> dict[str, Value]:
    if place.authorization == "nv-authorizations":
        return {"nv-authorizations": token if isinstance(token, Secret) else Secret(token)}
    return {"Authorization": Secret(f"Bearer {reveal(token)}")}


def created_id(exchange: Exchange) -> str:
    """Return the `_id` of an answer, empty where it has none."""
    if exchange.response is None or not exchange.succeeded:
        return ""
    try:
        body = exchange.response.json
    except NotJson:
        return ""
    value = body.get("_id") if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def opening(sender: Sender, operation: str = OPF) -> Opening:
    """Create the run's first account at a place, in whichever documented form the target takes it. Made once."""
    return _open_ssp(sender) if operation == SSP else _open_opf(sender)


def account_form(sender: Sender) -> AccountForm:
    """Return the form in which the target takes a new account.

    Raises:
        CouldNotTest: the target file lacks something.
    """
    return sender.session.profile.account or opening(sender, OPF).form


@once
def _open_opf(sender: Sender) -> Opening:
    first: Opening | None = None
    for form in forms(sender.session.target):
        account = fresh_account(sender, form)
        exchange = send_account(sender, OPF, account.body, valid=True)
        first = first or Opening(form, account, exchange)
        if exchange.succeeded:
            _note_form(sender, form, exchange)
            _note_salts(sender, form)
            return Opening(form, account, exchange)
        if not 400 <= exchange.status < 500 or exchange.status in (401, 403, 404):
            break
    if first is None:
        raise CouldNotTest("no form of an account is left to try")
    return first


def _note_form(sender: Sender, form: AccountForm, exchange: Exchange) -> None:
    sender.session.learn(TargetProfile(account=form))
    if form.billing in BLANKS:
        sender.session.saw_reading("blank-billing-address", form.billing, exchange)
    sender.session.saw_reading("password-encoding", form.encoding, exchange)
    sender.session.saw_reading("pbkdf2-length", "bytes" if form.length == HASH_BYTES else "bits", exchange)


def _note_salts(sender: Sender, form: AccountForm) -> None:
    """Find out whether an account may have the password and salt of another: no sentence says it, or forbids it."""
    session = sender.session
    if session.profile.salts_again is not None:
        return
    again = send_account(sender, OPF, fresh_account(sender, form).body)
    if again.succeeded:
        session.learn(TargetProfile(salts_again=True))
    elif 400 <= again.status < 500:
        salt = secrets.token_bytes(SALT_BYTES)
        if send_account(sender, OPF, fresh_account(sender, form, salt=salt).body).succeeded:
            session.learn(TargetProfile(salts_again=False))


def opf_account(sender: Sender, *, form: AccountForm | None = None) -> Account:
    """Create an account on OPF, to be created on SSP: "this request must be made twice".

    Raises:
        CouldNotTest: OPF does not create accounts.
    """
    return _accounts_of_opf(sender, form)[known_place(sender).account_id]


def _accounts_of_opf(sender: Sender, form: AccountForm | None = None) -> dict[str, Account]:
    """Create an account on OPF, and return it as SSP may want it: with OPF's ID (`given`), or without (`own`)."""
    first = opening(sender, OPF)
    if not first.exchange.succeeded:
        raise CouldNotTest(f"no account can be created on OPF (exchange {first.exchange.id})")
    account = fresh_account(sender, form or first.form)
    exchange = send_account(sender, OPF, account.body, valid=True)
    if not exchange.succeeded:
        raise CouldNotTest(f"no second account can be created on OPF (exchange {exchange.id})")
    _wait_for_ssp(sender)
    return {"given": with_id(account, created_id(exchange)), "own": account}


def known_place(sender: Sender) -> SspForm:
    """Return how SSP wants token and tenant, as far as the run, or the target file, knows."""
    pins = sender.session.target.readings
    return sender.session.profile.ssp or SspForm(
        authorization=pins.get("ssp-authorization", "authorization"),
        tenant=pins.get("ssp-tenant", "header"),
        account_id=pins.get("ssp-account-id", "given"),
    )


def ssp_url(sender: Sender, tenant: str | None) -> str:
    """Return SSP's address of the operation with a tenant in front of the path, or (None) without one.

    The target file's address may hold the tenant itself, as a part of its path.
    """
    session = sender.session
    address = session.target.services["adm"].ssp_url
    if not address:
        raise CouldNotTest("the target file has no SSP address", add=["services: {adm: {ssp_url: …}}"])
    parts = urlsplit(address.rstrip("/"))
    folders = [part for part in parts.path.split("/") if part]
    if session.target.tenant in folders:
        place = len(folders) - 1 - folders[::-1].index(session.target.tenant)
        folders[place : place + 1] = [tenant] if tenant else []
    elif tenant:
        folders.append(tenant)
    path = "".join(f"/{part}" for part in folders) + session.contract.operation(SSP).path
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def tenant_in_ssp_path(sender: Sender) -> bool:
    """Whether SSP finds the tenant in front of the path."""
    address = sender.session.target.services["adm"].ssp_url or ""
    return known_place(sender).tenant == "path" or sender.session.target.tenant in urlsplit(address).path.split("/")


@once
def _open_ssp(sender: Sender) -> Opening:
    """Make the request again to SSP: the same headers first, then as SSP's own calls have token and tenant."""
    session = sender.session
    accounts, liked = _accounts_of_opf(sender), known_place(sender).account_id
    form = opening(sender, OPF).form
    tries = [known_place(sender)]
    tries += [place for place in _places() if place not in tries]
    first: Exchange | None = None
    waited, turns = 0.0, [(0.0 if number else wait, one) for wait in WAITS_S for number, one in enumerate(tries)]
    for wait, place in turns:
        # An account may take a moment to be known on SSP: until then it does not exist there.
        if wait and first is not None and first.status != NOT_FOUND:
            break
        session.patience.clock.sleep(wait)
        waited += wait
        if wait:
            _pin_first_place(session)
        if not session.target.paths.get(SSP):
            with_tenant = ssp_url(sender, session.target.tenant)
            if place.tenant == "path":
                session.routes.pin(SSP, with_tenant)
            elif session.routes.url(SSP) == with_tenant:
                # A pin of the file had it there first.
                _pin_first_place(session)
        with_ids = liked
        exchange = send_account(sender, SSP, accounts[liked].body, place=place, valid=True)
        first = first or exchange
        if exchange.status == 400 and accounts["given"] != accounts["own"]:
            other_way = "own" if liked == "given" else "given"
            other = send_account(sender, SSP, accounts[other_way].body, place=place, valid=True)
            if other.succeeded:
                session.saw_reading("ssp-account-id", other_way, other)
                exchange, with_ids = other, other_way
        if exchange.succeeded:
            place = replace(place, account_id=with_ids)
            session.saw_reading("ssp-authorization", place.authorization, exchange)
            session.saw_reading("ssp-tenant", place.tenant, exchange)
            session.learn(TargetProfile(ssp=place, ssp_after_s=waited))
            return Opening(form, accounts[with_ids], exchange)
        # A header that SSP does not look for is a missing one, which it may answer with any refusal.
        if not 400 <= exchange.status < 500:
            break
    _pin_first_place(session)
    if first is None:
        raise CouldNotTest("no way to SSP is left to try")
    return Opening(form, accounts[liked], first)


def _pin_first_place(session: Session) -> None:
    if not session.target.paths.get(SSP):
        session.routes.pin(SSP, next(session.routes.candidates(SSP)))


def _places() -> Iterator[SspForm]:
    for tenant in ("header", "path"):
        for authorization in CREDENTIALS:
            yield SspForm(authorization=authorization, tenant=tenant)
