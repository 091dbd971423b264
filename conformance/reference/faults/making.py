"""How families of faults are made: a table says what is altered where, and each row becomes a fault of its own name."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import jwt

from conformance.reference.faults import Fault, Replacement, register
from conformance.reference.faults.edits import Edit
from conformance.reference.faults.fault import named
from conformance.reference.faults.operations import ISSUERS
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.platform import Platform

AnswerChange = Callable[[Answer, Call, "Platform"], None]
"""Changes an answer in place."""
CallChange = Callable[[Call, "Platform"], None]
"""Changes a request in place."""

HEADER = "header"
"""The step of a path that leads to the header of a token."""

_MEMORY: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def memory(platform: Context) -> dict[str, Any]:
    """What a fault remembers from request to request; every platform has its own."""
    return _MEMORY.setdefault(platform, {})


# Faults that change answers


def answers(*operations: str, kind: str, when: Iterable[int] = (200, 201)) -> Callable[[AnswerChange], Fault]:
    """Registers a fault that changes the answers of some statuses in place; its name and summary are the function's."""
    return lambda change: answering(*named(change, kind), operations, change, when=when)


def answering(
    name: str,
    kind: str,
    summary: str,
    operations: Iterable[str],
    change: AnswerChange,
    *,
    when: Iterable[int] = (200, 201),
) -> Fault:
    """A fault that changes the answers of some statuses."""
    statuses = tuple(when)

    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        if answer.status in statuses:
            change(answer, call, platform)
        return answer

    return register(Fault(name, kind, summary, tuple(operations), on_response=on_response))


def editing(
    name: str,
    kind: str,
    summary: str,
    operations: Iterable[str],
    path: str,
    edit: Edit,
    *,
    when: Iterable[int] = (200, 201),
) -> Fault:
    """A fault that edits one member of the JSON answer; `path` is dotted."""

    def change(answer: Answer, _call: Call, platform: Platform) -> None:
        edit_within(answer.data, path.split("."), edit, platform)

    return answering(name, kind, summary, operations, change, when=when)


def edit_within(parent: Any, steps: Sequence[str], edit: Edit, platform: Platform, *, creating: bool = False) -> None:
    """Edit a member of an object; of a token its header or its claims, which are signed again.

    `creating` makes the object that the member is in, where that is missing.
    """
    if not isinstance(parent, dict):
        return
    name, *inner = steps
    if not inner:
        edit(parent, name)
        return
    claims = claims_of(parent.get(name))
    if claims is None:
        if creating and name not in parent:
            parent[name] = {}
        edit_within(parent.get(name), inner, edit, platform, creating=creating)
        return
    token = {**claims, HEADER: header_of(parent[name])}
    edit_within(token, inner, edit, platform, creating=creating)
    parent[name] = compact(token.pop(HEADER), token, platform)


def compact(header: Any, claims: Any, platform: Platform) -> str:
    """A compact JWT that the platform's key signed."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{platform.ias_key.signature(signed)}"


def claiming(
    name: str,
    summary: str,
    path: str,
    edit: Edit,
    *,
    operations: Iterable[str] = ISSUERS,
    field: str = "access_token",
    kind: str = "claims",
) -> Fault:
    """A fault that edits one claim of the tokens that are issued, which stay properly signed."""
    return editing(name, kind, summary, operations, f"{field}.{path}", edit)


def reclaiming(
    name: str,
    kind: str,
    summary: str,
    change: Callable[[dict[str, Any], Call, Platform], None],
    *,
    operations: Iterable[str] = ISSUERS,
    field: str = "access_token",
) -> Fault:
    """A fault that changes the claims of the tokens that are issued."""

    def change_answer(answer: Answer, call: Call, platform: Platform) -> None:
        token = answer.data.get(field)
        claims = claims_of(token)
        if claims is not None:
            change(claims, call, platform)
            answer.data[field] = platform.ias_key.sign(claims)

    return answering(name, kind, summary, operations, change_answer)


def claims_of(token: Any) -> dict[str, Any] | None:
    """The claims of a JWT, whoever signed it."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return None
    return claims


def header_of(token: Any) -> dict[str, Any]:
    """The header of a JWT; empty for anything else."""
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError):
        return {}
    return header


def segment(value: Any) -> str:
    """One segment of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


# Faults that change decisions


def overriding(
    name: str, kind: str, summary: str, operations: Iterable[str], service: str, method: str, replacement: Replacement
) -> Fault:
    """A fault that replaces one decision or action."""
    return register(Fault(name, kind, summary, tuple(operations), {(service, method): replacement}))


def refusing(
    name: str,
    summary: str,
    operations: Iterable[str],
    service: str,
    method: str,
    status: int,
    *,
    kind: str = "status",
    only: int | None = None,
    matching: str = "",
) -> Fault:
    """A fault that refuses as the platform does, but with another status.

    `only` limits it to refusals of one status, `matching` to those whose message holds a text.
    """

    def other(refusal: Refusal) -> Refusal:
        if (only is not None and refusal.status != only) or matching not in refusal.message:
            return refusal
        return Refusal(status, refusal.message, code=refusal.code, body=refusal.body, headers=refusal.headers)

    def replacement(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            try:
                return await original(*args, **kwargs)
            except Refusal as refusal:
                raise other(refusal) from None

        def called(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except Refusal as refusal:
                raise other(refusal) from None

        return awaited if inspect.iscoroutinefunction(original) else called

    return overriding(name, kind, summary, operations, service, method, replacement)


def leaving_out(
    name: str,
    summary: str,
    operations: Iterable[str],
    service: str,
    method: str,
    *,
    result: Any = None,
    kind: str = "check left out",
) -> Fault:
    """A fault that leaves a check out: it always ends with `result`."""

    def replacement(_original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
        return lambda *_args, **_kwargs: result

    return overriding(name, kind, summary, operations, service, method, replacement)


# Faults that change requests


def calls(*operations: str, kind: str) -> Callable[[CallChange], Fault]:
    """Registers a fault that changes requests before the service sees them; its name and summary are the function's."""
    return lambda change: calling(*named(change, kind), operations, change)


def calling(name: str, kind: str, summary: str, operations: Iterable[str], change: CallChange) -> Fault:
    """A fault that changes requests before the service sees them, as a server that fills in what is missing."""

    def on_request(call: Call, platform: Platform) -> Call:
        change(call, platform)
        call.__dict__.pop("form", None)
        return call

    return register(Fault(name, kind, summary, tuple(operations), on_request=on_request))


def intercepting(
    name: str,
    kind: str,
    summary: str,
    operations: Iterable[str],
    wanted: Callable[[Call], bool],
    answer: Callable[[], Answer],
) -> Fault:
    """A fault that answers some requests itself: the server breaks on them."""

    def on_request(call: Call, _platform: Platform) -> Call | Answer:
        return answer() if wanted(call) else call

    return register(Fault(name, kind, summary, tuple(operations), on_request=on_request))


def body_of(call: Call) -> Any:
    """The JSON of a request; None where there is none."""
    try:
        return json.loads(call.body)
    except (ValueError, RecursionError):
        return None


def filling(name: str, default: Any) -> CallChange:
    """A member of a JSON body that gets a default where it is missing."""

    def change(call: Call, _platform: Platform) -> None:
        body = body_of(call)
        if isinstance(body, dict) and body and name not in body:
            body[name] = default
            call.body = json.dumps(body).encode()

    return change


def unwrap(call: Call, _platform: Platform) -> None:
    """A list around the one object that is wanted is taken for it."""
    body = body_of(call)
    if isinstance(body, list) and body and isinstance(body[0], dict):
        call.body = json.dumps(body[0]).encode()
