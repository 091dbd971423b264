"""SDP's caller and the tokens of signons, not compared, or not wholly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults.making import claims_of, overriding
from conformance.reference.faults.operations import INITIALISE, SDP
from conformance.reference.sdp import basic_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hdm import Hdm
    from conformance.reference.sdp import Sdp
    from conformance.reference.state import SignonToken
    from conformance.reference.wire import Call

KIND = "credentials"

# Basic authentication at SDP


def _basic(accepts: Callable[[str, str, str], bool]) -> Callable[..., Any]:
    """Accepts what `accepts(header, user, password)` does."""

    def replacement(original: Callable[[Call], None], _service: Sdp) -> Callable[[Call], None]:
        def check_basic_authentication(call: Call) -> None:
            header = call.headers.get("authorization", "")
            user, _, password = (basic_credentials(header) or b"").decode("latin-1").partition(":")
            if not accepts(header, user, password):
                original(call)

        return check_basic_authentication

    return replacement


USER, PASSWORD = seed.SDP_USERNAME, seed.SDP_PASSWORD
for _name, _summary, _accepts in (
    ("basic-not-checked", "SDP asks nobody for credentials.", lambda header, user, password: True),
    ("basic-optional", "Only credentials that are there are checked.", lambda header, user, password: not header),
    (
        "basic-password-ignored",
        "Basic authentication compares the user only.",
        lambda header, user, password: user == USER,
    ),
    (
        "basic-user-ignored",
        "Basic authentication compares the password only.",
        lambda header, user, password: password == PASSWORD,
    ),
    ("basic-any", "Any basic credentials will do.", lambda header, user, password: header.lower().startswith("basic ")),
    (
        "basic-or-bearer",
        "A bearer token will do instead.",
        lambda header, user, password: header.lower().startswith("bearer "),
    ),
    (
        "basic-empty-password",
        "An empty password is not compared.",
        lambda header, user, password: user == USER and not password,
    ),
    (
        "basic-password-by-its-start",
        "Of the password the first 8 characters count.",
        lambda header, user, password: user == USER and password[:8] == PASSWORD[:8],
    ),
    (
        "basic-password-in-any-case",
        "Case does not count in the password.",
        lambda header, user, password: user == USER and password.lower() == PASSWORD.lower(),
    ),
    (
        "basic-password-by-its-length",
        "Of the password the length counts.",
        lambda header, user, password: user == USER and len(password) == len(PASSWORD),
    ),
):
    overriding(_name, KIND, _summary, (SDP,), "sdp", "check_basic_authentication", _basic(_accepts))

# Signon tokens at SDP and at initialisation


def _finds(find: Callable[[str, Hdm], str | None]) -> Callable[..., Any]:
    """A token counts as the one that `find` names."""

    def replacement(original: Callable[[str], SignonToken | None], service: Hdm) -> Callable[[str], SignonToken | None]:
        def verify_token(token: str) -> SignonToken | None:
            known = original(token)
            alias = None if known else find(token, service)
            return service.database.signon_token(alias) if alias else known

        return verify_token

    return replacement


def _tokens(service: Hdm) -> list[str]:
    return service.database.signon_tokens()


def _by_start(length: int) -> Callable[[str, Hdm], str | None]:
    def find(token: str, service: Hdm) -> str | None:
        return next((one for one in _tokens(service) if len(token) >= length and one[:length] == token[:length]), None)

    return find


def _newest(service: Hdm) -> str | None:
    return next(iter(_tokens(service)), None)


TOKEN_USERS = (SDP, *INITIALISE)
for _name, _summary, _find in (
    ("any-signon-token", "A signon token is not verified.", lambda token, service: _newest(service) if token else None),
    (
        "signon-token-but-its-end",
        "The last third of a signon token is not compared.",
        lambda token, service: next(
            (one for one in _tokens(service) if len(one) == len(token) and one[: len(one) * 2 // 3] in token), None
        ),
    ),
    ("signon-token-by-its-start", "Of a signon token the first 24 characters count.", _by_start(24)),
    (
        "signon-token-by-its-length",
        "Of a signon token the length counts.",
        lambda token, service: next((one for one in _tokens(service) if len(one) == len(token)), None),
    ),
    (
        "signon-token-any-jwt",
        "Whatever looks like a JSON web token is taken for a signon token.",
        lambda token, service: _newest(service) if claims_of(token) is not None else None,
    ),
    (
        "signon-token-in-any-case",
        "Case does not count in signon tokens.",
        lambda token, service: next((one for one in _tokens(service) if one.lower() == token.lower()), None),
    ),
    (
        "signon-token-expired",
        "A signon token that has expired is still accepted.",
        lambda token, service: token if service.database.signon_token(token) else None,
    ),
    (
        "broadcast-token-signs-on",
        "A broadcast token is taken for a signon token.",
        lambda token, service: _newest(service) if len(token) > 100 and _is_hex(token) else None,
    ),
):
    overriding(_name, KIND, _summary, TOKEN_USERS, "hdm", "verify_token", _finds(_find))


def _is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False
