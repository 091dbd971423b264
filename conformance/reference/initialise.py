"""Initialise device: the player's opaque data goes in, the opaque answer and a token come out.

Source: hdm-authentication, "Initialise device". URL and the payload's name are lost there; NAGRA's JavaScript client
posts a form of `arg0..2` under `/qsp/gateway/http/js`; its name for the payload is `initializationPayload` (contract
note 1.4).
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reference.gate import gate_refusal
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.state import Device, SignonToken
from conformance.reference.tokens import decode_base64
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.hdm import Hdm
    from conformance.reference.sdp import Sdp

ACTION = "gateway/http/js/NmpExtendedService/initializeDevice"
BASES = {"both": ("/hue-gateway/", "/qsp/"), "hue-gateway": ("/hue-gateway/",), "qsp": ("/qsp/",)}
NAMES = ("playerVersion", "playerType", "initializationPayload")
POSITIONS = ("arg0", "arg1", "arg2")


class InitialiseError(Exception):
    """An initialisation that fails: the answer's `status`, in a response that is otherwise a success."""


@dataclass(frozen=True, slots=True)
class PlayerData:
    """The three things that a player says about itself."""

    version: str
    type: str
    payload: bytes


class Initialise(Service):
    """Device initialisation in non-direct mode."""

    name = "initialise"

    def __init__(self, platform: Context, hdm: Hdm, sdp: Sdp) -> None:
        super().__init__(platform)
        self.hdm = hdm
        self.sdp = sdp

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        if self.reads("nmp-mode") == "direct-alone":
            return []
        paths = tuple(base + ACTION for base in BASES[self.reads("initialise-base")])
        return [
            Operation("initialiseDeviceByGet", "GET", paths, "initialise"),
            Operation("initialiseDeviceByPost", "POST", paths, "initialise"),
        ]

    def error_body(self, refusal: Refusal) -> Json:
        """SDP's error shape."""
        return self.sdp.error_body(refusal)

    async def initialise(self, call: Call) -> Answer:
        """Initialises the player's device in the account behind the token."""
        token = self.hdm.verify_token(call.fields.get("token", ""))
        if token is None:
            return self.refuse_token()
        try:
            player = self.player_data(call)
            device = self.provision(token, player)
        except InitialiseError as error:
            return self.failure(str(error), token)
        return self.success(device, token)

    @action
    def refuse_token(self) -> Answer:
        """The answer for a token that is missing, forged or expired: the gate's (platform-gate), or a failure."""
        option = self.reads("initialise-gate")
        if option == "in-body":
            return self.failure(self.error_status(), None)
        raise gate_refusal(int(option), "The authentication token is not valid.")

    @decision
    def player_data(self, call: Call) -> PlayerData:
        """The player's parameters, by name or by position."""
        forms = {"both": (NAMES, POSITIONS), "named": (NAMES,), "positional": (POSITIONS,)}
        for names in forms[self.reads("initialise-parameters")]:
            version, kind, encoded = (call.fields.get(name, "") for name in names)
            if self.reads("initialise-player-details") == "ignored":
                if names[2] in call.fields:
                    return PlayerData(version, kind, encoded.encode("utf-8", "replace"))
            elif any((version, kind, encoded)):
                self.require_parameters(version, kind, encoded)
                return PlayerData(version, kind, self.decode_payload(call, encoded))
        self.require_parameters("", "", "")
        raise InitialiseError(self.error_status())

    @decision
    def require_parameters(self, version: str, kind: str, payload: str) -> None:
        """playerVersion, playerType and the payload are mandatory."""
        if not (version.strip() and kind.strip() and payload.strip()):
            if self.reads("initialise-missing-parameter") == "400":
                raise Refusal(400, "A mandatory parameter is missing.")
            raise InitialiseError(self.error_status())

    @decision
    def decode_payload(self, call: Call, encoded: str) -> bytes:
        """The payload's bytes: base64url by GET, base64 by POST, says the page; both understand either alphabet."""
        payload = decode_base64(encoded) if self.accepts_padding(call, encoded) else None
        if not payload:
            raise InitialiseError(self.error_status())
        return payload

    @decision
    def accepts_padding(self, call: Call, encoded: str) -> bool:
        """Whether the payload ends as this platform wants it: with padding, without by GET, or in either way."""
        option = self.reads("initialise-payload-padding")
        if option == "either" or (option == "unpadded" and call.method == "POST"):
            return True
        return encoded.endswith("=") == (option == "padded") or (option == "padded" and len(encoded) % 4 == 0)

    @decision
    def error_status(self) -> str:
        """The status of a failed initialisation."""
        return {"internal-error": "INTERNAL_ERROR", "upgrade": "PLAYER_UPGRADE_REQUIRED"}[
            self.reads("initialise-error-status")
        ]

    @action
    def provision(self, token: SignonToken, player: PlayerData) -> Device:
        """The player's device in the caller's account: one and the same for one and the same payload."""
        salt = self.platform.fresh_id().encode() if self.reads("initialise-device") == "fresh" else b""
        print_of_player = hashlib.sha256(token.account.encode() + b"\0" + player.payload + salt).hexdigest()
        device = Device(f"NMP-{print_of_player[:12].upper()}", token.account, "open", "ACTIVE", "OPEN")
        self.database.insert("devices", device, keep=True)
        return device

    @action
    def success(self, device: Device, token: SignonToken) -> Answer:
        """The success response: what the player decodes, and a token that replaces the signon's."""
        opaque = base64.b64encode(json.dumps({"deviceId": device.id, "v": 1}).encode()).decode()
        return self.answer({**self.versions(), "status": "OK", "response": opaque}, token)

    @action
    def failure(self, status: str, token: SignonToken | None) -> Answer:
        """The error response: HTTP 200 and resultCode "0" all the same, a status that is not OK, and no `response`."""
        failed = self.answer({**self.versions(), "status": status}, token)
        failed.status = 200 if self.reads("initialise-error-http") == "ok" else 500
        return failed

    @decision
    def versions(self) -> dict[str, Json]:
        """What an upgrade would be: null in both printed forms."""
        if self.reads("initialise-download-url") == "null":
            return {"downloadURL": None, "masterVersion": None}
        return {"downloadURL": "https://cdn.example.test/player.zip", "masterVersion": "5.15.0"}

    @action
    def answer(self, result: dict[str, Json], token: SignonToken | None) -> Answer:
        """The envelope of both."""
        data = {"resultCode": "0", "result": result, "token": self.next_token(token), "requestId": str(uuid.uuid4())}
        return Answer(data=data)

    @action
    def next_token(self, token: SignonToken | None) -> str | None:
        """The token of the answer."""
        if token is None or self.reads("initialise-token") == "same":
            return token.token if token else None
        return self.hdm.issue_token(token.account, token.device, token.user, plain_base64=True).token
