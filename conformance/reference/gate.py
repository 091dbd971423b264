"""The platform's gate, which stands before the services and refuses tokens in a form of its own."""

from __future__ import annotations

import secrets

from conformance.reference.wire import Json, Refusal


def gate_body(message: str) -> Json:
    """The gate's error body: NAGRA's client signs on again when it sees this code (platform-gate)."""
    return {
        "resultCode": "99999:403",
        "localeMessage": "none",
        "requestId": str(secrets.randbelow(900_000_000) + 100_000_000),
        "result": message,
    }


def gate_refusal(status: int, message: str) -> Refusal:
    """A token that the gate refuses."""
    return Refusal(status, message, body=gate_body(message))
