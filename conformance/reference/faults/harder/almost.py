"""Values that are compared, but not wholly: what is nearly right is taken for right.

A fault of the table takes a value of the request that is alike to a right one for that one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults.making import body_of, calling, memory, overriding
from conformance.reference.faults.operations import (
    ACCOUNTS,
    DAS,
    GENERATE,
    INITIALISE,
    MDS,
    NMP,
    SDP,
    STB,
    UPDATE,
)
from conformance.reference.sdp import basic_credentials
from conformance.reference.tokens import InvalidToken, decode_base64
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from conformance.reference.ias import Ias
    from conformance.reference.in_home import InHome
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Call

KIND = "almost"
Alike = Callable[[str, str], bool]
Claims = dict[str, Any]
LONGEST_KEY = 72


def first(count: int) -> Alike:
    """The first characters count."""
    return lambda given, right: given[:count] == right[:count]


def last(count: int) -> Alike:
    """The last characters count."""
    return lambda given, right: given[-count:] == right[-count:]


def _but_one(given: str, right: str) -> bool:
    """One character may differ."""
    return len(given) == len(right) and sum(map(str.__ne__, given, right)) <= 1


ALIKE: dict[str, tuple[str, Alike]] = {
    "by-its-first-4": ("the first 4 characters count", first(4)),
    "by-its-first-8": ("the first 8 characters count", first(8)),
    "by-its-first-16": ("the first 16 characters count", first(16)),
    "by-its-last-4": ("the last 4 characters count", last(4)),
    "by-its-last-8": ("the last 8 characters count", last(8)),
    "by-its-last-16": ("the last 16 characters count", last(16)),
    "in-any-order": ("the order of the characters does not count", lambda given, right: sorted(given) == sorted(right)),
    "in-any-case": ("case does not count", lambda given, right: given.lower() == right.lower()),
    "inside-another": ("a value that holds the right one is it", lambda given, right: right in given),
    "with-anything-behind": ("a value that begins with the right one is it", str.startswith),
    "with-anything-before": ("a value that ends with the right one is it", str.endswith),
    "but-one-character": ("one character may differ", _but_one),
    "but-its-end": ("the last character does not count", lambda given, right: given[:-1] == right[:-1]),
    "cut-short": ("its first half will do", lambda given, right: len(given) > 2 and right.startswith(given)),
}  # fmt: skip

# Where a value stands, what the right ones are, and how a call gets another


def _query(name: str, rights: Callable[[Call, Platform], Iterable[str]]) -> Callable[[Alike], Any]:
    def made(alike: Alike) -> Any:
        def change(call: Call, platform: Platform) -> None:
            if name in call.query:
                call.query[name] = _nearest(call.query[name], rights(call, platform), alike)

        return change

    return made


def _body(name: str, rights: Callable[[Call, Platform], Iterable[str]]) -> Callable[[Alike], Any]:
    def made(alike: Alike) -> Any:
        def change(call: Call, platform: Platform) -> None:
            body = body_of(call)
            if isinstance(body, dict) and isinstance(body.get(name), str):
                near = _nearest(body[name], rights(call, platform), alike)
                if near != body[name]:
                    call.body = json.dumps({**body, name: near}).encode()

        return change

    return made


def _header(name: str, rights: Callable[[Call, Platform], Iterable[str]]) -> Callable[[Alike], Any]:
    def made(alike: Alike) -> Any:
        def change(call: Call, platform: Platform) -> None:
            if name in call.headers:
                call.headers[name] = _nearest(call.headers[name], rights(call, platform), alike)

        return change

    return made


def _nearest(given: str, rights: Iterable[str], alike: Alike) -> str:
    known = [right for right in rights if right]
    if not given or given in known:
        return given
    return next((right for right in known if alike(given, right)), given)


def _password(call: Call, _platform: Platform) -> list[str]:
    people = {person.username: person.password for person in (seed.USER_A, seed.USER_B)}
    return [people.get(call.query.get("username", ""), "")]


def _of_box(attribute: str) -> Callable[[Call, Platform], list[str]]:
    def rights(call: Call, platform: Platform) -> list[str]:
        box = platform.database.device_by_smartcard(call.query.get("smartcardId", ""))
        return [str(getattr(box, attribute))] if box else []

    return rights


def _challenge(call: Call, platform: Platform) -> list[str]:
    body = body_of(call)
    box = platform.database.device_by_casn(str(body.get("casn"))) if isinstance(body, dict) else None
    return [str(box.challenge)] if box else []


BOXES = (seed.STB_A, seed.STB_B)
WHERE: dict[str, tuple[str, tuple[str, ...], Callable[[Alike], Any]]] = {
    "password": ("a password", (NMP,), _query("password", _password)),
    "username": ("a username", (NMP,), _query("username", lambda call, platform: [seed.USER_A.username])),
    "device-id": ("a deviceId", (NMP,), _query("deviceId", lambda call, platform: [seed.USER_A.device])),
    "gateway": ("a gateway's smartcard", (NMP,), _query("smartcardId", lambda call, platform: [seed.GATEWAY.smartcard])),
    "smartcard": ("a box's smartcard", (STB,), _query("smartcardId", lambda call, platform: [box.smartcard or "" for box in BOXES])),
    "nuid": ("nuId", (STB,), _query("nuId", _of_box("nuid"))),
    "stb-casn": ("a box's casn", (STB,), _query("casn", _of_box("casn"))),
    "signon-token-at-sdp": ("a signon token", (SDP,), _query("token", lambda call, platform: platform.database.signon_tokens())),
    "signon-token-at-initialise": ("a signon token", INITIALISE, _query("token", lambda call, platform: platform.database.signon_tokens())),
    "content": ("a content ID", (SDP,), _query("arg0", lambda call, platform: [next(iter(seed.CONTENTS))])),
    "das-casn": ("casn", (DAS,), _body("casn", lambda call, platform: [box.casn or "" for box in BOXES])),
    "challenge": ("dasChallenge", (DAS,), _body("dasChallenge", _challenge)),
    "das-tenant": ("the tenant", (DAS,), _header("nv-tenant-id", lambda call, platform: [platform.settings.tenant])),
    "account-tenant": ("the tenant", ACCOUNTS, _header("nv-tenant-id", lambda call, platform: [platform.settings.tenant])),
}  # fmt: skip
TABLE: dict[str, tuple[str, ...]] = {
    "password": ("by-its-first-16", "inside-another", "with-anything-behind", "but-one-character"),
    "username": ("by-its-first-8", "with-anything-behind", "but-one-character"),
    "device-id": ("by-its-first-8", "with-anything-behind", "but-one-character", "in-any-order"),
    "gateway": ("by-its-first-8", "but-its-end", "with-anything-behind"),
    "smartcard": ("by-its-first-8", "by-its-last-4", "but-its-end", "with-anything-behind"),
    "nuid": ("by-its-first-8", "by-its-last-4", "in-any-order", "but-one-character"),
    "stb-casn": ("by-its-first-8", "by-its-last-4", "with-anything-behind", "cut-short"),
    "signon-token-at-sdp": ("by-its-first-16", "by-its-last-16", "but-one-character", "with-anything-behind", "inside-another"),
    "signon-token-at-initialise": ("by-its-first-16", "by-its-last-16", "but-its-end", "in-any-case"),
    "content": ("by-its-first-4", "but-its-end", "with-anything-behind"),
    "das-casn": ("by-its-first-8", "by-its-last-4", "but-its-end", "with-anything-behind"),
    "challenge": ("by-its-last-8", "in-any-order", "with-anything-behind", "with-anything-before", "but-one-character", "cut-short"),
    "das-tenant": ("with-anything-before", "cut-short", "but-one-character"),
    "account-tenant": ("cut-short", "inside-another", "but-one-character"),
}  # fmt: skip
for _where, _names in TABLE.items():
    _what, _operations, _made = WHERE[_where]
    for _name in _names:
        _words, _alike = ALIKE[_name]
        calling(f"{_where}-{_name}", KIND, f"Of {_what} {_words}.", _operations, _made(_alike))

# Access tokens: the segments of a JWT


def unverified_claims(token: str) -> Claims | None:
    """The claims of a token, whatever its signature looks like."""
    segments = token.split(".")
    try:
        claims = json.loads(decode_base64(segments[1]) or b"") if len(segments) > 1 else None
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _verified_if(accepts: Callable[[str, Ias], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[str], Claims], service: Ias) -> Callable[[str], Claims]:
        def verify_signature(token: str) -> Claims:
            claims = unverified_claims(token)
            return claims if claims is not None and accepts(token, service) else original(token)

        return verify_signature

    return replacement


def _genuine(token: str, service: Ias) -> bool:
    try:
        service.platform.ias_key.verify(token)
    except (InvalidToken, ValueError):
        return False
    return True


def _signature_if(alike: Alike) -> Callable[[str, Ias], bool]:
    def accepts(token: str, service: Ias) -> bool:
        head, _, signature = token.rpartition(".")
        own = service.platform.ias_key.signature(head)
        return alike(signature, own)

    return accepts


def _segments_if(*compared: int) -> Callable[[str, Ias], bool]:
    """A token of which some segments are a genuine token's is taken for it."""

    def accepts(token: str, service: Ias) -> bool:
        seen: set[tuple[str, ...]] = memory(service.platform).setdefault("segments", set())
        parts = tuple(part for place, part in enumerate(token.split(".")) if place in compared)
        if _genuine(token, service):
            seen.add(parts)
        return parts in seen

    return accepts


for _place, _operation in (("generate", GENERATE), ("update", UPDATE), ("mds", MDS)):
    for _fault, _words, _accepts in (
        ("signature-by-its-first-6", "Of a signature the first 6 characters count", _signature_if(first(6))),
        ("signature-by-its-last-6", "Of a signature the last 6 characters count", _signature_if(last(6))),
        ("signature-in-any-case", "Case does not count in signatures", _signature_if(ALIKE["in-any-case"][1])),
        ("signature-but-one-character", "One character of a signature may differ", _signature_if(_but_one)),
        ("token-header-not-signed", "The header of a token is not covered by its signature", _segments_if(1, 2)),
        ("token-claims-not-signed", "The claims of a token are not covered by its signature", _segments_if(0, 2)),
    ):
        overriding(f"{_fault}-at-{_place}", KIND, f"{_words} ({_operation}).", (_operation,), "ias", "verify_signature",
                   _verified_if(_accepts))  # fmt: skip


def _grace(seconds: int) -> Callable[..., Any]:
    def replacement(original: Callable[[Claims], None], service: Ias) -> Callable[[Claims], None]:
        def check_expiry(claims: Claims) -> None:
            original({**claims, "exp": claims["exp"] + seconds} if isinstance(claims.get("exp"), int) else claims)

        return check_expiry

    return replacement


overriding("token-with-an-hour-of-grace", KIND, "A token is accepted for an hour after its exp.", (GENERATE, UPDATE, MDS), "ias", "check_expiry", _grace(3600))  # fmt: skip
overriding("token-with-twenty-minutes-of-grace", KIND, "A token is accepted for twenty minutes after its exp.", (GENERATE, UPDATE, MDS), "ias", "check_expiry", _grace(1200))  # fmt: skip

# The home that a broadcast token names


def _home_if(alike: Alike) -> Callable[..., Any]:
    def replacement(original: Callable[..., bool], _service: InHome) -> Callable[..., bool]:
        def same_home(home: tuple[str, str], claims: Claims) -> bool:
            return original(home, claims) or alike(str(claims.get("accountId")), home[1])

        return same_home

    return replacement


for _name in ("by-its-first-8", "by-its-last-8", "with-anything-behind", "but-one-character"):
    overriding(f"home-account-{_name}", KIND, f"Of a home's account {ALIKE[_name][0]}.", (UPDATE,), "in_home", "same_home",
               _home_if(ALIKE[_name][1]))  # fmt: skip


def _broadcast_if(alike: Alike) -> Callable[..., Any]:
    def replacement(original: Callable[[str], Any], service: InHome) -> Callable[[str], Any]:
        def open_broadcast(broadcast: str) -> Any:
            seen: list[str] = memory(service.platform).setdefault("broadcasts", [])
            try:
                home = original(broadcast)
            except Refusal:
                near = next((right for right in seen if alike(broadcast, right)), None)
                if near is None:
                    raise
                return original(near)
            if broadcast not in seen:
                seen.append(broadcast)
            return home

        return open_broadcast

    return replacement


for _name in ("by-its-first-16", "by-its-last-16", "but-its-end", "with-anything-behind", "but-one-character"):
    overriding(f"broadcast-{_name}", KIND, f"Of a broadcast token {ALIKE[_name][0]}.", (UPDATE,), "in_home", "open_broadcast",
               _broadcast_if(ALIKE[_name][1]))  # fmt: skip

# The operator's token and the password of MDRM Manager


def _crm_if(alike: Alike) -> Callable[..., Any]:
    def replacement(original: Callable[[str], None], service: Any) -> Callable[[str], None]:
        def check_token(token: str) -> None:
            head, _, signature = token.rpartition(".")
            if not alike(signature, service.platform.crm_key.signature(head)):
                original(token)

        return check_token

    return replacement


for _name in ("by-its-first-8", "by-its-last-8", "in-any-case", "but-one-character"):
    overriding(f"crm-signature-{_name}", KIND, f"Of a CRM token's signature {ALIKE[_name][0]}.", ACCOUNTS, "adm", "check_token",
               _crm_if(ALIKE[_name][1]))  # fmt: skip


def _basic_if(alike: Callable[[str, str], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Call], None], service: Any) -> Callable[[Call], None]:
        def check_basic_authentication(call: Call) -> None:
            given = (basic_credentials(call.headers.get("authorization", "")) or b"").decode("utf-8", "replace")
            user, _, password = given.partition(":")
            if not (user == seed.SDP_USERNAME and alike(password, seed.SDP_PASSWORD)):
                original(call)

        return check_basic_authentication

    return replacement


for _name in ("but-one-character",):
    overriding(f"basic-password-{_name}", KIND, f"Of SDP's password {ALIKE[_name][0]}.", (SDP,), "sdp", "check_basic_authentication",
               _basic_if(ALIKE[_name][1]))  # fmt: skip
