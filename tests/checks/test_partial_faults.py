"""Faults that show for one device, one value, one place or the second time alone: the checks go round all of them."""

from __future__ import annotations

import pytest

from conformance.checks import ias, mds, sdp
from conformance.reference.faults import find
from conformance.selftest.catalogue import load_faults

from .verdicts import run_checks

EXPECTED = load_faults()
NAMES = [
    "channels-by-half-a-signature",
    "channels-of-one-entity-tag",
    "challenge-but-its-end",
    "challenge-of-whole-base64",
    "challenge-of-widevine-unverified",
    "challenge-too-long-to-verify",
    "das-missing-casn-is-401-for-widevine",
    "das-missing-casn-is-401-when-repeated",
    "das-takes-every-ssp-scheme",
    "das-tenant-by-its-start",
    "signon-token-but-its-end",
    "simultaneous-broadcasts-mixed-up",
]
PACKAGES = {"BRD": ias, "DAS": ias, "GEN": ias, "UPD": ias, "SDP": sdp, "LIC": sdp, "MDS": mds}


@pytest.mark.parametrize("name", NAMES)
def test_a_partial_fault_is_found(name):
    wanted = set(EXPECTED[name].requirements)
    found = run_checks(PACKAGES[min(wanted)[:3]], fault=find(name), only=wanted)
    assert found.acted
    assert wanted <= found.broken
