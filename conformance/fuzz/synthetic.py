"""Synthetic values in place of subjects and credentials that a target file does not give: well formed, and of nobody.

Nothing made of them should succeed, so that no refusal is judged by what was wrong with the request: the rules judge
the responses alone, and what is carried out although nobody is allowed to.
"""

from __future__ import annotations

import base64
import secrets
import string
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial

from conformance.fuzz.render import Omitted
from conformance.fuzz.values import CHANGES
from conformance.model import Json
from conformance.opentv.tokens import make_jwt
from conformance.target import Target

_HEX = "0123456789ABCDEF"
# The longest time that a token of a platform is valid for, about.
_LIFETIME_S = 3600


def _drawn(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _token() -> str:
    now = int(time.time())
    claims: dict[str, Json] = {"sub": secrets.token_hex(8), "iat": now, "exp": now + _LIFETIME_S}
    return make_jwt({"alg": "HS256", "typ": "JWT"}, claims, secrets.token_bytes(32))


def _base64(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode()


_digits, _hexadecimal = partial(_drawn, string.digits), partial(_drawn, _HEX)
_text = partial(_drawn, string.ascii_letters + string.digits)
_FORMS: Mapping[str, Callable[[], Json]] = {
    "stb.smartcardId": lambda: _digits(12),
    "stb.nuId": lambda: _hexadecimal(12),
    "stb.casn": lambda: _digits(10),
    "stb.csadList": lambda: _hexadecimal(32),
    "stb.dasChallenge": lambda: _text(32),
    "stb.scheme": lambda: "CONNECT",
    "user.username": lambda: f"nobody-{secrets.token_hex(5)}@example.test",
    "user.password": lambda: f"Nobody-{_text(12)}",
    "user.deviceId": lambda: f"NMP-{_hexadecimal(6)}",
    "gateway.smartcardId": lambda: _digits(12),
    "player.playerVersion": lambda: "1.0.0",
    "player.playerType": lambda: "OPENTV_PLAYER",
    "player.initializationPayload": lambda: _text(64),
    "account_template.accountProfileId": lambda: f"NOBODY-{_hexadecimal(6)}",
    "account_template.npvrProfileName": lambda: f"NOBODY_{_hexadecimal(6)}",
    "account_template.billingAddress": list,
    "credentials.sdp": lambda: base64.b64encode(f"nobody:{_text(16)}".encode()).decode(),
    "content.authorized": lambda: f"CMS-{_digits(8)}",
    "live.email": lambda: f"nobody-{secrets.token_hex(5)}@example.test",
    "live.password_hash": lambda: _base64(32),
    "live.salt": lambda: _base64(16),
    "live.geo_block_exempt": lambda: False,
    "live.hdm_token": _token,
    "live.device_token": _token,
    "live.ias_token": _token,
    "live.broadcast_token": lambda: _text(120),
    "live.crm_token": _token,
}


class SyntheticValues:
    """Synthetic values of one operation's placeholders; tenant and provider are the target's."""

    def __init__(self, target: Target, operation: str) -> None:
        mds = target.services.get("mds")
        self._operation = operation
        self._drawn: dict[str, Json] = {
            "tenant": target.tenant,
            "services.mds.provider": mds.provider if mds else "GLOBAL",
        }

    def new_request(self) -> None:
        """Nothing has to differ from request to request."""

    def renew(self) -> None:
        """Nothing expires."""

    def recall(self, path: str) -> Json:
        """Return the value that requests are made with."""
        return self.get(path, "")

    def get(self, path: str, change: str) -> Json:
        """Return the value of a placeholder.

        Raises:
            Omitted: no request needs it.
        """
        if path == "live.correlation_id":
            return str(uuid.uuid4())
        if path == "stb.macAddress":
            raise Omitted
        value = self._authorisation() if path == "auth" else self._value(path)
        if change in CHANGES:
            return CHANGES[change](value if isinstance(value, str) else str(value))
        return _FORMS[path]() if change else value

    def _value(self, path: str) -> Json:
        if path not in self._drawn:
            self._drawn[path] = _FORMS.get(path, lambda: _text(24))()
        return self._drawn[path]

    def _authorisation(self) -> str:
        if self._operation == "isContentAuthorised":
            return f"Basic {self._value('credentials.sdp')}"
        live = "live.crm_token" if self._operation.startswith("createAccount") else "live.ias_token"
        return f"Bearer {self._value(live)}"
