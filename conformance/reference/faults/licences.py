"""SDP's answers: forms, units, relations and rights that are not right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import Fault, register
from conformance.reference.faults.edits import Edit, convert, drop, put, rename
from conformance.reference.faults.making import answering, answers, editing
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
    ("licence-resultcode-200", "resultCode is the HTTP status.", "shape", "resultCode", put("200")),
    ("licence-isauthorized-capitalised", "It is Authorized.", "shape", "result.isAuthorized", convert(str.title)),
    ("licence-isauthorized-lower-case", "It is authorized.", "shape", "result.isAuthorized", convert(str.lower)),
    ("licence-isauthorized-british", "It is AUTHORISED.", "shape", "result.isAuthorized", convert(lambda text: text.replace("Z", "S"))),
    ("licence-isauthorized-renamed", "It is called authorized.", "shape", "result.isAuthorized", rename("authorized")),
    ("licence-account-constant", "accountNumber is everybody's.", "isolation", "result.accountNumber", put("1000410")),
    ("licence-expiry-date-seconds", "expiryDate is in seconds.", "unit", f"{RULES}.expiryDate", convert(lambda ms: ms // 1000)),
    ("licence-expiry-date-microseconds", "expiryDate is in microseconds.", "unit", f"{RULES}.expiryDate", convert(lambda ms: ms * 1000)),
    ("licence-start-date-seconds", "startDate is in seconds.", "unit", f"{RULES}.startDate", convert(lambda ms: ms // 1000)),
    ("licence-starts-after-its-expiry", "startDate is after expiryDate.", "relation", f"{RULES}.startDate", convert(lambda ms: ms + 800 * 86_400_000)),
    ("licence-window-begin-seconds", "beginDate is in seconds.", "unit", f"{WINDOW}.beginDate", convert(lambda ms: ms // 1000)),
    ("licence-window-end-seconds", "endDate is in seconds.", "unit", f"{WINDOW}.endDate", convert(lambda ms: ms // 1000)),
    ("licence-window-end-before-begin", "The window ends before it begins.", "relation", f"{WINDOW}.endDate", convert(lambda ms: ms - 90 * 86_400_000)),
    ("licence-window-missing", "A live event's answer lacks its window.", "licence", WINDOW, drop),
    ("licence-window-null", "A live event's window is null.", "licence", WINDOW, put(None)),
)  # fmt: skip
for _name, _summary, _kind, _path, _edit in ANSWERS:
    editing(_name, _kind, _summary, (SDP,), _path, _edit)


@answers(SDP, kind="unit")
def licence_times_in_seconds(answer: Answer, _call: Call, _platform: Platform) -> None:
    """All times are in seconds."""
    result = answer.data["result"]
    for times in (result.get("usageRules"), result.get("keyDeliveryWindow")):
        for name, value in (times or {}).items():
            if name.endswith("Date"):
                times[name] = value // 1000


@answers(SDP, kind="shape")
def licence_answer_flat(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The result is not nested."""
    answer.data = {"resultCode": "0", **answer.data["result"]}


@answers(SDP, kind=KIND)
def licence_rules_for_refused(answer: Answer, _call: Call, _platform: Platform) -> None:
    """NOT_AUTHORIZED carries usageRules."""
    answer.data["result"].setdefault("usageRules", {"isStorageAllowed": False})


# Errors: (name, summary, path, edit)
ERRORS: tuple[tuple[str, str, str, Edit], ...] = (
    ("licence-error-code-zero", "An error has resultCode 0.", "resultCode", put("0")),
    ("licence-error-without-code", "An error lacks resultCode.", "resultCode", drop),
    ("licence-error-without-result", "An error lacks result.", "result", drop),
    ("licence-error-with-result", "An error tells a result.", "result", put({"isAuthorized": "NOT_AUTHORIZED"})),
)
for _name, _summary, _path, _edit in ERRORS:
    editing(_name, "shape", _summary, (SDP,), _path, _edit, when=(403,))


@answers(SDP, kind="shape", when=(403,))
def licence_error_plain_text(answer: Answer, _call: Call, _platform: Platform) -> None:
    """An error is plain text."""
    answer.raw, answer.content_type = b"Unable to decrypt the token", "text/plain"


@answers(SDP, kind="shape", when=(403,))
def licence_error_empty(answer: Answer, _call: Call, _platform: Platform) -> None:
    """An error has no body."""
    answer.raw, answer.content_type = b"", ""


@answers(SDP, kind="shape", when=(403,))
def licence_error_nested(answer: Answer, _call: Call, _platform: Platform) -> None:
    """An error stands in error."""
    answer.data = {"error": answer.data}


@answers(SDP, kind=KIND, when=(403,))
def licence_bad_token_not_authorised(answer: Answer, _call: Call, _platform: Platform) -> None:
    """A bad token is NOT_AUTHORIZED under 200."""
    answer.status, answer.data = (
        200,
        {"resultCode": "0", "result": {"isAuthorized": "NOT_AUTHORIZED", "keyDeliveryWindow": None}},
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
