"""What any HTTP server may answer to an unusual frame is tolerated on every operation alike, and to no other request."""

from __future__ import annotations

import pytest

from conformance.contract import Contract, load_contract, load_transport
from conformance.model import Request

FRAME_STATUSES = (400, 405, 411, 413, 414, 415, 417, 421, 431, 501, 505)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def usual(contract: Contract, name: str) -> Request:
    operation = contract.operation(name)
    if operation.body is None:
        return Request(operation.method, "http://a.test/x?a=1", (("Authorization", "Bearer " + "t" * 900),))
    return Request(operation.method, "http://a.test/x", (("Content-Type", operation.body.media_types[0].name),), b"{}")


@pytest.mark.parametrize("name", [operation.operation_id for operation in load_contract()])
def test_a_usual_request_is_refused_with_a_frame_status_by_nobody(contract, name):
    operation, request = contract.operation(name), usual(contract, name)
    assert not any(load_transport().tolerates(operation, request, status) for status in FRAME_STATUSES)
    assert load_transport().tolerates(operation, request, 429)
    assert not load_transport().tolerates(operation, request, 500)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PATCH"},
        {"method": "GET", "body": b"{}"},
        {"body": b"x" * 70_000},
        {"url": "http://a.test/x?a=" + "y" * 3_000},
        {"url": "http://a.test/x?a={}"},
        {"url": "http://a.test/x?a=%zz"},
        {"url": "http://a.test/x?a=%00"},
        {"url": "http://a.test/x?a=%ff%fe"},
        {"headers": (("Content-Type", "text/xml"),)},
        {"headers": (("X-A", "b" * 9_000),)},
        {"headers": (("X-A", "ü"),)},
        {"headers": (("Expect", "a miracle"),)},
        {"headers": (("Transfer-Encoding", "gzip"),)},
    ],
    ids=lambda change: " ".join(f"{key}={str(value)[:30]}" for key, value in change.items()),
)
@pytest.mark.parametrize(
    "name", ["stbsignontokens", "dasSignOnByCasn", "isContentAuthorised", "initialiseDeviceByPost"]
)
def test_an_unusual_frame_may_be_refused_by_any_server(contract, name, change):
    operation, request = contract.operation(name), usual(contract, name)
    facts = {"method": request.method, "url": request.url, "headers": request.headers, "body": request.body} | change
    assert all(load_transport().tolerates(operation, Request(**facts), status) for status in FRAME_STATUSES)
    assert not load_transport().tolerates(operation, Request(**facts), 500)
