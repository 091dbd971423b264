"""The documented payloads as exchanges, and the edits that corrupt them (see fixtures/payloads)."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import yaml

from conformance.contract import load_contract
from conformance.model import Exchange, Request, Response
from conformance.resources import fixtures

FOLDER = fixtures() / "payloads"
TENANT = "nagra"
OPAQUE = "T3BhcXVlIGRldmljZSBkYXRh"
HEADER = {"typ": "JWT", "kid": "321516", "alg": "HS256"}
SIGNATURE = "f7QLeHJPAZpOBUGHMUNERY7nTn_jbcE3E8v-SngAydQ"
INITIALISE = {"playerVersion": "5.1", "playerType": "nmp", "initializationPayload": OPAQUE, "token": "zxcvb"}
# Requests to which the payloads may be the answers. Where the pages give values, they are theirs.
QUERIES = {
    "stbsignontokens": {"smartcardId": "1234567890", "nuId": "00000000", "casn": "0123456789", "csadList": "0102"},
    "nmpsignontokens": {"username": "someone", "password": "pass-word-1"},
    "initialiseDeviceByGet": INITIALISE,
    "isContentAuthorised": {"token": "zxcvb", "arg0": "12345678", "arg1": '{"locality": "XYZ", "isDownload": true}'},
}
BODIES = {
    "createAccount": {
        "accountProfileId": "DEFAULT",
        "npvrProfileName": "DEFAULT",
        "billingAddress": [],
        "pvrStatus": "ENABLED",
        "signonId": "someone@example.test",
        "password": "aGFzaGVkIHBhc3N3b3Jk",
        "salt": "c29tZSBzYWx0",
        "geoBlockExempt": False,
    },
    "dasSignOnByCasn": {"casn": "0123456789", "dasChallenge": "Y2hhbGxlbmdl", "scheme": "CONNECT"},
    "updateInHomeStatus": {"updateInHomeToken": "0cd85e3b59367f865a1a08c4b5314e", "inHome": True},
}


@dataclass(frozen=True)
class Payload:
    """An entry of the index with its content, placeholders filled."""

    file: str
    operations: tuple[str, ...]
    direction: str
    status: int
    at: int
    value: Any


@dataclass(frozen=True)
class Corruption:
    """An entry of corruptions.yaml."""

    payload: str
    edit: dict[str, Any]
    breaks: str
    why: str
    compact: bool = False
    also: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return f"{self.breaks} {self.payload} {json.dumps(self.edit)}"


def payloads() -> list[Payload]:
    entries = yaml.safe_load((FOLDER / "index.yaml").read_text(encoding="utf-8"))["payloads"]
    found = []
    for entry in entries:
        value = json.loads((FOLDER / entry["file"]).read_text(encoding="utf-8"))
        for path, filling in entry.get("placeholders", {}).items():
            put(value, steps(path), filling)
        at = entry.get("at", 1_700_000_000_000)
        operations = tuple(entry["operations"])
        found.append(Payload(entry["file"], operations, entry["direction"], entry.get("status", 0), at, value))
    return found


def corruptions() -> list[Corruption]:
    entries = yaml.safe_load((FOLDER / "corruptions.yaml").read_text(encoding="utf-8"))["corruptions"]
    return [Corruption(**{**entry, "also": tuple(entry.get("also", ()))}) for entry in entries]


def exchange(payload: Payload, operation_id: str, corruption: Corruption | None = None) -> Exchange:
    """Return the exchange in which a payload, corrupted or not, is the answer of an operation."""
    value = copy.deepcopy(payload.value)
    edit = corruption.edit if corruption else {}
    if corruption and corruption.compact:
        value = {
            key: compacted(item) if key in ("access_token", "refresh_token") else item for key, item in value.items()
        }
    path = edit.get("at") or edit.get("remove")
    if path:
        change(value, steps(path), edit)
    body = edit.get("body") or json.dumps(value)
    headers = (("Content-Type", edit.get("content_type", "application/json")),)
    return Exchange(
        id="E00001",
        service=load_contract().operation(operation_id).service,
        operation=operation_id,
        request=request(operation_id),
        response=Response(edit.get("status", payload.status), headers, body.encode()),
        sent_at=payload.at - 50.0,
        received_at=float(payload.at),
        valid=payload.status < 400,
        tenant=TENANT,
    )


def request(operation_id: str) -> Request:
    """Return a documented request of an operation."""
    spelled = {"isContentAuthorized": "isContentAuthorised"}.get(operation_id, operation_id)
    spelled = {"createAccountOnSsp": "createAccount"}.get(spelled, spelled)
    operation = load_contract().operation(operation_id)
    headers = [("x-correlation-id", "c0ffee")]
    if operation.service in ("adm", "ias"):
        headers.append(("nv-tenant-id", TENANT))
    if operation.service == "sdp":
        headers.append(("Authorization", "Basic " + base64.b64encode(b"mdrm:another-password").decode()))
    elif operation.security:
        headers.append(("Authorization", f"Bearer {access_token()}"))
    query = QUERIES.get(spelled)
    url = f"https://{operation.service}.test{operation.path}" + (f"?{urlencode(query)}" if query else "")
    body = b""
    if operation_id == "initialiseDeviceByPost":
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        body = urlencode(INITIALISE).encode()
    elif spelled in BODIES:
        headers.append(("Content-Type", "application/json"))
        body = json.dumps(BODIES[spelled]).encode()
    return Request(operation.method, url, tuple(headers), body)


def access_token() -> str:
    """Return the access token before the update that the in-home page shows: the same, but not in-home."""
    updated = json.loads((FOLDER / "ias/updated-token.json").read_text(encoding="utf-8"))["access_token"]
    parts = opened(updated)
    return packed({**parts, "claims": {**parts["claims"], "inHome": False}})


def steps(path: str) -> list[str]:
    """Return the names of a path such as `$.token.token`."""
    assert path.startswith("$.")
    return path[2:].split(".")


def change(value: Any, path: list[str], edit: dict[str, Any]) -> None:
    """Carry out one edit in place; a path may lead into a compact JWT."""
    name, *rest = path
    if rest and isinstance(value[name], str):
        parts = opened(value[name])
        change(parts, rest, edit)
        value[name] = packed(parts)
    elif rest:
        change(value[name], rest, edit)
    elif "set" in edit:
        assert value.get(name, ...) != edit["set"] or type(value[name]) is not type(edit["set"]), (
            "the edit changes nothing"
        )
        value[name] = edit["set"]
    else:
        old = value.pop(name)
        if "rename" in edit:
            value[edit["rename"]] = old


def put(value: Any, path: list[str], filling: str) -> None:
    for name in path[:-1]:
        value = value[name]
    assert value[path[-1]].startswith("<"), "only placeholders are filled"
    value[path[-1]] = filling


def opened(token: str) -> dict[str, Any]:
    header, claims, signature = token.split(".")
    return {"header": _decoded(header), "claims": _decoded(claims), "signature": signature}


def packed(parts: dict[str, Any]) -> str:
    return ".".join((_encoded(parts["header"]), _encoded(parts["claims"]), parts["signature"]))


def compacted(claims: dict[str, Any]) -> str:
    """Return decoded claims as a compact JWT with the header of the in-home page's sample."""
    return packed({"header": HEADER, "claims": claims, "signature": SIGNATURE})


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
