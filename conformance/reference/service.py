"""What the services have in common: their operations, their decisions, and their way to say no.

A service is a class. Its *operations* are methods that take a `Call` and return an `Answer`; everything it decides on
the way is a small method of its own, marked `@decision` (it only judges or computes, so it may be run twice) or
`@action` (it changes something, or draws a fresh value). A fault replaces exactly one such method: see `faults`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context

Method = TypeVar("Method", bound=Callable[..., Any])
Handler = Callable[[Call], Awaitable[Answer]]


def decision(method: Method) -> Method:
    """Marks a method that judges or computes and changes nothing."""
    method.seam = "decision"  # type: ignore[attr-defined]
    return method


def action(method: Method) -> Method:
    """Marks a method that changes something, or whose result differs from call to call."""
    method.seam = "action"  # type: ignore[attr-defined]
    return method


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its id and method, its paths, and the name of the service's method that serves it."""

    id: str
    method: str
    paths: tuple[str, ...]
    served_by: str


class Service:
    """The base of every service."""

    name: ClassVar[str]

    def __init__(self, platform: Context) -> None:
        self.platform = platform
        self.database = platform.database

    def operations(self) -> list[Operation]:
        """What this service serves."""
        raise NotImplementedError

    def reads(self, reading: str) -> str:
        """The option that this platform takes of a reading."""
        return self.platform.reads(reading)

    @decision
    def json_body(self, call: Call) -> dict[str, Json]:
        """The request's JSON object; 400 for another body, 415 in one reading for an undeclared one."""
        if self.reads("json-content-type") == "required" and not call.declares_json:
            raise Refusal(415, "The Content-Type is not application/json.")
        return call.json_object()

    def error_body(self, refusal: Refusal) -> Json:
        """The body of a refusal where no document prints one: in the nearest documented shape, ADM's."""
        return {"message": refusal.message, "code": refusal.status, "errorCode": int(refusal.code or 0)}
