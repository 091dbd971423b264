"""The documented examples: the same in fixtures/payloads and in the OpenAPI documents, and valid in both."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from conformance.contract import MediaType, load_contract
from conformance.resources import fixtures
from tests.rules.payloads import put, steps

FOLDER = fixtures() / "payloads"
INDEX: list[dict[str, Any]] = yaml.safe_load((FOLDER / "index.yaml").read_text(encoding="utf-8"))["payloads"]
EACH_PAYLOAD = pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
# What a repair may add to the printed text: punctuation always, and this name.
ADDED = {"hdm/initialise-success.json": ["result"], "hdm/initialise-error.json": ["result"]}


def read(entry: dict[str, Any]) -> Any:
    return json.loads((FOLDER / entry["file"]).read_text(encoding="utf-8"))


def media_types(entry: dict[str, Any], operation_id: str) -> tuple[MediaType, ...]:
    operation = load_contract().operation(operation_id)
    if entry["direction"] == "request":
        assert operation.body is not None
        return operation.body.media_types
    response = operation.response(entry["status"])
    assert response is not None
    return response.media_types


def test_every_file_is_in_the_index() -> None:
    indexed = {entry[key] for entry in INDEX for key in ("file", "printed") if key in entry}
    assert indexed == {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.suffix in (".json", ".txt")}


@EACH_PAYLOAD
def test_a_payload_keeps_its_schema(entry: dict[str, Any]) -> None:
    contract = load_contract()
    for operation_id in entry["operations"]:
        if entry["direction"] == "response":
            found = contract.response_validator(operation_id, entry["status"], "application/json")
        elif entry["direction"] == "request":
            found = contract.request_validator(operation_id, "application/json")
        else:
            parameter = contract.operation(operation_id).parameter(entry["parameter"])
            assert parameter is not None
            assert json.loads(str(parameter.example)) == read(entry)
            continue
        assert found is not None
        value = read(entry)
        for path, filling in entry.get("placeholders", {}).items():
            put(value, steps(path), filling)
        assert found.violations(value) == ()


@pytest.mark.parametrize("entry", [e for e in INDEX if e["direction"] != "parameter"], ids=lambda entry: entry["file"])
def test_a_payload_is_an_example_of_the_contract(entry: dict[str, Any]) -> None:
    for operation_id in entry["operations"]:
        examples = [value for media in media_types(entry, operation_id) for value in media.examples.values()]
        assert read(entry) in examples


def test_every_example_of_the_contract_is_a_payload() -> None:
    payloads = [read(entry) for entry in INDEX]
    contract = load_contract()
    for operation in contract:
        media = [m for response in operation.responses for m in response.media_types]
        media += operation.body.media_types if operation.body else []
        for value in (value for entry in media for value in entry.examples.values()):
            assert value in payloads


@pytest.mark.parametrize("entry", [e for e in INDEX if "printed" in e], ids=lambda entry: entry["file"])
def test_a_repair_adds_only_what_its_note_says(entry: dict[str, Any]) -> None:
    def words(text: str) -> list[tuple[str, str]]:
        return re.findall(r'"((?:[^"\\]|\\.)*)"|(-?\d+|true|false|null)', text)

    printed = words((FOLDER / entry["printed"]).read_text(encoding="utf-8"))
    repaired = words((FOLDER / entry["file"]).read_text(encoding="utf-8"))
    for name in ADDED.get(entry["file"], []):
        repaired.remove((name, ""))
    assert repaired == printed
    assert entry["repaired"]
    with pytest.raises(json.JSONDecodeError):
        json.loads((FOLDER / entry["printed"]).read_text(encoding="utf-8"))
