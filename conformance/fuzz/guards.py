"""What must not be sent by accident: wrong passwords for real users, because real platforms lock accounts."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import urlsplit

from conformance.client import Wire
from conformance.session.encoding import query_pairs
from conformance.target import Subject, Target


def wrongly_named_user(target: Target, wire: Wire) -> str | None:
    """Return the real user for whom a request carries a wrong password; None where there is none."""
    query = query_pairs(urlsplit(wire.url).query)
    body = query_pairs(wire.body[:10_000].decode("utf-8", "surrogateescape")) if b"=" in wire.body else ()
    names = {value.strip().casefold() for key, value in (*query, *body) if key.lower() == "username"}
    given = [value for key, value in (*query, *body) if key.lower() == "password"]
    for user in _users(target):
        if user.text("username").casefold() in names and any(value != user.text("password") for value in given):
            return user.text("username")
    return _basic_user(target, wire)


def _users(target: Target) -> Iterator[Subject]:
    for subject in target.subjects.values():
        if "username" in subject and "password" in subject:
            yield subject


def _basic_user(target: Target, wire: Wire) -> str | None:
    """Return SDP's user where Basic authentication carries its name with another password."""
    credentials = target.credentials
    if credentials.sdp_username is None or credentials.sdp_password is None:
        return None
    for name, value in wire.headers:
        kind, _, rest = value.partition(" ")
        if name.lower() != "authorization" or kind.lower() != "basic":
            continue
        try:
            user, _, password = base64.b64decode(rest.strip() + "==").decode("utf-8", "replace").partition(":")
        except ValueError:
            continue
        if user == credentials.sdp_username and password != credentials.sdp_password.read():
            return user
    return None
