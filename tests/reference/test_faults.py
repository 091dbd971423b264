"""The seam for faults: one deviation, nothing else, and a count of how often it acted."""

import httpx
import pytest

from conformance.reference import RunningPlatform, default_settings, faults
from conformance.reference.faults import Fault, UnknownFault
from conformance.reference.platform import Platform
from conformance.reference.wire import Answer

from .caller import calling, claims_of


def acted(caller):
    return caller.control("fault").json()["acted"]


def test_a_replaced_decision_acts_only_where_it_decides_otherwise():
    with calling(faults=("foreign-device-accepted",)) as caller:
        assert caller.sign_on_user().status_code == 200
        assert acted(caller) == 0
        foreign = caller.subjects["user_other_account"]["deviceId"]
        assert caller.sign_on_user(deviceId=foreign).status_code == 200
        assert acted(caller) == 1
        assert caller.control("fault").json()["faults"][0]["kind"] == "isolation"


def test_a_replaced_verification_lets_a_forged_token_in():
    with calling(faults=("unverified-signature",)) as caller:
        token = caller.access_token()
        forged = token.rpartition(".")[0] + ".AAAA"
        assert caller.generate(token).status_code == 200
        assert acted(caller) == 0
        assert caller.generate(forged).status_code == 200
        assert acted(caller) == 1
    with calling() as caller:
        assert caller.generate(caller.access_token().rpartition(".")[0] + ".AAAA").status_code == 403


def test_an_answer_filter_changes_the_answers_of_its_operations():
    with calling(faults=("expiry-in-seconds",)) as caller:
        assert caller.sign_on_stb(nuId="unknown").status_code == 403
        assert acted(caller) == 0
        assert caller.sign_on_stb().json()["expiry"] < 10_000_000_000
        assert acted(caller) == 1
        assert caller.das_sign_on().json()["expires_in"] == 3600


def test_an_answer_filter_sees_refusals():
    with calling(faults=("unauthorised-for-forbidden",)) as caller:
        assert caller.sign_on_stb(nuId="unknown").status_code == 401
        assert caller.das_sign_on("stb_disabled").status_code == 401
        assert caller.sign_on_stb(nuId=None).status_code == 400
        assert acted(caller) == 2


def test_a_call_filter_may_answer_in_the_service_s_place():
    with calling(faults=("long-smartcard-breaks",)) as caller:
        assert caller.sign_on_stb().status_code == 200
        assert acted(caller) == 0
        assert caller.sign_on_stb(smartcardId="1" * 201).status_code == 500
        assert acted(caller) == 1


def test_a_platform_without_fault_says_so(caller):
    assert caller.control("fault").json() == {"faults": [], "acted": 0}


def test_an_unknown_fault_is_refused_with_a_hint():
    with pytest.raises(UnknownFault, match="Did you mean unverified-signature"):
        faults.find("unverified-signatures")


def test_every_fault_fits_the_platform(caller):
    services = {service.name: service for service in caller.platform.services}
    served = {operation.id for service in services.values() for operation in service.operations()}
    for name, fault in faults.catalogue().items():
        assert (fault.name, bool(fault.kind), fault.summary[-1]) == (name, True, ".")
        assert set(fault.operations) <= served, name
        for service, method in fault.overrides:
            assert hasattr(getattr(services[service], method), "seam"), f"{name}: {service}.{method}"


def test_a_fault_for_no_decision_is_refused():
    platform = Platform(default_settings())
    fault = Fault(
        "stray", "none", "It fits nowhere.", overrides={("ias", "no_such_method"): lambda original, _: original}
    )
    with pytest.raises(UnknownFault, match=r"ias\.no_such_method"):
        faults.ActiveFault(fault).install(platform)
    platform.close()


def install(caller, **parts):
    """A fault made for one test."""
    active = faults.ActiveFault(Fault("made-for-a-test", "test", "A test.", **parts))
    active.install(caller.platform)
    caller.platform.fault = active
    return active


def test_a_replaced_action_counts_every_call():
    def sticky(original, _service):
        def updated_claims(claims, in_home):
            return original(claims, in_home) | {"inHome": True}

        return updated_claims

    with calling() as caller:
        active = install(caller, overrides={("in_home", "updated_claims"): sticky})
        token = caller.access_token()
        assert claims_of(caller.update(token, False, caller.broadcast_token(token)))["inHome"] is True
        assert active.acted == 1


def test_an_asynchronous_decision_can_be_replaced():
    def any_password(_original, service):
        async def check_password(username, password):
            return service.database.user("opf", username)

        return check_password

    with calling() as caller:
        active = install(caller, overrides={("hdm", "check_password"): any_password})
        assert caller.sign_on_user().status_code == 200
        assert active.acted == 0
        assert caller.sign_on_user(password="wrong").status_code == 200
        assert active.acted == 1


def test_an_answer_can_be_cut_short():
    def cut(_call, answer, _platform):
        answer.cut = 20
        return answer

    running = RunningPlatform()
    install(running, on_response=cut)
    with running, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{running.url}/api/authentication/v2/stbsignontokens")
    assert running.fault_acted == 1


def test_an_answer_can_lose_its_headers_and_its_form():
    def bare(_call, answer, _platform):
        return Answer(status=answer.status, raw=b"not json", content_type="")

    with calling() as caller:
        install(caller, operations=("stbsignontokens",), on_response=bare)
        answer = caller.sign_on_stb()
        assert (answer.content, "content-type" in answer.headers) == (b"not json", False)
        assert caller.sign_on_user().json()["expiry"]


def test_what_a_fault_answers_keeps_its_own_status_text():
    with calling() as caller:
        install(caller, on_request=lambda call, _platform: Answer(status=299, data={"path": call.path}))
        answer = caller.sign_on_stb()
        assert (answer.status_code, answer.json()) == (299, {"path": "/api/authentication/v2/stbsignontokens"})
