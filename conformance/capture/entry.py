"""What a file of captured traffic holds: entries, and what is passed over."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Exchange, Request, Response


@dataclass(frozen=True)
class Entry:
    """A request and what came of it, as a file holds them; times in milliseconds since 1970.

    Attributes:
        where: the file, and the number of the entry or line in it.
        response: None where nothing complete came.
        failure: what went wrong on the way, empty where a response came.
        operation: the operationId, where the file says it; it is found by the URL else.
        made_by: who sent it, where the file says it.
        valid: whether it was meant to succeed; None where the file does not say it.
        foreign: why the response is not the platform's, where the file says it.
    """

    where: str
    request: Request
    response: Response | None
    failure: str = ""
    sent_at: float = 0.0
    elapsed_ms: float = 0.0
    operation: str = ""
    made_by: str = ""
    valid: bool | None = None
    foreign: str = ""

    def exchange(self, name: str, service: str, operation: str, *, tenant: str, foreign: str = "") -> Exchange:
        """Return the exchange of that `name`, meant to succeed where the file says so.

        Args:
            name: its id in the run.
            service: of the operation.
            operation: the operationId.
            tenant: for which the request was sent.
            foreign: why the response may not be the platform's, where the file does not say it.
        """
        return Exchange(
            id=name,
            service=service,
            operation=operation,
            request=self.request,
            response=self.response,
            failure=self.failure,
            sent_at=self.sent_at,
            received_at=self.sent_at + self.elapsed_ms,
            made_by=self.made_by,
            valid=self.valid is True,
            tenant=tenant,
            foreign=self.foreign or foreign,
        )


@dataclass(frozen=True)
class PassedOver:
    """An entry that is not judged: `reason` is the same for all of its kind."""

    where: str
    reason: str
