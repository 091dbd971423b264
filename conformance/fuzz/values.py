"""The target's values for the plan's placeholders: subjects, credentials, live tokens from the session's flows."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Mapping

from conformance.errors import CouldNotTest
from conformance.fuzz.render import Omitted
from conformance.model import Json
from conformance.session import (
    Sender,
    Session,
    accounts,
    creations,
    crm,
    forgery,
    hdm,
    ias,
    initialise,
    licences,
    lookalikes,
)
from conformance.target import Source, reveal

# A value that is made afresh at every use (a command of the target file) may cost this much time in a run.
MOST_SECONDS_FOR_COMMANDS = 30.0
# How long what a flow gave is used before it is asked for again.
REUSE_S = 20.0


class TooSlow(CouldNotTest):
    """The target file's commands have taken their time; what needs them anew is not sent."""


class FuzzSender(Sender):
    """Sends the requests of flows: valid ones, from which the live values come."""

    def __init__(self, session: Session, made_by: str = "fuzz") -> None:
        super().__init__(session, made_by)


class TargetValues:
    """Values of one operation's placeholders."""

    def __init__(self, sender: FuzzSender, operation: str) -> None:
        self.sender = sender
        self.operation = operation
        self._kept: dict[str, tuple[Json, float]] = {}
        self._last: dict[str, Json] = {}
        self._single_use: set[str] = set()
        self._command_time = 0.0
        self._account: Mapping[str, object] = {}
        self._live: dict[str, Callable[[], Json]] = {
            "live.hdm_token": lambda: reveal(hdm.user_token(sender)),
            "live.device_token": lambda: reveal(licences.client_token(sender)),
            "live.ias_token": self._ias_token,
            "live.broadcast_token": lambda: ias.broadcast_token(sender),
            "live.crm_token": lambda: reveal(crm.crm_token(sender)),
            "stb.scheme": lambda: ias.scheme_of(sender, "stb"),
            "tenant": lambda: sender.session.target.tenant,
            "content.authorized": lambda: licences.content_id(sender, "authorized"),
            "services.mds.provider": self._provider,
            "player.initializationPayload": self._payload,
            "auth": self._authorisation,
        }

    def new_request(self) -> None:
        """Forget what no two requests share."""
        self._account = {}
        for path in self._single_use:
            self._kept.pop(path, None)

    def renew(self) -> None:
        """Forget everything, so that live values are asked for again."""
        self._kept.clear()
        self._account = {}

    def recall(self, path: str) -> Json:
        """Return the value that the request was made with, or the last one: nothing is made anew for it."""
        if path in self._last and path not in self._live and path not in ACCOUNT_FIELDS:
            return self._last[path]
        return self.get(path, "")

    def get(self, path: str, change: str) -> Json:
        """Return the value of a placeholder.

        Raises:
            Omitted: the target has none, and none is needed.
            CouldNotTest: the target has none.
        """
        if path == "live.correlation_id":
            return str(uuid.uuid4())
        if path == "credentials.sdp" and change:
            return base64.b64encode(f"{lookalikes.unknown_username('mdrm')}:nobody".encode()).decode()
        value = self._right(path)
        if not change:
            return value
        text = value if isinstance(value, str) else str(value)
        if path == "user.username":
            return lookalikes.unknown_username(text)
        return CHANGES[change](text)

    def _right(self, path: str) -> Json:
        if path in ACCOUNT_FIELDS:
            return self._of_account(ACCOUNT_FIELDS[path])
        kept = self._kept.get(path)
        if kept is not None and time.monotonic() < kept[1]:
            return kept[0]
        source = self._source(path)
        if source is not None:
            value: Json = self._read(source)
        else:
            value = self._live[path]() if path in self._live else self._of_subject(path)
        if self._ends_tokens(path) or (source is not None and (source.command or source.file)):
            self._single_use.add(path)
        self._kept[path] = (value, time.monotonic() + (REUSE_S if path in self._live else float("inf")))
        self._last[path] = value
        return value

    def _ends_tokens(self, path: str) -> bool:
        """Tell whether an accepted request ends the token that it carries, so that the next one needs another."""
        of_update = self.operation == ias.UPDATE and path in ("live.ias_token", "auth")
        return of_update and not ias.superseded_tokens_work(self.sender)

    def _ias_token(self) -> Json:
        return ias.sign_on(self.sender, anew=self._ends_tokens("live.ias_token")).bearer

    def _source(self, path: str) -> Source | None:
        subject, _, name = path.partition(".")
        found = self.sender.session.target.subjects.get(subject)
        return found.values.get(name) if found is not None and path not in self._live else None

    def _read(self, source: Source) -> str:
        if not source.command:
            return source.read()
        if self._command_time > MOST_SECONDS_FOR_COMMANDS:
            raise TooSlow("the target file's commands take too long to be run for every generated case")
        begun = time.monotonic()
        value = source.read()
        self._command_time += time.monotonic() - begun
        self.sender.session.stream.redactor.learn(value)
        return value

    def _of_subject(self, path: str) -> Json:
        subject, _, name = path.partition(".")
        if path == "stb.macAddress":
            raise Omitted
        if subject == "account_template":
            template = self.sender.session.target.account_template
            if name in template:
                return template[name].read()
            raise CouldNotTest(
                f"subjects.account_template has no {name}", add=[f'subjects: {{account_template: {{{name}: "…"}}}}']
            )
        return reveal(self.sender.session.target.subject(subject)[name])

    def _of_account(self, name: str) -> Json:
        """Return a field of a new account, the same account for all fields of one request."""
        if not self._account:
            self._account = accounts.fresh_account(self.sender, creations.account_form(self.sender)).body
        value = self._account[name]
        return reveal(value) if not isinstance(value, (list, bool)) and value is not None else value  # type: ignore[arg-type]

    def _provider(self) -> Json:
        address = self.sender.session.target.services.get("mds")
        return address.provider if address else "GLOBAL"

    def _payload(self) -> Json:
        """The player's data: base64url by GET, with or without padding as this target takes it."""
        text = reveal(self.sender.session.target.subject("player")["initializationPayload"])
        if self.operation != "initialiseDeviceByGet":
            return text
        text = text.translate(str.maketrans("+/", "-_"))
        return text if initialise.initialise_form(self.sender, self.operation).padded else text.rstrip("=")

    def _authorisation(self) -> Json:
        if self.operation == "isContentAuthorised":
            return reveal(licences.basic(*licences.credentials(self.sender)))
        live = "live.crm_token" if self.operation.startswith("createAccount") else "live.ias_token"
        return f"Bearer {self._right(live)}"


def _other(text: str) -> str:
    return lookalikes.unknown_like(text)


def _unsigned(text: str) -> str:
    return forgery.unsigned(text)


CHANGES: Mapping[str, Callable[[str], str]] = {
    "other": _other,
    "altered": forgery.with_altered_claims,
    "resigned": forgery.with_altered_signature,
    "unsigned": _unsigned,
    "cut": forgery.cut_short,
}
ACCOUNT_FIELDS = {
    "account_template.billingAddress": "billingAddress",
    "live.email": "signonId",
    "live.password_hash": "password",
    "live.salt": "salt",
    "live.geo_block_exempt": "geoBlockExempt",
}
