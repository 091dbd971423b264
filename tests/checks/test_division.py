"""The checks of all parts are those of the run, and what must stay together does."""

from __future__ import annotations

import pytest

from conformance.checks.division import checks_of_part, unit_of
from conformance.checks.index import named_checks
from conformance.model.division import ACCOUNTS, CONDITIONS, DEVICES, WRONG_PASSWORDS
from conformance.register import load_register
from conformance.stream import events

REGISTER = load_register()


@pytest.mark.parametrize("of", range(1, 17))
def test_the_parts_are_the_checks_each_once(of):
    parts = [[check.name for check in checks_of_part(events.Part(index, of))] for index in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(check.name for check in named_checks())
    assert all(parts)


def test_what_is_not_selected_is_in_no_part():
    parts = [checks_of_part(events.Part(index, 3), ["WIR-611"], ["hdm/gateway::nothing"]) for index in (1, 2, 3)]
    assert {check.path.stem for part in parts for check in part} == {"test_methods"}


def test_each_check_is_bundled_by_what_it_does():
    bundles = {check.name: unit_of(check, REGISTER).bundle for check in named_checks()}
    assert bundles["hdm/outages::test_a_signon_is_answered_503_while_esps_is_unreachable"] == CONDITIONS
    found = {bundle: {name for name, one in bundles.items() if one == bundle} for bundle in bundles.values()}
    assert found.keys() == {ACCOUNTS, DEVICES, CONDITIONS, WRONG_PASSWORDS, ""}
    assert {name.partition("::")[0] for name in found[WRONG_PASSWORDS]} == {
        "hdm/nmp_missing", "hdm/nmp_credentials", "sdp/basic_authentication", "adm/keycloak",
    }  # fmt: skip
    assert {name for name in found[ACCOUNTS] if name.startswith("common/ageing")} == {
        "common/ageing::test_a_new_token_is_taken", "common/ageing::test_an_older_token_is_still_taken",
    }  # fmt: skip
