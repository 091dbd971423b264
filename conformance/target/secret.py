"""Secrets: a type that prints as `***` and unwraps only at the wire."""

from __future__ import annotations

from typing import TypeAlias


class Secret:
    """A value that must not reach a log, a report, a traceback or a process list."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; only the wire, the hash functions and the redactor may ask."""
        return self._value

    def __str__(self) -> str:
        """Return `***`."""
        return "***"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        """Return `***`."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare the values of two secrets."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash the value."""
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be pickled."""
        raise TypeError("a secret cannot be pickled")


Value: TypeAlias = str | Secret


def reveal(value: Value) -> str:
    """Return the plain text of a value, secret or not."""
    return value.reveal() if isinstance(value, Secret) else value
