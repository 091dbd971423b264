"""Discovery finds the services of every documented deployment, without a credential and without a write."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.discovery import discover

READINGS = [
    "ias-prefix=v3",
    "other-methods=404",
    "other-methods=501",
    "unknown-paths=403",
    "unknown-paths=401",
    "error-body=empty",
    "error-body=html",
    "error-body=text",
    "ssp=off",
    "in-home-detection=off",
    "nmp-mode=direct",
]


@pytest.mark.parametrize("reading", READINGS)
def test_the_services_are_found_whatever_the_documents_leave_open(reading, tmp_path):
    name, _, option = reading.partition("=")
    with RunningPlatform(default_settings(readings={name: option})) as platform:
        found = discover([platform.url], tmp_path)
        features = platform.target_document()["features"]
    # A gateway that wants a token for every path shows nothing of services that want one, too.
    hidden = {"unknown-paths=401": {"mds", "sdp"}, "unknown-paths=403": set()}.get(reading, set())
    assert set(found.missing) <= hidden
    assert not found.features.get("ssp") or features["ssp"]


def test_a_challenge_goes_with_the_requests_that_look_for_services(tmp_path):
    states = []

    def around(app):
        async def noted(scope, receive, send):
            if scope["type"] == "http":
                states.append(dict(scope["headers"]).get(b"tracestate"))
            await app(scope, receive, send)

        return noted

    with RunningPlatform(around=around) as platform:
        discover([platform.url], tmp_path, challenge="0f6b7d1c-nonce")
    assert set(states) == {b"opentv-conformance=0f6b7d1c-nonce"}


def test_a_url_that_is_given_twice_is_searched_once(tmp_path):
    with RunningPlatform() as platform:
        found = discover([platform.url, f"{platform.url}/"], tmp_path)
    assert found.urls == (platform.url,)


def test_a_malformed_url_says_nothing_of_what_stands_before_its_host(tmp_path):
    with pytest.raises(UsageError) as raised:
        discover(["https://jo:s3cret@staging.example"], tmp_path)
    assert "s3cret" not in str(raised.value)
