"""hdm-authentication, "Initialise device" and "Signon response": an initialisation needs the token of a signon."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.initialising import BY_GET, BY_POST, expect_token_refusal, initialise_as_control
from conformance.errors import CouldNotTest
from conformance.session.hdm import user_token
from conformance.session.ias import broadcast_token
from conformance.session.initialise import initialise
from conformance.session.lookalikes import unknown_like
from conformance.target import Secret, Value


@requirement("INI-023", "INI-025", "INI-026", "INI-027", "INI-028")
def test_an_initialisation_by_get_without_a_real_token_does_not_succeed(check: Check) -> None:
    _expect_all_refused(check, BY_GET)


@requirement("INI-123", "INI-125", "INI-126", "INI-127", "INI-128")
def test_an_initialisation_by_post_without_a_real_token_does_not_succeed(check: Check) -> None:
    _expect_all_refused(check, BY_POST)


@requirement("INI-029")
def test_an_initialisation_by_get_with_an_expired_token_does_not_succeed(check: Check) -> None:
    _expect_expired_refused(check, BY_GET, "INI-029")


@requirement("INI-129")
def test_an_initialisation_by_post_with_an_expired_token_does_not_succeed(check: Check) -> None:
    _expect_expired_refused(check, BY_POST, "INI-129")


def _expect_all_refused(check: Check, operation: str) -> None:
    initialise_as_control(check, operation)
    real = user_token(check)
    tokens: list[tuple[str, str, Value | None]] = [
        ("INI-023", "initialisation without token", None),
        ("INI-025", "initialisation with an empty token", ""),
        ("INI-026", "initialisation with a made-up token", unknown_like(real, len(real.reveal()))),
        ("INI-027", "initialisation with an altered token", unknown_like(real, 8)),
        ("INI-028", "initialisation with a JSON web token that is nobody's", _foreign_jwt()),
    ]
    swapped = real.reveal().swapcase()
    if real.reveal() not in (real.reveal().lower(), real.reveal().upper()):
        tokens.append(("INI-027", "initialisation with a token in another case", Secret(swapped)))
    broadcast = _broadcast_token(check)
    if broadcast:
        tokens.append(("INI-028", "initialisation with a home's broadcast token", broadcast))
    for requirement_id, cause, token in tokens:
        answer = initialise(check, operation, token)
        expect_token_refusal(check, requirement_id, answer, cause)


def _expect_expired_refused(check: Check, operation: str, requirement_id: str) -> None:
    expired = check.subject("expired_tokens")["hdm"]
    initialise_as_control(check, operation)
    answer = initialise(check, operation, expired)
    expect_token_refusal(check, requirement_id, answer, "initialisation with an expired token")


def _broadcast_token(check: Check) -> str:
    """A token that every device of a home may read; empty where this target cannot be brought to give one."""
    if "ias" not in check.target.services or "in_home_detection" not in check.target.features:
        return ""
    try:
        return broadcast_token(check)
    except CouldNotTest:
        return ""


def _foreign_jwt() -> str:
    """A JSON web token in good form, signed with a key that nobody has."""

    def encoded(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    header = encoded(json.dumps({"typ": "JWT", "alg": "HS256", "kid": "1"}).encode())
    claims = encoded(json.dumps({"typ": "DevAuthN", "ver": "1.0", "exp": int(time.time()) + 3600}).encode())
    signature = hmac.digest(secrets.token_bytes(32), f"{header}.{claims}".encode(), hashlib.sha256)
    return f"{header}.{claims}.{encoded(signature)}"
