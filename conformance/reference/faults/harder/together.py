"""Right requests that are refused: now and then, or where two callers are served at the same moment."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from conformance.reference.faults import Fault, register
from conformance.reference.faults.harder.occasions import Every, Overlap, credential
from conformance.reference.faults.making import answering, answers, memory
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
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from conformance.reference.adm import Adm, NewAccount
    from conformance.reference.platform import Platform

SOMETIMES, TOGETHER = "sometimes", "together"
FLIGHT_S = 0.05
FORBIDDEN, ERROR = 403, 400


def _failure() -> Answer:
    return Answer(status=500, data={"message": "The platform made a mistake.", "code": 500, "errorCode": 0})


def _refused_if_right(call: Call, answer: Answer, platform: Platform) -> Answer:
    if not answer.status < ERROR:
        return answer
    return _busy()


def _busy() -> Answer:
    return Answer(status=FORBIDDEN, data={"message": "busy", "code": FORBIDDEN, "errorCode": 0})


for _operation, _place in (
    (STB, "boxes"),
    (NMP, "users"),
    (INITIALISE[0], "initialisations-by-get"),
    (INITIALISE[1], "initialisations-by-post"),
    (CREATE, "accounts"),
    (CREATE_SSP, "ssp-accounts"),
    (DAS, "devices"),
    (GENERATE, "broadcasts"),
    (UPDATE, "updates"),
    (SDP, "questions"),
    (MDS, "lists"),
):
    if _operation == CREATE:
        # Before the account is made: made all the same, it would be there when the request is sent again.
        register(Fault(f"{_place}-refused-now-and-then", SOMETIMES, f"{_operation}: one request in ten is refused.", (_operation,),
                       on_request=lambda call, platform: _busy(), occasion=partial(Every, 10)))  # fmt: skip
    elif _operation != CREATE_SSP:
        register(Fault(f"{_place}-refused-now-and-then", SOMETIMES, f"{_operation}: one right request in ten is refused.", (_operation,),
                       on_response=_refused_if_right, occasion=partial(Every, 10)))  # fmt: skip
    register(Fault(f"{_place}-fail-now-and-then", SOMETIMES, f"{_operation}: one request in ten is answered with 500.", (_operation,),
                   on_request=lambda call, platform: _failure(), occasion=partial(Every, 10)))  # fmt: skip

# Two at the same time


@answers(*INITIALISE, kind=TOGETHER)
def simultaneous_initialisations_mixed_up(answer: Answer, call: Call, platform: Platform) -> None:
    """Initialisations that overlap get one answer."""
    store, now, who = memory(platform), asyncio.get_event_loop().time(), credential(call)
    answer.delay = FLIGHT_S
    until, caller, data = store.get("flight", (0.0, who, None))
    if now < until and caller != who and data is not None:
        answer.data = data
    else:
        store["flight"] = (now + FLIGHT_S, who, answer.data)


@answers(DAS, kind=TOGETHER)
def simultaneous_signons_exchange_client_ids(answer: Answer, call: Call, platform: Platform) -> None:
    """Of IAS signons that overlap, the second answers with the first one's client_id."""
    store, now = memory(platform), asyncio.get_event_loop().time()
    answer.delay = FLIGHT_S
    until, client = store.get("client", (0.0, ""))
    store["client"] = (now + FLIGHT_S, answer.data.get("client_id"))
    if now < until:
        answer.data["client_id"] = client


@answers(INITIALISE[1], kind=TOGETHER)
def simultaneous_initialisations_fail(answer: Answer, _call: Call, platform: Platform) -> None:
    """Of initialisations that overlap, the second fails."""
    store, now = memory(platform), asyncio.get_event_loop().time()
    answer.delay = FLIGHT_S
    if now < store.get("initialising", 0.0) and isinstance(answer.data.get("result"), dict):
        answer.data["result"] = {"downloadURL": None, "status": "INTERNAL_ERROR", "masterVersion": None}
    store["initialising"] = now + FLIGHT_S


def _hash_of_the_other(original: Callable[..., None], service: Adm) -> Callable[..., None]:
    last: dict[str, NewAccount] = {}

    def write(store: str, account_id: str, request: NewAccount) -> None:
        other = last.get(store, request)
        last[store] = request
        original(store, account_id, replace(request, password=other.password, salt=other.salt))

    return write


register(Fault("simultaneous-accounts-exchange-passwords", TOGETHER, "Of accounts that are created at once, one gets the hash of the other.",
               (CREATE,), {("adm", "write"): _hash_of_the_other}, occasion=Overlap))  # fmt: skip


def _second_refused(name: str, summary: str, operation: str, status: int) -> None:
    """A request that overlaps another caller's is refused."""

    def change(answer: Answer, call: Call, platform: Platform) -> None:
        store, now, who = memory(platform), asyncio.get_event_loop().time(), credential(call)
        answer.delay = FLIGHT_S
        until, caller = store.get("busy", (0.0, who))
        if now < until and caller != who:
            answer.status, answer.data = status, {"message": "busy", "code": status, "errorCode": 0}
        else:
            store["busy"] = (now + FLIGHT_S, who)

    answering(name, TOGETHER, summary, (operation,), change)


for _operation, _place in (
    (STB, "boxes"),
    (NMP, "users"),
    (DAS, "devices"),
    (GENERATE, "broadcasts"),
    (UPDATE, "updates"),
    (MDS, "lists"),
):
    _second_refused(
        f"simultaneous-{_place}-refused",
        f"{_operation}: of two callers at once the second is refused.",
        _operation,
        403,
    )


def _let_in(operation: str, place: str) -> None:
    """A wrong request that overlaps a right one gets the right one's answer."""

    def on_response(_call: Call, answer: Answer, platform: Platform) -> Answer:
        store, now = memory(platform).setdefault("let in", {}), asyncio.get_event_loop().time()
        answer.delay = FLIGHT_S
        until, data = store.get(operation, (0.0, None))
        if answer.status < ERROR:
            store[operation] = (now + FLIGHT_S, copy.deepcopy(answer.data))
        elif now < until:
            answer.status, answer.data = 201 if operation == CREATE else 200, data
        return answer

    register(Fault(f"wrong-{place}-let-in-beside-right-ones", TOGETHER,
                   f"{operation}: a wrong request that overlaps a right one gets its answer.", (operation,), on_response=on_response))  # fmt: skip


for _operation, _place in (
    (STB, "boxes"),
    (NMP, "users"),
    (CREATE, "accounts"),
    (DAS, "devices"),
    (GENERATE, "broadcasts"),
    (UPDATE, "updates"),
    (SDP, "questions"),
    (MDS, "lists"),
):
    _let_in(_operation, _place)
