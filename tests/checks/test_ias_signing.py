"""Tokens of claims that a platform handed out decoded: signed as it signs, or not sent at all."""

from __future__ import annotations

import pytest

from conformance.checks import ias
from tests.checks.verdicts import run_checks


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_the_algorithm_that_the_platform_takes_is_found(algorithm):
    found = run_checks(ias, readings={"ias-token-form": "decoded", "ias-token-algorithm": algorithm}, only={"GEN-001"})
    assert found.failed == set()
    assert found.untested == {}
