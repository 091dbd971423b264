"""SDP's answers in every documented form, which break nothing, and spoilt in one way, which break that one requirement."""

import copy
import json

import pytest

from conformance.model import Exchange, Request, Response
from conformance.register import load_register
from conformance.rules import Context, judge

NOW_MS = 1_763_000_000_000
DAY_MS = 86_400_000
TABLE = {
    "resultCode": "0",
    "result": {
        "isAuthorized": "AUTHORIZED",
        "accountNumber": "12345",
        "usageRules": {
            "ViewingNumber": 3,
            "expiryDate": NOW_MS + DAY_MS,
            "startDate": NOW_MS - DAY_MS,
            "consumptionWindow": "172800",
            "LicenseExpiryDuration": 200,
            "isStorageAllowed": True,
            "isViewingWindowFloating": False,
        },
        "additionalInfo": {"casProductId": "IQ3-ASSET-VOD"},
        "keyDeliveryWindow": {"beginDate": NOW_MS - 600_000, "endDate": NOW_MS + 7_200_000},
    },
}
NOT = {"resultCode": "0", "result": {"isAuthorized": "NOT_AUTHORIZED"}}
ERROR = {"resultCode": "85102", "result": "Unable to decrypt the token, token is invalid", "localeMessage": "none"}
R, U, W = "result", "usageRules", "keyDeliveryWindow"


def answer(body, status=200, method="GET"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(
        id="E00001",
        service="sdp",
        operation="isContentAuthorised",
        request=Request(method, "http://sdp.test/isContentAuthorised?token=zxcvb&arg0=12345678"),
        response=Response(status, (("Content-Type", "application/json"),), raw),
        sent_at=NOW_MS - 50,
        received_at=NOW_MS,
    )


def verdict(exchange):
    """Return what an exchange breaks, and what it holds, of SDP's own requirements."""
    found = [
        one for _, one in judge(exchange, Context(register=load_register())) if one.requirement[:3] in ("LIC", "SDP")
    ]
    return {one.requirement for one in found if not one.holds}, {one.requirement for one in found if one.holds}


def spoilt(base, path, value):
    """Return a copy of an answer with one member set, or (`...`) removed."""
    body = copy.deepcopy(base)
    place = body
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


def renamed(path, name):
    body = copy.deepcopy(TABLE)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[name] = place.pop(path[-1])
    return body


GOOD = {
    "table": TABLE,
    "not authorised": NOT,
    "not authorised, window null": spoilt(NOT, [R, W], None),
    "not authorised, rules null": spoilt(NOT, [R, U], None),
    "not authorised, account named": spoilt(NOT, [R, "accountNumber"], "12345"),
    "no usage rules": spoilt(TABLE, [R, U], ...),
    "window null": spoilt(TABLE, [R, W], None),
    "window of the example": renamed([R, W], "keydeliverywindow"),
    "viewing number of the example": renamed([R, U, "ViewingNumber"], "viewingNumber"),
    "duration of the example": renamed([R, U, "LicenseExpiryDuration"], "licenseExpiryDuration"),
    "times as text": spoilt(TABLE, [R, U, "expiryDate"], str(NOW_MS + DAY_MS)),
    "begin as text": spoilt(TABLE, [R, W, "beginDate"], str(NOW_MS)),
    "integer written 3.0": spoilt(TABLE, [R, U, "ViewingNumber"], 3.0),
    "consumption window a number": spoilt(TABLE, [R, U, "consumptionWindow"], 1000),
    "product beside the rest": spoilt(spoilt(TABLE, [R, "additionalInfo"], ...), [R, "casProductId"], "IQ3"),
    "no additional information": spoilt(TABLE, [R, "additionalInfo"], None),
    "never expires": spoilt(TABLE, [R, U, "expiryDate"], 253_402_300_799_000),
    "a bitrate": spoilt(TABLE, [R, U, "fixedRuleset.digitalOutputBitrate"], 2.5),
    "nulls": spoilt(TABLE, [R, U, "isViewingWindowFloating"], None),
    "unknown fields": spoilt(TABLE, [R, "watermark"], {"on": 1}),
    "legacy error": ERROR,
    "gate": {"resultCode": "99999:403", "localeMessage": "none", "requestId": "1", "result": "refused"},
}

BAD = {
    "text": (b"AUTHORIZED", "LIC-001"),
    "a list": ([TABLE], "LIC-001"),
    "an empty body": (b"", "LIC-001"),
    "no resultCode": (spoilt(TABLE, ["resultCode"], ...), "LIC-002"),
    "resultCode 0": (spoilt(TABLE, ["resultCode"], 0), "LIC-003"),
    "another resultCode": (spoilt(TABLE, ["resultCode"], "1"), "LIC-004"),
    "no result": (spoilt(TABLE, [R], ...), "LIC-005"),
    "result a boolean": (spoilt(TABLE, [R], True), "LIC-005"),
    "no isAuthorized": (spoilt(NOT, [R, "isAuthorized"], ...), "LIC-006"),
    "isAuthorized true": (spoilt(NOT, [R, "isAuthorized"], True), "LIC-007"),
    "isAuthorized in small letters": (spoilt(NOT, [R, "isAuthorized"], "not_authorized"), "LIC-007"),
    "no account number": (spoilt(TABLE, [R, "accountNumber"], ...), "LIC-008"),
    "account number null": (spoilt(TABLE, [R, "accountNumber"], None), "LIC-008"),
    "account number 12345": (spoilt(TABLE, [R, "accountNumber"], 12345), "LIC-009"),
    "account number empty": (spoilt(TABLE, [R, "accountNumber"], ""), "LIC-010"),
    "rules when not authorised": (spoilt(NOT, [R, U], {}), "LIC-011"),
    "rules a list": (spoilt(TABLE, [R, U], []), "LIC-012"),
    "viewing number 2.5": (spoilt(TABLE, [R, U, "ViewingNumber"], 2.5), "LIC-013"),
    "viewing number true": (spoilt(TABLE, [R, U, "ViewingNumber"], True), "LIC-013"),
    "viewing number in quotes": (spoilt(TABLE, [R, U, "ViewingNumber"], "3"), "LIC-013"),
    "duration in quotes": (spoilt(TABLE, [R, U, "LicenseExpiryDuration"], "200"), "LIC-020"),
    "viewing number in words": (spoilt(TABLE, [R, U, "ViewingNumber"], "three"), "LIC-013"),
    "expiry as a date": (spoilt(TABLE, [R, U, "expiryDate"], "2027-01-01T00:00:00Z"), "LIC-014"),
    "start as a list": (spoilt(TABLE, [R, U, "startDate"], [1]), "LIC-015"),
    "expiry in seconds": (spoilt(TABLE, [R, U, "expiryDate"], (NOW_MS + DAY_MS) // 1000), "LIC-016"),
    "expiry in microseconds": (spoilt(TABLE, [R, U, "expiryDate"], (NOW_MS + DAY_MS) * 1000), "LIC-016"),
    "expiry in seconds as text": (spoilt(TABLE, [R, U, "expiryDate"], str(NOW_MS // 1000)), "LIC-016"),
    "start in seconds": (spoilt(TABLE, [R, U, "startDate"], NOW_MS // 1000), "LIC-017"),
    "start after expiry": (spoilt(TABLE, [R, U, "startDate"], NOW_MS + 2 * DAY_MS), "LIC-018"),
    "consumption window an object": (spoilt(TABLE, [R, U, "consumptionWindow"], {}), "LIC-019"),
    "consumption window true": (spoilt(TABLE, [R, U, "consumptionWindow"], True), "LIC-019"),
    "duration as ISO 8601": (spoilt(TABLE, [R, U, "LicenseExpiryDuration"], "PT1H"), "LIC-020"),
    "storage as text": (spoilt(TABLE, [R, U, "isStorageAllowed"], "true"), "LIC-021"),
    "storage 1": (spoilt(TABLE, [R, U, "isStorageAllowed"], 1), "LIC-021"),
    "floating as text": (spoilt(TABLE, [R, U, "isViewingWindowFloating"], "false"), "LIC-022"),
    "expired": (spoilt(TABLE, [R, U, "expiryDate"], NOW_MS - DAY_MS // 2), "LIC-023"),
    "a bitrate in words": (spoilt(TABLE, [R, U, "fixedRuleset.analogOutputBitrate"], "much"), "LIC-024"),
    "a negative count": (spoilt(TABLE, [R, U, "ViewingNumber"], -1), "LIC-025"),
    "additional information as pairs": (spoilt(TABLE, [R, "additionalInfo"], [{"key": "a"}]), "LIC-031"),
    "additional information with a number": (spoilt(TABLE, [R, "additionalInfo", "region"], 5), "LIC-032"),
    "product 7": (spoilt(TABLE, [R, "additionalInfo", "casProductId"], 7), "LIC-033"),
    "product beside, a list": (spoilt(TABLE, [R, "casProductId"], ["IQ3"]), "LIC-033"),
    "window a list": (spoilt(TABLE, [R, W], [1, 2]), "LIC-041"),
    "window 'null'": (spoilt(TABLE, [R, W], "null"), "LIC-041"),
    "window without begin": (spoilt(TABLE, [R, W, "beginDate"], ...), "LIC-042"),
    "window without end": (spoilt(TABLE, [R, W, "endDate"], ...), "LIC-043"),
    "end null": (spoilt(TABLE, [R, W, "endDate"], None), "LIC-043"),
    "begin as a date": (spoilt(TABLE, [R, W, "beginDate"], "today"), "LIC-044"),
    "end true": (spoilt(TABLE, [R, W, "endDate"], True), "LIC-045"),
    "begin in seconds": (spoilt(TABLE, [R, W, "beginDate"], NOW_MS // 1000), "LIC-046"),
    "end in seconds": (spoilt(TABLE, [R, W, "endDate"], NOW_MS // 1000), "LIC-047"),
    "begins after its end": (spoilt(TABLE, [R, W, "beginDate"], NOW_MS + DAY_MS), "LIC-048"),
    "begins as it ends": (spoilt(TABLE, [R, W, "beginDate"], NOW_MS + 7_200_000), "LIC-048"),
    "no window at all": (spoilt(TABLE, [R, W], ...), "LIC-049"),
    "legacy error, code a number": (spoilt(ERROR, ["resultCode"], 85102), "SDP-044"),
    "legacy error, text a list": (spoilt(ERROR, [R], ["invalid"]), "SDP-046"),
    "legacy error, locale a number": (spoilt(ERROR, ["localeMessage"], 5), "SDP-047"),
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_a_documented_form_breaks_nothing(body):
    broken, held = verdict(answer(body))
    assert broken == set()
    assert held


@pytest.mark.parametrize(("body", "requirement"), BAD.values(), ids=BAD.keys())
def test_a_spoilt_answer_breaks_its_requirement_alone(body, requirement):
    assert verdict(answer(body))[0] == {requirement}


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_an_error_answer_of_the_page_breaks_nothing(status):
    assert verdict(answer(ERROR, status))[0] == set()


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[]", b'{"message": "no"}', b'"no"'])
def test_an_error_of_another_form_is_left_to_the_checks(body):
    assert verdict(answer(body, 403)) == (set(), set())


def test_an_error_with_a_code_that_is_no_string_is_found_under_any_status():
    assert verdict(answer(spoilt(ERROR, ["resultCode"], 85102), 400))[0] == {"SDP-044"}


def test_answers_to_other_methods_are_not_judged():
    assert verdict(answer(b"nothing", 200, "OPTIONS")) == (set(), set())


def test_a_success_other_than_200_is_no_error_answer():
    assert verdict(answer(TABLE, 201)) == (set(), set())
