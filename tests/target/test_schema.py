"""The published schema of the target file is what editors complete and explain it with."""

import json
import re

import pytest

from conformance.resources import fixtures, specs
from conformance.target import HttpSettings, Safety, ServiceAddress

SCHEMA = json.loads((specs() / "schemas" / "target.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((fixtures() / "targets").glob("*.yaml"))


def properties(node, place="$"):
    """Yield every property of a schema with its place, at any depth."""
    if isinstance(node, list):
        for index, part in enumerate(node):
            yield from properties(part, f"{place}[{index}]")
    if isinstance(node, dict):
        for name, entry in (node.get("properties") or {}).items():
            yield f"{place}.{name}", entry
        for name, part in node.items():
            yield from properties(part, f"{place}.{name}")


def test_every_property_is_described_in_a_sentence():
    found = dict(properties(SCHEMA))
    assert len(found) > 100
    assert [place for place, entry in found.items() if not re.search(r"\w{3}.*\.$", entry.get("description", ""))] == []


def test_no_description_is_left_beside_a_reference_that_says_the_same():
    """A key that is used in several places says what it is in each of them."""
    shared = {entry.get("description") for entry in SCHEMA["$defs"].values()}
    assert [place for place, entry in properties(SCHEMA) if entry.get("description") in shared] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_names_the_schema_to_editors(path):
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", path.read_text(encoding="utf-8").splitlines()[0])
    assert found
    assert (path.parent / found[1]).resolve() == (specs() / "schemas" / "target.json").resolve()


def test_the_defaults_that_descriptions_name_are_those_of_the_code():
    http, safety, services = (SCHEMA["properties"][name]["properties"] for name in ("http", "safety", "services"))
    for entry, default in (
        (http["timeout"], HttpSettings().timeout),
        (http["connections"], HttpSettings().connections),
        (safety["max_requests"], Safety().max_requests),
        (safety["wrong_passwords_per_user"], Safety().wrong_passwords_per_user),
        (services["mds"]["properties"]["provider"], ServiceAddress("").provider),
    ):
        expected = f"{default:g}" if isinstance(default, float) else default
        assert entry["description"].endswith(f"Default: {expected}.")
