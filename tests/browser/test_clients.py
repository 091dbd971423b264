"""Clients in a browser, from another origin than the platform's: every answer can be read, refusals too."""

from __future__ import annotations

import pytest

from conformance.reference import RunningPlatform

CALL = """async ([url, method, headers]) => {
    const answer = await fetch(url, {method, headers});
    return [answer.status, await answer.text()];
}"""


@pytest.fixture(scope="module")
def platform():
    with RunningPlatform() as running, RunningPlatform() as elsewhere:
        yield running, elsewhere.url


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/authentication/v2/nmpsignontokens?username=a&password=b", "GET", 403),
        ("/ias/v3/token/actions/generateUpdateInHomeToken", "GET", 403),
        ("/ias/v3/token/actions/updateInHomeStatus", "PUT", 403),
        ("/nowhere", "GET", 404),
    ],
)
def test_a_client_from_another_origin_reads_a_refusal(browser, platform, path, method, status):
    running, origin = platform
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{origin}/", wait_until="commit")
    headers = {"Authorization": "Bearer x", "Nagra-Device-Type": "PC", "Nagra-Target": "everything"}
    try:
        assert page.evaluate(CALL, [running.url + path, method, headers])[0] == status
    finally:
        context.close()
