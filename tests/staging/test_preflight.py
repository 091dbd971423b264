"""A mistake of the target file is told with its line; a broken platform is not taken for one."""

from __future__ import annotations

import re
import socket
import sys

import pytest

from conformance.errors import CredentialError, TargetUnreachable
from conformance.reference import seed
from conformance.reference.faults import ActiveFault, Fault, UnknownFault, catalogue
from conformance.reference.wire import Answer
from conformance.runner.plan import PREFLIGHT_REQUESTS
from conformance.runner.preflight import State, examine, preflight
from tests.client.hostile import HostileServer, whole


@pytest.fixture
def document(document):
    """The target file of a user: nobody vouches for it."""
    del document["subjects_vouched"]
    return document


def wrong(lines):
    return [line for line in lines if line.state.problem]


def test_a_right_target_file_has_no_wrong_line_and_takes_a_handful_of_requests(opened, document):
    session = opened(document)
    lines = examine(session)
    assert wrong(lines) == []
    assert session.budget.spending().sent <= PREFLIGHT_REQUESTS
    assert session.budget.spending().wrong == {}
    assert {line.what for line in lines if line.state in (State.OK, State.PROVED)} >= {
        "services.hdm.url",
        "subjects.stb",
        "subjects.user",
        "subjects.user.deviceId",
        "credentials.crm.keycloak",
        "credentials.sdp",
        "features.in_home_detection",
        "features.direct_mode",
    }


def test_its_exchanges_are_judged_and_made_by_preflight(opened, document, events):
    preflight(opened(document))
    exchanges = events("exchange")
    assert exchanges
    assert {event["by"] for event in exchanges} == {"preflight"}
    assert any(event["passed"] for event in exchanges)
    assert events("finding") == []


def change(document, path, value):
    *parents, last = path.split(".")
    place = document
    for part in parents:
        place = place[part]
    place[last] = value


@pytest.mark.parametrize(
    ("path", "value", "what", "said"),
    [
        ("subjects.user.password", "Wrong-Evening.2026~A!", "subjects.user", "username and password"),
        ("subjects.user_other_account.password", "wrong", "subjects.user_other_account", "username and password"),
        ("subjects.user.username", "nobody@example.test", "subjects.user", "username and password"),
        ("subjects.user.deviceId", "NMP-0000ZZ", "subjects.user.deviceId", "this user's account"),
        ("subjects.stb.nuId", "3A7F0091C4D3", "subjects.stb", "one active device"),
        ("subjects.stb_other_account.smartcardId", "038110099999", "subjects.stb_other_account", "one active device"),
        ("subjects.stb.dasChallenge", "c29tZXRoaW5nLWVsc2U", "subjects.stb", "dasChallenge and scheme"),
        ("subjects.stb_other_account.scheme", "CONNECT", "subjects.stb_other_account", "dasChallenge and scheme"),
        ("credentials.sdp.password", "wrong", "credentials.sdp.password", "username and password"),
        ("credentials.crm.keycloak.password", "wrong", "credentials.crm.keycloak.password", "username and password"),
        ("credentials.crm.keycloak.username", "nobody", "credentials.crm.keycloak.password", "username and password"),
        ("credentials.crm.keycloak.client_id", "other", "credentials.crm.keycloak.client_id", "client_id"),
        ("credentials.crm.keycloak.realm", "other", "credentials.crm.keycloak.realm", "realm"),
        ("credentials.crm.keycloak.realm", "nägra staging", "credentials.crm.keycloak.realm", "realm"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(opened, document, path, value, what, said):
    change(document, path, value)
    session = opened(document)
    bad = wrong(examine(session))
    assert [line.what for line in bad] == [what]
    assert said in bad[0].advice
    line = int(bad[0].where.rpartition(":")[2])
    text = bad[0].where.rpartition(":")[0]
    with open(text, encoding="utf-8") as file:
        assert what.rpartition(".")[2] in file.read().splitlines()[line - 1]
    with pytest.raises(CredentialError) as found:
        preflight(session)
    assert found.value.exit_code == 2


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subjects.stb.casn", "2954017732"),
        ("subjects.stb_other_account.dasChallenge", "c29tZXRoaW5nLWVsc2U"),
        ("subjects.user.password", "wrong"),
        ("subjects.account_template.npvrProfileName", "NO-SUCH-PROFILE"),
        ("credentials.sdp.username", "nobody"),
        ("credentials.crm.keycloak.username", "nobody"),
        ("credentials.crm.keycloak.url", "http://127.0.0.1:{port}/keycloak/elsewhere"),
        ("services.adm.ssp_url", "http://127.0.0.1:{port}/elsewhere"),
        ("services.mds.provider", "ELSEWHERE"),
    ],
)
def test_of_several_keys_that_may_be_wrong_each_is_named_with_its_line(opened, document, platform, path, value):
    change(document, path, value.replace("{port}", platform.url.rpartition(":")[2]))
    found = [line for line in wrong(examine(opened(document))) if "Lines: " in line.advice]
    key = path.rpartition(".")[2]
    (line,) = re.findall(rf"Lines: .*\b{key} (\d+)", found[0].advice)
    with open(found[0].where.rpartition(":")[0], encoding="utf-8") as file:
        text = file.read().splitlines()[int(line) - 1].strip()
    assert text.startswith(f"{key}: ")
    assert value.partition("{")[0] in text


def test_a_crm_user_without_the_operator_role_is_told(opened, document):
    keycloak = document["credentials"]["crm"]["keycloak"]
    keycloak["username"], keycloak["password"] = seed.CRM_READER.username, seed.CRM_READER.password
    bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == ["credentials.crm"]
    assert "operatorRole" in bad[0].advice


@pytest.mark.parametrize(
    ("lifetime", "what", "said"), [(-10, "credentials.crm.token", "expired"), (3600, None, "good for 60 minutes")]
)
def test_a_given_crm_token_says_itself_when_it_ends(opened, document, platform, lifetime, what, said):
    token = platform.platform.keycloak.access_token(seed.CRM_OPERATOR, lifetime)
    document["credentials"]["crm"] = {"token": token}
    lines = examine(opened(document))
    assert [line.what for line in wrong(lines)] == ([what] if what else [])
    assert any(said in line.detail for line in lines if line.what == "credentials.crm.token")


def test_a_foreign_crm_token_is_told(opened, document, platform_with):
    foreign = platform_with().platform.keycloak.access_token(seed.CRM_OPERATOR, 3600)
    document["credentials"]["crm"] = {"token": foreign}
    bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == ["credentials.crm.token"]


def test_a_wrong_tenant_is_told(opened, document):
    document["tenant"] = "another-tenant"
    bad = wrong(examine(opened(document)))
    assert {line.what for line in bad} >= {"subjects.stb", "subjects.stb_other_account"}
    assert all("tenant" in line.advice for line in bad if line.what.startswith("subjects.stb"))


def test_several_mistakes_are_told_at_once(opened, document):
    document["subjects"]["user"]["password"] = "wrong"
    document["credentials"]["sdp"]["password"] = "wrong"
    with pytest.raises(CredentialError, match="2 problems") as found:
        preflight(opened(document))
    assert "subjects.user" in found.value.message
    assert "credentials.sdp.password" in found.value.message


def test_a_mistake_about_a_service_that_is_not_tested_does_not_stop_the_others(opened, document):
    document["credentials"]["sdp"]["password"] = "wrong"
    document["credentials"]["crm"]["keycloak"]["password"] = "wrong"
    session = opened(document)
    assert preflight(session, {"ias", "hdm"})
    assert set(session.target.services) == {"hdm", "adm", "ias", "sdp", "mds"}
    with pytest.raises(CredentialError, match=r"credentials\.sdp\.password|SDP"):
        preflight(session, {"sdp"})


def test_a_wrong_password_is_repeated_at_most_once(opened, document, events):
    document["subjects"]["user"]["password"] = "Wrong-Evening.2026~A!"
    session = opened(document)
    examine(session)
    sent = [
        event["request"]["url"]
        for event in events("exchange")
        if event["operation"] == "nmpsignontokens"
        and "ada.keller" in event["request"]["url"]
        and "password=" in event["request"]["url"]
    ]
    assert len(sent) <= 2
    assert sum(session.budget.spending().wrong.values()) == len(sent)


def test_a_wrong_keycloak_password_is_sent_once(opened, document, events):
    document["credentials"]["crm"]["keycloak"]["password"] = "wrong-word"
    examine(opened(document))
    sent = [
        e for e in events("exchange") if e["operation"] == "keycloakToken" and "password=***" in e["request"]["body"]
    ]
    with_grant = [e for e in sent if "grant_type=" in e["request"]["body"]]
    assert len(with_grant) == 1
    assert len(sent) <= 2


def test_a_url_beside_the_service_is_told(opened, document):
    document["services"]["hdm"]["url"] += "/somewhere"
    bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == ["services.hdm.url"]
    assert "no documented path" in bad[0].detail


@pytest.mark.parametrize(
    ("service", "end"), [("ias", "/ias/v3"), ("sdp", "/hue-gateway/gateway/http/js"), ("adm", "/adm/v1")]
)
def test_an_end_of_a_url_that_the_suite_adds_is_named(opened, document, service, end):
    document["services"][service]["url"] += end
    bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == [f"services.{service}.url"]
    assert f"Leave out {end}: the suite adds it." in bad[0].advice


def test_urls_of_two_services_that_were_exchanged_are_named(opened, document):
    services = document["services"]
    services["hdm"]["url"] += "/somewhere"
    bad = wrong(examine(opened(document)))
    assert "It is found at services.ias.url" in bad[0].advice


def test_a_place_that_refuses_its_own_method_is_left_to_the_run(opened, platform_with):
    running = platform_with()

    def refuses(call, _platform):
        return Answer(405) if call.method == "GET" else call

    running.platform.fault = ActiveFault(Fault("one", "test", "", ("isContentAuthorised",), on_request=refuses))
    assert not [line for line in wrong(examine(opened(running.target_document()))) if line.what == "services.sdp.url"]


def test_an_unknown_host_is_unreachable(opened, document):
    document["services"]["ias"]["url"] = "http://no-such-host.invalid"
    with pytest.raises(TargetUnreachable, match="no-such-host") as found:
        preflight(opened(document))
    assert found.value.exit_code == 3
    assert ":" in found.value.where


def test_a_closed_port_is_unreachable(opened, document):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    document["services"]["ias"]["url"] = f"http://127.0.0.1:{port}"
    with pytest.raises(TargetUnreachable, match=str(port)):
        preflight(opened(document))


@pytest.mark.parametrize("fault", ["first-signon-refused", "second-signon-refused", "widevine-refused"])
def test_a_platform_that_refuses_what_is_right_is_left_to_the_checks(opened, platform_with, fault):
    try:
        document = platform_with(faults=(fault,)).target_document()
    except UnknownFault:
        pytest.skip(f"no fault is called {fault}")
    assert wrong(examine(opened(document))) == []


@pytest.mark.parametrize(
    "status", [b"500 Oops", b"403 Forbidden", b"401 Unauthorized", b"404 Not Found", b"201 Created"]
)
def test_what_answers_everything_alike_is_left_to_the_checks_only_where_it_fails(opened, document, status):
    """A refusal, or a success, of whatever is asked is a matter of the URL or a key: it is no platform that speaks."""
    with HostileServer(lambda conn: conn.sendall(whole(b"{}", status=status))) as server:
        document["services"] = {"hdm": {"url": server.url}, "ias": {"url": server.url}}
        document["credentials"].pop("crm")
        bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == ([] if status.startswith(b"5") else ["services.hdm.url", "services.ias.url"])


def test_where_somebody_vouches_a_path_where_nothing_is_is_noted_and_the_run_goes_on(opened, document, events):
    document["paths"] = {"generateUpdateInHomeToken": "/nowhere"}
    document["subjects_vouched"] = {"by": "jo@acme.example", "on": "2026-11-20"}
    lines = preflight(opened(document))
    found = {line.what: line for line in lines if line.state is State.CONTRADICTED}
    assert {"paths.generateUpdateInHomeToken", "features.in_home_detection"} <= set(found)
    assert "features: {in_home_detection: false}" in found["features.in_home_detection"].advice
    assert any("paths.generateUpdateInHomeToken" in event["text"] for event in events("note"))


def test_a_safe_preflight_writes_nothing(opened, document):
    session = opened(document, safe=True)
    lines = examine(session)
    assert wrong(lines) == []
    assert session.budget.spending().writes_sent == 0
    assert any(line.what == "credentials.crm" and line.state is State.NOT_PROVED for line in lines)


def test_a_command_that_fails_is_a_wrong_line(opened, document):
    document["subjects"]["stb"]["dasChallenge"] = {"command": [sys.executable, "-c", "raise SystemExit(3)"]}
    bad = wrong(examine(opened(document)))
    assert [line.what for line in bad] == ["subjects.stb"]
    assert "ended with 3" in bad[0].detail


@pytest.mark.parametrize("fault", sorted(catalogue())[::37])
def test_no_fault_of_a_platform_is_taken_for_a_mistake_of_the_file(opened, platform_with, fault):
    """A sample of them all; the selftest runs every fault with preflight before it."""
    document = platform_with(faults=(fault,)).target_document()
    document["http"] = {"timeout": 2}
    assert preflight(opened(document))
