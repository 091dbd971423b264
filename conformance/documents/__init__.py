"""YAML files at the edge: read safely and within limits, with a line for every key, checked by a JSON Schema."""

from conformance.documents.reading import MAX_BYTES, STANDARD_INPUT, Document, Place, parse_yaml, read_bytes, read_yaml
from conformance.documents.schema import check_schema, read_checked, schema_mistakes

__all__ = [
    "MAX_BYTES",
    "STANDARD_INPUT",
    "Document",
    "Place",
    "check_schema",
    "parse_yaml",
    "read_bytes",
    "read_checked",
    "read_yaml",
    "schema_mistakes",
]
