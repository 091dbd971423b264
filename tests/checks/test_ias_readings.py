"""The checks of IAS and MDS on platforms that read the pages differently: none is accused."""

from __future__ import annotations

import pytest

from conformance.checks import ias, mds
from conformance.reference.readings import ias as ias_readings
from conformance.reference.readings import mds as mds_readings
from conformance.register import load_register

from .verdicts import run_checks

OPTIONS = [
    (reading, option)
    for module in (ias_readings, mds_readings)
    for reading, options in module.READINGS.items()
    for option in list(options)[1:]
]
# Each pair of readings is tested together with others, which it does not touch.
COLUMNS = [OPTIONS[start::9] for start in range(9)]


def test_the_platform_as_it_is_breaks_nothing_and_leaves_nothing_untested():
    found = run_checks(ias, mds)
    assert found.findings == {}
    assert found.untested == {}
    seen = {"ias-authorization-form": "bearer", "ias-mac-address": "optional", "mds-without-token": "refused"}
    assert {name: found.readings[name] for name in seen} == seen
    register = load_register()
    for name, option in found.readings.items():
        assert option in {entry.id for entry in register.reading(name).options}


@pytest.mark.parametrize("chosen", COLUMNS, ids=lambda chosen: "+".join(f"{name}={option}" for name, option in chosen))
def test_readings_are_not_accused(chosen):
    found = run_checks(ias, mds, readings=dict(chosen))
    assert found.failed == set(), found.findings


@pytest.mark.parametrize(
    "chosen",
    [
        {"mds-default-limit": "two", "mds-envelope": "bare"},
        {"ias-claims": "minimal", "ias-superseded-token": "refused"},
    ],
    ids=["short pages that do not say how much there is", "equal tokens of one second, and replaced ones refused"],
)
def test_readings_that_meet_are_not_accused(chosen):
    found = run_checks(ias, mds, readings=chosen)
    assert found.failed == set()
    assert found.untested == {}


@pytest.mark.parametrize("superseded", ["accepted", "refused"])
def test_tokens_that_a_signon_or_an_update_has_ended_are_made_anew(superseded):
    found = run_checks(ias, mds, readings={"ias-sessions": "one", "ias-superseded-token": superseded})
    assert found.findings == {}
    assert found.untested == {}


def test_a_broadcast_token_that_is_asked_for_anew_ends_no_token_of_the_request(monkeypatch):
    # As on a slow machine, where each check needs a new one, for which the box signs on.
    monkeypatch.setattr("conformance.session.ias.BROADCAST_REUSE_S", 0.0)
    only = {*(f"UPD-{number:03d}" for number in range(60, 70)), "UPD-001", "UPD-004", "UPD-084", "UPD-095", "DAS-047"}
    found = run_checks(ias, readings={"ias-sessions": "one", "ias-superseded-token": "refused"}, only=only)
    assert found.findings == {}
    assert found.untested == {}


def test_decoded_tokens_warn_and_are_signed_where_the_target_file_has_the_key():
    found = run_checks(ias, mds, readings={"ias-token-form": "decoded"})
    assert found.failed == set()
    assert found.untested == {}
    assert {"DAS-073", "DAS-074"} <= set(found.findings)


def test_decoded_tokens_without_a_key_leave_the_in_home_calls_untested():
    found = run_checks(
        ias, readings={"ias-token-form": "decoded"}, edit=lambda document: document["credentials"].pop("token_keys")
    )
    assert found.failed == set()
    assert any("decoded tokens" in reason for reason in found.untested.values())


def test_decoded_tokens_and_a_key_that_is_not_the_platforms_accuse_nobody():
    other = {"321516": "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI="}
    found = run_checks(
        ias,
        readings={"ias-token-form": "decoded"},
        edit=lambda document: document["credentials"].update(token_keys=other),
    )
    assert found.failed == set()


OTHERS = {
    "ias-authorization-form": "bare",
    "ias-mac-address": "required",
    "ias-broadcast-mismatch": "bad-request",
    "ias-broadcast-forged": "ok-false",
    "mds-without-token": "open",
}


def test_the_readings_are_seen():
    found = run_checks(ias, mds, readings=OTHERS).readings
    assert {name: found[name] for name in OTHERS} == OTHERS


def test_without_keys_the_minted_tokens_are_untested():
    def edit(document):
        document["credentials"].pop("token_keys")

    found = run_checks(ias, edit=edit)
    assert found.failed == set()
    assert "test_tenant_and_account_of_the_token_are_compared" in found.untested


def test_without_a_scheme_the_right_one_is_found():
    def edit(document):
        for name in ("stb", "stb_other_account", "stb_disabled"):
            document["subjects"][name].pop("scheme")
            document["subjects"][name].pop("macAddress")

    found = run_checks(ias, edit=edit)
    assert found.failed == set()
    assert found.untested == {}


def test_without_in_home_detection_sign_ons_are_tested_alone():
    found = run_checks(ias, edit=lambda document: document["features"].update(in_home_detection=False))
    assert found.failed == set()
    assert "DAS-001" not in found.untested
