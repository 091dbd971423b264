"""Values that look like real ones and belong to nobody: other identifiers of the same format, wrong passwords.

They are drawn at random, since a counted-up identifier may well be somebody's; no verdict depends on which it is.
"""

from __future__ import annotations

import secrets
import string

from conformance.session.session import Session
from conformance.target import Secret, Value, reveal

ALTERED_CHARACTERS = 6


def unknown_like(value: Value, count: int = ALTERED_CHARACTERS) -> str:
    """Return another identifier of the same format: its last letters and digits are drawn anew, each in its class."""
    text = reveal(value)
    places = [index for index, character in enumerate(text) if character.isascii() and character.isalnum()][-count:]
    if not places:
        return text + secrets.token_hex(2)
    while True:
        drawn = list(text)
        for index in places:
            drawn[index] = secrets.choice(_class_of(drawn[index]))
        if (other := "".join(drawn)) != text:
            return other


def _class_of(character: str) -> str:
    for alphabet in (string.digits, "ABCDEF", "abcdef", string.ascii_uppercase):
        if character in alphabet:
            return alphabet
    return string.ascii_lowercase


def unknown_username(username: Value) -> str:
    """Return a user name that nobody has, in the same domain where there is one."""
    _, at, domain = reveal(username).partition("@")
    return f"nobody-{secrets.token_hex(5)}{at}{domain}"


def similar_usernames(username: Value) -> tuple[str, str]:
    """Return two user names that nobody has: one begins as the right one does, one has its local part."""
    name, at, domain = reveal(username).partition("@")
    drawn = secrets.token_hex(3)
    return f"{name}-{drawn}{at}{domain}", f"{name}{at}{drawn}.{domain}" if at else f"{drawn}-{name}"


def wrong_password(session: Session, right: Value) -> Secret:
    """Return a password of the same length that differs in its last character."""
    text = reveal(right)
    last = text[-1:] or "x"
    return _kept_secret(session, text[:-1] + secrets.choice([other for other in _class_of(last) if other != last]))


def exchanged_password(session: Session, right: Value) -> Secret | None:
    """Return the password with its first two different characters exchanged; None where all are the same."""
    text = reveal(right)
    place = next((index for index in range(len(text) - 1) if text[index] != text[index + 1]), None)
    if place is None:
        return None
    return _kept_secret(session, text[:place] + text[place + 1] + text[place] + text[place + 2 :])


def case_swapped_password(session: Session, right: Value) -> Secret | None:
    """Return the password with its last letter in the other case; None where it has no letters.

    A server that ignores the case takes it, and so does one that compares the beginning, the length, or all but one
    character.
    """
    text = reveal(right)
    place = next((place for place in reversed(range(len(text))) if text[place].swapcase() != text[place]), None)
    if place is None:
        return None
    return _kept_secret(session, text[:place] + text[place].swapcase() + text[place + 1 :])


def shortened_password(session: Session, right: Value) -> Secret | None:
    """Return the password without its last character; None where nothing would be left."""
    return _kept_secret(session, reveal(right)[:-1]) if len(reveal(right)) > 1 else None


def lengthened_password(session: Session, right: Value) -> Secret:
    """Return the password with one character more."""
    return _kept_secret(session, reveal(right) + secrets.choice(string.ascii_lowercase))


def _kept_secret(session: Session, text: str) -> Secret:
    """Wrap a wrong password, which tells nearly as much as the right one, and keep it out of the report."""
    session.stream.redactor.learn(text)
    return Secret(text)
