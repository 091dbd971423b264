"""Values that are looked up as patterns, or read to an odd character only, instead of being compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.reference import seed
from conformance.reference.faults.making import body_of, calling, overriding
from conformance.reference.faults.operations import CREATE, DAS, NMP, SDP, STB
from conformance.reference.wire import Call

KIND = "almost"
Matches = Callable[[str, str], bool]
USERS = (seed.USER_A.username, seed.USER_B.username)


def _like(given: str, right: str) -> bool:
    """SQL's LIKE."""
    marks = {"%": ".*", "_": "."}
    return "%" in given and re.fullmatch("".join(marks.get(one, re.escape(one)) for one in given), right) is not None


def _glob(given: str, right: str) -> bool:
    """The patterns of file names."""
    return "*" in given and re.fullmatch(".*".join(map(re.escape, given.split("*"))), right) is not None


def _expression(given: str, right: str) -> bool:
    """Regular expressions."""
    try:
        return re.fullmatch(given, right) is not None
    except re.error:
        return False


def _bare(given: str, right: str) -> bool:
    """Letters and digits alone."""
    return re.sub("[^A-Za-z0-9]", "", given) == re.sub("[^A-Za-z0-9]", "", right)


def _listed(given: str, right: str) -> bool:
    """Whatever a list of values holds."""
    return right in given.split(",")


def _in_32_bits(given: str, right: str) -> bool:
    """Numbers of which 32 bits are read."""
    return given.isdecimal() and right.isdecimal() and int(given) % 2**32 == int(right) % 2**32


def _ends_at(mark: str) -> Matches:
    return lambda given, right: given.partition(mark)[0] == right


PATTERNS: dict[str, tuple[str, Matches]] = {
    "by-like": ("is looked up with LIKE", _like),
    "by-a-glob": ("may be a pattern with an asterisk", _glob),
    "by-an-expression": ("may be a regular expression", _expression),
    "without-its-separators": ("is compared by its letters and digits alone", _bare),
    "in-a-list": ("may be a list that holds the right one", _listed),
    "in-32-bits": ("is read as a number of 32 bits", _in_32_bits),
    "ending-at-a-zero-byte": ("ends at its first zero byte", _ends_at("\0")),
    "ending-at-a-space": ("ends at its first space", _ends_at(" ")),
    "ending-at-a-semicolon": ("ends at its first semicolon", _ends_at(";")),
    "ending-at-a-comma": ("ends at its first comma", _ends_at(",")),
}


def _right_in_query(parameter: str, rights: tuple[str, ...], matches: Matches) -> Callable[[Call, Any], None]:
    def change(call: Call, _platform: Any) -> None:
        given = call.query.get(parameter, "")
        found = next((right for right in rights if matches(given, right)), None)
        if found is not None:
            call.query[parameter] = found

    return change


def _right_in_body(member: str, rights: tuple[str | None, ...], matches: Matches) -> Callable[[Call, Any], None]:
    def change(call: Call, _platform: Any) -> None:
        body = body_of(call)
        given = body.get(member) if isinstance(body, dict) else None
        for right in rights:
            if isinstance(given, str) and right and given != right and matches(given, right):
                call.body = call.body.replace(given.encode(), right.encode())

    return change


for _what, _operation, _parameter, _rights, _names in (
    ("username", NMP, "username", USERS, ("by-like", "by-a-glob", "ending-at-a-space")),
    ("device-id", NMP, "deviceId", (seed.USER_A.device, seed.USER_B.device), ("by-like", "by-an-expression")),
    ("smartcard", STB, "smartcardId", (seed.STB_A.smartcard or "",), ("by-like", "ending-at-a-comma")),
    ("content", SDP, "arg0", (seed.AUTHORISED,), ("by-like", "by-a-glob", "by-an-expression", "without-its-separators",
                                                  "ending-at-a-zero-byte", "ending-at-a-semicolon", "in-a-list")),
    ("stb-casn", STB, "casn", (seed.STB_A.casn or "", seed.STB_B.casn or ""), ("in-32-bits",)),
):  # fmt: skip
    for _name in _names:
        _words, _matches = PATTERNS[_name]
        calling(f"{_what}-{_name}", KIND, f"{_parameter} {_words}.", (_operation,), _right_in_query(_parameter, _rights, _matches))  # fmt: skip

for _what, _member, _found in (
    ("casn", "casn", (seed.STB_A.casn, seed.STB_B.casn)),
    ("challenge", "dasChallenge", (seed.STB_A.challenge, seed.STB_B.challenge)),
):
    calling(f"{_what}-by-like", KIND, f"{_member} is looked up with LIKE.", (DAS,), _right_in_body(_member, _found, _like))  # fmt: skip
calling("das-casn-in-32-bits", KIND, "casn is read as a number of 32 bits.", (DAS,), _right_in_body("casn", (seed.STB_A.casn, seed.STB_B.casn), _in_32_bits))  # fmt: skip


def _tenant_by(matches: Matches) -> Callable[..., Any]:
    def replacement(original: Callable[[Call], Any], service: Any) -> Callable[[Call], Any]:
        def check_tenant(call: Call) -> Any:
            own: str = service.platform.settings.tenant
            return own if matches(call.headers.get("nv-tenant-id", ""), own) else original(call)

        return check_tenant

    return replacement


overriding("account-tenant-by-like", KIND, "The tenant is looked up with LIKE.", (CREATE,), "adm", "check_tenant", _tenant_by(_like))  # fmt: skip
overriding(
    "account-tenant-in-a-list", KIND, "The tenant may be a list.", (CREATE,), "adm", "check_tenant", _tenant_by(_listed)
)
overriding(
    "das-tenant-in-a-list", KIND, "The tenant may be a list.", (DAS,), "ias", "check_tenant", _tenant_by(_listed)
)
overriding("das-tenant-by-a-glob", KIND, "The tenant may be a pattern.", (DAS,), "ias", "check_tenant", _tenant_by(_glob))  # fmt: skip
