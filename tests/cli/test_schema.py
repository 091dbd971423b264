"""`opentv-conformance schema`."""

import json

import pytest
from click.testing import CliRunner

from conformance.cli.schema import command
from conformance.errors import UsageError
from conformance.resources import schema_files


@pytest.mark.parametrize("name", schema_files())
def test_a_schema_is_printed_as_it_is_published(name):
    assert json.loads(CliRunner().invoke(command, [name]).output) == json.loads(schema_files()[name].read_text())


def test_an_unknown_schema_is_answered_with_the_nearest_one():
    result = CliRunner().invoke(command, ["targets"])
    assert isinstance(result.exception, UsageError)
    assert "'target'" in result.exception.advice
