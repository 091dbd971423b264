"""What a finding expected, as an expression over the response: `HTTP 403` is `response.status_code == 403`."""

from __future__ import annotations

import json
import re

_STATUS = re.compile(r"HTTP (\d{3})")
_REFUSED = {
    "HTTP 4xx": "400 <= response.status_code < 500",
    "a refusal (4xx)": "400 <= response.status_code < 500",
    "a refusal": "400 <= response.status_code < 500",
    "any other refusal": "400 <= response.status_code < 500",
    "an error": "response.status_code >= 400",
    "an HTTP error": "response.status_code >= 400",
}
_NOT_OK = "a response whose status is another than OK"
_IN_HOME = re.compile(r"(?:a token with )?inHome (true|false)")
# "access_token.exp is more than 4294967295": the place in the body, or in a token of it.
_PLACE = re.compile(r"(the body|[A-Za-z_][\w.\[\]]*) (?:is|has) ")
_BOOLEAN = "true or false"
_KINDS = {"a string", "an integer", "a number", "a list", "an object", _BOOLEAN, "null"}
_BOUND = (
    (re.compile(r"at most (-?[\d.]+)"), "<="),
    (re.compile(r"(-?[\d.]+) or more"), ">="),
    (re.compile(r"more than (-?[\d.]+)"), ">"),
)


def expression(expected: str, cause: str) -> str:
    """Return when a response is as expected, over `response`; empty where only a reader can say.

    `expected` and `cause` are in the words of rules and checks (see contract/words.py).
    """
    if found := _STATUS.fullmatch(expected):
        return f"response.status_code == {found[1]}"
    if found := _IN_HOME.fullmatch(expected):
        return f"at(response, 'access_token.inHome') is {found[1].title()}"
    if expected == _NOT_OK:
        return "response.status_code == 200 and at(response, 'result.status') not in ('OK', MISSING)"
    if expected in _REFUSED:
        return _REFUSED[expected]
    place = _PLACE.match(cause)
    return _of_value(expected, f"at(response, {place[1].removeprefix('the body')!r})") if place else ""


def _of_value(expected: str, value: str) -> str:
    kinds = expected.replace(_BOOLEAN, "boolean").split(" or ")
    kinds = [kind.replace("boolean", _BOOLEAN) for kind in kinds]
    if set(kinds) <= _KINDS:
        return f"any(is_a(kind, {value}) for kind in {kinds!r})"
    if re.fullmatch(r"the field '[^']+'", expected):
        return f"{value} is not MISSING"
    for pattern, sign in _BOUND:
        if found := pattern.fullmatch(expected):
            return f"(is_a('a number', {value}) and {value} {sign} {found[1]})"
    if expected == "milliseconds since 1970":
        return f"(is_a('a number', {value}) and 1e11 < {value} < 1e14)"
    if expected == "a string that is not empty":
        return f"(is_a('a string', {value}) and {value}.strip() != '')"
    if expected.startswith("a string that matches "):
        form = expected.removeprefix("a string that matches ")
        return f"(is_a('a string', {value}) and re.search({form!r}, {value}) is not None)"
    texts = expected.removeprefix("one of ")
    try:
        allowed = json.loads(f"[{texts}]")
    except ValueError:
        return ""
    return f"{value} in {allowed!r}"
