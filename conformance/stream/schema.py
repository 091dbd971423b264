"""The JSON Schema of `run.jsonl`, made from the types of its events (specs/schemas/run.json)."""

from __future__ import annotations

import json

import msgspec

from conformance.stream.events import Written


def run_schema() -> str:
    """Return the schema of a line, as the text of its file."""
    ((kinds,), definitions) = msgspec.json.schema_components([Written], ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of run.jsonl of opentv-conformance",
        **kinds,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(document, indent=2) + "\n"
