"""Faults of a platform that is busy: with several requests of an operation in flight, one is answered with another's.

They act only there (`under_load`): a run, which sends most requests one after the other, need not meet them; `load` does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register
from conformance.reference.faults.harder.occasions import InFlight, credential
from conformance.reference.faults.making import memory
from conformance.reference.faults.operations import DAS, GENERATE, INITIALISE, MDS, NMP, SDP, STB, UPDATE
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from conformance.reference.in_home import InHome
    from conformance.reference.platform import Platform

KIND = "load"
# So many requests of an operation are in flight when the fault acts.
BUSY = 2
OK = 200

Change = Callable[[Any, Any], Any]
"""Takes the body of one's own answer and that of a neighbour's; returns what is answered."""


def _neighbours(name: str, summary: str, operation: str, change: Change) -> None:
    """An answer holds something of the answer to the last other caller."""

    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        if answer.status != OK:
            return answer
        store = memory(platform).setdefault("answers in flight", {})
        who, data = store.get(operation, ("", None))
        store[operation] = (credential(call), copy.deepcopy(answer.data))
        if data is not None and who != credential(call):
            answer.data = change(answer.data, data)
        return answer

    register(
        Fault(
            name,
            KIND,
            summary,
            (operation,),
            on_response=on_response,
            occasion=partial(InFlight, BUSY),
            under_load=True,
        )
    )


def _whole(_own: Any, other: Any) -> Any:
    return other


def _member(*names: str) -> Change:
    return lambda own, other: {**own, **{name: other[name] for name in names}}


_neighbours("busy-users-exchanged", "Users that sign on among many get each other's answers.", NMP, _whole)
_neighbours(
    "busy-users-share-a-token", "Of signons among many, a token is created once for two users.", NMP, _member("token")
)
_neighbours("busy-boxes-exchanged", "Boxes that sign on among many get each other's answers.", STB, _whole)
_neighbours("busy-devices-exchanged", "Devices that sign on among many get each other's answers.", DAS, _whole)
_neighbours(
    "busy-claims-of-a-neighbour",
    "Among many sign-ons, an access token has a neighbour's claims.",
    DAS,
    _member("access_token"),
)
_neighbours("busy-broadcasts-exchanged", "Homes that ask among many get each other's tokens.", GENERATE, _whole)
_neighbours("busy-updates-exchanged", "Updates among many get each other's tokens.", UPDATE, _whole)
_neighbours("busy-questions-exchanged", "Among many questions, an answer is about another account.", SDP, _whole)
_neighbours(
    "busy-lists-cached", "Among many requests the channel list comes from a cache without account.", MDS, _whole
)
_neighbours(
    "busy-initialisations-exchanged", "Initialisations that overlap get each other's answers.", INITIALISE[1], _whole
)


def _lost_update(original: Callable[..., Any], _service: InHome) -> Callable[..., Any]:
    def updated_claims(claims: Any, in_home: bool) -> Any:
        return original(claims, not in_home)

    return updated_claims


register(
    Fault(
        "busy-updates-lost",
        KIND,
        "Among many updates, one is lost: the token has the flag of before.",
        (UPDATE,),
        {("in_home", "updated_claims"): _lost_update},
        occasion=partial(InFlight, BUSY),
        under_load=True,
    )
)


def _answered(call: Call, _platform: Platform, status: int) -> Answer:
    return Answer(status=status, data={"message": "busy", "code": status, "errorCode": 0})


for _operation, _place in ((NMP, "users"), (DAS, "devices"), (SDP, "questions"), (MDS, "lists")):
    for _status, _words in ((500, "fail"), (403, "are-refused")):
        register(
            Fault(
                f"busy-{_place}-{_words}",
                KIND,
                f"{_operation}: from {BUSY} in flight on, requests are answered {_status}.",
                (_operation,),
                on_request=partial(_answered, status=_status),
                occasion=partial(InFlight, BUSY),
                under_load=True,
            )
        )
