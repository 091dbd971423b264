"""adm-creating-an-account, Response: tokens and tenants that are nearly right, many of them, and accounts in turns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from itertools import cycle, pairwise

from conformance.checks.adm.attempts import at_both, attempt, candidate
from conformance.checks.adm.signons import person, signs_on
from conformance.checks.adm.test_tenant import with_tenant
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import TIMES, Sent, judge_all, judge_refusals, send_all, send_near
from conformance.model import Exchange
from conformance.session import forgery
from conformance.session.accounts import MANDATORY, Account, fresh_account
from conformance.session.creations import OPF, opening, send_account
from conformance.session.crm import crm_token
from conformance.session.near import Near, named_within, near_tokens, near_values, patterns
from conformance.target import Secret, reveal

# Requests that may create an account are sent one after the other, so that a platform which takes all gets few.
ALONE = 1
# Each wrong password costs the platform a hash of 20,000 iterations.
PASSWORDS, FEW_AT_ONCE = 14, 2
# What a server may leave out of a password, or end it at.
LEFT_OUT = (Near("a letter beyond a to z behind it", "\u00e9"), Near("a zero byte and more behind it", "\0a"))


def _times(operation: str) -> int:
    """How many requests: fewer at the second place, which mostly shares the first one's code."""
    return TIMES if operation == OPF else TIMES // 2


def _stopping(send: Callable[[str], Exchange]) -> Callable[[str], Exchange]:
    """Send no more once an account was created: one that is too many is enough to tell."""
    made: list[Exchange] = []

    def sent(value: str) -> Exchange:
        if not made or not made[-1].succeeded:
            made[:] = [send(value)]
        return made[-1]

    return sent


def _without(account: Account, names: str) -> dict[str, object]:
    return {key: value for key, value in account.body.items() if key not in names.split()}


def _named(account: Account, operation: str) -> Account:
    """The account with an _id of its own; on SSP it has the one of OPF."""
    if operation != OPF:
        return account
    return Account(account.signon_id, account.password, account.having(_id=secrets.token_hex(12)))


@at_both("ADM-053", "SSP-053")
def test_a_nearly_right_token_is_refused(check: Check, operation: str) -> None:
    account, token = candidate(check, operation), reveal(crm_token(check))
    jwt = forgery.claims_of(token) is not None
    values = near_tokens(token, _times(operation)) if jwt else near_values(token, _times(operation))
    if jwt and operation == OPF:
        values += [Near("signed with a foreign key", one) for one in forgery.foreign_ones(token)]
    for near in values:
        check.session.stream.redactor.learn(near.value.rpartition(".")[2])
    accounts = cycle((account, _named(account, operation)))
    send = _stopping(lambda one: attempt(check, operation, next(accounts).body, token=Secret(one)))
    sent = send_near(values, send, at_once=ALONE)
    cause = "a token that is nearly the CRM's creates an account"
    judge_all(check, "ADM-053", sent, lambda one: not one.succeeded, expected="HTTP 403", cause=cause)


@requirement("ADM-053")
def test_a_nearly_right_token_is_refused_beside_a_right_one(check: Check) -> None:
    first, token = opening(check, OPF), reveal(crm_token(check))
    check.control(first.exchange, what="a complete request to create an account")
    head, dot, signature = token.rpartition(".")
    values = near_values(signature, 2)
    for near in values:
        check.session.stream.redactor.learn(near.value)
    tokens = [Secret(f"{head}{dot}{near.value}") for near in values]
    tries = [partial(attempt, check, OPF, fresh_account(check, first.form).body, token=one) for one in tokens]
    rights = [partial(send_account, check, OPF, fresh_account(check, first.form).body, valid=True) for _ in tokens]
    sent = [Sent("", exchange) for exchange in send_all([*rights, *tries])[len(rights) :]]
    cause = "a token that is nearly the CRM's creates an account beside a request with the right one"
    judge_all(check, "ADM-053", sent, lambda one: not one.succeeded, expected="HTTP 403", cause=cause)


@requirement("ADM-054")
def test_a_token_that_says_it_is_not_signed_is_refused(check: Check) -> None:
    account, token = candidate(check, OPF), reveal(crm_token(check))
    if forgery.claims_of(token) is None:
        check.not_observed("the CRM's token is not a JSON web token, so that no header can say so")
    values = [Near("", one) for one in forgery.unsigned_ones(token)]
    send = _stopping(lambda one: attempt(check, OPF, account.body, token=Secret(one)))
    sent = send_near(values, send, at_once=ALONE)
    cause = "a token with algorithm none creates an account"
    judge_all(check, "ADM-054", sent, lambda one: not one.succeeded, expected="HTTP 403", cause=cause)


@requirement("ADM-072")
def test_a_password_that_is_nearly_an_accounts_does_not_sign_on(check: Check) -> None:
    """A created account is nobody's, so that its wrong passwords lock nobody out."""
    found = person(check, "near passwords")
    right = reveal(found.account.password)
    values = [*near_values(right, PASSWORDS), *(Near(one.what, right + one.value) for one in LEFT_OUT)]
    values.append(Near("the other case", right.swapcase()))
    for near in values:
        check.session.stream.redactor.learn(near.value)
    sent = send_near(values, lambda one: signs_on(check, found.account, Secret(one)), at_once=FEW_AT_ONCE)
    cause = "a password that is nearly a created account's signs on"
    judge_all(check, "ADM-072", sent, lambda one: not one.succeeded, expected="HTTP 403", cause=cause)


@at_both("ADM-042", "SSP-042")
def test_a_nearly_right_tenant_is_refused(check: Check, operation: str) -> None:
    account = candidate(check, operation)
    values = near_values(check.target.tenant, _times(operation))
    # The tenant may be in the path of SSP, where these mean something else.
    values += [*patterns(check.target.tenant), *named_within(check.target.tenant)] if operation == OPF else []
    accounts = cycle((account, _named(account, operation)))
    send = _stopping(lambda one: with_tenant(check, operation, one, next(accounts)))
    sent = send_near(values, send, at_once=ALONE)
    cause = "a tenant that is nearly the right one"
    if operation == OPF:
        judge_refusals(check, "ADM-042", sent, 404, cause=cause)
    else:  # where the tenant is in the path, a gateway may answer with its own status
        judge_all(check, "ADM-042", sent, lambda one: not one.succeeded, expected="HTTP 404", cause=cause)


@at_both("ADM-029", "SSP-029")
def test_a_request_without_one_of_its_arguments_is_refused_every_time(check: Check, operation: str) -> None:
    account = candidate(check, operation)
    named = _named(account, operation)
    names = [name for name in MANDATORY if name != "billingAddress"]
    # With an _id, and a second time without, and without a neighbour, too.
    values = [Near(f"without {name}, with an _id", name) for name in names]
    values += [Near(f"without {one} and {other}", f"{one} {other}") for one, other in pairwise([*names, names[0]])]

    def lacking(some: str) -> Exchange:
        return attempt(check, operation, _without(account if " " in some else named, some))

    sent = send_near(values, _stopping(lacking), at_once=ALONE)
    cause = "a request without a mandatory argument creates an account"
    judge_all(check, "ADM-029", sent, lambda one: not one.succeeded, expected="HTTP 400", cause=cause)
