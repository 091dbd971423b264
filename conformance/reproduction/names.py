"""What the secrets of a run are called where somebody is asked for them: one name for one secret."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from conformance.contract import load_contract
from conformance.model import Json, NotJson, parse_json
from conformance.redaction import MASK
from conformance.reproduction.pieces import AUTHORIZATION, Hidden, hidden_in, parameters
from conformance.stream import events

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
# What is itself within double quotes of a shell.
_PLAIN = re.compile(r"[A-Za-z0-9.@_+-]{1,80}")
_HINTS = {
    "live.hdm_token": "sign on first",
    "live.device_token": "sign on first",
    "live.ias_token": "sign on first",
    "live.crm_token": "get a token of the operator first",
    "live.broadcast_token": "get it by generateUpdateInHomeToken first",
    "live.password_hash": "a password hashed as the document says",
    "live.salt": "the salt of the hashed password in Base64",
}
# In the target file these are no subjects.
_SECTIONS = ("credentials", "services", "tenant", "account_template")


@dataclass(frozen=True)
class Secret:
    """The variable that holds a secret, and in words what it is: letters, digits, spaces, dots and commas.

    With a `head`, the signature alone of the token in the variable is meant, after this header and these claims.
    """

    variable: str
    hint: str
    head: str = ""


class Names:
    """Names the secrets of a run: `***` without a fingerprint is named by its place alone."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[str, Secret] = {}
        self._numbers: Counter[str] = Counter()

    def learn(self, event: events.Exchange, issued: Collection[str] = ()) -> None:
        """Name the secrets of a valid request, which are those of the target file; not what the target issued."""
        for hidden in hidden_in(event.request):
            if hidden.mark not in self._known and hidden.mark not in issued and hidden.mark != MASK:
                found = secret_of(hidden, event.operation)
                self._known[hidden.mark] = self._numbered(found.variable, found.hint + _whose(hidden, event))

    def of(self, hidden: Hidden, operation: str) -> Secret:
        """Return the name of a secret; one that no valid request had is another than the target file's."""
        if hidden.mark in self._known:
            return self._known[hidden.mark]
        found = secret_of(hidden, operation)
        # A token that no valid request had, and no response, is one that the suite made.
        made = bool(self._known) and _source(hidden.place, operation).endswith("_token")
        if hidden.mark == MASK or not (made or found.variable in self._numbers):
            return found
        hint = f"another value than {found.variable}, the one that the finding describes"
        other = self._numbered(found.variable.replace("OTV_", "OTV_OTHER_", 1), hint)
        self._known[hidden.mark] = other
        return other

    def _numbered(self, name: str, hint: str) -> Secret:
        self._numbers[name] += 1
        number = self._numbers[name]
        return Secret(name if number == 1 else f"{name}_{number}", hint)


def _whose(hidden: Hidden, event: events.Exchange) -> str:
    """Say whose secret it is by what stands beside it in the request: a user name, or the number of a box."""
    subject = _source(hidden.place, event.operation).partition(".")[0]
    operation = load_contract().operations.get(event.operation)
    given: dict[str, Json] = {name: value for _, name, value in parameters(event.request.url)[1]}
    with suppress(NotJson):
        body = parse_json(event.request.raw)
        given |= body if isinstance(body, dict) else {}
    for one in (*operation.parameters, *operation.fields) if operation and subject else ():
        value = str(given.get(one.name, ""))
        if one.from_target in (f"{subject}.username", f"{subject}.casn") and _PLAIN.fullmatch(value):
            return f", that of {value}"
    return ""


def secret_of(hidden: Hidden, operation: str) -> Secret:
    """Return what a secret is called by its place in a request of an operation."""
    source = _source(hidden.place, operation)
    if not source:
        place = "token" if hidden.place.lower() == AUTHORIZATION.lower() else hidden.place
        return Secret(variable(place), "a secret that the report does not show")
    section, _, rest = source.partition(".")
    hint = _HINTS.get(source) or f"{source if section in _SECTIONS else 'subjects.' + source} of the target file"
    return Secret(variable(rest if section in ("live", "credentials") else source), hint)


def _source(place: str, operation: str) -> str:
    """Return where the contract says that the value of a place comes from; empty where it does not say."""
    contract = load_contract()
    found = contract.operations.get(operation)
    if found is None:
        return ""
    if place.lower() == AUTHORIZATION.lower():
        schemes = (contract.scheme(found.service, name) for name in found.security if name)
        return next((scheme.from_target for scheme in schemes if scheme.from_target), "")
    parameter = found.parameter(place)
    return parameter.from_target if parameter else ""


def variable(name: str) -> str:
    """Return the shell variable that stands for a secret: `dasChallenge` becomes `OTV_DAS_CHALLENGE`."""
    words = [word for word in _WORD.split(name) if word]
    return "_".join(["OTV", *(word.upper() for word in words)]) if words else "OTV_SECRET"
