"""The suite on a platform that shares nothing with the reference: never accused in any habit, caught when wrong."""

import pytest

from conformance.model import Outcome
from conformance.selftest import trial
from tests.independent.second_faults import FAULTS
from tests.independent.second_platform import Running

SERVICES = {
    "st": "hdm",
    "nm": "hdm",
    "in": "hdm",
    "cr": "adm",
    "da": "ias",
    "ge": "ias",
    "up": "ias",
    "is": "sdp",
    "li": "mds",
}

PROFILES = {
    "its own habits": {},
    "everything the other way": {
        "single_session": True,
        "errors": "json",
        "token": "b64",
        "casn": "caSn",
        "init": "named",
        "init_base": "/hue-gateway/gateway/http/js",
        "ias": "/v3",
        "bearer": False,
        "envelope_minimal": False,
        "broadcast": "string",
        "foreign": 400,
        "no_token_false": 400,
        "no_auth": 403,
        "bad_auth": 403,
        "unknown_casn": 401,
        "wrong_tenant": 404,
        "duplicate": 201,
        "encoding": "hex",
        "blank": "",
        "sdp_spelling": "z",
        "sdp_numbers": "text",
        "sdp_error": 500,
        "window": "keydeliverywindow",
        "mds_open": True,
        "mds_limit": 100,
        "mac": True,
        "crm_missing": 403,
        "sdp_correlation": True,
        "keepalive": False,
        "date": True,
    },
    "throttled, text errors, legacy 200, locks users out": {
        "throttle": 7,
        "errors": "text",
        "sdp_error": 200,
        "lockout": 4,
        "init_refusal": 403,
        "casn": "both",
        "broadcast": "json",
        "no_auth": 403,
        "bad_auth": 400,
    },
    "null for what is absent, RS256, fresh jti, chunked, gzip": {
        "nulls": True,
        "envelope_minimal": False,
        "errors": "hal",
        "alg": "RS256",
        "fresh_jti": True,
        "chunked": True,
        "gzip": True,
    },
    "flaky, and tokens that live for seconds": {"flaky": 23, "expiry_ms": 4000, "access_s": 6, "errors": "list"},
}

# One of each kind; benchmarks/independent.py runs them all.
SAMPLE = (
    "stbsignontokens-expiry-seconds",
    "nmpsignontokens-403-401",
    "nmp-foreign-device",
    "nmp-prefix-password",
    "createAccount-200",
    "adm-without-salt",
    "pbkdf2-any-salt",
    "das-access-exp-ms",
    "das-any-challenge",
    "gen-readable",
    "upd-sticks",
    "upd-unverified",
    "sdp-same-account",
    "sdp-error-no-result",
    "mds-cache",
)


def results_against(tmp_path, running, *, vouched=False, **options):
    document = running.target()
    if vouched:
        document["subjects_vouched"] = {"by": "the tests", "on": "2026-11-01"}
    found = trial(document, tmp_path, **options)
    assert found.message == ""
    return found.results


@pytest.mark.parametrize("habits", PROFILES.values(), ids=PROFILES)
def test_no_habit_is_accused(tmp_path, habits):
    with Running(habits) as running:
        results = results_against(tmp_path, running)
    accused = {
        one.requirement.id: one.reason for one in results.results if one.outcome in (Outcome.FAILED, Outcome.ERROR)
    }
    assert accused == {}
    assert results.counts["passed"] + results.counts["not_observed"] > 600


@pytest.mark.parametrize("name", SAMPLE)
def test_a_fault_is_caught_on_its_own_operation(tmp_path, name):
    operation, install = FAULTS[name]
    with Running() as running:
        install(running.platform)
        results = results_against(tmp_path, running, vouched=True, services=(SERVICES[operation[:2]],))
    failed = {one.requirement.operation for one in results.results if one.outcome is Outcome.FAILED}
    assert operation in failed
