"""SDP's checks on platforms with one fault: each is found, for the stated reason."""

import base64
import itertools

import pytest

from conformance.checks import sdp
from conformance.reference import seed
from conformance.reference.faults import Fault, find
from conformance.reference.state import SignonToken
from conformance.reference.wire import Answer
from conformance.register import load_register

from .verdicts import run_checks

SDP = ("isContentAuthorised", "isContentAuthorized")
NOT = {"isAuthorized": "NOT_AUTHORIZED"}


def results(change, when="AUTHORIZED"):
    """A fault in the result of a right question."""

    def on_response(call, answer, _platform):
        result = answer.data.get("result") if isinstance(answer.data, dict) else None
        if answer.status == 200 and isinstance(result, dict) and when in ("", result.get("isAuthorized")):
            change(result, answer, call)
        return answer

    return Fault("one", "test", "", SDP, on_response=on_response)


def errors(change):
    """A fault in the answer to a token that is refused."""

    def on_response(_call, answer, _platform):
        if answer.status == 403:
            change(answer)
        return answer

    return Fault("one", "test", "", SDP, on_response=on_response)


def calls(change):
    """A fault that answers, or changes, a question."""
    return Fault("one", "test", "", SDP, on_request=lambda call, platform: change(call, platform) or call)


def replaced(method, function):
    return Fault("one", "test", "", SDP, {("sdp", method): function})


def by_turns(change):
    turns = itertools.count()
    return results(lambda result, answer, _call: change(result, answer) if next(turns) % 2 else None)


def remembers_numbers():
    seen = {}

    def change(result, _answer, _call):
        before, seen["number"] = seen.get("number"), result["accountNumber"]
        result["accountNumber"] = before or result["accountNumber"]

    return results(change)


def remembers_contents():
    """The answer about a content is kept, whoever asks for it next, and with whatever token."""
    kept = {}

    def on_request(call, _platform):
        return kept.get(call.query.get("arg0")) if call.query.get("token") else None

    def on_response(call, answer, _platform):
        if answer.status == 200:
            kept[call.query.get("arg0")] = answer
        return answer

    return Fault("one", "test", "", SDP, on_request=lambda c, p: on_request(c, p) or c, on_response=on_response)


def as_success(answer):
    answer.status, answer.data = 200, {"resultCode": "0", "result": dict(NOT)}


CASES = {
    "201": (results(lambda r, a, c: setattr(a, "status", 201), ""), {"SDP-001"}),
    "nothing is authorised": (results(lambda r, a, c: a.data.update(result=dict(NOT))), {"SDP-002", "SDP-005"}),
    "everything is authorised": (
        results(lambda r, a, c: r.update(isAuthorized="AUTHORIZED", accountNumber="100041"), "NOT_AUTHORIZED"),
        {"SDP-003", "SDP-004"},
    ),
    "403 for NOT_AUTHORIZED": (results(lambda r, a, c: setattr(a, "status", 403), "NOT_AUTHORIZED"), {"SDP-003"}),
    "no window for a live event": (results(lambda r, a, c: r.pop("keyDeliveryWindow")), {"SDP-005"}),
    "a live event is unknown": (
        calls(lambda call, p: Answer(404) if call.query.get("arg0") == seed.LIVE_PPV else None),
        {"SDP-005"},
    ),
    "private data is a bad request": (
        calls(lambda call, p: Answer(400, {"resultCode": "1", "result": "no"}) if call.query.get("arg1") else None),
        {"SDP-006"},
    ),
    "no credentials are needed": (
        replaced("check_basic_authentication", lambda original, service: lambda call: None),
        {f"SDP-{n:03d}" for n in (11, 12, 13, 14, 15, 57)},
    ),
    "the wrong status for credentials": (
        Fault("one", "test", "", SDP, on_response=lambda c, a, p: Answer(400) if a.status == 401 else a),
        {"SDP-061"},
    ),
    "content is not mandatory": (
        calls(lambda call, p: call.query.update(arg0="CMS-20418806") if not call.query.get("arg0") else None),
        {"SDP-021"},
    ),
    "any token": (
        errors(as_success),
        {f"SDP-{n:03d}" for n in (22, 23, 31, 32, 33, 34, 35, 36, 38, 57)},
    ),
    "error in plain text": (errors(lambda a: setattr(a, "raw", b"token is invalid")), {"SDP-041"}),
    "error without code": (errors(lambda a: a.data.pop("resultCode")), {"SDP-042"}),
    "error without text": (errors(lambda a: a.data.pop("result")), {"SDP-043"}),
    "code a number": (errors(lambda a: a.data.update(resultCode=85102)), {"SDP-044"}),
    "code 0": (errors(lambda a: a.data.update(resultCode="0")), {"SDP-045"}),
    "text an object": (errors(lambda a: a.data.update(result={"message": "no"})), {"SDP-046"}),
    "locale message a list": (errors(lambda a: a.data.update(localeMessage=[])), {"SDP-047"}),
    "one account number for all": (results(lambda r, a, c: r.update(accountNumber="7")), {"SDP-052"}),
    "the number of the last question": (remembers_numbers(), {"SDP-053"}),
    "answers kept by content": (remembers_contents(), {"SDP-052", "SDP-031", "SDP-057"}),
    "another answer every time": (by_turns(lambda r, a: a.data.update(result=dict(NOT))), {"SDP-054"}),
    "another type every time": (
        by_turns(lambda r, a: r["usageRules"].update(expiryDate=str(r["usageRules"]["expiryDate"]))),
        {"SDP-055"},
    ),
    "another spelling every time": (
        by_turns(lambda r, a: r["usageRules"].update(viewingNumber=r["usageRules"].pop("ViewingNumber"))),
        {"SDP-055"},
    ),
    "another number every time": (
        by_turns(lambda r, a: r.update(accountNumber=r["accountNumber"] + "1")),
        {"SDP-051"},
    ),
    "usage rules when not authorised": (
        results(lambda r, a, c: r.update(usageRules={}), "NOT_AUTHORIZED"),
        {"LIC-011"},
    ),
}

# What rules alone judge, and a check whose questions show it.
PROVOKED_BY = {"LIC-011": "SDP-003", "SDP-047": "SDP-031"}


@pytest.mark.parametrize(("fault", "breaks"), CASES.values(), ids=CASES.keys())
def test_a_fault_is_found(fault, breaks):
    found = run_checks(sdp, fault=fault, only={*breaks, *(PROVOKED_BY.get(name, name) for name in breaks)})
    assert found.acted
    assert breaks <= found.broken


def test_a_faultless_platform_breaks_nothing():
    found = run_checks(sdp)
    assert found.failed == set()
    assert found.untested == {}
    assert list(found.wrong_passwords.values()) == [3]


# Together they take each of these options; no two answer one question.
PLATFORMS = [
    {"sdp-path-spelling": "z", "sdp-field-types": "example", "sdp-token-error-status": "server-error"},
    {
        "sdp-field-types": "mixed",
        "sdp-field-spelling": "example",
        "sdp-window-spelling": "example",
        "sdp-cas-product-id": "example",
        "sdp-token-error-status": "legacy-200",
    },
]


def test_a_live_event_that_nobody_bought_is_no_failure():
    found = run_checks(sdp, readings={"sdp-live-event": "unbought"})
    assert found.failed == set()
    assert found.findings == {"SDP-058": {"a live event is NOT_AUTHORIZED"}}


@pytest.mark.parametrize("readings", PLATFORMS, ids="+".join)
def test_readings_break_nothing(readings):
    found = run_checks(sdp, readings=readings)
    assert found.failed == set()
    for name, option in readings.items():
        assert load_register().reading(name)
        if name in ("sdp-path-spelling", "sdp-token-error-status"):
            assert found.readings[name] == option


def test_without_a_signon_there_is_nothing_to_ask_with():
    found = run_checks(
        sdp, edit=lambda document: [document["services"].pop(name) for name in ("hdm", "ias", "mds", "adm")]
    )
    assert found.findings == {}
    assert found.not_declared["SDP-001"] == "the target declares no hdm"


def without_hdm(document):
    for service in ("hdm", "adm"):
        document["services"].pop(service, None)


STALE = SignonToken("", seed.USER_A.account, seed.STB_A.id, None, 0, 0)
IAS_TOKENS = {"sdp-client-token": "both"}
OF_HDM = {"test_an_expired_token_is_refused", "test_the_token_of_the_crm_is_refused"}


def test_the_tokens_of_ias_alone_are_enough():
    found = run_checks(sdp, readings=IAS_TOKENS, edit=without_hdm)
    assert found.findings == {}
    assert set(found.untested) <= OF_HDM


@pytest.mark.parametrize(
    "name", ["one account number for all", "the number of the last question", "answers kept by content"]
)
def test_two_accounts_are_told_apart_by_their_access_tokens(name):
    fault, breaks = CASES[name]
    found = run_checks(sdp, fault=fault, readings=IAS_TOKENS, edit=without_hdm, only=breaks)
    assert breaks <= found.broken


@pytest.mark.parametrize(
    "change",
    [
        lambda call, p: None if call.query.get("arg1") else Answer(400, {"resultCode": "1", "result": "no arg1"}),
        lambda call, p: Answer(405),
        lambda call, p: Answer(201, {"resultCode": "0", "result": {"isAuthorized": "AUTHORIZED"}}),
    ],
    ids=["arg1 is mandatory", "GET is refused", "201"],
)
def test_a_refusal_for_another_reason_is_not_the_access_tokens(change):
    found = run_checks(sdp, fault=calls(change), readings=IAS_TOKENS, edit=without_hdm, only={"SDP-001"})
    assert "SDP-001" in found.failed


def test_a_target_that_takes_tokens_of_hdm_alone_is_not_accused_for_refusing_others():
    found = run_checks(sdp, edit=without_hdm)
    assert found.failed == set()
    assert found.not_declared["SDP-001"] == "the target declares no hdm"


def test_an_expired_access_token_that_is_taken_is_found():
    def forgets_expiry(original, service):
        return lambda text: original(text) or (STALE if service.platform.ias_key.kid in header(text) else None)

    def header(text):
        return base64.urlsafe_b64decode(text.split(".")[0] + "==").decode() if text.count(".") == 2 else ""

    stale = replaced("ias_token", forgets_expiry)
    found = run_checks(sdp, fault=stale, readings=IAS_TOKENS, edit=without_hdm, only={"SDP-060"})
    assert found.failed == {"SDP-060"}
    assert run_checks(sdp, readings=IAS_TOKENS, edit=without_hdm, only={"SDP-060"}).findings == {}


def test_an_id_that_correlates_one_request_alone_is_no_finding():
    """ "A unique identifier": a platform may refuse one that was used before."""
    used = set()

    def unique(call, _platform):
        given = call.headers.get("x-correlation-id")
        if given in used:
            return Answer(400, {"resultCode": "1", "result": "This x-correlation-id was used before."})
        used.add(given)
        return call

    found = run_checks(sdp, fault=Fault("one", "test", "", ("isContentAuthorised",), on_request=unique))
    assert found.failed == set()
    assert found.untested == {}


def test_where_no_invalid_token_is_refused_the_form_of_its_error_could_not_be_tested():
    """Only the missing and the empty token are refused then: the check says so, and is no failure of the suite."""
    found = run_checks(sdp, fault=find("any-signon-token"), only=("SDP-041", "SDP-042"))
    assert "SDP-041" not in found.failed
    assert (
        found.untested["test_every_refused_token_is_answered_with_the_fields_of_an_error"]
        == "no error response to an invalid token shows it"
    )
