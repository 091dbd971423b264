"""A wrong line of the target file, or one that proves nothing, accuses nobody who follows the documents."""

from __future__ import annotations

import pytest

from conformance.model import Outcome
from conformance.selftest.trial import trial


def pinned(name, option):
    return lambda document: document.update(readings={name: option})


def no_direct_mode_and_no_gateway(document):
    document["features"]["direct_mode"] = False
    del document["subjects"]["gateway"]


def both_modes_and_no_gateway(document):
    document["readings"] = {"nmp-mode": "both"}
    del document["subjects"]["gateway"]


SSP, SIGNONS = ("SSP-001", "SSP-081"), ("NMP-001", "NMP-002")
UNDECIDED = "may answer that alone, which this target file cannot show"
LINES = [
    ({"ssp-tenant": "header"}, pinned("ssp-tenant", "path"), SSP, ""),
    ({"ssp-account-id": "given"}, pinned("ssp-account-id", "own"), SSP, ""),
    ({"ssp-authorization": "authorization"}, pinned("ssp-authorization", "nv-authorizations"), SSP, ""),
    ({"nmp-mode": "direct"}, no_direct_mode_and_no_gateway, SIGNONS, UNDECIDED),
    ({"nmp-mode": "direct"}, both_modes_and_no_gateway, SIGNONS, UNDECIDED),
]


@pytest.mark.parametrize(("readings", "change", "only", "untested"), LINES)
def test_a_line_that_does_not_fit_the_platform_fails_no_requirement(
    platform_with, tmp_path, readings, change, only, untested
):
    document = platform_with(readings=readings).target_document()
    del document["subjects_vouched"]
    change(document)
    results = trial(document, tmp_path, only=only).results
    for name in only:
        found = results.of(name)
        assert found.outcome is (Outcome.COULD_NOT_TEST if untested else Outcome.PASSED), name
        assert untested in found.reason
        assert not untested or 'subjects: {gateway: {smartcardId: "…"}}' in found.add
