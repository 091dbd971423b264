"""The contract as data: specs/openapi, read into typed operations with compiled schemas.

`load_contract()` gives all of it; nothing here knows a status code or a field name.
"""

from conformance.contract.contract import Contract, load_contract
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
from conformance.contract.transport import Transport, load_transport
from conformance.contract.validation import SchemaValidator
from conformance.contract.violations import Shape, Violation

__all__ = [
    "Contract",
    "Link",
    "MediaType",
    "Operation",
    "Parameter",
    "Refusal",
    "RequestBody",
    "ResponseHeader",
    "ResponseSpec",
    "SchemaValidator",
    "SecurityScheme",
    "Shape",
    "Transport",
    "Variant",
    "Violation",
    "load_contract",
    "load_transport",
]
