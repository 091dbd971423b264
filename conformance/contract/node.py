"""A place in an OpenAPI document: typed access, references followed, and a message with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conformance.documents import Document
from conformance.errors import ContractError
from conformance.model import Json, JsonObject

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Node:
    """A value in a document, and where it stands."""

    document: Document
    place: Place
    value: Json

    @classmethod
    def root(cls, document: Document) -> Node:
        """Return the whole document."""
        return cls(document, (), document.value)

    def fail(self, message: str) -> ContractError:
        """Return the error to be raised about this place."""
        return ContractError(message, where=self.document.where(self.place))

    @property
    def mapping(self) -> JsonObject:
        """The value, which must be an object."""
        if not isinstance(self.value, dict):
            raise self.fail(f"{self.name} must be an object")
        return self.value

    @property
    def name(self) -> str:
        """The place in words, for messages."""
        return ".".join(str(part) for part in self.place) or "the document"

    def __contains__(self, key: object) -> bool:
        """Tell whether an object has a key."""
        return key in self.mapping

    def get(self, key: str) -> Node | None:
        """Return the value of a key with its reference followed, or None."""
        if key not in self.mapping:
            return None
        return replace(self, place=(*self.place, key), value=self.mapping[key]).followed()

    def __getitem__(self, key: str) -> Node:
        """Return the value of a key with its reference followed.

        Raises:
            ContractError: the key is missing.
        """
        found = self.get(key)
        if found is None:
            raise self.fail(f"{self.name} lacks {key!r}")
        return found

    def entries(self, key: str) -> Iterator[tuple[str, Node]]:
        """Iterate over the keys and values of an object, if it is there."""
        found = self.get(key)
        for name in found.mapping if found else ():
            if found is not None:
                yield name, found[name]

    def items(self, key: str) -> Iterator[Node]:
        """Iterate over the items of a list, if it is there."""
        found = self.get(key)
        if found is None:
            return
        if not isinstance(found.value, list):
            raise found.fail(f"{found.name} must be a list")
        for index, item in enumerate(found.value):
            yield replace(found, place=(*found.place, index), value=item).followed()

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; the default where the key is missing and a default is given."""
        if default is not None and key not in self.mapping:
            return default
        value = self[key].value
        if not isinstance(value, str):
            raise self[key].fail(f"{self.name}.{key} must be a string")
        return value.strip()

    def flag(self, key: str) -> bool:
        """Return a boolean; false where the key is missing."""
        value = self.mapping.get(key, False)
        if not isinstance(value, bool):
            raise self[key].fail(f"{self.name}.{key} must be true or false")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; empty where the key is missing."""
        return tuple(str(item.value) for item in self.items(key))

    def integers(self, key: str) -> tuple[int, ...]:
        """Return a list of integers; empty where the key is missing."""
        found: list[int] = []
        for item in self.items(key):
            if not isinstance(item.value, int):
                raise item.fail(f"{item.name} must be a number")
            found.append(item.value)
        return tuple(found)

    def followed(self) -> Node:
        """Return the place that a local `$ref` leads to, or this one.

        Raises:
            ContractError: it leads nowhere.
        """
        seen: set[str] = set()
        node = self
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            reference = str(node.value["$ref"])
            if reference in seen or not reference.startswith("#/"):
                raise node.fail(f"the reference {reference!r} cannot be followed")
            seen.add(reference)
            node = node.at(reference)
        return node

    def at(self, reference: str) -> Node:
        """Return the place of a JSON pointer with a leading `#`.

        Raises:
            ContractError: there is none.
        """
        place: Place = ()
        value: Json = self.document.value
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, dict) or key not in value:
                raise self.fail(f"the reference {reference!r} leads nowhere")
            value = value[key]
            place = (*place, key)
        return replace(self, place=place, value=value)
