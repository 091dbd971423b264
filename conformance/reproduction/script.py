"""Findings as one pytest file that whoever mends a platform runs without the suite: it needs httpx and pytest alone.

A finding becomes a test: passed where it is fixed, failed where it is still broken, skipped with the reason where that
cannot be said. Secrets are named environment variables, tokens are taken from the responses of the requests before.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from conformance.model import Json, JsonObject
from conformance.opentv.tokens import read_jwt
from conformance.reproduction.chain import Chain, created_by, member_of, same_signature
from conformance.reproduction.curl import LEFT_OUT, basic
from conformance.reproduction.expectations import expression
from conformance.reproduction.names import Names, Secret, secret_of
from conformance.reproduction.pieces import Piece, body_of, parameters, pieces
from conformance.stream import events

_LENGTH = re.compile(r"<[a-z]+:(\d+):")
# A hashed password and its salt, as the script makes them: (variable, characters) -> expression.
_MADE = {
    ("OTV_PASSWORD_HASH", 428): "base64.b64encode(HASHED).decode()",
    ("OTV_PASSWORD_HASH", 640): "HASHED.hex()",
    ("OTV_SALT", 24): "base64.b64encode(SALT).decode()",
}
# Characters of what was expected and seen.
MOST_SHOWN = 300
# What a cause says where any other signature does: not that of a certain key.
RESIGNED = "an altered signature"
# A larger number is a time since 1970, in seconds or less.
_TIME = 10**9
_BEGIN = "# The script begins here.\n"
_RESERVED = {
    *("altered", "at", "basic", "control", "holds", "judge", "prefix", "response", "secret", "secrets"),
    *keyword.kwlist,
}


@dataclass(frozen=True)
class Case:
    """A finding: its name, what it is about in a few lines, what was expected (any of) and seen, and its chain."""

    name: str
    about: tuple[str, ...]
    expected: tuple[str, ...]
    actual: str
    cause: str
    chain: Chain


def pytest_file(cases: Iterable[Case], names: Names, services: Mapping[str, str], head: str) -> str:
    """Return the file; `services` are the addresses of the run, each by the name of its variable (OTV_HDM_URL)."""
    asked: dict[str, str] = {}
    tests = [_test(case, names, services, asked) for case in cases]
    lines = [_one_line(head), "", "It needs httpx and pytest alone:", "", "    pip install httpx pytest"]
    lines += [f"    export {name}=...  # {hint}" for name, hint in sorted(asked.items())]
    lines += ["    pytest -rs THIS_FILE", "", "passed: FIXED. failed: STILL BROKEN. skipped: CANNOT, with the reason."]
    lines += ["Accounts that it creates have the password Replay-Pass.1. Another platform than that of the run:", ""]
    lines += [f"    export {name}={_one_line(url)}" for name, url in services.items()]
    addresses = [f"{_constant(name)} = os.environ.get({name!r}, {url!r})" for name, url in services.items()]
    prelude = Path(__file__).with_name("prelude.py").read_text(encoding="utf-8").partition(_BEGIN)[2]
    return "\n".join([_docstring("\n".join(lines)), "", prelude, *addresses, "", "", "\n\n\n".join(tests), ""])


def _constant(variable: str) -> str:
    return variable.removeprefix("OTV_").removesuffix("_URL")


def _docstring(text: str, indent: str = "") -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + f'\n{indent}"""'


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _test(case: Case, names: Names, services: Mapping[str, str], asked: dict[str, str]) -> str:
    chain = case.chain
    steps = (*chain.control, *(one for one in chain.steps if one not in chain.control))
    tokens = {
        source: {mark: _local(one.variable) for mark, one in found.items()}
        for source, found in chain.tokens(steps, names).items()
    }
    known = {mark: name for found in tokens.values() for mark, name in found.items()}
    writer = _Writer(names, services, asked, _fresh(steps), known, chain.altered, RESIGNED in case.cause)
    expected, indent = " or ".join(case.expected)[:MOST_SHOWN], "    "
    about = [*case.about, f"Expected: {expected}. Seen: {case.actual[:MOST_SHOWN]}."]
    lines = [_docstring(f"\n{indent}".join(_one_line(line) for line in about), indent)]
    lines += ["prefix = new_prefix()"] * (writer.fresh is not None)
    right = chain.control[-1].id if chain.control else ""
    for one in steps:
        kind = "shows the finding" if one is steps[-1] else "a valid request" if one.id == right else ""
        lines += [_one_line(f"# {one.id} {one.operation}{': ' * bool(kind)}{kind}"), *writer.request(one)]
        lines += ["control(response)"] * (one.id == right and one is not steps[-1])
        for mark, name in tokens.get(one.id, {}).items():
            lines.append(f"{name} = token_of(response, {member_of(one.response, mark)!r})")
    found = [expression(text, case.cause) for text in case.expected]
    holds = [text for text in found if text]
    lines.append(f"holds = [{', '.join(holds)}]")
    lines.append(f"judge(response, holds, {expected!r}, undecided={len(holds) < len(found)})")
    name = re.sub(r"[^A-Za-z0-9]", "_", case.name)
    return f"def test_{name}() -> None:\n" + "\n".join(indent + line for line in lines)


def changes(base: str, altered: str) -> list[tuple[int, str, str, Json]]:
    """Return what makes one token of another under its signature, for `altered` of the script.

    Each has the part (0 header, 1 claims) and the name of a member, and what is done: `set` to a value, `shift` by a
    number (of times, which are others by then), or `drop`.
    """
    found: list[tuple[int, str, str, Json]] = []
    for part, (before, after) in enumerate(zip(_members(base), _members(altered), strict=True)):
        found += [(part, name, "drop", None) for name in before if name not in after]
        for name, value in after.items():
            was = before.get(name)
            if value == was:
                continue
            if all(isinstance(one, int) and one > _TIME for one in (was, value)):
                found.append((part, name, "shift", int(str(value)) - int(str(was))))
            else:
                found.append((part, name, "set", value))
    return found


def _members(token: str) -> tuple[JsonObject, JsonObject]:
    jwt = read_jwt(token.rpartition(".")[0] + ".")
    return (jwt.header, jwt.claims) if jwt else ({}, {})


def _local(variable: str) -> str:
    name = variable.removeprefix("OTV_").lower()
    return name if name.isidentifier() and name not in _RESERVED else f"its_{name}"


def _fresh(steps: Iterable[events.Exchange]) -> re.Pattern[str] | None:
    """Return what finds the names of created things, which must be new in each run of the script."""
    texts = {text for one in steps for text in created_by(one)}
    spellings = {spelling for text in texts for spelling in (text, quote(text), quote(text, safe=""))}
    longest_first = sorted(spellings, key=len, reverse=True)
    return re.compile("|".join(re.escape(text) for text in longest_first)) if texts else None


@dataclass
class _Writer:
    """Writes requests as Python; `asked` gathers the environment variables that they need, each with what it is."""

    names: Names
    services: Mapping[str, str]
    asked: dict[str, str]
    fresh: re.Pattern[str] | None
    tokens: Mapping[str, str]
    altered: Mapping[str, str]
    resigned: bool

    def request(self, event: events.Exchange) -> Iterator[str]:
        """Yield the lines of one request."""
        request, operation = event.request, event.operation
        headers = [line for name, value in request.headers for line in self._header(name, value, operation)]
        yield "response = send("
        yield f"    {request.method!r},"
        yield f"    {self._url(request.url, event)},"
        yield f"    headers=[{', '.join(headers)}],"
        body = body_of(request)
        if body:
            text = self._text(pieces(body), operation)
            yield f"    content=({text}).encode('latin-1')," if request.body_base64 else f"    content={text},"
        yield ")"

    def _header(self, name: str, value: str, operation: str) -> Iterator[str]:
        if name.lower() in LEFT_OUT:
            return
        both = basic(name, value, lambda hidden: self.names.of(hidden, operation))
        if both:
            yield f"({name!r}, basic({', '.join(self._asked(one) for one in both)}))"
            return
        yield f"({name!r}, {self._text(pieces(value, name), operation)})"

    def _url(self, url: str, event: events.Exchange) -> str:
        operation = event.operation
        base, query = parameters(url)
        lead, own = "", f"OTV_{event.service.upper()}_"
        # Services may share an address: the own one first.
        for name, address in sorted(self.services.items(), key=lambda one: (not one[0].startswith(own), -len(one[1]))):
            if address and base.startswith(address):
                lead, base = f"{_constant(name)} + ", base[len(address) :]
                break
        parts: list[str] = [self._text(pieces(base), operation)]
        for number, (sent, name, plain) in enumerate(query):
            mark = "&" if number else "?"
            hidden = [*pieces(plain, name)]
            if all(isinstance(one, str) for one in hidden):
                parts.append(self._text([mark + sent], operation))
            else:
                parts += [repr(f"{mark}{sent.partition('=')[0]}="), f"in_url({self._text(hidden, operation)})"]
        return lead + " + ".join(parts)

    def _text(self, parts: Iterable[Piece], operation: str) -> str:
        found = [expr for part in parts for expr in self._piece(part, operation)]
        return " + ".join(found) or "''"

    def _piece(self, part: Piece, operation: str) -> Iterator[str]:
        if isinstance(part, str):
            end = 0
            for one in self.fresh.finditer(part) if self.fresh else ():
                yield from (repr(part[end : one.start()]), "prefix")
                end = one.start()
            yield repr(part[end:])
        elif part.mark in self.tokens:
            yield self.tokens[part.mark]
        elif made := self._made_of_an_issued_one(part.mark):
            yield made
        else:
            length = _LENGTH.search(part.mark)
            kind = secret_of(part, operation).variable, int(length[1]) if length else 0
            yield _MADE.get(kind) or self._asked(self.names.of(part, operation))

    def _made_of_an_issued_one(self, mark: str) -> str:
        base = self.altered.get(mark, "")
        own = same_signature(base, mark)
        if base not in self.tokens or not (own or self.resigned):
            return ""
        return f"altered({self.tokens[base]}, {changes(base, mark)!r}{'' if own else ', resigned=True'})"

    def _asked(self, secret: Secret) -> str:
        self.asked[secret.variable] = secret.hint
        return f"secret({secret.variable!r}, {secret.hint!r})"
