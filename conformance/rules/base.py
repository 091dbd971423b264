"""What a rule is, what it may know, and how it registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.contract import Operation, load_contract
from conformance.errors import SuiteError
from conformance.model import Exchange, Judgement
from conformance.register import Register

_SAME_CLOCK_MS = 2_000.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
JudgeFunction = Callable[[Exchange, "Context"], Iterable[Judgement]]


@dataclass(frozen=True)
class Context:
    """What a rule may know of the run beside the exchange.

    Attributes:
        register: the requirements.
        tenant: the tenant id of the target file.
        features: the features that the target declares.
        pins: readings that the target file pins.
        token_keys: JWT `kid` -> key bytes, where the target file gives them.
        secrets: values that no answer may repeat (passwords, challenges, salts), as text.
    """

    register: Register
    tenant: str = ""
    features: frozenset[str] = frozenset()
    pins: Mapping[str, str] = field(default_factory=dict)
    token_keys: Mapping[str, bytes] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """A rule: the function, and to which exchanges it applies.

    `reads_body`: it looks at the body of the response; `reads_token`: at the token of the request, and says nothing of
    a request without one; `reads_secrets`: it looks for secrets, so that what is redacted cannot be seen to keep it.
    """

    name: str
    requirements: tuple[str, ...]
    operations: frozenset[str]
    statuses: frozenset[int]
    function: JudgeFunction
    reads_body: bool = True
    reads_token: bool = False
    reads_secrets: bool = False

    def applies(self, exchange: Exchange) -> bool:
        """Tell whether the rule has anything to say of an exchange."""
        if exchange.response is None or (self.operations and exchange.operation not in self.operations):
            return False
        return not self.statuses or exchange.status in self.statuses


RULES: dict[str, Rule] = {}


def rule(
    *requirements: str,
    operations: Sequence[str] = (),
    statuses: Sequence[int] = (),
    reads_body: bool = True,
    reads_token: bool = False,
    reads_secrets: bool = False,
) -> Callable[[JudgeFunction], JudgeFunction]:
    """Register a rule that judges the requirements named.

    It is asked about exchanges of `operations` (all, if empty) with a response of `statuses` (all, if empty), and where
    it reads the body only about those whose body is known.
    """

    def register(function: JudgeFunction) -> JudgeFunction:
        name = function.__name__
        if name in RULES:
            raise SuiteError(f"two rules are named {name!r}")
        asked = frozenset(operations), frozenset(statuses)
        RULES[name] = Rule(name, requirements, *asked, function, reads_body, reads_token, reads_secrets)
        return function

    return register


def documented_operation(exchange: Exchange) -> Operation | None:
    """Return the contract's operation; None where the request has another method: HEAD and OPTIONS are never judged."""
    operation = load_contract().operations.get(exchange.operation)
    return operation if operation and operation.method == exchange.request.method.upper() else None


def renews(exchange: Exchange) -> bool:
    """Tell whether a refresh token was sent: no document speaks of the response, and OAuth lets it be shorter."""
    return exchange.operation == "keycloakToken" and b"grant_type=refresh_token" in exchange.request.body


def clock_of(exchange: Exchange) -> tuple[float, float]:
    """Return the target's clock as `server_time_ms` has it; without a Date, one on this very machine has our clock."""
    now, tolerance = exchange.server_time_ms
    dated = exchange.response is not None and exchange.response.header("date")
    if not dated and urlsplit(exchange.request.url).hostname in _LOOPBACK:
        tolerance = _SAME_CLOCK_MS
    return now, tolerance
