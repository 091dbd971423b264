"""What one caller does changes what another gets, or what is asked later: tokens, flags, accounts, licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.harder.occasions import account_of, bearer, credential
from conformance.reference.faults.making import answering, answers, claims_of, memory
from conformance.reference.faults.operations import CREATE, DAS, GENERATE, INITIALISE, MDS, NMP, SDP, STB, UPDATE
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform

KIND, LATER = "state", "later"

# Tokens that another's request ends


def _ends_tokens_of_others(name: str, summary: str, opener: str, user: str, refused: Callable[[], Answer]) -> None:
    """A signon of one account ends the tokens of the others."""

    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        store = memory(platform)
        caller = account_of(call, platform)
        if call.operation == opener and answer.status == 200:
            store["last"] = caller
        elif call.operation == user and answer.status == 200 and store.get("last", caller) != caller and caller:
            return refused()
        return answer

    register(Fault(name, KIND, summary, (opener, user), on_response=on_response))


def _unable() -> Answer:
    result = 'ErrorCode: [code=85102, severity=ERROR] Unable to decrypt the token, token is invalid"'
    return Answer(status=403, data={"resultCode": "85102", "result": result, "localeMessage": "none"})


def _gone() -> Answer:
    return Answer(status=401, data={"message": "The access token is not valid.", "code": 401, "errorCode": 20020})


_ends_tokens_of_others(
    "signon-ends-other-users-tokens", "A user's signon ends the tokens of other accounts.", NMP, SDP, _unable
)
_ends_tokens_of_others(
    "signon-ends-other-boxes-tokens", "A box's signon ends the access tokens of other accounts.", DAS, MDS, _gone
)
_ends_tokens_of_others(
    "update-ends-other-homes-tokens", "An update ends the access tokens of other accounts.", UPDATE, MDS, _gone
)
_ends_tokens_of_others(
    "update-ends-other-homes-broadcasts",
    "After an update other homes get no token to broadcast.",
    UPDATE,
    GENERATE,
    _gone,
)

# Flags that are not the token's


def _flag_of(name: str, summary: str, key: Callable[[dict[str, Any]], str], kind: str = KIND) -> None:
    """MDS takes the flag of the last update that has one key with the token."""

    def note(answer: Answer, call: Call, platform: Platform) -> None:
        claims = claims_of(answer.data.get("access_token")) if isinstance(answer.data, dict) else None
        if claims is not None:
            memory(platform).setdefault("flags", {})[key(claims)] = claims.get("inHome") is True

    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        if call.operation == UPDATE and answer.status == 200:
            note(answer, call, platform)
        return answer

    def replacement(original: Callable[..., bool], service: Any) -> Callable[..., bool]:
        def in_home(claims: dict[str, Any] | None) -> bool:
            own = original(claims)
            return bool(memory(service.platform).get("flags", {}).get(key(claims or {}), own))

        return in_home

    register(Fault(name, kind, summary, (UPDATE, MDS), {("mds", "in_home"): replacement}, on_response=on_response))


_flag_of("channels-by-the-last-update", "The list is filtered by the last update of anybody.", lambda claims: "one")
_flag_of(
    "channels-by-the-accounts-last-update",
    "The list is filtered by the account's last update.",
    lambda claims: str(claims.get("accountId")),
)
_flag_of(
    "channels-by-the-devices-last-update",
    "The list is filtered by the device's last update.",
    lambda claims: str(claims.get("deviceId")),
)
_flag_of(
    "channels-by-the-tenants-last-update",
    "The list is filtered by the tenant's last update.",
    lambda claims: str(claims.get("tenantId")),
)


@answers(UPDATE, kind=KIND)
def second_update_of_a_token_lost(answer: Answer, call: Call, platform: Platform) -> None:
    """The second update of a token within 0.3 seconds is lost."""
    store, device = memory(platform).setdefault("updates", {}), credential(call)
    now = platform.now_ms()
    at, data = store.get(device, (0, None))
    if data is not None and now - at < 300:
        answer.data = data
    else:
        store[device] = (now, answer.data)


@replaces("in_home", "same_home", UPDATE, kind=KIND)
def foreign_broadcast_spoils_own(original: Callable[..., bool], service: Any) -> Callable[..., bool]:
    """After a foreign broadcast token a device is never at home again."""

    def same_home(home: tuple[str, str], claims: dict[str, Any]) -> bool:
        bad: set[str] = memory(service.platform).setdefault("bad", set())
        same = original(home, claims)
        if not same:
            bad.add(str(claims.get("deviceId")))
        return same and str(claims.get("deviceId")) not in bad

    return same_home


# Answers that are kept a little while


def _kept(name: str, summary: str, operation: str, key: Callable[[Call], str], ms: int = 1000) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        store, now = memory(platform).setdefault("kept", {}), platform.now_ms()
        at, data = store.get(key(call), (0, None))
        if data is not None and now - at < ms:
            answer.data = data
        else:
            store[key(call)] = (now, answer.data)

    answering(name, KIND, summary, (operation,), change)


_kept("broadcast-kept-for-a-second", "For a second every home gets one token.", GENERATE, lambda call: "one")
_kept(
    "licence-kept-for-a-second-by-content",
    "For a second a content's answer is everybody's.",
    SDP,
    lambda call: call.query.get("arg0", ""),
)
_kept(
    "licence-kept-for-a-second-by-token",
    "For a second a token's answer is every content's.",
    SDP,
    lambda call: call.query.get("token", ""),
)
_kept(
    "channels-kept-for-a-second-by-device",
    "For a second a device's list stays.",
    MDS,
    lambda call: str((claims_of(bearer(call)) or {}).get("deviceId")),
)
_kept(
    "box-token-kept-for-a-second-by-chipset",
    "For a second boxes of one chipset share a token.",
    STB,
    lambda call: call.query.get("nuId", "")[:4],
)
_kept(
    "initialisation-kept-for-a-second",
    "For a second every initialisation gets one answer.",
    INITIALISE[1],
    lambda call: "one",
)

# Accounts


def _forgets_the_one_before(original: Callable[..., None], service: Any) -> Callable[..., None]:
    def write(store: str, account_id: str, request: Any) -> None:
        original(store, account_id, request)
        memory(service.platform).setdefault("order", []).append(request.signon_id)

    return write


def _only_the_last(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    async def check_password(username: str, password: str) -> Any:
        order: list[str] = memory(service.platform).get("order", [])
        user = await original(username, password)
        if username in order[:-1]:
            raise Refusal(403, "User name or password is wrong.", code="23017")
        return user

    return check_password


register(
    Fault(
        "creation-ends-the-account-before",
        KIND,
        "With each creation the account that was created before is lost.",
        (CREATE, NMP),
        {("adm", "write"): _forgets_the_one_before, ("hdm", "check_password"): _only_the_last},
    )
)


@replaces("hdm", "check_password", NMP, kind=LATER)
def right_password_refused_after_a_wrong_one(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    """The signon after a wrong password is refused."""

    async def check_password(username: str, password: str) -> Any:
        failed: set[str] = memory(service.platform).setdefault("failed", set())
        try:
            user = await original(username, password)
        except Refusal:
            failed.add(username)
            raise
        if username in failed:
            failed.discard(username)
            raise Refusal(403, "User name or password is wrong.", code="23017")
        return user

    return check_password


@replaces("hdm", "check_password", NMP, kind=LATER)
def any_password_after_a_wrong_one(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    """After a wrong password of a user any password will do."""

    async def check_password(username: str, password: str) -> Any:
        failed: set[str] = memory(service.platform).setdefault("failed", set())
        try:
            return await original(username, password)
        except Refusal:
            user = service.database.user("opf", username)
            if user is None or username not in failed:
                failed.add(username)
                raise
            return user

    return check_password
