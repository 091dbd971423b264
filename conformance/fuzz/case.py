"""One case of the plan: a request of which some values come from the target when it is sent.

Such a value stands as `⟦path⟧`, a path of the contract's `x-from-target` (`⟦user.password⟧`, `⟦live.crm_token⟧`),
or `⟦path|change⟧`, one made of it (`⟦stb.casn|other⟧`: one of the same form that belongs to nobody).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.model import Json

Pairs = tuple[tuple[str, str], ...]

PLACEHOLDER = re.compile(r"⟦([^⟦⟧|]+)(?:\|([^⟦⟧|]+))?⟧")
MARKS = ("⟦", "⟧")
# The value of the Authorization header that makes the request work, whole.
AUTHORISED = "⟦auth⟧"


def placeholder(path: str, change: str = "") -> str:
    """Return the text that stands for a value of the target, or for one made of it."""
    return f"⟦{path}|{change}⟧" if change else f"⟦{path}⟧"


@dataclass(frozen=True)
class Body:
    """A body: `kind` is json, form, text (as it is, in `encoding`) or none.

    In JSON a string that is one placeholder and nothing else stands for the value itself, whatever its type.
    """

    kind: str = "none"
    value: Json = None
    encoding: str = "utf-8"

    def strings(self) -> Iterator[str]:
        """Yield every string in the body, names of fields too."""
        yield from _strings(self.value)


NO_BODY = Body()


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)


@dataclass(frozen=True)
class Case:
    """A request to be sent.

    Attributes:
        operation: the operationId.
        phase: where it is from: base, coverage, positive, negative, dictionary, pairs, frame, mix.
        about: what is unusual about it, in words; equal for the same parameter and kind of value.
        method: another method than the operation's; empty for its own.
        path: values of parameters in the path.
        query: the query's names and values, in order.
        headers: headers; those of the transport are not among them.
        body: the body.
        raw_query: what is appended to the query as it is, unescaped.
        refused: by the contract the request is to be refused; such a case is dropped if it turns out valid.
    """

    operation: str
    phase: str
    about: str
    method: str = ""
    path: Pairs = ()
    query: Pairs = ()
    headers: Pairs = ()
    body: Body = NO_BODY
    raw_query: str = ""
    refused: bool = False

    def with_query(self, name: str, *values: str) -> Case:
        """Return the case with a query parameter once for each value; without it where there is none."""
        place = next((index for index, (key, _) in enumerate(self.query) if key == name), len(self.query))
        kept = [pair for pair in self.query if pair[0] != name]
        kept[place:place] = [(name, value) for value in values]
        return replace(self, query=tuple(kept))

    def with_header(self, name: str, *values: str) -> Case:
        """Return the case with a header once for each value; without it where there is none."""
        kept = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        return replace(self, headers=(*kept, *((name, value) for value in values)))

    def with_path(self, name: str, value: str) -> Case:
        """Return the case with another value of a path parameter."""
        return replace(self, path=(*(pair for pair in self.path if pair[0] != name), (name, value)))

    def with_field(self, name: str, value: Json) -> Case:
        """Return the case with another value of a field of the body, which must be JSON or a form."""
        content: dict[str, Json] = dict(self.body.value) if isinstance(self.body.value, dict) else {}
        content[name] = value
        return replace(self, body=replace(self.body, value=content))

    def without_field(self, name: str) -> Case:
        """Return the case without a field of the body."""
        content = self.body.value if isinstance(self.body.value, dict) else {}
        return replace(
            self, body=replace(self.body, value={key: value for key, value in content.items() if key != name})
        )

    def having(self, location: str, name: str, value: Json) -> Case:
        """Return the case with another value of a parameter; outside a JSON body as text."""
        if location == "body":
            return self.with_field(name, value if self.body.kind == "json" else as_text(value))
        text = as_text(value)
        if location == "query":
            return self.with_query(name, text)
        return self.with_path(name, text) if location == "path" else self.with_header(name, text)

    def lacking(self, location: str, name: str) -> Case:
        """Return the case without a parameter."""
        if location == "body":
            return self.without_field(name)
        return self.with_query(name) if location == "query" else self.with_header(name)

    def value(self, location: str, name: str) -> Json:
        """Return the value of a parameter, the first where it is repeated; None where it is not there."""
        if location == "body":
            return self.body.value.get(name) if isinstance(self.body.value, dict) else None
        pairs = {"query": self.query, "path": self.path}.get(location, self.headers)
        found = (value for key, value in pairs if key == name or (location == "header" and key.lower() == name.lower()))
        return next(found, None)

    def placeholders(self) -> frozenset[tuple[str, str]]:
        """Return (path, change) of everything that the case takes from the target."""
        texts = [value for pairs in (self.path, self.query, self.headers) for _, value in pairs]
        found = (PLACEHOLDER.finditer(text) for text in (*texts, self.raw_query, *self.body.strings()))
        return frozenset((match.group(1), match.group(2) or "") for matches in found for match in matches)

    @property
    def key(self) -> str:
        """What tells the request from others: equal requests have equal keys, whatever phase made them."""
        facts = self.facts()
        for name in ("phase", "about", "refused"):
            facts.pop(name, None)
        # The order of headers and of JSON fields makes no other request.
        facts["headers"] = sorted(facts.get("headers", []))
        return json.dumps(facts, sort_keys=True)

    @property
    def id(self) -> str:
        """A short name that is the same in every plan that has the case."""
        return hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def facts(self) -> dict[str, Any]:
        """Return the case as JSON; what is empty is left out."""
        found: dict[str, Any] = {
            "operation": self.operation,
            "phase": self.phase,
            "about": self.about,
            "method": self.method,
            "path": [list(pair) for pair in self.path],
            "query": [list(pair) for pair in self.query],
            "headers": [list(pair) for pair in self.headers],
            "raw_query": self.raw_query,
            "refused": self.refused,
        }
        found = {name: value for name, value in found.items() if value}
        if self.body.kind != "none":
            found["body"] = {"kind": self.body.kind, "value": self.body.value}
            if self.body.encoding != "utf-8":
                found["body"]["encoding"] = self.body.encoding
        return found

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Case:
        """Return the case that `facts` describes."""
        body = facts.get("body")
        return cls(
            operation=facts["operation"],
            phase=facts["phase"],
            about=facts["about"],
            method=facts.get("method", ""),
            path=_pairs(facts.get("path", ())),
            query=_pairs(facts.get("query", ())),
            headers=_pairs(facts.get("headers", ())),
            body=Body(body["kind"], body["value"], body.get("encoding", "utf-8")) if body else NO_BODY,
            raw_query=facts.get("raw_query", ""),
            refused=facts.get("refused", False),
        )


def _pairs(value: Any) -> Pairs:
    return tuple((str(name), str(text)) for name, text in value)


def as_text(value: Json) -> str:
    """Return a value as it stands in a query, a header or a form."""
    if isinstance(value, str):
        return value
    return json.dumps(value)
