"""What a careless reader takes: odd headers of tokens, nearly right credentials, queries that go round a filter."""

from __future__ import annotations

import base64
import copy
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.harder.almost import ALIKE, Claims, unverified_claims
from conformance.reference.faults.making import (
    answering,
    answers,
    body_of,
    calling,
    header_of,
    memory,
    overriding,
)
from conformance.reference.faults.operations import (
    ACCOUNTS,
    CREATE,
    DAS,
    GENERATE,
    INITIALISE,
    MDS,
    NMP,
    SDP,
    STB,
    UPDATE,
)
from conformance.reference.sdp import basic_credentials
from conformance.reference.tokens import decode_base64
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.state import Device

ALMOST, SOME, STATE = "almost", "for some", "state"
TOKEN_READERS = (GENERATE, UPDATE, MDS)
KNOWN = ("HS256", "HS384", "HS512")

# Access tokens of which the header decides how they are verified


def _header(token: str) -> dict[str, Any]:
    try:
        header = json.loads(decode_base64(token.split(".", maxsplit=1)[0]) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) else {}


def _signature(key: bytes, head: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, head.encode(), "sha256")).decode().rstrip("=")


def _unverified_if(wanted: Callable[[str, Any], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[str], Claims], service: Any) -> Callable[[str], Claims]:
        def verify_signature(token: str) -> Claims:
            claims = unverified_claims(token)
            return claims if claims is not None and wanted(token, service) else original(token)

        return verify_signature

    return replacement


def _by_key(key: bytes) -> Callable[[str, Any], bool]:
    return lambda token, _service: token.rpartition(".")[2] == _signature(key, token.rpartition(".")[0])


def _more_behind(token: str, service: Any) -> bool:
    head, _, signature = token.rpartition(".")
    return signature.startswith(service.platform.ias_key.signature(head))


def _near_kid(token: str, service: Any) -> bool:
    kid = str(_header(token).get("kid", ""))
    return kid != service.platform.ias_key.kid and kid.startswith(service.platform.ias_key.kid[:4])


for _name, _words, _wanted in (
    ("kid-by-its-start", "a kid that begins as the right one does", _near_kid),
    ("kid-null", "a kid that is null", lambda token, service: _header(token).get("kid", "") is None),
    ("kid-empty", "an empty kid", lambda token, service: _header(token).get("kid") == ""),
    ("kid-number", "a kid that is a number", lambda token, service: isinstance(_header(token).get("kid"), int)),
    ("alg-missing", "no algorithm", lambda token, service: "alg" not in _header(token)),
    ("alg-null", "an algorithm that is null", lambda token, service: _header(token).get("alg", "") is None),
    ("alg-rs256", "an algorithm of another kind of key", lambda token, service: _header(token).get("alg") == "RS256"),
    ("alg-unknown", "an algorithm that nobody knows", lambda token, service: _header(token).get("alg", "HS256") == "XX256"),
    ("alg-in-small-letters", "an algorithm in small letters", lambda token, service: _header(token).get("alg") == "hs256"),
    ("alg-none-in-odd-case", "the algorithm nOnE", lambda token, service: _header(token).get("alg") == "nOnE"),
    ("alg-none-with-signature", "the algorithm none and a signature", lambda token, service: _header(token).get("alg") == "none" and not token.endswith(".")),
    ("own-key", "a key in its header", lambda token, service: "jwk" in _header(token)),
    ("key-at-an-address", "an address of a key in its header", lambda token, service: "jku" in _header(token)),
    ("guessed-key", "a key that is easily guessed", _by_key(b"changeme")),
    ("key-that-is-the-kid", "the kid as its key", _by_key(b"321516")),
    ("signature-with-more-behind", "more behind its signature", _more_behind),
):  # fmt: skip
    overriding(f"access-token-with-{_name}", ALMOST, f"A token with {_words} is not verified.", TOKEN_READERS, "ias",
               "verify_signature", _unverified_if(_wanted))  # fmt: skip


def _crm_unverified_if(wanted: Callable[[dict[str, Any]], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[str], None], _service: Any) -> Callable[[str], None]:
        def check_token(token: str) -> None:
            if not (header_of(token) and wanted(header_of(token))):
                original(token)

        return check_token

    return replacement


for _name, _words, _of in (
    ("unknown-kid", "an unknown kid", lambda header: header.get("kid") not in (None, "operator-1")),
    ("no-kid", "no kid", lambda header: "kid" not in header),
    ("own-key", "a key in its header", lambda header: "jwk" in header),
    ("alg-none-in-odd-case", "the algorithm nOnE", lambda header: header.get("alg") == "nOnE"),
):
    overriding(f"crm-token-with-{_name}", ALMOST, f"A CRM's token with {_words} is not verified.", ACCOUNTS, "adm",
               "check_token", _crm_unverified_if(_of))  # fmt: skip


def _unexpired_if(wanted: Callable[[Claims], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Claims], None], _service: Any) -> Callable[[Claims], None]:
        return lambda claims: None if wanted(claims) else original(claims)

    return replacement


for _name, _words, _in in (
    ("zero", "whose exp is 0", lambda claims: claims.get("exp") == 0),
    ("negative", "whose exp is negative", lambda claims: isinstance(claims.get("exp"), int) and claims["exp"] < 0),
    ("fraction", "whose exp has a fraction", lambda claims: isinstance(claims.get("exp"), float)),
    ("in-home", "that is in-home", lambda claims: claims.get("inHome") is True),
):
    overriding(f"expired-token-with-{_name}-accepted", ALMOST, f"A token {_words} never expires.", TOKEN_READERS, "ias",
               "check_expiry", _unexpired_if(_in))  # fmt: skip

# HTTP basic authentication

USER, PASSWORD = seed.SDP_USERNAME, seed.SDP_PASSWORD


def _basic_if(accepts: Callable[[str, str, str], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Call], None], _service: Any) -> Callable[[Call], None]:
        def check_basic_authentication(call: Call) -> None:
            header = call.headers.get("authorization", "")
            given = (basic_credentials(header) or b"").decode("utf-8", "replace")
            user, _, password = given.partition(":")
            if not accepts(user, password, header):
                original(call)

        return check_basic_authentication

    return replacement


_RIGHT = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
for _name, _words, _accepts in (
    ("user-by-its-start", "a user name that begins with the right one", lambda user, password, header: user.startswith(USER) and password == PASSWORD),
    ("user-but-one-character", "a user name but for one character", lambda user, password, header: ALIKE["but-one-character"][1](user, USER) and password == PASSWORD),
    ("user-cut-short", "the start of the user name", lambda user, password, header: len(user) > 1 and USER.startswith(user) and password == PASSWORD),
    ("one-text", "user name and password that are right where they are joined", lambda user, password, header: user + password == USER + PASSWORD),
    ("nobody", "an empty user name and password", lambda user, password, header: basic_credentials(header) == b":"),
    ("no-base64", "credentials that are not base64", lambda user, password, header: header.startswith("Basic ") and basic_credentials(header) is None),
    ("another-scheme", "the right credentials under another scheme", lambda user, password, header: header.partition(" ")[2] == _RIGHT),
):  # fmt: skip
    overriding(f"basic-takes-{_name}", ALMOST, f"SDP takes {_words}.", (SDP,), "sdp", "check_basic_authentication",
               _basic_if(_accepts))  # fmt: skip

# Queries and headers that go round MDS's filter


def _filter(call: Call) -> dict[str, Any]:
    try:
        given = json.loads(call.query.get("filter") or "{}")
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _unfiltered(name: str, summary: str, wanted: Callable[[Call], bool]) -> None:
    """Requests of one kind get the whole list."""

    def on_request(call: Call, platform: Platform) -> Call | Answer:
        memory(platform)["round the filter"] = wanted(call)
        return call

    def replacement(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
        def visible(channels: list[Any], in_home: bool) -> Any:
            return channels if memory(service.platform).get("round the filter") else original(channels, in_home)

        return visible

    fault = Fault(name, SOME, summary, (MDS,), {("mds", "visible"): replacement}, on_request=on_request)
    register(fault)


for _name, _words, _asks in (
    ("a-filter-of-alternatives", "$or", lambda call: "$or" in _filter(call)),
    ("a-filter-of-several", "$and", lambda call: "$and" in _filter(call)),
    ("a-filter-of-a-list", "$in", lambda call: "$in" in call.query.get("filter", "")),
    ("an-empty-filter", "{}", lambda call: call.query.get("filter") == "{}"),
    ("a-limit-of-two", "limit 2", lambda call: call.query.get("limit") == "2"),
    ("a-late-offset", "offset 3", lambda call: call.query.get("offset") == "3"),
    ("chosen-fields", "fields", lambda call: list(call.query) == ["fields"]),
    ("a-cached-list", "cache=true", lambda call: call.query.get("cache") == "true"),
    ("an-origin", "an Origin", lambda call: "origin" in call.headers),
    ("a-language", "an Accept-Language", lambda call: "accept-language" in call.headers),
    ("a-correlation-id", "an x-correlation-id", lambda call: "x-correlation-id" in call.headers),
    ("a-falling-order", "a falling sort", lambda call: "-1" in call.query.get("sort", "")),
    ("an-expression", "$regex", lambda call: "$regex" in call.query.get("filter", "")),
    ("a-filter-of-others", "$nin", lambda call: "$nin" in call.query.get("filter", "")),
    ("a-filter-of-members", "$exists", lambda call: "$exists" in call.query.get("filter", "")),
    ("a-device-type", "a device's type", lambda call: "nagra-device-type" in call.headers),
    ("a-browser", "a browser's User-Agent", lambda call: "Mozilla" in call.headers.get("user-agent", "")),
    ("a-forwarded-address", "X-Forwarded-For", lambda call: "x-forwarded-for" in call.headers),
    ("a-tenant", "nv-tenant-id", lambda call: "nv-tenant-id" in call.headers),
    ("an-entity-tag", "If-None-Match", lambda call: "if-none-match" in call.headers),
):
    _unfiltered(f"channels-not-filtered-by-{_name}", f"A request with {_words} gets all channels.", _asks)

# One x-correlation-id, one answer


def _by_correlation_id(place: str, operation: str) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        given = call.headers.get("x-correlation-id")
        if given:
            kept = memory(platform).setdefault("correlated", {})
            answer.data = copy.deepcopy(kept.setdefault((call.operation, given), answer.data))

    answering(f"{place}-answered-by-correlation-id", STATE, f"{operation}: one x-correlation-id has one answer.", (operation,), change)  # fmt: skip


for _place, _operation in (("boxes", STB), ("users", NMP), ("devices", DAS), ("questions", SDP)):
    _by_correlation_id(_place, _operation)

# Arguments of an account


def _filled(name: str, summary: str, fill: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    def change(call: Call, _platform: Platform) -> None:
        body = body_of(call)
        if isinstance(body, dict) and fill(body) != body:
            call.body = json.dumps(fill(body)).encode()

    calling(name, ALMOST, summary, ACCOUNTS, change)


DEFAULTS = {
    "accountProfileId": "DEFAULT",
    "npvrProfileName": "NPVR_NONE",
    "pvrStatus": "ENABLED",
    "geoBlockExempt": False,
}


def _pvr(alike: Callable[[str], bool]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {**body, "pvrStatus": "ENABLED"} if alike(str(body.get("pvrStatus"))) else body


_filled("pvr-status-by-its-start", "pvrStatus may be the start of ENABLED.", _pvr(lambda text: len(text) > 3 and "ENABLED".startswith(text)))  # fmt: skip
_filled("pvr-status-with-anything-behind", "pvrStatus may have more behind it.", _pvr(lambda text: text.startswith("ENABLED")))  # fmt: skip
_filled("pvr-status-inside-another", "pvrStatus may have more around it.", _pvr(lambda text: "DISABLED" in text))
_filled(
    "two-arguments-missing-accepted",
    "An account may lack several arguments, but not one.",
    lambda body: {**DEFAULTS, **body} if len(set(DEFAULTS) - set(body)) > 1 else body,
)

# Initialisations that fail under HTTP 200


def _fails_now_and_then(answer: Answer, _call: Call, platform: Platform) -> None:
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    if isinstance(result, dict) and result.get("status") == "OK":
        store = memory(platform)
        store["initialised"] = store.get("initialised", 0) + 1
        if store["initialised"] % 10 == 0:
            answer.data["result"] = {"downloadURL": None, "status": "INTERNAL_ERROR", "masterVersion": None}


answering("right-initialisations-fail-now-and-then", "sometimes", "One right initialisation in ten fails under HTTP 200.", INITIALISE, _fails_now_and_then)  # fmt: skip

# Answers about licences that are wrong now and then, or for some tokens


@answers(SDP, kind="sometimes")
def account_number_filled_up_now_and_then(answer: Answer, _call: Call, platform: Platform) -> None:
    """One account number in thirty has leading zeros."""
    result, store = answer.data.get("result"), memory(platform)
    if isinstance(result, dict) and result.get("isAuthorized") == "AUTHORIZED":
        store["numbers"] = store.get("numbers", 0) + 1
        if store["numbers"] % 30 == 0:
            result["accountNumber"] = result["accountNumber"].zfill(12)


@answers(SDP, kind=SOME, when=(403,))
def error_for_an_empty_token_without_code(answer: Answer, call: Call, _platform: Platform) -> None:
    """The error for a token that is empty or missing has no resultCode."""
    if not call.query.get("token"):
        answer.data.pop("resultCode", None)


@answers(SDP, kind=SOME, when=(403,))
def error_for_an_expired_token_is_a_page(answer: Answer, call: Call, platform: Platform) -> None:
    """The error for an expired token is a page."""
    if call.query.get("token") == platform.expired_signon_token:
        answer.raw, answer.content_type = b"<html><body>The token has expired.</body></html>", "text/html"


# Details of a box


@replaces("hdm", "check_stb_details", STB, kind=ALMOST)
def box_details_compared_as_one_text(original: Callable[..., None], _service: Any) -> Callable[..., None]:
    """Two details of a box, nuId and casn, are joined before they are compared."""

    def check_stb_details(device: Device, details: dict[str, str]) -> None:
        if details["nuId"] + details["casn"] != f"{device.nuid}{device.casn}":
            original(device, details)

    return check_stb_details


# Tenants that are named beside something else


def _tenant_of(part: Callable[[str], str]) -> Callable[[Call, Platform], None]:
    def change(call: Call, _platform: Platform) -> None:
        if given := call.headers.get("nv-tenant-id"):
            call.headers["nv-tenant-id"] = part(given)

    return change


for _where, _operation in (("das", DAS), ("adm", CREATE)):
    calling(f"{_where}-tenant-of-a-host-name", ALMOST, "Of a tenant what is before the first dot counts.", (_operation,),
            _tenant_of(lambda given: given.partition(".")[0]))  # fmt: skip
    calling(f"{_where}-tenant-at-the-end-of-a-path", ALMOST, "Of a tenant what is behind the last slash counts.", (_operation,),
            _tenant_of(lambda given: given.rpartition("/")[2]))  # fmt: skip
