"""Clients in a browser, from another origin than the platform's: every answer can be read, refusals too."""

from __future__ import annotations

import pytest

from conformance.reference import RunningPlatform, default_settings

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
        ("/nowhere", "PUT", 404),
        ("/api/authentication/v2/nowhere", "GET", 404),
        ("/hue-gateway/gateway/http/js/nowhere", "POST", 404),
        ("/ias/v3/token/actions/dasSignOnByCasn", "DELETE", 405),
        ("/adm/v1/accounts/preHashedPassword", "PATCH", 405),
        ("/metadata/delivery/GLOBAL/btv/services", "GET", 401),
    ],
)
def test_a_client_from_another_origin_reads_a_refusal(browser, platform, path, method, status):
    running, origin = platform
    assert read_from(browser, origin, running.url + path, method)[0] == status


def test_a_client_from_another_origin_reads_a_server_error(browser, platform):
    with RunningPlatform(default_settings(faults=("das-bad-body-is-500",))) as broken:
        url = f"{broken.url}/ias/v3/token/actions/dasSignOnByCasn"
        assert read_from(browser, platform[1], url, "POST")[0] == 500


def test_a_client_from_another_origin_reads_a_success(browser, platform):
    running, origin = platform
    box = running.target_document()["subjects"]["stb"]
    query = "&".join(f"{name}={box[name]}" for name in ("smartcardId", "nuId", "casn", "csadList"))
    url = f"{running.url}/api/authentication/v2/stbsignontokens?{query}"
    status, text = read_from(browser, origin, url, "GET")
    assert (status, "expiry" in text) == (200, True)


def test_a_client_from_another_origin_names_a_fault_for_one_request(browser, platform):
    running, origin = platform
    url = running.url + "/metadata/delivery/GLOBAL/btv/services"
    assert read_from(browser, origin, url, "GET", {"X-OpenTV-Reading": "mds-bad-token=403"})[0] == 403
    assert read_from(browser, origin, url, "GET", {"X-OpenTV-Fault": "nothing-known"})[0] == 400


def read_from(browser, origin, url, method, more=None):
    """What a script of a page of another origin reads, with headers as real clients send them."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{origin}/", wait_until="commit")
    headers = {"Authorization": "Bearer x", "Nagra-Device-Type": "PC", "Nagra-Target": "everything", **(more or {})}
    try:
        return page.evaluate(CALL, [url, method, headers])
    finally:
        context.close()
