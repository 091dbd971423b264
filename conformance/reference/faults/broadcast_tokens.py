"""Broadcast tokens that can be read by all."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
import string
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.reference.faults import Fault, Replacement, register
from conformance.reference.faults.edits import drop, put
from conformance.reference.faults.making import answering, editing, memory, segment
from conformance.reference.faults.operations import GENERATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.in_home import InHome
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

LEAK, KIND, STATE = "leak", "in-home", "state"

# Broadcast tokens that can be read: the platform finds the home again, and so does everybody else


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _plain(tenant: str, account: str) -> bytes:
    return json.dumps({"tenantId": tenant, "accountId": account}).encode()


def _xored(data: bytes, key: int) -> bytes:
    return bytes(byte ^ key for byte in data)


def _signed(tenant: str, account: str) -> str:
    return f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{segment({'tenantId': tenant, 'accountId': account})}.{'A' * 43}"


def _in_base_36(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 36)
        text = (string.digits + string.ascii_lowercase)[digit] + text
    return text


READABLE: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "plain": ("tenant and account in plain", lambda tenant, account: f"{tenant}:{account}"),
    "base64": ("base64", lambda tenant, account: _b64(_plain(tenant, account))),
    "base64url": ("base64url", lambda tenant, account: base64.urlsafe_b64encode(f"{tenant}|{account}".encode()).decode().rstrip("=")),
    "twice-base64": ("base64 of base64", lambda tenant, account: _b64(_b64(_plain(tenant, account)).encode())),
    "hex": ("hexadecimal", lambda tenant, account: f"{tenant}/{account}".encode().hex()),
    "reversed-hex": ("hexadecimal backwards", lambda tenant, account: f"{tenant}/{account}".encode()[::-1].hex()),
    "base32": ("base32", lambda tenant, account: base64.b32encode(_plain(tenant, account)).decode()),
    "base85": ("base85", lambda tenant, account: base64.b85encode(_plain(tenant, account)).decode()),
    "reversed": ("backwards", lambda tenant, account: f"{tenant}:{account}"[::-1]),
    "reversed-base64": ("base64 backwards", lambda tenant, account: _b64(_plain(tenant, account))[::-1]),
    "rot13": ("rot13", lambda tenant, account: codecs.encode(f"{tenant}:{account}", "rot13")),
    "zlib": ("zlib and base64", lambda tenant, account: _b64(zlib.compress(_plain(tenant, account)))),
    "deflate": ("raw deflate and base64", lambda tenant, account: _b64(zlib.compress(_plain(tenant, account), wbits=-15))),
    "gzip": ("gzip and hexadecimal", lambda tenant, account: gzip.compress(_plain(tenant, account), mtime=0).hex()),
    "percent": ("percent-encoding", lambda tenant, account: "".join(f"%{byte:02X}" for byte in f"{tenant}:{account}".encode())),
    "utf-16": ("UTF-16 and base64", lambda tenant, account: _b64(f"{tenant}:{account}".encode("utf-16-le"))),
    "xor": ("every byte xor 0x5A, in hexadecimal", lambda tenant, account: _xored(_plain(tenant, account), 0x5A).hex()),
    "jwt": ("a signed JSON web token", _signed),
    "json-in-query": ("a query string", lambda tenant, account: quote(f"tenantId={tenant}&accountId={account}")),
    "base64-parts": ("two parts of base64", lambda tenant, account: ".".join(_b64(part.encode()) for part in (tenant, account))),
    "hex-with-colons": ("hexadecimal with colons", lambda tenant, account: f"{tenant}:{account}".encode().hex(":")),
    "entities": ("entities of a page", lambda tenant, account: "".join(f"&#{byte};" for byte in f"{tenant}:{account}".encode())),
    "escapes": ("escapes of JSON", lambda tenant, account: "".join(f"\\u{byte:04x}" for byte in f"{tenant}:{account}".encode())),
    "octal": ("octal escapes", lambda tenant, account: "".join(f"\\{byte:03o}" for byte in f"{tenant}:{account}".encode())),
    "binary": ("zeros and ones", lambda tenant, account: "".join(f"{byte:08b}" for byte in f"{tenant}:{account}".encode())),
    "decimal-number": ("one decimal number", lambda tenant, account: str(int.from_bytes(f"{tenant}:{account}".encode(), "big"))),
    "base36": ("one number of base 36", lambda tenant, account: _in_base_36(f"{tenant}:{account}".encode())),
    "decimal-bytes": ("decimal numbers of bytes", lambda tenant, account: "-".join(str(byte) for byte in f"{tenant}:{account}".encode())),
}  # fmt: skip


def _readable(name: str, what: str, write: Callable[[str, str], str], *, summary: str = "") -> None:
    """The broadcast token is `write(tenant, account)`, and is understood again."""

    def seal(_original: Callable[..., str], service: InHome) -> Callable[[str, str], str]:
        def seal_home(tenant: str, account: str) -> str:
            token = write(tenant, account)
            memory(service.platform).setdefault("homes", {})[token] = (tenant, account)
            return token

        return seal_home

    def unseal(original: Callable[..., Any], service: InHome) -> Callable[[str], Any]:
        def open_broadcast(broadcast: str) -> Any:
            return memory(service.platform).get("homes", {}).get(broadcast) or original(broadcast)

        return open_broadcast

    overrides: dict[tuple[str, str], Replacement] = {
        ("in_home", "seal_home"): seal,
        ("in_home", "open_broadcast"): unseal,
    }
    told = summary or f"The broadcast token is {what}."
    register(Fault(name, LEAK, told, (GENERATE,), overrides))


for _name, (_what, _write) in READABLE.items():
    _readable(f"broadcast-readable-{_name}", _what, _write)
_readable(
    "broadcast-shows-account",
    "",
    lambda tenant, account: f"{'9f' * 20}{account}{'a7' * 8}",
    summary="The account stands in the broadcast token.",
)
_readable(
    "broadcast-shows-tenant",
    "",
    lambda tenant, account: f"{_b64(tenant.encode())}.{hash(account) % 10**18:018d}",
    summary="The tenant stands in the broadcast token.",
)
_readable(
    "broadcast-same-for-all",
    "",
    lambda tenant, account: "0cd85e3b59367f865a1a08c4b5314e",
    summary="All homes broadcast one and the same token.",
)

# A broadcast token that holds the access token


def _holding(name: str, summary: str, write: Callable[[str], str]) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        access = call.headers.get("authorization", "").removeprefix("Bearer ")
        answer.data["updateInHomeToken"] = write(access)

    answering(name, LEAK, summary, (GENERATE,), change)


_holding("broadcast-is-access-token", "The broadcast token is the access token.", lambda access: access)
_holding("broadcast-holds-access-token", "The broadcast token holds the access token.", lambda access: f"home:{access}")
_holding("broadcast-encodes-access-token", "It holds the access token in base64.", lambda access: _b64(access.encode()))
_holding(
    "broadcast-compresses-access-token",
    "It holds the access token compressed.",
    lambda access: _b64(zlib.compress(access.encode())),
)

for _name, _summary, _edit in (
    ("broadcast-token-missing", "The answer holds no token.", drop),
    ("broadcast-token-null", "The token is null.", put(None)),
    ("broadcast-token-empty", "The token is empty.", put("")),
    ("broadcast-token-number", "The token is a number.", put(31)),
):
    editing(_name, "shape", _summary, (GENERATE,), "updateInHomeToken", _edit)
