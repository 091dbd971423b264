"""OpenAPI documents into typed operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from conformance.contract.model import (
    Link,
    MediaType,
    Operation,
    Parameter,
    Refusal,
    RequestBody,
    ResponseHeader,
    ResponseSpec,
    SecurityScheme,
    Variant,
)
from conformance.contract.node import Node
from conformance.contract.schema_tree import REQUIREMENT
from conformance.model import Json, Source

METHODS = ("get", "put", "post", "delete", "patch")
EITHER = "either"


def operations(root: Node, ids: Mapping[tuple[str, str, str], str]) -> Iterator[Operation]:
    """Yield the operations of a document; `ids` has (file, path, method) -> operationId of all documents.

    Raises:
        ContractError: something is missing or of the wrong kind; with file and line.
    """
    for path, item in root.entries("paths"):
        for method in METHODS:
            if method in item:
                yield _operation(root, path, method, item, ids)


def operation_ids(root: Node) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield ((file, path, method), operationId) of every operation of a document."""
    for path, item in root.entries("paths"):
        for method in METHODS:
            if method in item:
                yield (root.document.path.name, path, method), item[method].text("operationId")


def security_schemes(root: Node) -> Iterator[SecurityScheme]:
    """Yield the security schemes of a document."""
    components = root.get("components")
    for name, node in components.entries("securitySchemes") if components else ():
        kind = node.text("type")
        yield SecurityScheme(
            name=name,
            kind=node.text("scheme") if kind == "http" else kind,
            header=node.text("name", "Authorization"),
            from_target=node.text("x-from-target", ""),
            missing=_refusal(node, "x-when-missing"),
            invalid=_refusal(node, "x-when-invalid"),
        )


def _operation(root: Node, path: str, method: str, item: Node, ids: Mapping[tuple[str, str, str], str]) -> Operation:
    node = item[method]
    service = root.text("x-service")
    body = node.get("requestBody")
    guarded = node if "security" in node else root
    return Operation(
        operation_id=node.text("operationId"),
        service=service,
        method=method.upper(),
        path=node.text("x-path", path),
        base=node.text("x-base", f"{service}.url"),
        key=path,
        summary=node.text("summary", ""),
        source=_source(node["x-source"]),
        parameters=(*_parameters(node), *_parameters(item)),
        body=_body(body) if body else None,
        responses=tuple(_response(status, entry, ids) for status, entry in node.entries("responses")),
        tolerated=frozenset(node.integers("x-tolerated-statuses")),
        security=tuple(next(iter(entry.mapping), "") for entry in guarded.items("security")),
        variants=tuple(_variant(entry) for entry in node.items("x-variants")),
        alternative_paths=node.strings("x-alternative-paths"),
        alternative_of=node.text("x-alternative-of", ""),
        reading=node.text("x-reading", ""),
        feature=node.text("x-feature", ""),
        writes=node.flag("x-writes"),
        requirement=node.text(REQUIREMENT, ""),
    )


def _source(node: Node) -> Source:
    return Source(node.text("document"), node.text("section"))


def _refusal(node: Node, key: str) -> Refusal:
    found = node.get(key)
    if found is None:
        return Refusal()
    if found.value == EITHER:
        return Refusal(may_accept=True, documented=True)
    return Refusal(statuses=node.integers(key), documented=True)


def _parameters(node: Node) -> Iterator[Parameter]:
    for entry in node.items("parameters"):
        yield _parameter(entry, entry.text("name"), entry.text("in"), entry.flag("required"), entry["schema"])


def _parameter(node: Node, name: str, location: str, required: bool, schema: Node) -> Parameter:
    together = node.get("x-may-be-missing-with")
    return Parameter(
        name=name,
        location=location,
        required=required,
        schema=schema.mapping,
        description=node.text("description", ""),
        from_target=node.text("x-from-target", ""),
        secret=node.flag("x-secret"),
        alternative_name=node.text("x-alternative-name", ""),
        reading=node.text("x-reading", ""),
        missing=_refusal(node, "x-when-missing"),
        unknown=_refusal(node, "x-when-unknown"),
        invalid=_refusal(node, "x-when-invalid"),
        may_be_missing_with=dict(together.mapping) if together else {},
        example=node.mapping.get("example"),
    )


def _body(node: Node) -> RequestBody:
    return RequestBody(node.flag("required"), tuple(_media_types(node, request=True)))


def _media_types(node: Node, *, request: bool = False) -> Iterator[MediaType]:
    for name, entry in node.entries("content"):
        schema = entry["schema"]
        required = schema.strings("required") if request else ()
        fields = tuple(
            _parameter(field, key, "body", key in required, field)
            for key, field in (schema.entries("properties") if request else ())
        )
        examples: dict[str, Json] = {key: example["value"].value for key, example in entry.entries("examples")}
        yield MediaType(name, schema.mapping, fields, examples)


def _response(status: str, node: Node, ids: Mapping[tuple[str, str, str], str]) -> ResponseSpec:
    headers = tuple(
        ResponseHeader(name, entry.flag("required"), entry["schema"].mapping, entry.text("description", ""))
        for name, entry in node.entries("headers")
    )
    return ResponseSpec(
        status=status,
        description=node.text("description"),
        media_types=tuple(_media_types(node)),
        headers=headers,
        links=tuple(_link(name, entry, ids) for name, entry in node.entries("links")),
        only_under=node.strings("x-only-under"),
        requirement={key: str(entry.value) for key, entry in node.entries(REQUIREMENT)},
    )


def _link(name: str, node: Node, ids: Mapping[tuple[str, str, str], str]) -> Link:
    body = node.get("requestBody")
    return Link(
        name=name,
        operation=_linked(node, ids),
        description=node.text("description", ""),
        parameters={key: str(value.value) for key, value in node.entries("parameters")},
        body=body.value if body else None,
        authorization=node.text("x-authorization", ""),
    )


def _linked(node: Node, ids: Mapping[tuple[str, str, str], str]) -> str:
    """Return the operation that a link leads to, which may be in another document."""
    if "operationId" in node:
        operation = node.text("operationId")
        if operation not in ids.values():
            raise node.fail(f"the link leads to {operation!r}, which is no operation")
        return operation
    reference = node.text("operationRef")
    file, _, pointer = reference.partition("#/paths/")
    path, _, method = pointer.partition("/")
    key = (file or node.document.path.name, unquote(path).replace("~1", "/").replace("~0", "~"), method)
    if key not in ids:
        raise node.fail(f"the link leads to {reference!r}, which is no operation")
    return ids[key]


def _variant(node: Node) -> Variant:
    return Variant(
        name=node.text("name"),
        summary=node.text("summary", ""),
        source=_source(node["source"]),
        required=node.strings("required"),
        optional=node.strings("optional"),
        feature=node.text("feature", ""),
    )
