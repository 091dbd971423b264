"""Answers of HDM whose fields are missing, renamed, of another type, of another unit, or not true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.edits import Edit, convert, put, rename
from conformance.reference.faults.making import answering, answers, editing, memory
from conformance.reference.faults.operations import INITIALISE, SIGNONS

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

# (name, summary, kind, path, edit)
SIGNON: tuple[tuple[str, str, str, str, Edit], ...] = (
    ("signon-token-object-renamed", "token is called Token.", "shape", "token", rename("Token")),
    ("signon-expiry-microseconds", "expiry is in microseconds.", "unit", "expiry", convert(lambda ms: ms * 1000)),
    ("signon-expiry-duration", "expiry is a duration.", "unit", "expiry", put(3_600_000)),
    ("signon-expiry-past", "expiry is the time of issue.", "relation", "expiry", convert(lambda ms: ms - 3_660_000)),
    ("signon-expiry-zero", "expiry is 0.", "relation", "expiry", put(0)),
)  # fmt: skip
for _name, _summary, _kind, _path, _edit in SIGNON:
    editing(_name, _kind, _summary, SIGNONS, _path, _edit)


@answers(*SIGNONS, kind="shape")
def signon_flat(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer is flat, as SDP's own signon."""
    answer.data = {**answer.data["token"], "expiry": answer.data["expiry"]}


@answers(*SIGNONS, kind="shape")
def signon_expiry_inside(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The member expiry is inside the object token."""
    answer.data["token"]["expiry"] = answer.data.pop("expiry")


@answers(*SIGNONS, kind="shape")
def signon_json_in_a_string(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer is JSON in a JSON string."""
    answer.data = answer.content().decode()


@answers(*SIGNONS, kind="leak", when=(400, 403))
def signon_refused_with_token(answer: Answer, _call: Call, platform: Platform) -> None:
    """A refused signon carries a token all the same."""
    issued = platform.hdm.issue_token("7f3a91c2e5d84b06", None, "ada.keller@example.test")
    answer.data = {
        "token": {"token": issued.token, "result": None, "resultCode": "0", "requestId": "1"},
        "expiry": issued.expiry_ms,
    }


@answers(*SIGNONS, kind="leak", when=(403,))
def signon_refused_with_flat_token(answer: Answer, _call: Call, platform: Platform) -> None:
    """A refused signon carries a token beside its code."""
    answer.data["token"] = platform.hdm.issue_token("7f3a91c2e5d84b06", None, "ada.keller@example.test").token


# Initialisation: success and failure share a form
INITIALISED: tuple[tuple[str, str, str, Edit], ...] = (
    ("initialise-status-lower-case", "result.status is ok.", "result.status", convert(str.lower)),
)  # fmt: skip
for _name, _summary, _path, _edit in INITIALISED:
    editing(_name, "shape", _summary, INITIALISE, _path, _edit)


def _failed(answer: Answer) -> bool:
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    return isinstance(result, dict) and result.get("status") != "OK"


def _error_as(status: int) -> None:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        if _failed(answer):
            answer.status = status

    answering(
        f"initialise-error-is-{status}", "status", f"A failed initialisation is HTTP {status}.", INITIALISE, change
    )


for _status in (500, 503):
    _error_as(_status)


@answers(*INITIALISE, kind="state")
def initialise_error_says_ok(answer: Answer, _call: Call, _platform: Platform) -> None:
    """A failed initialisation says OK."""
    if _failed(answer):
        answer.data["result"] |= {"status": "OK", "response": "eyJ2IjoxfQ=="}


@answers(*INITIALISE, kind="shape")
def initialise_error_is_bare(answer: Answer, _call: Call, _platform: Platform) -> None:
    """A failure carries status alone."""
    if _failed(answer):
        answer.data["result"] = {"status": answer.data["result"]["status"]}


@answers(*INITIALISE, kind="shape")
def initialise_error_without_result(answer: Answer, _call: Call, _platform: Platform) -> None:
    """A failure carries no result."""
    if _failed(answer):
        del answer.data["result"]


answering(
    "initialise-flat", "shape", "result is not nested.", INITIALISE, lambda answer, call, platform: _unnest(answer)
)


def _unnest(answer: Answer) -> None:
    if isinstance(answer.data, dict) and isinstance(answer.data.get("result"), dict):
        answer.data |= answer.data.pop("result")


@answers(*SIGNONS, kind="state")
def signon_token_constant(answer: Answer, _call: Call, platform: Platform) -> None:
    """Every signon gives the first signon's token."""
    answer.data["token"]["token"] = memory(platform).setdefault("token", answer.data["token"]["token"])


@answers(*SIGNONS, kind="header")
def signon_with_another_correlation_id(answer: Answer, call: Call, platform: Platform) -> None:
    """A signon comes back with another x-correlation-id than it was sent."""
    if "x-correlation-id" in call.headers:
        answer.headers["x-correlation-id"] = platform.fresh_id()
