"""On which requests a fault acts: one in ten, from the fifth, after a refusal, for one account, for an old token.

An occasion is asked only where the fault would change something, so that one in ten is one in ten of the requests on
which the fault can be seen.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from conformance.reference import seed
from conformance.reference.faults.making import body_of, claims_of
from conformance.reference.faults.occasion import Occasion

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

FLIGHT_S = 0.02
ERROR = 400
OK = 200


class Every(Occasion):
    """One in so many of the requests on which the fault could be seen."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._count = 0

    def acts(self, call: Call, platform: Platform) -> bool:
        """The tenth, the twentieth, and so on."""
        self._count += 1
        return self._count % self._number == 0


class FromUse(Occasion):
    """From the so manieth request on that one caller (a token, a name, a box) makes."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._uses: Counter[str] = Counter()

    @asynccontextmanager
    async def serving(self, call: Call) -> AsyncIterator[None]:
        """Counts the request."""
        self._uses[credential(call)] += 1
        yield

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the caller has called often enough."""
        return self._uses[credential(call)] >= self._number


class Again(Occasion):
    """From the second time that one and the same request comes: what was refused is known the next time."""

    def __init__(self) -> None:
        self._seen: set[tuple[object, ...]] = set()

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the request came before."""
        headers = (call.headers.get("authorization"), call.headers.get("nv-tenant-id"))
        request = (call.operation, *sorted(call.query.items()), call.body, *headers)
        known = request in self._seen
        self._seen.add(request)
        return known


class AfterRefusal(Occasion):
    """On the request that follows a refused one, whoever sends it."""

    def __init__(self) -> None:
        self._refused: dict[str, bool] = {}

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the operation refused the request before."""
        return self._refused.get(call.operation, False)

    def answered(self, call: Call, answer: Answer, platform: Platform) -> None:
        """Notes a refusal."""
        self._refused[call.operation] = answer.status >= ERROR


class AfterUpdate(Occasion):
    """For an account of which a device updated its in-home status."""

    def __init__(self) -> None:
        self._updated: set[str] = set()

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the caller's account has had an update."""
        return account_of(call, platform) in self._updated

    def answered(self, call: Call, answer: Answer, platform: Platform) -> None:
        """Notes an update."""
        if call.operation == "updateInHomeStatus" and answer.status == OK:
            self._updated.add(account_of(call, platform))


class SecondAccount(Occasion):
    """For the second account only."""

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the caller is of account B."""
        return account_of(call, platform) == seed.USER_B.account


class Overlap(Occasion):
    """When another request of the operation is being served."""

    def __init__(self) -> None:
        self._serving = 0

    @asynccontextmanager
    async def serving(self, call: Call) -> AsyncIterator[None]:
        """Takes a moment, so that requests can overlap."""
        self._serving += 1
        try:
            await asyncio.sleep(FLIGHT_S)
            yield
        finally:
            self._serving -= 1

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether this is not the only request."""
        return self._serving > 1


class InFlight(Overlap):
    """When so many requests of the operation are being served."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether so many are being served."""
        return self._serving >= self._number


class OlderThan(Occasion):
    """For tokens that were first seen, or issued, more than so many seconds ago."""

    def __init__(self, seconds: float) -> None:
        self._ms = seconds * 1000
        self._seen: dict[str, int] = {}

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the caller's token is old."""
        text, now = credential(call), platform.now_ms()
        known = platform.database.signon_token(text)
        issued = known.issued_ms if known else self._seen.setdefault(text, now)
        return now - issued > self._ms


def bearer(call: Call) -> str:
    """The token of the Authorization header; empty where there is none."""
    scheme, _, rest = call.headers.get("authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def credential(call: Call) -> str:
    """What names the caller: a token, a user, a box."""
    fields, body = call.fields, body_of(call)
    casn = body.get("casn") if isinstance(body, dict) else None
    arg3 = fields.get("arg3")
    return str(
        fields.get("token") or fields.get("username") or fields.get("smartcardId") or arg3 or casn or bearer(call)
    )


def account_of(call: Call, platform: Platform) -> str:
    """The account of whoever calls; empty where it cannot be said."""
    name, database = credential(call), platform.database
    token, user = database.signon_token(name), database.user("opf", name)
    box = database.device_by_smartcard(name) or database.device_by_casn(name)
    found = token or user or box
    claims = claims_of(name) or {}
    return found.account if found is not None else str(claims.get("accountId", ""))
