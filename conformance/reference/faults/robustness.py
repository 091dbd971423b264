"""Servers that fall over: a request that should be refused, or be taken, ends in a 500, in silence or in half an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.making import body_of, intercepting
from conformance.reference.faults.operations import (
    ACCOUNTS,
    DAS,
    GENERATE,
    INITIALISE,
    MDS,
    NMP,
    SDP,
    SIGNONS,
    STB,
    UPDATE,
)
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KIND = "robustness"
HANG_S = 30.0
IN_HOME = (GENERATE, UPDATE)


def strings(value: Any) -> Iterator[str]:
    """Every string of a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def texts(call: Call) -> list[str]:
    """Every value that a caller can choose: query, form, JSON body."""
    return [*call.fields.values(), *strings(body_of(call))]


def _any(test: Callable[[str], bool]) -> Callable[[Call], bool]:
    return lambda call: any(test(text) for text in texts(call))


def _error() -> Answer:
    return Answer(status=500, data={"timestamp": "2026-11-22", "status": 500, "error": "Internal Server Error"})


def _bad_gateway() -> Answer:
    return Answer(status=502, raw=b"<html><body>502 Bad Gateway</body></html>", content_type="text/html")


def _hang() -> Answer:
    return Answer(status=200, data={}, delay=HANG_S)


def _half() -> Answer:
    return Answer(status=400, data={"message": "x" * 400}, cut=200)


def _longer(size: int) -> Callable[[Call], bool]:
    return _any(lambda text: len(text) > size)


NON_ASCII = _any(lambda text: not text.isascii())
ASTRAL = _any(lambda text: any(ord(character) > 0xFFFF for character in text))
NUL = _any(lambda text: "\0" in text)
QUOTE = _any(lambda text: "'" in text)
PERCENT = _any(lambda text: re.search("%[sdnx]", text) is not None)


def _surrogate(call: Call) -> bool:
    return re.search(rb"\\u[dD][89a-fA-F]", call.body) is not None and any(
        0xD800 <= ord(character) < 0xE000 for text in strings(body_of(call)) for character in text
    )


def _nested(call: Call) -> bool:
    return call.body.count(b"[") + call.body.count(b"{") > 200


def _huge_number(call: Call) -> bool:
    return re.search(rb":\s*-?(?:\d{20,}|\d+(?:\.\d+)?[eE]\+?\d{3})", call.body) is not None


def _repeated(call: Call) -> bool:
    names = re.findall(rb'"(\w+)"\s*:', call.body)
    return len(names) != len(set(names))


def _undeclared(call: Call) -> bool:
    return bool(call.body) and "json" not in call.headers.get("content-type", "").lower()


def _no_object(call: Call) -> bool:
    return bool(call.body) and not isinstance(body_of(call), dict)


def _not_json(call: Call) -> bool:
    return bool(call.body.strip()) and body_of(call) is None


def _not_utf8(call: Call) -> bool:
    try:
        call.body.decode()
    except UnicodeDecodeError:
        return True
    return False


def _mistyped(call: Call) -> bool:
    body = body_of(call)
    wrong = ("casn", "dasChallenge", "scheme", "updateInHomeToken", "signonId", "password", "salt", "accountProfileId")
    return isinstance(body, dict) and any(
        name in body and not isinstance(body[name], (str, type(None))) for name in wrong
    )


def _null(call: Call) -> bool:
    body = body_of(call)
    return isinstance(body, dict) and None in body.values()


def _odd_authorization(call: Call) -> bool:
    header = call.headers.get("authorization", "")
    return bool(header) and len(header.split()) != 2


def _no_jwt(call: Call) -> bool:
    token = call.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(token) and token.count(".") != 2


def _bad_basic(call: Call) -> bool:
    header = call.headers.get("authorization", "")
    return header.startswith("Basic ") and re.fullmatch(r"Basic [A-Za-z0-9+/]{8,}={0,2}", header) is None


def _bad_private_data(call: Call) -> bool:
    given = call.query.get("arg1", "")
    return bool(given) and not (given.startswith("{") and given.rstrip().endswith("}"))


def _bad_paging(call: Call) -> bool:
    given = [call.query[name] for name in ("offset", "limit") if name in call.query]
    return any(not text.isdigit() or len(text) > 9 for text in given)


def _bad_filter(call: Call) -> bool:
    given = call.query.get("filter", "")
    return bool(given) and not (given.startswith("{") and given.rstrip().endswith("}"))


def _long_header(call: Call) -> bool:
    return any(len(value) > 2000 for name, value in call.headers.items() if name != "authorization")


def _odd_correlation(call: Call) -> bool:
    given = call.headers.get("x-correlation-id")
    return given is not None and re.fullmatch(r"[0-9a-fA-F-]{36}", given) is None


def _bad_base64(call: Call) -> bool:
    given = call.fields.get("initializationPayload", call.fields.get("arg2", ""))
    return bool(given) and re.fullmatch(r"[A-Za-z0-9+/_-]+={0,2}", given) is None


def _large(call: Call) -> bool:
    return call.method == "POST" and len(call.body) > 2048


# (name, what breaks it, operations, test, what happens)
BREAKAGES: tuple[tuple[str, str, tuple[str, ...], Callable[[Call], bool], Callable[[], Answer]], ...] = (
    ("signon-breaks-on-256-characters", "More than 255 characters end in a 500", SIGNONS, _longer(255), _error),
    ("signon-breaks-on-4000-characters", "More than 4000 characters end in a 500", SIGNONS, _longer(4000), _error),
    ("signon-breaks-on-non-ascii", "Text beyond ASCII ends in a 500", SIGNONS, NON_ASCII, _error),
    ("signon-breaks-on-emoji", "Text beyond 16 bits ends in a 500", SIGNONS, ASTRAL, _error),
    ("signon-breaks-on-nul", "A NUL ends in a 500", SIGNONS, NUL, _error),
    ("signon-breaks-on-quote", "A quote ends in a 500", SIGNONS, QUOTE, _error),
    ("signon-breaks-on-format", "A format directive ends in a 500", SIGNONS, PERCENT, _error),
    ("signon-hangs-on-nul", "A NUL ends in silence", (STB,), NUL, _hang),
    ("signon-hangs-on-long-text", "More than 1000 characters end in silence", (NMP,), _longer(1000), _hang),
    ("signon-breaks-on-long-header", "A long header ends in a 500", SIGNONS, _long_header, _error),
    ("signon-breaks-on-odd-correlation-id", "An x-correlation-id that is no UUID ends in a 500", SIGNONS, _odd_correlation, _error),
    ("signon-half-answer-on-quote", "A quote ends in half an answer", (NMP,), QUOTE, _half),
    ("initialise-breaks-on-bad-base64", "Player data that are no base64 end in a 500", INITIALISE, _bad_base64, _error),
    ("initialise-breaks-on-large-post", "More than 2 KB by POST end in a 500", INITIALISE, _large, _error),
    ("initialise-refuses-large-post", "More than 2 KB by POST are refused", INITIALISE, _large, lambda: Answer(status=413)),
    ("initialise-breaks-on-non-ascii", "Text beyond ASCII ends in a 500", INITIALISE, NON_ASCII, _error),
    ("initialise-breaks-on-nul", "A NUL ends in a 502", INITIALISE, NUL, _bad_gateway),
    ("account-breaks-on-broken-json", "A body that is no JSON ends in a 500", ACCOUNTS, _not_json, _error),
    ("account-breaks-on-array", "A body that is no object ends in a 500", ACCOUNTS, _no_object, _error),
    ("account-breaks-on-wrong-type", "An argument of another type ends in a 500", ACCOUNTS, _mistyped, _error),
    ("account-breaks-on-null", "An argument that is null ends in a 500", ACCOUNTS, _null, _error),
    ("account-breaks-on-emoji", "Text beyond 16 bits ends in a 500", ACCOUNTS, ASTRAL, _error),
    ("account-breaks-on-nul", "A NUL ends in a 500", ACCOUNTS, NUL, _error),
    ("account-breaks-on-surrogate", "Half a surrogate pair ends in a 500", ACCOUNTS, _surrogate, _error),
    ("account-breaks-on-nesting", "Deep nesting ends in a 500", ACCOUNTS, _nested, _error),
    ("account-breaks-on-invalid-utf-8", "A body that is not UTF-8 ends in a 500", ACCOUNTS, _not_utf8, _error),
    ("account-breaks-on-long-text", "More than 2000 characters end in a 500", ACCOUNTS, _longer(2000), _error),
    ("account-hangs-on-array", "A body that is no object ends in silence", ACCOUNTS, _no_object, _hang),
    ("das-breaks-on-broken-json", "A body that is no JSON ends in a 500", (DAS,), _not_json, _error),
    ("das-breaks-on-array", "A body that is no object ends in a 502", (DAS,), _no_object, _bad_gateway),
    ("das-breaks-on-wrong-type", "A parameter of another type ends in a 500", (DAS,), _mistyped, _error),
    ("das-breaks-on-null", "A parameter that is null ends in a 500", (DAS,), _null, _error),
    ("das-breaks-on-other-media-type", "A body that is not declared as JSON ends in a 500", (DAS,), _undeclared, _error),
    ("das-breaks-on-long-text", "More than 500 characters end in a 500", (DAS,), _longer(500), _error),
    ("das-breaks-on-non-ascii", "Text beyond ASCII ends in a 500", (DAS,), NON_ASCII, _error),
    ("das-breaks-on-surrogate", "Half a surrogate pair ends in a 500", (DAS,), _surrogate, _error),
    ("das-breaks-on-nesting", "Deep nesting ends in a 500", (DAS,), _nested, _error),
    ("das-hangs-on-empty-body", "An empty body ends in silence", (DAS,), lambda call: not call.body, _hang),
    ("das-half-answer-on-null", "A null ends in half an answer", (DAS,), _null, _half),
    ("in-home-breaks-on-no-jwt", "A bearer that is no JSON web token ends in a 500", IN_HOME, _no_jwt, _error),
    ("in-home-breaks-on-odd-authorization", "Authorization of one word or three ends in a 500", IN_HOME, _odd_authorization, _error),
    ("update-breaks-on-wrong-type", "An argument of another type ends in a 500", (UPDATE,), _mistyped, _error),
    ("update-breaks-on-array", "A body that is no object ends in a 500", (UPDATE,), _no_object, _error),
    ("update-breaks-on-nesting", "Deep nesting ends in a 500", (UPDATE,), _nested, _error),
    ("update-breaks-on-repeated-name", "A repeated name ends in a 500", (UPDATE,), _repeated, _error),
    ("update-breaks-on-huge-number", "A huge number ends in a 500", (UPDATE,), _huge_number, _error),
    ("update-hangs-on-empty-body", "An empty body ends in silence", (UPDATE,), lambda call: not call.body, _hang),
    ("licence-breaks-on-bad-basic", "Basic credentials that are no base64 end in a 500", (SDP,), _bad_basic, _error),
    ("licence-breaks-on-bad-private-data", "arg1 that is no JSON ends in a 500", (SDP,), _bad_private_data, _error),
    ("licence-breaks-on-non-ascii", "Text beyond ASCII ends in a 500", (SDP,), NON_ASCII, _error),
    ("licence-breaks-on-long-text", "More than 1000 characters end in a 500", (SDP,), _longer(1000), _error),
    ("licence-breaks-on-quote", "A quote outside arg1 ends in a 500", (SDP,), lambda call: "'" in call.query.get("arg0", ""), _error),
    ("channels-break-on-bad-paging", "offset or limit that is no number ends in a 500", (MDS,), _bad_paging, _error),
    ("channels-break-on-bad-filter", "A filter that is no JSON ends in a 500", (MDS,), _bad_filter, _error),
    ("channels-break-on-no-jwt", "A bearer that is no JSON web token ends in a 500", (MDS,), _no_jwt, _error),
    ("channels-break-on-non-ascii", "Text beyond ASCII ends in a 500", (MDS,), NON_ASCII, _error),
    ("channels-hang-on-no-jwt", "A bearer that is no JSON web token ends in silence", (MDS,), _no_jwt, _hang),
)  # fmt: skip

for _name, _summary, _operations, _test, _what in BREAKAGES:
    intercepting(_name, KIND, f"{_summary}.", _operations, _test, _what)
