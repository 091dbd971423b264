"""Each premise of a target file is proved, or contradicted: then the run ends, unless somebody vouches for the file."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from conformance.contract import load_contract
from conformance.errors import CredentialError, TargetUnreachable
from conformance.model import Outcome
from conformance.reference.faults import ActiveFault, Fault
from conformance.reference.wire import Answer, Refusal
from conformance.register import load_register
from conformance.runner.preflight import State, examine, preflight
from conformance.runner.preflight.probes import PROBES
from conformance.selftest import combination
from conformance.selftest.trial import trial
from conformance.session import hdm
from conformance.session.sender import Sender

VOUCHED = {"by": "jo@acme.example", "on": "2026-11-20"}


@pytest.fixture
def document(document):
    """The target file of a user: nobody vouches for it."""
    del document["subjects_vouched"]
    return document


def by_state(lines, state):
    return {line.premise.id: line for line in lines if line.state is state and line.premise}


def test_every_probe_is_named_by_a_premise_and_every_premise_has_a_probe_or_a_reason():
    premises = load_register().premises
    assert {one.probe for one in premises if one.probe} == set(PROBES)
    assert all(bool(one.probe) != bool(one.unproved) for one in premises)


def test_every_requirement_that_needs_a_subject_presumes_something_of_it():
    without = [entry.id for entry in load_register() if entry.needs.subjects and not entry.premises]
    assert without == []


@pytest.mark.parametrize(
    ("requirement", "premise"),
    [
        ("STB-029", "disabled-stb-at-hdm"),
        ("DAS-033", "disabled-stb-at-ias"),
        ("ISO-001", "other-user-is-another"),
        ("SDP-002", "content-authorized"),
        ("ADM-001", "account-profiles"),
        ("NMP-050", "gateway-unprovisioned"),
        ("INI-001", "player-payload"),
    ],
)
def test_a_requirement_presumes_what_its_check_relies_on(requirement, premise):
    assert premise in load_register()[requirement].premises


def test_a_right_file_is_proved_and_what_no_request_proves_is_said(opened, document):
    lines = examine(opened(document))
    assert set(by_state(lines, State.PROVED)) >= {
        "stb-details",
        "other-stb-is-another",
        "disabled-stb-at-ias",
        "other-user-is-another",
        "gateway-provisioned",
        "gateway-unprovisioned",
        "content-authorized",
        "content-not-authorized",
        "channels-in-home-only",
        "channels-everywhere",
        "tenant",
        "player-payload",
        "account-profiles",
        "crm-credentials",
        "sdp-user",
    }
    assert not any(line.state.problem for line in lines)
    unproved = {line.what: line.detail for line in lines if line.state is State.NOT_PROVED}
    assert {"subjects.user.accountId", "subjects.stb.macAddress", "subjects.expired_tokens.crm"} <= set(unproved)
    assert not any("checks will tell" in detail for detail in unproved.values())


def moved(document, place, other):
    """Exchange two values of the subjects."""
    subjects = document["subjects"]
    (one, first), (two, second) = place.split("."), other.split(".")
    subjects[one][first], subjects[two][second] = subjects[two][second], subjects[one][first]


def active_as_disabled(document):
    document["subjects"]["stb_disabled"] = document["subjects"].pop("stb_other_account")


def unknown_profile(name):
    def change(document):
        document["subjects"]["account_template"][name] = "NO-SUCH-PROFILE"

    return change


def swapped_contents(document):
    moved(document, "content.authorized", "content.not_authorized")


def unknown_event(document):
    document["subjects"]["content"]["live_ppv"] = "CMS-00000000"


def swapped_channels(document):
    moved(document, "channels.in_home_only", "channels.everywhere")


def unknown_in_home_channel(document):
    document["subjects"]["channels"]["in_home_only"] = ["SVC-9999"]


def unknown_channel(document):
    document["subjects"]["channels"]["everywhere"].append("SVC-9999")


def swapped_gateways(document):
    moved(document, "gateway.smartcardId", "gateway_unprovisioned.smartcardId")


def disabled_as_active(document):
    document["subjects"]["stb"] = document["subjects"].pop("stb_disabled")


def swapped_devices(document):
    moved(document, "user.deviceId", "user_other_account.deviceId")


def another_homes_gateway(document):
    document["subjects"]["gateway"]["smartcardId"] = document["subjects"]["stb_other_account"]["smartcardId"]


def another_homes_gateway_as_unprovisioned(document):
    document["subjects"]["gateway_unprovisioned"]["smartcardId"] = document["subjects"]["stb_other_account"][
        "smartcardId"
    ]


WRONG = [
    (active_as_disabled, {"disabled-stb-at-hdm", "disabled-stb-at-ias"}, "subjects.stb_disabled"),
    (disabled_as_active, {"stb-details"}, "subjects.stb"),
    (swapped_contents, {"content-authorized", "content-not-authorized"}, "subjects.content.authorized"),
    (unknown_event, {"content-live-ppv"}, "subjects.content.live_ppv"),
    (swapped_channels, {"channels-in-home-only", "channels-everywhere"}, "subjects.channels.in_home_only"),
    (unknown_in_home_channel, {"channels-in-home-only"}, "subjects.channels.in_home_only"),
    (unknown_channel, {"channels-everywhere"}, "subjects.channels.everywhere"),
    (another_homes_gateway, {"gateway-provisioned"}, "subjects.gateway.smartcardId"),
    (another_homes_gateway_as_unprovisioned, {"gateway-unprovisioned"}, "subjects.gateway_unprovisioned.smartcardId"),
    (swapped_devices, {"user-device", "other-user-device"}, "subjects.user.deviceId"),
    (swapped_gateways, {"gateway-provisioned", "gateway-unprovisioned"}, "subjects.gateway.smartcardId"),
    (unknown_profile("accountProfileId"), {"account-profiles"}, "subjects.account_template"),
    (unknown_profile("npvrProfileName"), {"account-profiles"}, "subjects.account_template"),
]


@pytest.mark.parametrize(("change", "premises", "place"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_a_premise_that_the_platform_contradicts_ends_the_run_with_both_sides(
    opened, document, change, premises, place
):
    change(document)
    session = opened(document)
    with pytest.raises(CredentialError) as found:
        preflight(session)
    assert found.value.exit_code == 2
    said = str(found.value)
    assert f"{place}: " in said
    assert "; the file says that it " in said
    assert ": one of them is wrong" in said
    assert set(by_state(examine(session), State.CONTRADICTED)) == premises


@pytest.mark.parametrize(("change", "premises", "place"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_where_somebody_vouches_the_run_goes_on_and_names_who(opened, document, events, change, premises, place):
    change(document)
    document["subjects_vouched"] = VOUCHED
    preflight(opened(document))
    written = [event for event in events("premise") if event["state"] == "contradicted"]
    assert {event["premise"] for event in written} == premises
    assert {(event["vouched_by"], event["vouched_on"]) for event in written} == {("jo@acme.example", "2026-11-20")}
    assert place in {event["place"] for event in written}
    assert all(event["where"].startswith("target.yaml:") for event in written)
    assert not any(event.get("vouched_by") for event in events("premise") if event["state"] != "contradicted")


def test_an_expired_token_that_is_still_valid(opened, document):
    token = hdm.device_token(Sender(opened(document), "test"))
    document["subjects"]["expired_tokens"]["hdm"] = token.reveal()
    assert set(by_state(examine(opened(document)), State.CONTRADICTED)) == {"expired-hdm-token"}


def answering(running, operation, change):
    def on_response(_call, answer, _platform):
        if isinstance(answer.data, dict):
            change(answer.data)
        return answer

    running.platform.fault = ActiveFault(Fault("one", "test", "", (operation,), on_response=on_response))


def test_two_users_of_one_account(opened, platform_with):
    running = platform_with()

    def one_number(data):
        if "accountNumber" in (data.get("result") or {}):
            data["result"]["accountNumber"] = "1000417"

    answering(running, "isContentAuthorised", one_number)
    document = running.target_document()
    del document["subjects_vouched"]
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert set(found) == {"other-user-is-another"}
    assert "the same accountNumber" in found["other-user-is-another"].detail


def test_a_payload_that_the_platform_refuses_in_the_documented_form(opened, platform_with):
    running = platform_with()

    def refused(data):
        if isinstance(data.get("result"), dict):
            data["result"] = {"status": "INTERNAL_ERROR", "downloadURL": None, "masterVersion": None}

    answering(running, "initialiseDeviceByPost", refused)
    document = running.target_document()
    del document["subjects_vouched"]
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert set(found) == {"player-payload"}


@pytest.mark.parametrize("name", ["authorized", "not_authorized", "live_ppv"])
def test_a_content_that_the_platform_does_not_have_is_contradicted_whatever_it_says_of_such(
    opened, platform_with, name
):
    document = platform_with(readings={"sdp-unknown-content": "404"}).target_document()
    del document["subjects_vouched"]
    document["subjects"]["content"][name] = "CMS-99999999"
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    premise = f"content-{name.replace('_', '-')}"
    assert set(found) == {premise}
    assert "as about a content that nobody has" in found[premise].detail


def test_an_event_that_was_not_bought_is_no_contradiction(opened, platform_with):
    document = platform_with(readings={"sdp-live-event": "unbought"}).target_document()
    del document["subjects_vouched"]
    lines = examine(opened(document))
    assert "not bought" in by_state(lines, State.NOT_PROVED)["content-live-ppv"].detail


@pytest.mark.parametrize("seed", range(4))
def test_a_conformant_platform_contradicts_no_right_file_whatever_it_reads(opened, platform_with, seed):
    document = platform_with(readings=combination(seed)).target_document()
    del document["subjects_vouched"]
    assert [line.message for line in examine(opened(document)) if line.state.problem] == []


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_platform_that_breaks_otherwise_contradicts_nothing(opened, platform_with, status):
    """Only a documented answer that says the opposite does."""
    for operation in ("isContentAuthorised", "listServices", "dasSignOnByCasn", "stbsignontokens"):
        running = platform_with()
        fault = Fault("one", "test", "", (operation,), on_response=lambda *_: Answer({}, status=status))
        running.platform.fault = ActiveFault(fault)
        document = running.target_document()
        del document["subjects_vouched"]
        document["http"] = {"timeout": 2}
        assert by_state(examine(opened(document)), State.CONTRADICTED) == {}


@pytest.mark.parametrize(("reading", "outcome"), [("required", "could_not_test"), ("optional", "passed")])
def test_a_mac_address_of_one_box_alone_accuses_nobody(cli, write, platform_with, tmp_path, reading, outcome):
    document = platform_with(readings={"ias-mac-address": reading}).target_document()
    del document["subjects_vouched"]
    for name in ("stb_other_account", "stb_disabled"):
        del document["subjects"][name]["macAddress"]
    out = tmp_path / "out"
    cli("run", "--target", write(document), "--only", "DAS-002,DAS-033", "--no-fuzz", "--out", out)
    report = {one["id"]: one for one in json.loads((out / "report.json").read_text())["requirements"]}
    assert {report["DAS-033"]["outcome"]} == {outcome}
    assert report["DAS-002"]["outcome"] != "failed"
    if reading == "required":
        assert report["DAS-033"]["add"] == ['subjects: {stb_disabled: {macAddress: "…"}}']


def test_nothing_is_created_with_safe_or_where_nothing_that_is_selected_would_be(opened, document, events):
    lines = by_state(examine(opened(document, safe=True)), State.NOT_PROVED)
    assert {"account-profiles", "player-payload"} <= set(lines)
    lines = examine(opened(document, selected=("STB-001",)))
    assert {line.premise.id for line in lines if line.premise} == {"stb-details"}
    assert events("created") == []


def test_no_account_is_created_while_another_line_is_wrong(opened, document, events):
    document["subjects"]["user"]["password"] = "wrong"
    lines = examine(opened(document))
    assert "account-profiles" in by_state(lines, State.NOT_PROVED)
    assert not [event for event in events("created") if event["operation"] == "createAccount"]


def test_a_run_ends_with_2_and_leaves_no_folder_or_fails_and_names_who_vouched(cli, write, document, tmp_path):
    swapped_contents(document)
    path = write(document)
    options = ("--only", "SDP-002", "--no-fuzz", "--out", tmp_path / "out")
    done = cli("run", "--target", path, *options)
    assert done.returncode == 2
    assert "subjects.content.authorized: SDP says NOT_AUTHORIZED; the file says that it may be watched" in done.stderr
    assert f"{path}:" in done.stderr
    assert not (tmp_path / "out" / "report.json").exists()
    done = cli("run", "--target", write({**document, "subjects_vouched": VOUCHED}), *options)
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    failed = [one for one in report["requirements"] if one["outcome"] == "failed"]
    assert [one["id"] for one in failed] == ["SDP-002"]
    (contradicted,) = [one for one in failed[0]["premises"] if one["state"] == "contradicted"]
    assert (contradicted["place"], contradicted["vouched_by"]) == ("subjects.content.authorized", "jo@acme.example")
    assert contradicted["where"].startswith("target.yaml:")
    assert "jo@acme.example vouched for it on 2026-11-20" in (tmp_path / "out" / "report.html").read_text()


def wrong_key(keys):
    return {kid: base64.b64encode(b"another key, of the same length as the right one").decode() for kid in keys}


def swapped_kids(keys):
    ((kid, key),) = keys.items()
    return {kid: base64.b64encode(bytes(64)).decode(), "other": key}


KEYS = [
    (wrong_key, "does not verify IAS's access token"),
    (lambda keys: dict.fromkeys(["999"], *keys.values()), "verifies IAS's access token, the kid of which is"),
    (swapped_kids, "verifies IAS's access token, the kid of which is"),
]


@pytest.mark.parametrize(("change", "said"), KEYS)
def test_a_signing_key_that_is_not_the_platforms(opened, document, change, said):
    del document["subjects"]["expired_tokens"]
    document["credentials"]["token_keys"] = change(document["credentials"]["token_keys"])
    lines = examine(opened(document))
    found = by_state(lines, State.CONTRADICTED)
    assert set(found) == {"token-keys"}
    assert said in " ".join(line.message for line in lines)
    assert found["token-keys"].what.startswith("credentials.token_keys.")


def test_a_key_whose_kid_no_token_has_is_not_proved(opened, document):
    document["credentials"]["token_keys"]["999"] = base64.b64encode(bytes(32)).decode()
    lines = [line for line in examine(opened(document)) if line.premise and line.premise.id == "token-keys"]
    assert {line.what: line.state for line in lines}["credentials.token_keys.999"] is State.NOT_PROVED
    assert not any(line.state.problem for line in lines)


def test_an_expired_token_that_was_cut_is_contradicted_by_the_key(opened, document):
    tokens = document["subjects"]["expired_tokens"]
    tokens["ias"] = tokens["ias"][:-8] + "AAAAAAAA"
    assert set(by_state(examine(opened(document)), State.CONTRADICTED)) == {"expired-ias-token"}


CLAIMS = [
    ({"ssp": "off"}, "ssp", True, "ssp"),
    ({"live-ppv-license": "off"}, "live_ppv_license", True, "live-ppv-license"),
    ({}, "dynamic_provisioning", True, "dynamic-provisioning"),
    ({"dynamic-provisioning": "on"}, "dynamic_provisioning", False, "no-dynamic-provisioning"),
    ({"nmp-mode": "direct"}, "direct_mode", False, "no-direct-mode"),
]


@pytest.mark.parametrize(("readings", "feature", "claimed", "premise"), CLAIMS)
def test_a_claim_that_is_not_true(opened, platform_with, readings, feature, claimed, premise):
    document = platform_with(readings=readings).target_document()
    del document["subjects_vouched"]
    assert not any(line.state.problem for line in examine(opened(document)))
    document["features"][feature] = claimed
    if feature == "ssp":
        document["services"]["adm"]["ssp_url"] = document["services"]["adm"]["url"] + "/ssp"
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert premise in found
    assert found[premise].what == f"features.{feature}"
    assert f"{feature}: {str(not claimed).lower()}" in found[premise].advice


def test_a_claim_of_in_home_detection_where_its_paths_are_not(opened, platform_with):
    running = platform_with()
    operations = ("generateUpdateInHomeToken", "updateInHomeStatus")
    fault = Fault("one", "test", "", operations, on_response=lambda *_: Answer(404, raw=b""))
    running.platform.fault = ActiveFault(fault)
    document = running.target_document()
    del document["subjects_vouched"]
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert found["in-home-detection"].what == "features.in_home_detection"


def test_no_account_signs_on_is_held_against_nobody_who_did_not_vouch(cli, write, platform_with, tmp_path):
    """Which of the two is wrong, the claim or the platform, only who vouches can say."""
    document = platform_with(readings={"created-accounts-sign-on": "off"}).target_document()
    document["features"]["created_accounts_sign_on"] = True
    options = ("--only", "ADM-071", "--no-fuzz", "--out")
    cli("run", "--target", write(document), *options, tmp_path / "vouched")
    del document["subjects_vouched"]
    cli("run", "--target", write(document), *options, tmp_path / "out")
    found = {}
    for name in ("vouched", "out"):
        report = json.loads((tmp_path / name / "report.json").read_text())
        found[name] = next(one for one in report["requirements"] if one["id"] == "ADM-071")
    assert found["vouched"]["outcome"] == "failed"
    assert found["out"]["outcome"] == "could_not_test"
    assert "the file says that created accounts sign on at HDM" in found["out"]["reason"]


@pytest.mark.parametrize(
    ("condition", "other", "requirement"),
    [
        ("esps_unreachable", "esps_not_configured", "SGN-201"),
        ("esps_unreachable", "", "SGN-201"),
        ("gateway_unverifiable", "", "NMP-054"),
    ],
)
def test_a_condition_that_is_not_brought_about_is_held_against_nobody_who_did_not_vouch(
    cli, write, document, tmp_path, condition, other, requirement
):
    conditions = document["conditions"]
    enter = conditions[other]["enter"] if other else {"command": ["true"]}
    leave = conditions[other]["leave"] if other else {"command": ["true"]}
    conditions[condition] = {"enter": enter, "leave": leave}
    outcomes = {}
    for name, vouched in (("out", {}), ("vouched", {"subjects_vouched": VOUCHED})):
        options = ("--only", requirement, "--no-fuzz", "--out", tmp_path / name)
        cli("run", "--target", write({**document, **vouched}), *options)
        report = json.loads((tmp_path / name / "report.json").read_text())
        outcomes[name] = next(one for one in report["requirements"] if one["id"] == requirement)
    assert outcomes["vouched"]["outcome"] == "failed"
    assert outcomes["out"]["outcome"] == "could_not_test"
    assert f"conditions.{condition}" in outcomes["out"]["reason"]
    assert "one of them is wrong" in outcomes["out"]["reason"]


@pytest.mark.parametrize(("vouched", "failed"), [({}, set()), ({"subjects_vouched": VOUCHED}, {"WIR-701", "SGN-201"})])
def test_responses_that_break_off_in_a_condition_are_held_against_nobody_who_did_not_vouch(
    platform_with, tmp_path, vouched, failed
):
    """What brings the condition about may take down more than it names."""
    running = platform_with()

    def breaks_off(call, platform):
        return Answer(503, {"message": "no"}, cut=5) if "esps_unreachable" in platform.conditions else call

    fault = Fault("one", "test", "", ("stbsignontokens", "nmpsignontokens"), on_request=breaks_off)
    running.platform.fault = ActiveFault(fault)
    document = running.target_document()
    del document["subjects_vouched"]
    found = trial({**document, **vouched}, tmp_path, only=("SGN-201", "WIR-701", "WIR-702")).results.results
    assert {one.requirement.id for one in found if one.outcome is Outcome.FAILED} >= failed
    assert failed or {one.requirement.id for one in found if one.outcome is Outcome.FAILED} == set()


def elsewhere(*place):
    def change(document):
        *parents, last = place
        holder = document
        for name in parents:
            holder = holder.setdefault(name, {})
        holder[last] = holder[last] + "/elsewhere" if last == "url" else "/no/such/path"

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (elsewhere("services", "mds", "url"), "services.mds.url"),
        (elsewhere("services", "adm", "url"), "services.adm.url"),
        (elsewhere("services", "mds", "provider"), "services.mds"),
        (elsewhere("paths", "listServices"), "paths.listServices"),
        (elsewhere("paths", "createAccount"), "paths.createAccount"),
        (elsewhere("paths", "updateInHomeStatus"), "paths.updateInHomeStatus"),
        (elsewhere("paths", "initialiseDeviceByGet"), "paths.initialiseDeviceByGet"),
        (elsewhere("paths", "createAccountOnSsp"), "paths.createAccountOnSsp"),
    ],
)
def test_an_address_or_path_where_nothing_is(opened, document, change, place):
    change(document)
    with pytest.raises(CredentialError) as found:
        preflight(opened(document))
    assert place in str(found.value)
    assert "one of them is wrong" in str(found.value)
    assert "profiles" not in str(found.value)


STB_PATH, NMP_PATH = "/api/authentication/v2/stbsignontokens", "/api/authentication/v2/nmpsignontokens"


@pytest.mark.parametrize(
    ("paths", "place", "said"),
    [
        ({"stbsignontokens": NMP_PATH}, "paths.stbsignontokens", "at the place of nmpsignontokens"),
        ({"nmpsignontokens": STB_PATH, "stbsignontokens": STB_PATH}, "paths.stbsignontokens", "at the place of nmp"),
        ({"updateInHomeStatus": "/metadata/delivery/GLOBAL/btv/services"}, "paths.updateInHomeStatus", "listServices"),
        ({"createAccount": "/ssp/adm/v1/accounts/preHashedPassword"}, "paths.createAccount", "createAccountOnSsp"),
        ({"keycloakToken": "/ias/v3/token/actions/dasSignOnByCasn"}, "paths.keycloakToken", "dasSignOnByCasn"),
    ],
)
def test_a_path_that_is_the_place_of_another_operation_is_wrong(opened, document, paths, place, said):
    document["paths"] = paths
    with pytest.raises(CredentialError) as found:
        preflight(opened(document))
    assert found.value.exit_code == 2
    assert f"{place}: there " in str(found.value)
    assert said in str(found.value)


def test_a_proxy_that_is_the_platform_itself_is_named_with_its_line(opened, document):
    document["http"] = {"proxy": document["services"]["hdm"]["url"]}
    found = [line for line in examine(opened(document)) if line.state.problem]
    assert {line.what for line in found} == {f"services.{name}.url" for name in document["services"]}
    assert all("Requests go through http.proxy (" in line.advice for line in found)
    assert all("target.yaml:" in line.advice for line in found)


def test_one_address_for_both_platforms_that_create_accounts_is_wrong(opened, document):
    document["services"]["adm"]["ssp_url"] = document["services"]["adm"]["url"] + "/"
    with pytest.raises(CredentialError) as found:
        preflight(opened(document))
    assert "services.adm.ssp_url: there createAccountOnSsp would be at the place of createAccount" in str(found.value)


@pytest.mark.parametrize("name", ["initialiseDeviceByGet", "isContentAuthorised", "stbsignontokens"])
def test_a_path_that_is_the_documented_one_is_right(opened, document, name):
    document["paths"] = {name: load_contract().operation(name).path}
    assert not any(line.state.problem for line in examine(opened(document)))


def test_a_path_where_nothing_succeeds_is_contradicted(opened, platform_with):
    """Whatever is there, it refuses a box that signs on elsewhere."""
    running = platform_with()
    gone = Fault(
        "one", "test", "", ("dasSignOnByCasn",), on_request=lambda *_: Answer(401, {"message": "who is that?"})
    )
    running.platform.fault = ActiveFault(gone)
    document = running.target_document()
    del document["subjects_vouched"]
    document["services"] = {"ias": document["services"]["ias"]}
    document["features"]["in_home_detection"] = False
    assert not [line for line in examine(opened(document)) if line.what.startswith("paths.")]
    document["paths"] = {"dasSignOnByCasn": load_contract().operation("dasSignOnByCasn").path}
    found = [line for line in examine(opened(document)) if line.state is State.CONTRADICTED]
    assert [line.what for line in found if line.what.startswith("paths.")] == ["paths.dasSignOnByCasn"]


def test_a_path_at_a_host_that_does_not_answer_is_out_of_reach(opened, document):
    document["paths"] = {"listServices": "http://127.0.0.1:1/x"}
    with pytest.raises(TargetUnreachable) as found:
        preflight(opened(document))
    assert str(found.value).count("paths.listServices: no connection") == 1


def test_a_challenge_that_is_good_for_once(opened, platform_with):
    running = platform_with()
    used = set()

    def once(original, _service):
        def check_challenge(device, challenge):
            original(device, challenge)
            if challenge in used:
                raise Refusal(401, "The challenge was used before.")
            used.add(challenge)

        return check_challenge

    fault = Fault("once", "test", "", ("dasSignOnByCasn",), overrides={("ias", "check_challenge"): once})
    running.platform.fault = ActiveFault(fault)
    running.platform.fault.install(running.platform)
    document = running.target_document()
    del document["subjects_vouched"]
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert found["stb-challenge"].what == "subjects.stb.dasChallenge"
    assert "{command: [...]}" in found["stb-challenge"].advice


def test_channels_that_the_other_account_does_not_have(opened, platform_with):
    running = platform_with()

    def of_one_region(call, answer, _platform):
        claims = json.loads(base64.urlsafe_b64decode(call.headers["authorization"].split(".")[1] + "=="))
        if claims["accountId"] == other:
            answer.data = {"total_records": 0, "services": []}
        return answer

    document = running.target_document()
    other = sign_on_claims(running, document["subjects"]["stb_other_account"])["accountId"]
    fault = Fault("region", "test", "", ("listServices",), on_response=of_one_region)
    running.platform.fault = ActiveFault(fault)
    del document["subjects_vouched"]
    found = by_state(examine(opened(document)), State.CONTRADICTED)
    assert set(found) == {"channels-in-home-only", "channels-everywhere"}
    assert all("subjects.stb_other_account" in line.detail for line in found.values())


def sign_on_claims(running, box):
    names = ("casn", "dasChallenge", "scheme")
    path = "/ias/v3/token/actions/dasSignOnByCasn"
    headers = {"nv-tenant-id": "nagra", "nv-mac-address": box.get("macAddress", "")}
    answer = httpx.post(running.url + path, headers=headers, json={name: box[name] for name in names}).json()
    return json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))


def test_a_tenant_that_nobody_has(opened, document):
    document["tenant"] = "acme"
    lines = examine(opened(document))
    assert by_state(lines, State.CONTRADICTED)["tenant"].what == "tenant"


@pytest.mark.parametrize(
    ("readings", "pinned"),
    [
        ({"stb-casn-name": "casn"}, {"stb-casn-name": "caSn"}),
        ({"stb-casn-name": "caSn"}, {"stb-casn-name": "casn"}),
        ({"nmp-mode": "direct"}, {"nmp-mode": "non-direct"}),
        ({"nmp-mode": "both"}, {"nmp-mode": "direct"}),
        ({"ias-authorization-form": "bearer"}, {"ias-authorization-form": "bare"}),
        ({"ias-superseded-token": "accepted"}, {"ias-superseded-token": "refused"}),
        ({"initialise-parameters": "named"}, {"initialise-parameters": "positional"}),
        ({"first-signon-gateway": "ignored"}, {"first-signon-gateway": "checked"}),
    ],
)
def test_a_pin_of_another_reading_than_the_target_follows_is_contradicted(opened, platform_with, readings, pinned):
    document = platform_with(readings=readings).target_document()
    del document["subjects_vouched"]
    document["readings"] = pinned
    lines = examine(opened(document))
    (name,) = pinned
    found = by_state(lines, State.CONTRADICTED)
    assert set(found) == {name}
    assert (
        f"readings.{name}: the target follows '{readings[name]}'; the file says that it follows" in found[name].message
    )
    document["readings"] = readings
    assert by_state(examine(opened(document)), State.CONTRADICTED) == {}


@pytest.mark.parametrize(
    ("readings", "pinned"),
    [
        ({"stb-casn-name": "both"}, {"stb-casn-name": "caSn"}),
        ({"stb-casn-name": "both"}, {"stb-casn-name": "both"}),
        ({"ias-authorization-form": "either"}, {"ias-authorization-form": "bare"}),
        ({"initialise-parameters": "both"}, {"initialise-parameters": "positional"}),
    ],
)
def test_a_pin_of_a_form_that_the_target_takes_beside_another_is_right(opened, platform_with, readings, pinned):
    document = platform_with(readings=readings).target_document()
    del document["subjects_vouched"]
    document["readings"] = pinned
    lines = examine(opened(document))
    assert set(pinned) <= set(by_state(lines, State.PROVED))
    assert not any(line.state.problem for line in lines)


def test_a_password_encoding_that_the_target_does_not_take(opened, document):
    document["subjects"]["account_template"]["password_encoding"] = "hex"
    (found,) = by_state(examine(opened(document)), State.CONTRADICTED).values()
    assert found.what == "subjects.account_template.password_encoding"
    assert found.advice == "Write base64."
