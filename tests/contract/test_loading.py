"""Broken documents: one clear message each, with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.contract import load_contract
from conformance.errors import ContractError
from conformance.resources import specs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in (specs() / "openapi").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_missing_document(folder: Path) -> None:
    (folder / "mds.yaml").unlink()
    with pytest.raises(ContractError, match="no such file"):
        load_contract(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("operationId: listServices", "operation: services", "lacks 'operationId'"),
        (
            "operationId: listServices",
            "operationId: updateInHomeStatus",
            "two operations have the id 'updateInHomeStatus'",
        ),
        ("operationId: listServices", "operationId: [services]", "operationId must be a string"),
        ("required: true", "required: 1", "required must be true or false"),
        ("#/components/schemas/ServiceList", "#/components/schemas/List", "leads nowhere"),
        ("#/components/schemas/ServiceList", "elsewhere.yaml", "cannot be followed"),
        ("parameters:", "parameters: 5 #", "not YAML"),
        ("[403, 404]", "[forbidden, 404]", "must be a number"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(folder: Path, old: str, new: str, message: str) -> None:
    edit(folder / "mds.yaml", old, new)
    with pytest.raises(ContractError, match=message) as caught:
        load_contract(folder)
    assert "mds.yaml:" in str(caught.value)


def test_a_link_to_nowhere(folder: Path) -> None:
    edit(
        folder / "ias.yaml",
        "operationId: updateInHomeStatus\n              description",
        "operationId: update\n              description",
    )
    with pytest.raises(ContractError, match=r"ias\.yaml:\d+: the link leads to 'update', which is no operation"):
        load_contract(folder)


def test_a_link_to_another_document(folder: Path) -> None:
    edit(folder / "hdm.yaml", "operationRef: sdp.yaml#/paths", "operationRef: sdp.yaml#/path")
    with pytest.raises(ContractError, match=r"hdm\.yaml:\d+: the link leads to 'sdp\.yaml"):
        load_contract(folder)


def test_a_schema_that_does_not_compile(folder: Path) -> None:
    edit(folder / "adm.yaml", "x-requirement: ADM-002", "minimum: none")
    with pytest.raises(ContractError, match=r"adm\.yaml:1: the schema cannot be compiled"):
        load_contract(folder).response_validator("createAccount", 201, "application/json")


def test_the_digest_of_requests_changes_with_requests_alone(folder: Path) -> None:
    before = load_contract(folder).request_digest
    load_contract.cache_clear()
    edit(folder / "ias.yaml", "client_id: {type: string,", "client_id: {type: integer,")
    assert load_contract(folder).request_digest == before
    load_contract.cache_clear()
    edit(folder / "ias.yaml", "MAC address of the device.", "Address of the device.")
    assert load_contract(folder).request_digest == before
    load_contract.cache_clear()
    edit(folder / "ias.yaml", "enum: [CONNECT, WIDEVINE]", "enum: [CONNECT]")
    assert load_contract(folder).request_digest != before
    load_contract.cache_clear()
