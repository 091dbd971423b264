"""What a server makes of the wire: the order and the form of what it reads, and answers that go to the wrong caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import Fault, register
from conformance.reference.faults.making import answering, body_of, memory
from conformance.reference.faults.operations import (
    ACCOUNTS,
    CREATE,
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
    from collections.abc import Callable

    from conformance.reference.platform import Platform

KIND = "wire"


def _refusing(
    name: str, summary: str, operations: tuple[str, ...], odd: Callable[[Call], bool], status: int = 400
) -> None:
    def on_request(call: Call, _platform: Platform) -> Call | Answer:
        if odd(call):
            return Answer(
                status=status, data={"message": "The request is not understood.", "code": status, "errorCode": 0}
            )
        return call

    register(Fault(name, KIND, summary, operations, on_request=on_request))


def _out_of_order(*names: str) -> Callable[[Call], bool]:
    def odd(call: Call) -> bool:
        body = body_of(call)
        present = [name for name in (body if isinstance(body, dict) else call.fields) if name in names]
        return present != [name for name in names if name in present]

    return odd


_refusing(
    "box-details-in-one-order-only",
    "The details of a box are read in one order.",
    (STB,),
    _out_of_order("smartcardId", "nuId", "casn", "csadList"),
)
_refusing(
    "signon-parameters-in-one-order-only",
    "username comes before password.",
    (NMP,),
    _out_of_order("username", "password", "deviceId"),
)
_refusing(
    "question-in-one-order-only",
    "The arguments of a question are read in one order.",
    (SDP,),
    _out_of_order("token", "arg0"),
)
_refusing(
    "initialisation-in-one-order-only",
    "The parameters of an initialisation are read in one order.",
    INITIALISE,
    _out_of_order("playerVersion", "playerType", "initializationPayload", "token"),
)
_refusing(
    "das-members-in-one-order-only",
    "The members of a sign-on are read in one order.",
    (DAS,),
    _out_of_order("casn", "dasChallenge", "scheme"),
)
_refusing(
    "update-members-in-one-order-only",
    "The members of an update are read in one order.",
    (UPDATE,),
    _out_of_order("updateInHomeToken", "inHome"),
)
_refusing(
    "account-members-in-one-order-only",
    "The members of an account are read in one order.",
    ACCOUNTS,
    _out_of_order("signonId", "password", "salt", "geoBlockExempt"),
)
_refusing("das-json-on-one-line-only", "JSON with line breaks is refused.", (DAS,), lambda call: b"\n" in call.body)
_refusing(
    "update-json-on-one-line-only", "JSON with line breaks is refused.", (UPDATE,), lambda call: b"\n" in call.body
)
_refusing(
    "account-json-on-one-line-only", "JSON with line breaks is refused.", ACCOUNTS, lambda call: b"\n" in call.body
)
_refusing(
    "das-json-without-escapes-only", "Escaped characters of JSON are refused.", (DAS,), lambda call: b"\\u" in call.body
)
_refusing(
    "update-json-without-escapes-only",
    "Escaped characters of JSON are refused.",
    (UPDATE,),
    lambda call: b"\\u" in call.body,
)

for _operations, _place in (
    ((DAS,), "das"),
    ((UPDATE,), "update"),
    (ACCOUNTS, "account"),
    (INITIALISE, "initialisation"),
):
    _refusing(
        f"{_place}-refused-with-a-charset",
        "A media type with a charset is refused.",
        _operations,
        lambda call: "charset" in call.headers.get("content-type", ""),
        415,
    )


def _by_connection(name: str, summary: str, operation: str) -> None:
    """Every third answer on a connection is the one before it."""

    def change(answer: Answer, call: Call, platform: Platform) -> None:
        store = memory(platform).setdefault("connections", {})
        count, before = store.get(call.connection, (0, answer.data))
        store[call.connection] = (count + 1, answer.data)
        if count % 3 == 2:
            answer.data = before

    answering(name, KIND, summary, (operation,), change)


_by_connection(
    "question-answered-with-the-one-before", "On a connection every third question gets the answer before it.", SDP
)
_by_connection("list-answered-with-the-one-before", "On a connection every third list is the one before it.", MDS)
_by_connection(
    "broadcast-answered-with-the-one-before", "On a connection every third home gets the token before it.", GENERATE
)
_by_connection(
    "update-answered-with-the-one-before", "On a connection every third update gets the answer before it.", UPDATE
)
_by_connection(
    "account-answered-with-the-one-before", "On a connection every third account gets the _id before it.", CREATE
)
