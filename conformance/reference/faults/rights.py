"""SDP's decisions: rights that nobody has, and answers that are somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.making import answering, answers, leaving_out, memory, overriding
from conformance.reference.faults.operations import SDP
from conformance.reference.state import Entitlement
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.sdp import Sdp
    from conformance.reference.state import SignonToken
    from conformance.reference.wire import Answer, Call

KIND = "licence"

# Rights


def _entitles(find: Callable[[Sdp, SignonToken, str], Entitlement | None]) -> Callable[..., Any]:
    def replacement(original: Callable[..., Entitlement | None], service: Sdp) -> Callable[..., Entitlement | None]:
        return lambda token, content: find(service, token, content) or original(token, content)

    return replacement


def _forever(account: str, content: str) -> Entitlement:
    return Entitlement(account, content, "subscription", 1_700_000_000_000, 4_000_000_000_000)


def _known_only(service: Sdp, token: SignonToken, content: str) -> Entitlement | None:
    return _forever(token.account, content) if content in seed.CONTENTS else None


def _unknown_only(service: Sdp, token: SignonToken, content: str) -> Entitlement | None:
    return None if content in seed.CONTENTS else _forever(token.account, content)


for _name, _summary, _find in (
    (
        "licence-for-everything",
        "Everything is AUTHORIZED.",
        lambda service, token, content: _forever(token.account, content),
    ),
    ("licence-for-all-contents", "Every content that exists is AUTHORIZED.", _known_only),
    ("licence-for-unknown-content", "A content that does not exist is AUTHORIZED.", _unknown_only),
):
    overriding(_name, KIND, _summary, (SDP,), "sdp", "entitlement", _entitles(_find))


def _answers_second_account(name: str, summary: str, content: str, change: Callable[[dict[str, Any]], None]) -> None:
    """A fault of the answers about one content for the second account."""

    def on_answer(answer: Answer, call: Call, platform: Platform) -> None:
        token = platform.database.signon_token(call.query.get("token", ""))
        result = answer.data.get("result")
        if (
            token
            and token.account == seed.USER_B.account
            and call.query.get("arg0") == content
            and isinstance(result, dict)
        ):
            change(result)

    answering(name, "for some", summary, (SDP,), on_answer)


def _refused(result: dict[str, Any]) -> None:
    result.clear()
    result["isAuthorized"] = "NOT_AUTHORIZED"


_answers_second_account("contents-refused-to-the-second-account", "The second account is refused what it may watch.", seed.AUTHORISED, _refused)  # fmt: skip
_answers_second_account("contents-open-to-the-second-account", "The second account may watch what it is not entitled to.", seed.NOT_AUTHORISED,
                        lambda result: result.update({"isAuthorized": "AUTHORIZED", "accountNumber": "1000418"}))  # fmt: skip
_answers_second_account("live-account-number-of-the-first-account", "The second account's live events have the first one's number.", seed.LIVE_PPV,
                        lambda result: result.update({"accountNumber": "1000417"}) if "accountNumber" in result else None)  # fmt: skip


@answers(SDP, kind="for some")
def private_data_opens_every_content(answer: Answer, call: Call, _platform: Platform) -> None:
    """A question with private data is answered AUTHORIZED."""
    result = answer.data.get("result")
    if call.query.get("arg1") and isinstance(result, dict):
        result.update({"isAuthorized": "AUTHORIZED", "accountNumber": result.get("accountNumber", "1000417")})


@replaces("sdp", "check_private_data", SDP, kind="for some")
def private_data_in_ascii_only(original: Callable[[Call], None], _service: Sdp) -> Callable[[Call], None]:
    """Private data with letters beyond a to z are refused."""

    def check_private_data(call: Call) -> None:
        if not call.query.get("arg1", "").isascii():
            raise Refusal(400, "The argument arg1 is not JSON.")
        original(call)

    return check_private_data


@replaces("sdp", "authorised", SDP, kind="state")
def licence_cached_by_content(original: Callable[..., Any], service: Sdp) -> Callable[..., Any]:
    """An answer is cached by content, not by account."""

    def authorised(token: SignonToken, right: Entitlement) -> Any:
        cache = memory(service.platform).setdefault("answers", {})
        if right.content not in cache:
            cache[right.content] = original(token, right)
        return cache[right.content]

    return authorised


@replaces("sdp", "entitlement", SDP, kind="state")
def licence_cached_by_account(original: Callable[..., Any], service: Sdp) -> Callable[..., Any]:
    """A decision is cached by account, not by content."""

    def entitlement(token: SignonToken, content: str) -> Entitlement | None:
        cache: dict[str, Entitlement | None] = memory(service.platform).setdefault("decisions", {})
        return cache.setdefault(token.account, original(token, content))

    return entitlement


leaving_out("licence-for-nothing", "Nothing is AUTHORIZED.", (SDP,), "sdp", "entitlement", kind=KIND)
leaving_out(
    "licence-live-event-without-window", "A live event has no window.", (SDP,), "sdp", "delivery_window", kind=KIND
)


@replaces("sdp", "account_number", SDP, kind="state")
def licence_account_changes(original: Callable[..., str], _service: Sdp) -> Callable[..., str]:
    """The accountNumber differs from token to token."""
    return lambda token: f"{original(token)}-{token.token[-6:]}"


@answers(SDP, kind="state")
def licence_every_third_refused(answer: Answer, _call: Call, platform: Platform) -> None:
    """Every third answer is NOT_AUTHORIZED."""
    store = memory(platform)
    store["asked"] = store.get("asked", 0) + 1
    if store["asked"] % 3 == 0:
        answer.data["result"] = {"isAuthorized": "NOT_AUTHORIZED", "keyDeliveryWindow": None}


@answers(SDP, kind="state")
def licence_form_drifts(answer: Answer, _call: Call, platform: Platform) -> None:
    """Names and types change from answer to answer."""
    store = memory(platform)
    store["asked"] = store.get("asked", 0) + 1
    rules = answer.data["result"].get("usageRules")
    if rules and store["asked"] % 2:
        rules["viewingNumber"] = str(rules.pop("ViewingNumber"))
        rules["expiryDate"] = str(rules["expiryDate"])


@answers(SDP, kind="state")
def licence_token_good_for_once(answer: Answer, call: Call, platform: Platform) -> None:
    """A token is good for one question."""
    spent: set[str] = memory(platform).setdefault("spent", set())
    token = call.query.get("token", "")
    if token in spent:
        answer.status, answer.data = 403, {"resultCode": "85102", "result": "token is spent", "localeMessage": "none"}
    spent.add(token)


@answers(SDP, kind=KIND)
def licence_refuses_private_data(answer: Answer, call: Call, _platform: Platform) -> None:
    """A question with arg1 is refused."""
    if call.query.get("arg1"):
        answer.status, answer.data = (
            400,
            {"resultCode": "85001", "result": "arg1 is not expected", "localeMessage": "none"},
        )
