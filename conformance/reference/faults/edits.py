"""Edits of one member of an object, from which tables of faults are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Edit = Callable[[dict[str, Any], str], None]
"""Changes one member of an object in place."""


def put(value: Any) -> Edit:
    """Another value, be the member there or not."""

    def edit(parent: dict[str, Any], name: str) -> None:
        parent[name] = value

    return edit


def drop(parent: dict[str, Any], name: str) -> None:
    """The member is missing."""
    parent.pop(name, None)


def rename(new: str) -> Edit:
    """The member has another name."""

    def edit(parent: dict[str, Any], name: str) -> None:
        if name in parent:
            parent[new] = parent.pop(name)

    return edit


def convert(function: Callable[[Any], Any]) -> Edit:
    """The member's value is computed from the right one."""

    def edit(parent: dict[str, Any], name: str) -> None:
        if parent.get(name) is not None:
            parent[name] = function(parent[name])

    return edit
