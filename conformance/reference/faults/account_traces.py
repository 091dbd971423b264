"""Account requests of which a server keeps more than it answers, or takes less for more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from conformance.reference.faults import Fault, register
from conformance.reference.faults.making import CallChange, answers, calling, calls, memory
from conformance.reference.faults.operations import ACCOUNTS, CREATE, NMP
from conformance.reference.faults.parameters_adm import KIND
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.platform import Platform

TRACES = "state"

# Tenants that are nearly the right one


def _tenant_if(alike: Callable[[str, str], bool]) -> CallChange:
    def change(call: Call, platform: Platform) -> None:
        own = platform.settings.tenant
        if alike(call.headers.get("nv-tenant-id", ""), own):
            call.headers["nv-tenant-id"] = own

    return change


calling(
    "account-tenant-by-its-start",
    KIND,
    "A tenant that begins as the right one is it.",
    ACCOUNTS,
    _tenant_if(str.startswith),
)
calling(
    "account-tenant-by-its-end", KIND, "A tenant that ends as the right one is it.", ACCOUNTS, _tenant_if(str.endswith)
)


# What a refused request leaves


def _made_all_the_same(status: int) -> Callable[[Call, Answer, Platform], Answer]:
    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        if answer.status == status:
            try:
                store = "opf" if call.operation == CREATE else "ssp"
                platform.adm.create(store, platform.adm.new_account(call))
                answer.headers["x-audit"] = "stored"
            except Refusal:
                pass
        return answer

    return on_response


def _stuck(call: Call, answer: Answer, platform: Platform) -> Answer:
    store = memory(platform)
    if answer.status == 400:
        store["failed"] = True
    elif answer.status == 201 and store.pop("failed", False):
        return Answer(status=400, data={"message": "The transaction was rolled back.", "code": 400})
    return answer


for _status, _why in ((403, "the token is invalid"), (404, "the tenant is unknown")):
    register(
        Fault(
            f"account-made-despite-{_status}",
            TRACES,
            f"The account is made although the answer says that {_why}.",
            ACCOUNTS,
            on_response=_made_all_the_same(_status),
        )
    )
register(
    Fault("account-after-a-refusal", TRACES, "The request after a bad one fails, too.", ACCOUNTS, on_response=_stuck)
)


# Characters


@calls(NMP, kind="parameters")
def signon_query_decoded_twice(call: Call, _platform: Platform) -> None:
    """A signon's query is decoded twice."""
    call.query = {name: unquote_plus(value) for name, value in call.query.items()}


@calls(NMP, kind="parameters")
def signon_password_cut_to_64(call: Call, _platform: Platform) -> None:
    """Of a password 64 characters are read."""
    if "password" in call.query:
        call.query["password"] = call.query["password"][:64]


@calls(NMP, kind="parameters")
def signon_plus_is_a_space(call: Call, _platform: Platform) -> None:
    """An encoded plus sign of a signon becomes a space."""
    call.query = {name: value.replace("+", " ") for name, value in call.query.items()}


# One number for several accounts


@answers(*ACCOUNTS, kind=TRACES)
def account_answer_by_correlation_id(answer: Answer, call: Call, platform: Platform) -> None:
    """Requests with one x-correlation-id get one answer."""
    known = memory(platform).setdefault(call.operation, {})
    number = call.headers.get("x-correlation-id", "")
    answer.data = known.setdefault(number, answer.data) if number else answer.data


@answers(*ACCOUNTS, kind=TRACES)
def account_id_cut_off(answer: Answer, _call: Call, _platform: Platform) -> None:
    """An _id ends after 36 characters."""
    if isinstance(answer.data, dict):
        answer.data["_id"] = str(answer.data.get("_id"))[:36]


@answers(*ACCOUNTS, kind=TRACES)
def account_id_in_lower_case(answer: Answer, _call: Call, _platform: Platform) -> None:
    """An _id is told in lower case."""
    if isinstance(answer.data, dict):
        answer.data["_id"] = str(answer.data.get("_id")).lower()
