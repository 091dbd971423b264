"""SDP's answers: forms, units, relations and rights that are not right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import Fault, register
from conformance.reference.faults.edits import Edit, convert, drop, put, rename
from conformance.reference.faults.making import answering, editing
from conformance.reference.faults.operations import SDP
from conformance.reference.state import SignonToken
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.sdp import Sdp
    from conformance.reference.wire import Answer, Call

KIND = "licence"
RULES, WINDOW = "result.usageRules", "result.keyDeliveryWindow"
# (name, summary, kind, path, edit)
ANSWERS: tuple[tuple[str, str, str, str, Edit], ...] = (
    ("licence-without-resultcode", "resultCode is missing.", "shape", "resultCode", drop),
    ("licence-resultcode-number", "resultCode is the number 0.", "shape", "resultCode", put(0)),
    ("licence-resultcode-ok", "resultCode is OK.", "shape", "resultCode", put("OK")),
    ("licence-resultcode-200", "resultCode is the HTTP status.", "shape", "resultCode", put("200")),
    ("licence-without-result", "result is missing.", "shape", "result", drop),
    ("licence-result-null", "result is null.", "shape", "result", put(None)),
    ("licence-result-text", "result is isAuthorized alone.", "shape", "result", convert(lambda result: result["isAuthorized"])),
    ("licence-without-isauthorized", "isAuthorized is missing.", "shape", "result.isAuthorized", drop),
    ("licence-isauthorized-boolean", "isAuthorized is a boolean.", "shape", "result.isAuthorized", convert(lambda text: text == "AUTHORIZED")),
    ("licence-isauthorized-capitalised", "It is Authorized.", "shape", "result.isAuthorized", convert(str.title)),
    ("licence-isauthorized-lower-case", "It is authorized.", "shape", "result.isAuthorized", convert(str.lower)),
    ("licence-isauthorized-british", "It is AUTHORISED.", "shape", "result.isAuthorized", convert(lambda text: text.replace("Z", "S"))),
    ("licence-isauthorized-renamed", "It is called authorized.", "shape", "result.isAuthorized", rename("authorized")),
    ("licence-without-account", "accountNumber is missing.", "shape", "result.accountNumber", drop),
    ("licence-account-number", "accountNumber is a number.", "shape", "result.accountNumber", convert(int)),
    ("licence-account-null", "accountNumber is null.", "shape", "result.accountNumber", put(None)),
    ("licence-account-empty", "accountNumber is empty.", "shape", "result.accountNumber", put("")),
    ("licence-account-constant", "accountNumber is everybody's.", "isolation", "result.accountNumber", put("1000410")),
    ("licence-rules-listed", "usageRules is a list.", "shape", RULES, convert(lambda rules: [rules])),
    ("licence-rules-text", "usageRules is JSON in a string.", "shape", RULES, convert(str)),
    ("licence-viewing-number-text", "ViewingNumber is a word.", "shape", f"{RULES}.ViewingNumber", put("unlimited")),
    ("licence-viewing-number-quoted", "ViewingNumber is the string 3.", "shape", f"{RULES}.ViewingNumber", put("3")),
    ("licence-duration-quoted", "LicenseExpiryDuration is a string.", "shape", f"{RULES}.LicenseExpiryDuration", put("9")),
    ("licence-viewing-number-float", "ViewingNumber is 3.5.", "shape", f"{RULES}.ViewingNumber", put(3.5)),
    ("licence-expiry-date-text", "expiryDate is an ISO date.", "shape", f"{RULES}.expiryDate", put("2035-01-01T00:00:00Z")),
    ("licence-expiry-date-float", "expiryDate is a fraction.", "shape", f"{RULES}.expiryDate", convert(lambda ms: ms + 0.5)),
    ("licence-start-date-text", "startDate is an ISO date.", "shape", f"{RULES}.startDate", put("2024-01-01T00:00:00Z")),
    ("licence-expiry-date-seconds", "expiryDate is in seconds.", "unit", f"{RULES}.expiryDate", convert(lambda ms: ms // 1000)),
    ("licence-expiry-date-microseconds", "expiryDate is in microseconds.", "unit", f"{RULES}.expiryDate", convert(lambda ms: ms * 1000)),
    ("licence-start-date-seconds", "startDate is in seconds.", "unit", f"{RULES}.startDate", convert(lambda ms: ms // 1000)),
    ("licence-starts-after-its-expiry", "startDate is after expiryDate.", "relation", f"{RULES}.startDate", convert(lambda ms: ms + 800 * 86_400_000)),
    ("licence-consumption-window-object", "consumptionWindow is an object.", "shape", f"{RULES}.consumptionWindow", put({"value": 48})),
    ("licence-consumption-window-boolean", "consumptionWindow is true.", "shape", f"{RULES}.consumptionWindow", put(True)),
    ("licence-duration-text", "LicenseExpiryDuration is PT24H.", "shape", f"{RULES}.LicenseExpiryDuration", put("PT24H")),
    ("licence-storage-text", "isStorageAllowed is a string.", "shape", f"{RULES}.isStorageAllowed", put("true")),
    ("licence-storage-number", "isStorageAllowed is 1.", "shape", f"{RULES}.isStorageAllowed", put(1)),
    ("licence-floating-text", "isViewingWindowFloating is a string.", "shape", f"{RULES}.isViewingWindowFloating", put("false")),
    ("licence-info-text", "additionalInfo is a string.", "shape", "result.additionalInfo", put("IQ3-ASSET-VOD")),
    ("licence-info-of-numbers", "additionalInfo holds a number.", "shape", "result.additionalInfo", put({"casProductId": "IQ3", "n": 7})),
    ("licence-product-number", "casProductId is a number.", "shape", "result.additionalInfo.casProductId", put(3)),
    ("licence-window-listed", "The window is a list.", "shape", WINDOW, convert(lambda window: [window])),
    ("licence-window-text", "The window is a string.", "shape", WINDOW, put("none")),
    ("licence-window-without-begin", "The window lacks beginDate.", "shape", f"{WINDOW}.beginDate", drop),
    ("licence-window-without-end", "The window lacks endDate.", "shape", f"{WINDOW}.endDate", drop),
    ("licence-window-begin-text", "beginDate is an ISO date.", "shape", f"{WINDOW}.beginDate", put("2024-01-01T00:00:00Z")),
    ("licence-window-end-text", "endDate is an ISO date.", "shape", f"{WINDOW}.endDate", put("2035-01-01T00:00:00Z")),
    ("licence-window-begin-seconds", "beginDate is in seconds.", "unit", f"{WINDOW}.beginDate", convert(lambda ms: ms // 1000)),
    ("licence-window-end-seconds", "endDate is in seconds.", "unit", f"{WINDOW}.endDate", convert(lambda ms: ms // 1000)),
    ("licence-window-end-before-begin", "The window ends before it begins.", "relation", f"{WINDOW}.endDate", convert(lambda ms: ms - 90 * 86_400_000)),
    ("licence-window-missing", "A live event's answer lacks its window.", "licence", WINDOW, drop),
    ("licence-window-null", "A live event's window is null.", "licence", WINDOW, put(None)),
)  # fmt: skip
for _name, _summary, _kind, _path, _edit in ANSWERS:
    editing(_name, _kind, _summary, (SDP,), _path, _edit)


def _seconds(answer: Answer, _call: Call, _platform: Platform) -> None:
    result = answer.data["result"]
    for times in (result.get("usageRules"), result.get("keyDeliveryWindow")):
        for name, value in (times or {}).items():
            if name.endswith("Date"):
                times[name] = value // 1000


def _listed(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.data = [answer.data]


def _flat(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.data = {"resultCode": "0", **answer.data["result"]}


def _rules_for_all(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.data["result"].setdefault("usageRules", {"isStorageAllowed": False})


answering("licence-times-in-seconds", "unit", "All times are in seconds.", (SDP,), _seconds)
answering("licence-answer-listed", "shape", "The answer is a list.", (SDP,), _listed)
answering("licence-answer-flat", "shape", "The result is not nested.", (SDP,), _flat)
answering("licence-rules-for-refused", KIND, "NOT_AUTHORIZED carries usageRules.", (SDP,), _rules_for_all)

# Errors: (name, summary, path, edit)
ERRORS: tuple[tuple[str, str, str, Edit], ...] = (
    ("licence-error-code-zero", "An error has resultCode 0.", "resultCode", put("0")),
    ("licence-error-without-code", "An error lacks resultCode.", "resultCode", drop),
    ("licence-error-code-number", "resultCode of an error is a number.", "resultCode", convert(int)),
    ("licence-error-code-empty", "resultCode of an error is empty.", "resultCode", put("")),
    ("licence-error-without-result", "An error lacks result.", "result", drop),
    (
        "licence-error-result-object",
        "result of an error is an object.",
        "result",
        convert(lambda text: {"message": text}),
    ),
    ("licence-error-result-null", "result of an error is null.", "result", put(None)),
    ("licence-error-locale-object", "localeMessage is an object.", "localeMessage", put({"en": "none"})),
    ("licence-error-locale-number", "localeMessage is a number.", "localeMessage", put(0)),
    ("licence-error-with-result", "An error tells a result.", "result", put({"isAuthorized": "NOT_AUTHORIZED"})),
)
for _name, _summary, _path, _edit in ERRORS:
    editing(_name, "shape", _summary, (SDP,), _path, _edit, when=(403,))


def _plain_error(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.raw, answer.content_type = b"Unable to decrypt the token", "text/plain"


def _empty_error(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.raw, answer.content_type = b"", ""


def _nested_error(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.data = {"error": answer.data}


answering("licence-error-plain-text", "shape", "An error is plain text.", (SDP,), _plain_error, when=(403,))
answering("licence-error-empty", "shape", "An error has no body.", (SDP,), _empty_error, when=(403,))
answering("licence-error-nested", "shape", "An error stands in error.", (SDP,), _nested_error, when=(403,))


def _refused_result(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.status, answer.data = (
        200,
        {"resultCode": "0", "result": {"isAuthorized": "NOT_AUTHORIZED", "keyDeliveryWindow": None}},
    )


answering(
    "licence-bad-token-not-authorised",
    KIND,
    "A bad token is NOT_AUTHORIZED under 200.",
    (SDP,),
    _refused_result,
    when=(403,),
)


def _not_authorised_as(status: int) -> None:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        if answer.data["result"]["isAuthorized"] == "NOT_AUTHORIZED":
            answer.status = status

    answering(f"licence-not-authorised-is-{status}", "status", f"NOT_AUTHORIZED is HTTP {status}.", (SDP,), change)


for _status in (403, 404, 402):
    _not_authorised_as(_status)


def _never_over(_original: Callable[[str], object], service: Sdp) -> Callable[[str], object]:
    def ias_token(text: str) -> SignonToken | None:
        try:
            claims = service.ias.verify_signature(text)
        except Refusal:
            return None
        return SignonToken(text, str(claims.get("accountId")), str(claims.get("deviceId")), None, 0, 0)

    return ias_token


register(
    Fault(
        "licence-for-expired-access-token",
        "token verification",
        "An access token of IAS is taken after its end.",
        (SDP,),
        {("sdp", "ias_token"): _never_over},
        readings={"sdp-client-token": "both"},
    )
)
