"""One platform is wrong, or follows another reading, for the requests alone that ask for it."""

import httpx
import pytest

from conformance.reference import RunningPlatform, default_settings
from conformance.reference.per_request import MOST, PerRequest
from conformance.reference.readings import CATALOGUE

SIGNON = "/api/authentication/v2/stbsignontokens"
CHANNELS = "/metadata/delivery/GLOBAL/btv/services"


@pytest.fixture(scope="module")
def running():
    with RunningPlatform(default_settings(readings={"hdm-request-id": "uuid"})) as platform:
        yield platform


def signed_on(running, *headers):
    box = running.target_document()["subjects"]["stb"]
    query = {name: box[name] for name in ("smartcardId", "nuId", "casn", "csadList")}
    return httpx.get(
        running.url + SIGNON, params=query, headers=[("x-opentv-" + name, value) for name, value in headers]
    )


def test_a_fault_acts_for_the_request_that_names_it(running):
    assert signed_on(running, ("fault", "expiry-in-seconds")).json()["expiry"] < 10**12
    assert signed_on(running).json()["expiry"] > 10**12


def test_several_are_named_with_commas_or_in_several_headers(running):
    answer = signed_on(
        running,
        ("fault", "expiry-in-seconds, stbsignontokens.token.requestId.missing"),
        ("reading", "charset=utf-8"),
        ("reading", "error-body=html"),
    )
    assert answer.json()["expiry"] < 10**12
    assert "requestId" not in answer.json()["token"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_the_readings_of_the_platform_hold_where_a_request_names_others(running):
    first = signed_on(running, ("reading", "charset=utf-8")).json()["token"]["requestId"]
    other = signed_on(running, ("reading", "hdm-request-id=digits")).json()["token"]["requestId"]
    assert (len(first), len(other)) == (36, 9)


def test_tokens_of_one_behaviour_are_accepted_by_another(running):
    document = running.target_document()
    box = document["subjects"]["stb"]
    body = {name: box[name] for name in ("casn", "dasChallenge", "scheme")}
    headers = {"nv-tenant-id": "nagra", "nv-mac-address": box["macAddress"], "x-opentv-reading": "charset=upper"}
    token = httpx.post(f"{running.url}/ias/v3/token/actions/dasSignOnByCasn", json=body, headers=headers)
    listed = httpx.get(running.url + CHANNELS, headers={"authorization": f"Bearer {token.json()['access_token']}"})
    assert listed.status_code == 200


def test_conditions_are_those_of_the_platform(running):
    running.platform.conditions.add("esps_unreachable")
    try:
        assert signed_on(running, ("reading", "charset=utf-8")).status_code == 503
    finally:
        running.platform.conditions.clear()


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("fault", "expiry-in-second", "Did you mean expiry-in-seconds"),
        ("reading", "charset=latin", "The reading charset has no option 'latin'"),
        ("reading", "charset", "is not ID=OPTION"),
    ],
)
def test_what_is_not_known_is_400_with_a_suggestion(running, header, value, said):
    answer = signed_on(running, (header, value))
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_bounded_number_of_behaviours_is_kept(running):
    asked = [f"{reading}={option}" for reading, options in CATALOGUE.items() for option in options][: MOST + 2]
    assert len(asked) > MOST
    app = PerRequest(None, running.platform)
    kept = [app._behaving((), (reading,)) for reading in asked]
    assert app._behaving((), (asked[-1],)) is kept[-1]
    assert app._behaving((), (asked[0],)) is not kept[0]
