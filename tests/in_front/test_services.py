"""One service alone that something in front does not reach, refuses or swallows: told as such, and no finding."""

from __future__ import annotations

import pytest

from conformance.client import Wire
from conformance.errors import CredentialError, TargetUnreachable
from conformance.runner.preflight import State, examine, preflight
from conformance.session.experiment import Experiments
from conformance.session.form import form_of
from tests.in_front.gateway import Answered, json_page, page, redirect

PATHS = {"sdp": "mdrmService", "mds": "/btv/", "ias": "/ias/", "hdm": "/api/authentication"}
ANSWERS = {
    "502": (page(502, "502 Bad Gateway", "nginx"), 3),
    "503 without a body": (Answered(503), 3),
    "504": (json_page(504, {"message": "Endpoint request timed out"}), 3),
    "a page, 200": (page(200, "Welcome", "It works!"), 2),
    "a page, 403": (page(403, "403 Forbidden", "nginx"), 2),
    "JSON, 401": (json_page(401, {"message": "No API key found in request"}), 2),
    "JSON, 403": (json_page(403, {"message": "Forbidden"}), 2),
    "a page, 404": (page(404, "404 Not Found", "nginx"), 2),
    "a redirect": (redirect("https://idp.example.test/auth"), 2),
    "a reset": (Answered(reset=True), 3),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("service", ["sdp", "mds"])
def test_what_answers_all_of_one_service_ends_the_run_with_its_cause(behind, opened, service, name):
    answer, code = ANSWERS[name]
    gateway = behind(lambda asked: answer if PATHS[service] in asked.path else None)
    session = opened(gateway.target)
    session.patience.clock = session.front.clock
    with pytest.raises((CredentialError, TargetUnreachable)) as found:
        preflight(session)
    assert found.value.exit_code == code
    assert (
        f"services.{service}.url" in str(found.value) or "subjects." in str(found.value) or service in str(found.value)
    )


ASKED = {
    "sdp": "isContentAuthorised",
    "mds": "listServices",
    "ias": "generateUpdateInHomeToken",
    "hdm": "stbsignontokens",
}


@pytest.mark.parametrize("lost", [page(502, "502 Bad Gateway", "nginx"), Answered(reset=True)], ids=["502", "reset"])
@pytest.mark.parametrize("service", ASKED)
def test_a_service_that_a_gateway_loses_in_mid_run_ends_it_without_a_finding(behind, opened, events, service, lost):
    state = {"lost": False}
    session = opened(behind(lambda asked: lost if state["lost"] and PATHS[service] in asked.path else None).target)
    session.patience.clock = session.front.clock
    for operation in ASKED.values():
        session.send(operation, made_by="test")
    state["lost"] = True
    with pytest.raises(TargetUnreachable):
        session.send(ASKED[service], made_by="test")
    for other in set(ASKED) - {service}:
        assert session.send(ASKED[other], made_by="test").status >= 400
    assert [one for one in events("finding") if "502" in one["cause"] or "reset" in one["cause"]] == []


@pytest.mark.parametrize(
    "wanted",
    [
        redirect("https://sso.example.test/login"),
        page(200, "Sign in", '<form><input type="password"></form>'),
        json_page(401, {"message": "Unauthorized"}),
        page(403, "403 Forbidden", "nginx"),
    ],
    ids=lambda one: f"{one.status} {one.body[:12]!r}",
)
def test_a_gateway_that_wants_the_documented_credentials_is_no_obstacle(behind, opened, wanted):
    guarded = ("mdrmService", "/btv/", "/adm/", "/opf/", "generateUpdate", "updateInHome")

    def before(asked):
        known = asked.header("authorization") or asked.header("nv-authorizations")
        return wanted if any(path in asked.path for path in guarded) and not known else None

    lines = examine(opened(behind(before).target))
    assert [line for line in lines if line.state in (State.WRONG, State.UNREACHABLE, State.CONTRADICTED)] == []


def test_an_operation_that_alone_answers_502_to_what_it_should_serve_is_a_finding(behind, ran):
    def before(asked):
        served = "isContentAuthori" in asked.path and "arg0=" in asked.query and "token=" in asked.query
        return json_page(502, {"error": "upstream"}) if served else None

    _ended, report = ran(behind(before).target, services=("sdp", "hdm", "ias"), only=("SDP-001",))
    assert [one["id"] for one in report["requirements"] if one["outcome"] == "failed"] == ["SDP-001"]


@pytest.mark.parametrize("service", ["ias", "mds"])
def test_a_proxy_that_takes_the_token_away_is_named(behind, opened, service):
    """Its platform answers every request as it answers those without a token."""

    def before(asked):
        if PATHS[service] in asked.path:
            kept = tuple(pair for pair in asked.headers if pair[0].lower() != "authorization")
            object.__setattr__(asked, "headers", kept)

    target = behind(before).target
    target.pop("subjects_vouched")
    session = opened(target)
    with pytest.raises(CredentialError, match="take the header Authorization away"):
        preflight(session)


@pytest.mark.parametrize("service", ["ias", "mds"])
def test_a_platform_that_refuses_good_tokens_and_names_missing_ones_is_left_to_the_checks(behind, opened, service):
    refused = json_page(400, {"message": "The access token is not valid.", "code": 401, "errorCode": 20401})
    guarded = {"ias": "generateUpdate", "mds": "/btv/"}[service]

    def before(asked):
        return refused if guarded in asked.path and asked.header("authorization") else None

    target = behind(before).target
    target.pop("subjects_vouched")
    assert not any("Authorization away" in line.advice for line in examine(opened(target)))


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_page_that_refuses_all_operations_of_a_service_is_no_platforms(behind, opened, status):
    """A gateway that knows the operations by their paths wants a certificate for them."""
    wanted = page(status, f"{status} No required SSL certificate was sent", "nginx")
    guarded = ("signontokens", "nmpdas", "NmpExt")
    session = opened(behind(lambda asked: wanted if any(one in asked.path for one in guarded) else None).target)
    with pytest.raises(CredentialError, match=r"services\.hdm\.url"):
        preflight(session)


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_service_whose_operations_all_refuse_what_should_succeed_speaks_against_the_file(behind, opened, status):
    """A gateway that wants a key, or the platform of another deployment."""
    refused = json_page(status, {"message": "No API key found in request"})
    target = behind(lambda asked: refused if "signontokens" in asked.path else None).target
    target.pop("subjects_vouched")
    session = opened(target)
    with pytest.raises(CredentialError, match=r"services\.hdm\.url"):
        preflight(session)


def test_an_operation_that_alone_refuses_what_should_succeed_is_left_to_the_checks(behind, opened):
    refused = json_page(422, {"resultCode": "20422", "result": "no", "localeMessage": "none"})
    target = behind(lambda asked: refused if "stbsignontokens" in asked.path else None).target
    target.pop("subjects_vouched")
    assert not any(line.state.problem for line in examine(opened(target)))


REFUSED_METHODS = [
    page(405, "405 Not Allowed", "nginx"),
    page(403, "403 Forbidden", "You don't have permission to access this resource."),
    json_page(403, {"message": "Missing Authentication Token"}),
]


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("refused", REFUSED_METHODS, ids=["405 page", "403 page", "403 JSON"])
def test_a_method_that_is_refused_on_every_path_is_refused_in_front(behind, opened, refused, everywhere):
    where = "/" if everywhere else "updateInHomeStatus"
    gateway = behind(lambda asked: refused if asked.method == "PUT" and where in asked.path else None)
    exchange = opened(gateway.target).send("updateInHomeStatus", made_by="test", json={}, valid=True)
    assert exchange.status == refused.status
    assert exchange.foreign.endswith(", as PUT is on every path") == everywhere


@pytest.mark.parametrize(("failing", "away"), [(1, False), (1000, True)])
def test_a_path_that_fails_once_shows_no_service_to_be_away(behind, opened, failing, away):
    """As where one node of several is away."""
    left = iter(range(failing))
    state = {"lost": False}

    def before(asked):
        lost = state["lost"] and (asked.path.endswith("/away") or next(left, None) is not None)
        return page(502, "502 Bad Gateway", "nginx") if lost and not asked.path.endswith("/services") else None

    session = opened(behind(before).target)
    state["lost"] = True
    url = session.routes.url("listServices")
    form = form_of(session.ask(Wire("GET", f"{url.rpartition('/')[0]}/away")))
    assert Experiments(session.ask, session.routes).is_unreachable("mds", url, form) == away
