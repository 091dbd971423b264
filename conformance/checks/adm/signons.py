"""Accounts whose users sign on at HDM: the hashed password from one end to the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from msgspec import structs

from conformance.checks.api import Check
from conformance.checks.repetition import send_all
from conformance.model import Exchange
from conformance.session.accounts import ENCODINGS, HASH_BITS_AS_BYTES, HASH_BYTES, Account, fresh_account
from conformance.session.creations import OPF, SSP, created_id, opening, send_account, send_to_ssp
from conformance.session.form import reply_of
from conformance.session.hdm import direct_mode_only, nmp_signon
from conformance.session.once import once
from conformance.stream import AccountForm, TargetProfile
from conformance.target import Secret

# A new account may take a moment to reach HDM.
WAITS_S = (1.0, 2.5)
# What a signon is answered whose details give no token.
REFUSED = 403


@dataclass(frozen=True)
class Person:
    """A created account, the form that its password has, and its first signon."""

    account: Account
    form: AccountForm
    creation: Exchange
    signon: Exchange

    @property
    def account_id(self) -> str:
        """The account's ID."""
        return created_id(self.creation)


def signs_on(check: Check, account: Account, password: Secret | None = None) -> Exchange:
    """Sign on at HDM with the account's signonId and a plain password, its own where none is given.

    Raises:
        CouldNotTest: HDM refuses all signons, since wrong ones were sent.
    """
    answer = nmp_signon(check, {"username": account.signon_id, "password": password or account.password})
    if password is None and answer.response is not None and not answer.succeeded:
        check.session.require_no_ban(answer.operation, reply_of(answer))
    return answer


def expect_no_signon(check: Check, requirement_id: str, account: Account, password: Secret, *, cause: str) -> None:
    """Judge that another password than an account's is answered 403; a platform that locks the account may say so."""
    answer = signs_on(check, account, password)
    locked = answer.status != REFUSED and not answer.succeeded and not signs_on(check, account).succeeded
    check.expect_status(requirement_id, answer, REFUSED, *((answer.status,) if locked else ()), cause=cause)


def created(check: Check, account: Account) -> Exchange:
    """Create an account wherever HDM needs it.

    Raises:
        ControlFailed: the request is refused.
    """
    exchange = create(check, account, valid=True)
    check.control(exchange, what="a complete request to create an account")
    return exchange


def create(check: Check, account: Account, *, valid: bool = False) -> Exchange:
    """Ask for an account on OPF, and, where HDM was found to need it there, on SSP; it may be refused."""
    exchange = send_account(check, OPF, account.body, valid=valid)
    if exchange.succeeded:
        profile = check.session.profile
        if profile.accounts_need_ssp:
            send_to_ssp(check, account, created_id(exchange))
        time.sleep(profile.signs_on_after_s or 0.0)
    return exchange


def signs_on_soon(check: Check, account: Account) -> Exchange:
    """Sign on with an account that was just created; again a little later, where it does not sign on yet."""
    return all_sign_on_soon(check, [account])[0]


def all_sign_on_soon(check: Check, accounts: Sequence[Account]) -> list[Exchange]:
    """Sign on with accounts, a few at a time; again a little later with those that do not sign on yet."""
    signons = _sign_on(check, accounts)
    longer = _longer_waits(check)
    waits = (*WAITS_S, *longer)
    for number, wait in enumerate(waits, 1):
        late = [place for place, signon in enumerate(signons) if not signon.succeeded]
        if not late:
            break
        time.sleep(wait)
        for place, signon in zip(late, _sign_on(check, [accounts[place] for place in late]), strict=True):
            signons[place] = signon
        if number > len(WAITS_S) and all(signon.succeeded for signon in signons):
            check.session.learn(TargetProfile(signs_on_after_s=sum(waits[:number])))
    if not all(signon.succeeded for signon in signons):
        longer.clear()
    return signons


def _sign_on(check: Check, accounts: Sequence[Account]) -> list[Exchange]:
    """Sign on with accounts; with one in this thread, which may hold the lock of what runs once."""
    if len(accounts) == 1:
        return [signs_on(check, accounts[0])]
    return send_all([partial(signs_on, check, account) for account in accounts])


@once
def _longer_waits(_check: Check) -> list[float]:
    """The further waits for a signon that a run has left: none once they were in vain."""
    return [1.5, 2.0, 2.0]


def first_person(check: Check) -> Person:
    """Return an account that signs on, in whichever documented form of the password; or the first that does not.

    Raises:
        CouldNotTest: none signs on, and nobody vouches for the file, which says that they do.
    """
    found = _first_person(check)
    if not found.signon.succeeded:
        refused, feature = found.signon.status == REFUSED, "created_accounts_sign_on"
        check.rests_on(not refused, found.signon, "created accounts sign on at HDM", "features", feature)
    return found


@once
def _first_person(check: Check) -> Person:
    first = opening(check, OPF)
    check.control(first.exchange, what="a complete request to create an account")
    if direct_mode_only(check):
        check.not_declared(
            "in direct mode a signon needs the home gateway and a device, which no request gives to a new account"
        )
    people: list[Person] = []
    for form in _forms(check, first.form):
        account, creation = first.account, first.exchange
        if form != first.form:
            account = fresh_account(check, form)
            creation = send_account(check, OPF, account.body)
            if not creation.succeeded:
                continue
        people.append(Person(account, form, creation, signs_on(check, account)))
        if people[-1].signon.succeeded:
            break
    found = _one_that_signs_on(check, people)
    if found is None:
        return people[0]
    check.reading("password-encoding", found.form.encoding, found.signon)
    check.reading("pbkdf2-length", "bytes" if found.form.length == HASH_BYTES else "bits", found.signon)
    return found


def person(check: Check, purpose: str) -> Person:
    """Return an account of its own for a purpose, which signs on.

    Raises:
        ControlFailed: it does not.
    """
    found = _person(check, purpose)
    check.control(found.signon, 200, what="the signon of a created account")
    return found


@once
def _person(check: Check, _purpose: str) -> Person:
    first = first_person(check)
    check.control(first.signon, 200, what="the signon of a created account")
    account = fresh_account(check, first.form)
    creation = created(check, account)
    return Person(account, first.form, creation, signs_on_soon(check, account))


def _forms(check: Check, taken: AccountForm) -> Iterator[AccountForm]:
    template = check.target.account_template
    pinned = template["password_encoding"].read() if "password_encoding" in template else ""
    yield taken
    for length in (HASH_BYTES, HASH_BITS_AS_BYTES):
        for encoding in (pinned,) if pinned else ENCODINGS:
            form = structs.replace(taken, encoding=encoding, length=length)
            if form != taken:
                yield form


def _one_that_signs_on(check: Check, people: list[Person]) -> Person | None:
    """Find whose signon succeeds: at once, a moment later, or when the account was made on SSP, too."""
    waited = 0.0
    for wait in (0.0, *WAITS_S):
        time.sleep(wait)
        waited += wait
        tried = [one if not waited else replace(one, signon=signs_on(check, one.account)) for one in people]
        for one in tried:
            if one.signon.succeeded:
                check.session.learn(TargetProfile(accounts_need_ssp=False, signs_on_after_s=waited))
                return one
    if "ssp" in check.target.features and check.target.services["adm"].ssp_url:
        for one in people:
            send_to_ssp(check, one.account, one.account_id)
            signon = signs_on_soon(check, one.account)
            if signon.succeeded:
                check.session.learn(TargetProfile(accounts_need_ssp=True))
                return replace(one, signon=signon)
    return None


__all__ = [
    "OPF",
    "SSP",
    "Person",
    "all_sign_on_soon",
    "create",
    "created",
    "expect_no_signon",
    "first_person",
    "person",
    "signs_on",
    "signs_on_soon",
]
