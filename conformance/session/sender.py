"""Whoever sends: what a flow may ask of a check, of the fuzzer, and of preflight."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from conformance.client import Wire
from conformance.model import Exchange
from conformance.session.encoding import Fields
from conformance.session.session import Session
from conformance.target import Value


class Sender:
    """Sends in somebody's name; checks, the fuzzer's flows and preflight are such."""

    def __init__(self, session: Session, made_by: str) -> None:
        self.session = session
        self.made_by = made_by

    def send(
        self,
        operation: str,
        *,
        query: Fields = (),
        headers: Mapping[str, Value] | None = None,
        json: object = ...,
        form: Fields | None = None,
        content: bytes | None = None,
        wire: Wire | None = None,
        method: str | None = None,
        valid: bool = False,
        expect_5xx: bool = False,
    ) -> Exchange:
        """Send a request and return the exchange; the rules have judged it then.

        Args:
            operation: the operationId of the contract; says method and URL.
            query: query parameters.
            headers: headers; none is added by itself.
            json: a body to be sent as JSON; secrets in it are unwrapped at the wire.
            form: a body to be sent as a form.
            content: a body as it is.
            wire: the whole request, where it is written already.
            method: another method than the contract's.
            valid: the request is meant to succeed.
            expect_5xx: a 5xx is a documented answer to this request.
        """
        return self.session.send(
            operation,
            made_by=self.made_by,
            query=query,
            headers=headers,
            json=json,
            form=form,
            content=content,
            wire=wire,
            renew=partial(self.session.tokens.renewed, self),
            method=method,
            valid=valid,
            expect_5xx=expect_5xx,
        )
