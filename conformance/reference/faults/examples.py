"""A first fault of each kind, as patterns for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from conformance.reference.faults import alters_answers, alters_calls, replaces
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.state import Device, User


@replaces("ias", "verify_signature", "generateUpdateInHomeToken", "updateInHomeStatus", kind="check left out")
def unverified_signature(original: Callable[[str], Any], _service: Any) -> Callable[[str], Any]:
    """The signature of access tokens is not verified."""

    def verify_signature(token: str) -> Any:
        try:
            return jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        except jwt.PyJWTError:
            return original(token)

    return verify_signature


@replaces("hdm", "owns_device", "nmpsignontokens", kind="isolation")
def foreign_device_accepted(_original: Callable[[User, Device], bool], _service: Any) -> Callable[[User, Device], bool]:
    """A user signs on with the device of another account."""
    return lambda _user, _device: True


@alters_answers("stbsignontokens", "nmpsignontokens", kind="unit")
def expiry_in_seconds(_call: Call, answer: Answer, _platform: Platform) -> Answer:
    """The expiry of a signon is in seconds."""
    if answer.status == 200:
        answer.data["expiry"] //= 1000
    return answer


@alters_answers(kind="status")
def unauthorised_for_forbidden(_call: Call, answer: Answer, _platform: Platform) -> Answer:
    """Every 403 is answered 401."""
    if answer.status == 403:
        answer.status = 401
    return answer


@alters_calls("stbsignontokens", kind="robustness")
def long_smartcard_breaks(call: Call, _platform: Platform) -> Call | Answer:
    """A smartcardId of more than 200 characters ends in a 500."""
    if len(call.query.get("smartcardId", "")) > 200:
        return Answer(status=500, raw=b"String index out of range", content_type="text/plain")
    return call
