"""The pages give each operation its method (Request). HEAD and OPTIONS are never judged: browsers send them."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import replace

import pytest

from conformance.checks.api import Check
from conformance.client import Wire
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.session.attribution import deliver
from conformance.session.baseline import baseline

METHODS = ("PUT", "PATCH", "DELETE")
OPERATIONS = {
    "stbsignontokens": "WIR-601",
    "nmpsignontokens": "WIR-602",
    "initialiseDeviceByGet": "WIR-603",
    "initialiseDeviceByPost": "WIR-604",
    "createAccount": "WIR-605",
    "createAccountOnSsp": "WIR-606",
    "dasSignOnByCasn": "WIR-607",
    "generateUpdateInHomeToken": "WIR-608",
    "updateInHomeStatus": "WIR-609",
    "isContentAuthorised": "WIR-610",
    "listServices": "WIR-611",
}


@pytest.mark.parametrize(
    "operation", [pytest.param(name, marks=pytest.mark.requirement(own)) for name, own in OPERATIONS.items()]
)
def test_another_method_is_not_carried_out(check: Check, operation: str) -> None:
    wire = baseline(check, operation)
    session = check.session
    for method in METHODS:
        if method == session.contract.operation(operation).method:
            continue
        delivery = deliver(session.sending, operation, replace(afresh(operation, wire), method=method), expect_5xx=True)
        exchange = session.recorder.exchange_of(operation, delivery, made_by=check.name, valid=False)
        session.recorder.judge_and_write(exchange, expect_5xx=True)
        check.expect(
            OPERATIONS[operation],
            not _carried_out(exchange),
            exchange,
            expected=["HTTP 405", "any other refusal"],
            actual=f"HTTP {exchange.status}",
            cause=f"{method} is carried out like the documented method",
        )


def afresh(operation: str, wire: Wire) -> Wire:
    """The request with an x-correlation-id of its own, and for an account that does not exist yet.

    A second account of the same name is refused anyway, and so may be "a unique identifier" that was used before.
    """
    own = {"x-correlation-id": str(uuid.uuid4())}
    wire = replace(wire, headers=tuple((name, own.get(name.lower(), value)) for name, value in wire.headers))
    if not operation.startswith("createAccount") or not wire.body:
        return wire
    body = json.loads(wire.body)
    name, at, domain = str(body.get("signonId", "")).partition("@")
    body["signonId"] = f"{name[:20]}-{secrets.token_hex(6)}{at}{domain}"
    if "_id" in body:
        body["_id"] = secrets.token_hex(12)
    return replace(wire, body=json.dumps(body).encode())


def _carried_out(exchange: Exchange) -> bool:
    """A 2xx with a body that is not the gate's refusal."""
    return succeeded(exchange) and exchange.response is not None and bool(exchange.response.body.strip())
