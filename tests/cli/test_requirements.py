"""`opentv-conformance requirements`: what it says of an id, and where the id stands."""

import pytest
from click.testing import CliRunner

from conformance.cli.requirements import command
from conformance.errors import UsageError
from conformance.register import load_register


def said(*arguments):
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_an_id_leads_to_statement_check_and_fault_with_file_and_line():
    text = said("INI-123")
    assert "specs/requirements/hdm/" in text
    assert "conformance/checks/hdm/test_initialise_tokens.py:" in text
    assert "initialise-without-token (fixtures/faults.yaml:" in text


def test_an_id_that_rules_judge_leads_to_the_rule():
    assert "conformance/rules/wire.py:" in said("WIR-501")


def test_an_id_says_what_it_presumes_of_the_target_file():
    lines = [line.split() for line in said("STB-029").splitlines()]
    assert [line[1] for line in lines if line[:1] == ["presumes"]] == [
        f"{name}:" for name in load_register()["STB-029"].premises
    ]
    assert ["presumes"] in [line[:1] for line in lines]


def test_several_ids_are_explained_in_their_order():
    text = said("mds-047", "DAS-001")
    assert text.index("MDS-047") < text.index("DAS-001")


def test_an_id_that_does_not_exist_is_answered_with_the_nearest_one():
    with pytest.raises(UsageError, match="DAS-0011"):
        said("DAS-0011")
