"""Tokens that end before their time: some seconds old, or used some times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.reference.faults import Fault, register
from conformance.reference.faults.harder.occasions import FromUse, OlderThan, bearer
from conformance.reference.faults.making import memory, overriding
from conformance.reference.faults.occasion import Occasion
from conformance.reference.faults.operations import CREATE, GENERATE, INITIALISE, MDS, SDP, UPDATE
from conformance.reference.wire import Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer

LATER = "later"
AGE_S, USES = 3.0, 12
NO_JWT = "a.b.c"


def _ends(
    name: str, summary: str, operation: str, nothing: str, occasion: Callable[[], Occasion], *, after: str = ""
) -> None:
    """On an occasion the token of a request is read as one that nobody issued; `after` is what the occasion sees, too."""

    def on_request(call: Call, _platform: Platform) -> Call:
        if call.operation != operation:
            return call
        if operation == SDP or "token" in call.query:
            call.query["token"] = nothing
        elif operation in INITIALISE:
            call.body = urlencode({**call.form, "token": nothing}).encode()
        else:
            call.headers["authorization"] = f"Bearer {nothing}"
        call.__dict__.pop("form", None)
        return call

    operations = (operation, after) if after else (operation,)
    register(Fault(name, LATER, summary, operations, on_request=on_request, occasion=occasion))


class OldUpdated(OlderThan):
    """For tokens that an update brought some seconds ago."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._updated: set[str] = set()

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether an update brought the caller's token, and it is old."""
        return super().acts(call, platform) and bearer(call) in self._updated

    def answered(self, call: Call, answer: Answer, platform: Platform) -> None:
        """Notes the token of an update."""
        if call.operation == UPDATE and isinstance(answer.data, dict):
            self._updated.add(str(answer.data.get("access_token")))


_old = partial(OlderThan, AGE_S)
_ends("signon-token-ends-early-at-sdp", "A signon token is good for three seconds at SDP.", SDP, "ended", _old)
_ends("signon-token-ends-early-at-initialise-by-get", "A signon token is good for three seconds.", INITIALISE[0], "ended", _old)  # fmt: skip
_ends("signon-token-ends-early-at-initialise-by-post", "A signon token is good for three seconds.", INITIALISE[1], "ended", _old)  # fmt: skip
_ends("access-token-ends-early-at-generate", "An access token is good for three seconds.", GENERATE, NO_JWT, _old)
_ends("access-token-ends-early-at-update", "An access token is good for three seconds.", UPDATE, NO_JWT, _old)
_ends("access-token-ends-early-at-mds", "An access token is good for three seconds at MDS.", MDS, NO_JWT, _old)
_ends("crm-token-ends-early", "A CRM's token is good for three seconds.", CREATE, NO_JWT, _old)

_updated = partial(OldUpdated, AGE_S)
_ends("updated-token-ends-early-at-generate", "An updated token is good for three seconds.", GENERATE, NO_JWT, _updated, after=UPDATE)  # fmt: skip
_ends("updated-token-ends-early-at-update", "An updated token is good for three seconds.", UPDATE, NO_JWT, _updated)

_used = partial(FromUse, USES)
_ends("access-token-good-for-some-uses-at-generate", f"An access token is good for {USES - 1} uses.", GENERATE, NO_JWT, _used)  # fmt: skip
_ends("access-token-good-for-some-uses-at-mds", f"An access token is good for {USES - 1} lists.", MDS, NO_JWT, _used)


def _kept_too_long(original: Callable[[str], Any], service: Any) -> Callable[[str], Any]:
    """A broadcast token is good for some seconds from its first use."""

    def open_broadcast(broadcast: str) -> Any:
        seen: dict[str, int] = memory(service.platform).setdefault("broadcasts", {})
        now = service.platform.now_ms()
        if now - seen.setdefault(broadcast, now) > AGE_S * 1000:
            raise Refusal(400, "updateInHomeToken is not valid.")
        return original(broadcast)

    return open_broadcast


overriding("broadcast-ends-early", LATER, "A broadcast token is good for three seconds.", (UPDATE,), "in_home", "open_broadcast", _kept_too_long)  # fmt: skip
