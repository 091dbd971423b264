"""Services of several deployments in one target file: the lines are named, and no platform is accused."""

from __future__ import annotations

import pytest

from conformance.model import Outcome
from conformance.reference.faults import ActiveFault, Fault
from conformance.reference.wire import Answer, Refusal
from conformance.runner.preflight import State, examine
from conformance.selftest.trial import trial


@pytest.fixture
def document(document):
    """The target file of a user: nobody vouches for it."""
    del document["subjects_vouched"]
    return document


def contradicted(lines):
    return {line.premise.id: line for line in lines if line.state is State.CONTRADICTED}


def mds(document, other):
    document["services"]["mds"] = other["services"]["mds"]


def sdp(document, other):
    document["services"]["sdp"] = other["services"]["sdp"]


def hdm(document, other):
    document["services"]["hdm"] = other["services"]["hdm"]


def ssp(document, other):
    document["services"]["adm"]["ssp_url"] = other["services"]["adm"]["ssp_url"]


@pytest.mark.parametrize(
    ("moved", "premise", "keys"),
    [
        (mds, "one-deployment-ias-mds", ("services.mds.url", "services.ias.url")),
        (sdp, "one-deployment-hdm-sdp", ("services.sdp.url", "services.hdm.url", "credentials.sdp")),
        (hdm, "one-deployment-hdm-sdp", ("services.sdp.url", "services.hdm.url", "credentials.sdp")),
        (ssp, "one-deployment-opf-ssp", ("ssp_url", "crm")),
    ],
)
def test_a_service_of_another_deployment_is_contradicted_with_the_lines_that_may_be_wrong(
    opened, document, platform_with, moved, premise, keys
):
    moved(document, platform_with().target_document())
    found = contradicted(examine(opened(document)))
    assert set(found) == {premise}
    assert "as it does one that nobody issued" in found[premise].detail
    assert all(key in found[premise].advice for key in keys)


def test_a_list_that_mds_always_refuses_says_nothing_of_other_accounts(platform_with, document, tmp_path):
    """DAS-091 and UPD-096 compare it with the one before."""
    mds(document, platform_with().target_document())
    document["subjects_vouched"] = {"by": "jo@acme.example", "on": "2026-11-20"}
    results = trial(document, tmp_path, only=("DAS-091", "UPD-096")).results
    assert {one.requirement.id for one in results.results if one.outcome is Outcome.FAILED} == set()


def answering(running, operation, answer):
    running.platform.fault = ActiveFault(Fault("one", "test", "", (operation,), on_request=answer))


@pytest.mark.parametrize("status", [400, 404])
def test_an_ssp_that_has_not_the_profiles_is_contradicted(opened, platform_with, status):
    running = platform_with()
    answering(running, "createAccountOnSsp", lambda *_: Answer(status, {"message": "There is no such profile."}))
    document = running.target_document()
    del document["subjects_vouched"]
    found = contradicted(examine(opened(document)))
    assert set(found) == {"one-deployment-opf-ssp"}
    assert f"SSP answers {status}" in found["one-deployment-opf-ssp"].detail


def test_users_of_one_account_are_contradicted_where_no_sdp_tells_their_accounts(opened, platform_with):
    running = platform_with()
    document = running.target_document()
    del document["subjects_vouched"]
    del document["services"]["sdp"]
    running.platform.hdm.owns_device = lambda _user, _device: True
    found = contradicted(examine(opened(document)))
    assert set(found) == {"other-user-is-another"}
    assert "HDM signs subjects.user on with the device of" in found["other-user-is-another"].detail


def test_a_tenant_that_the_tokens_name_otherwise_is_contradicted(opened, platform_with):
    running = platform_with()

    def check_tenant(call):
        if call.headers.get("nv-tenant-id", "").lower() != "nagra":
            raise Refusal(404, "The tenant does not exist.")
        return "nagra"

    running.platform.ias.check_tenant = running.platform.adm.check_tenant = check_tenant
    document = running.target_document()
    del document["subjects_vouched"]
    document["tenant"] = "NAGRA"
    found = contradicted(examine(opened(document)))
    assert set(found) == {"tenant"}
    assert "its token names 'nagra'" in found["tenant"].detail
