"""The contract: all operations of the five services, and the schemas of what they take and answer."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from conformance.contract.loading import operation_ids, operations, security_schemes
from conformance.contract.model import MediaType, Operation, Parameter, SecurityScheme
from conformance.contract.node import Node
from conformance.contract.schema_tree import all_ids, requirement_nodes
from conformance.contract.validation import Schemas, SchemaValidator
from conformance.documents import read_yaml
from conformance.errors import ContractError, UsageError
from conformance.model import SERVICES, Json, JsonObject, Source
from conformance.resources import specs

_NO_SOURCE = Source("", "")


@dataclass(frozen=True)
class Contract:
    """Operations by id, and validators, each compiled when it is first asked for."""

    operations: Mapping[str, Operation]
    schemes: Mapping[tuple[str, str], SecurityScheme]
    roots: Mapping[str, Node] = field(repr=False)
    _validators: dict[tuple[str, ...], SchemaValidator] = field(default_factory=dict, repr=False, compare=False)

    def __iter__(self) -> Iterator[Operation]:
        """Iterate over the operations, in the order of the documents."""
        return iter(self.operations.values())

    def operation(self, operation_id: str) -> Operation:
        """Return an operation.

        Raises:
            UsageError: there is none of that id; with the nearest one.
        """
        try:
            return self.operations[operation_id]
        except KeyError:
            near = difflib.get_close_matches(operation_id, self.operations, n=1, cutoff=0.5)
            raise UsageError(
                f"no operation is named {operation_id!r}", advice=f"Did you mean {near[0]!r}?" if near else ""
            ) from None

    def of_service(self, service: str) -> tuple[Operation, ...]:
        """Return the operations of a service."""
        return tuple(entry for entry in self if entry.service == service)

    def match(self, method: str, url_path: str) -> Operation | None:
        """Return the operation that a request belongs to, or None.

        A deployment may put anything before the documented path, so its end decides; the longest wins.
        """
        best: tuple[int, Operation] | None = None
        for pattern, length, entry in self._patterns:
            if entry.method == method.upper() and pattern.search(url_path) and (best is None or length > best[0]):
                best = (length, entry)
        return best[1] if best else None

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], int, Operation], ...]:
        found = []
        for entry in self:
            for path in dict.fromkeys((entry.key, entry.path, *entry.alternative_paths)):
                # What stands only for the path under another base must not shadow the operation that has it there.
                if path == entry.path != entry.key:
                    continue
                literal = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", path))
                found.append((re.compile(f"{literal}/?$"), len(path), entry))
        return tuple(found)

    def scheme(self, service: str, name: str) -> SecurityScheme:
        """Return a security scheme of a service."""
        return self.schemes[service, name]

    def response_validator(self, operation_id: str, status: int, media_type: str) -> SchemaValidator | None:
        """Return the validator of a documented answer's body, or None where its form is not documented."""
        response = self.operation(operation_id).response(status)
        for entry in response.media_types if response else ():
            if entry.name == media_type:
                return self._validator(operation_id, entry, "response", response.status if response else "")
        return None

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        return {}

    def members(self, operation_id: str) -> frozenset[str]:
        """Return the names of the members that a successful JSON body may have; empty where none is documented."""
        if operation_id not in self._members:
            operation = self.operation(operation_id)
            bodies = [form.schema for one in operation.responses if one.status[0] == "2" for form in one.media_types]
            names = (name for schema in bodies for name in self._member_names(operation.service, schema))
            self._members[operation_id] = frozenset(names)
        return self._members[operation_id]

    def _member_names(self, service: str, schema: JsonObject) -> Iterator[str]:
        found = self.resolve(service, schema)
        properties = found.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for key in ("allOf", "anyOf", "oneOf"):
            parts = found.get(key)
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict):
                    yield from self._member_names(service, part)

    def request_validator(self, operation_id: str, media_type: str) -> SchemaValidator | None:
        """Return the validator of a request's body, or None where the operation has none of that media type."""
        body = self.operation(operation_id).body
        for entry in body.media_types if body else ():
            if entry.name == media_type:
                return self._validator(operation_id, entry, "request", "")
        return None

    def parameter_validator(self, operation_id: str, parameter: Parameter) -> SchemaValidator:
        """Return the validator of a parameter's value."""
        service = self.operation(operation_id).service
        key = ("parameter", operation_id, parameter.location, parameter.name)
        return self._compiled(key, service, parameter.schema)

    def schema_validator(self, service: str, name: str) -> SchemaValidator:
        """Return the validator of a named schema of a service's document, for example `AccessClaims`.

        Raises:
            ContractError: there is none of that name.
        """
        schema = self.roots[service].at(f"#/components/schemas/{name}")
        return self._compiled(("schema", service, name), service, schema.mapping)

    def resolve(self, service: str, schema: JsonObject) -> JsonObject:
        """Return a schema with its outermost reference followed."""
        root = self.roots[service]
        return Node(root.document, root.place, schema).followed().mapping

    def other_method_statuses(self, service: str) -> frozenset[int]:
        """Return what a request with a method that a path does not have may be answered with."""
        return frozenset(self.roots[service].integers("x-other-method-statuses"))

    def tolerance(self, service: str, status: int) -> str:
        """Return why an undocumented status is tolerated on a service; empty where it is not."""
        reasons = self.roots[service].get("x-tolerated-reasons")
        return reasons.text(str(status), "") if reasons else ""

    @cached_property
    def requirements(self) -> Mapping[str, bool]:
        """The ids that the documents name in `x-requirement` -> whether only an `x-should` names them."""
        found: dict[str, bool] = {}
        for root in self.roots.values():
            for ids, advice in requirement_nodes(root.value):
                for name in all_ids(ids):
                    found[name] = found.get(name, True) and advice
        return found

    def digest(self) -> str:
        """Return the SHA-256 of the documents, which tells two versions of the contract apart."""
        paths = [root.document.path for root in self.roots.values()] + [specs() / "transport.yaml"]
        content = b"".join(path.read_bytes() for path in paths)
        return hashlib.sha256(content).hexdigest()

    @cached_property
    def request_digest(self) -> str:
        """The SHA-256 of all that requests are made of; what responses are like, and prose, does not count."""
        content = hashlib.sha256()
        for entry in self:
            facts = asdict(
                replace(entry, responses=(), tolerated=frozenset(), requirement="", summary="", source=_NO_SOURCE)
            )
            parts = [_without_prose(json.dumps(facts, default=sorted))]
            seen: set[str] = set()
            while parts:
                part = parts.pop()
                content.update(part.encode())
                for reference in sorted(set(re.findall(r'"\$ref": "(#[^"]*)"', part)) - seen):
                    seen.add(reference)
                    parts.append(_without_prose(json.dumps(self.roots[entry.service].at(reference).value)))
        return content.hexdigest()

    def _validator(self, operation_id: str, entry: MediaType, kind: str, status: str) -> SchemaValidator:
        service = self.operation(operation_id).service
        return self._compiled((kind, operation_id, status, entry.name), service, entry.schema)

    def _compiled(self, key: tuple[str, ...], service: str, schema: JsonObject) -> SchemaValidator:
        found = self._validators.get(key)
        if found is None:
            found = self._validators[key] = SchemaValidator(schema, self._schemas[service])
        return found

    @cached_property
    def _schemas(self) -> Mapping[str, Schemas]:
        return {
            service: Schemas(
                service,
                root["components"]["schemas"].mapping,
                self._secret_names[service],
                root.document.where(),
            )
            for service, root in self.roots.items()
        }

    @cached_property
    def _secret_names(self) -> Mapping[str, frozenset[str]]:
        found = {}
        for service, root in self.roots.items():
            marked = frozenset(f"#/components/schemas/{name}" for name in _secret_names("", root.value))
            found[service] = frozenset(_secret_names("", root.value, marked))
        return found


def _without_prose(text: str) -> str:
    """Return a JSON text with sorted keys, without the texts of its descriptions and summaries."""

    def kept(entry: dict[str, Json]) -> dict[str, Json]:
        return {
            name: value
            for name, value in entry.items()
            if name not in ("description", "summary") or not isinstance(value, str)
        }

    return json.dumps(json.loads(text, object_hook=kept), sort_keys=True)


def _secret_names(name: str, value: Json, secret_references: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of all parameters and properties that are marked `x-secret`, or refer to what is."""
    if isinstance(value, dict):
        if value.get("x-secret") is True or value.get("$ref") in secret_references:
            yield str(value.get("name", name))
        for key, item in value.items():
            yield from _secret_names(key, item, secret_references)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_names(name, item, secret_references)


@lru_cache(maxsize=4)
def load_contract(folder: Path | None = None) -> Contract:
    """Load the contract from the OpenAPI documents of a folder (default: the suite's own).

    Raises:
        ContractError: a document is missing or broken, or two operations share an id; with file and line.
    """
    directory = folder or specs() / "openapi"
    roots = {name: Node.root(read_yaml(directory / f"{name}.yaml", ContractError)) for name in SERVICES}
    ids = dict(entry for root in roots.values() for entry in operation_ids(root))
    found: dict[str, Operation] = {}
    for root in roots.values():
        for entry in operations(root, ids):
            if entry.operation_id in found:
                raise root.fail(f"two operations have the id {entry.operation_id!r}")
            found[entry.operation_id] = entry
    schemes = {(name, scheme.name): scheme for name, root in roots.items() for scheme in security_schemes(root)}
    return Contract(found, schemes, roots)
