"""Opens a session: one place where target, contract, register, client, budget, stream and rules meet."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.client import Budget, Client
from conformance.contract import load_contract
from conformance.errors import CredentialError
from conformance.model import Exchange, Judgement, Requirement
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.rules import Context, judge
from conformance.session import Session
from conformance.stream import StreamWriter
from conformance.target import Target


@dataclass(frozen=True)
class RunSettings:
    """What one process of a run must know; handed to the process of the checks as a JSON file.

    Attributes:
        target: path of the target file.
        stream: path of `run.jsonl`.
        embedded: the target is the embedded platform.
        selected: ids that are tested; None for all.
        safe: no writes, whatever the target file allows.
        max_requests: instead of the target file's.
        rate: requests a second, instead of the target file's.
        sent, writes_sent, writes_refused, wrong: what processes before this one have spent.
    """

    target: str
    stream: str
    embedded: bool = False
    selected: tuple[str, ...] | None = None
    safe: bool = False
    max_requests: int | None = None
    rate: float | None = None
    sent: int = 0
    writes_sent: int = 0
    writes_refused: int = 0
    wrong: Mapping[str, int] = field(default_factory=dict)

    def dump(self) -> str:
        """Return the settings as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> RunSettings:
        """Return settings from their JSON."""
        values: dict[str, Any] = json.loads(text)
        if values.get("selected") is not None:
            values["selected"] = tuple(values["selected"])
        return cls(**values)

    def adjusted(self, target: Target) -> Target:
        """Return the target with what the command line says in place of the target file."""
        safety = replace(
            target.safety,
            writes=target.safety.writes and not self.safe,
            max_requests=self.max_requests or target.safety.max_requests,
        )
        http = replace(target.http, rate=self.rate) if self.rate else target.http
        return replace(target, safety=safety, http=http)


def token_keys(target: Target) -> dict[str, bytes]:
    """Return the signing keys of the target file, decoded.

    Raises:
        CredentialError: a key is not base64; with file and line.
    """
    keys = {}
    for kid, source in target.credentials.token_keys.items():
        text = source.read().strip()
        try:
            keys[kid] = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise CredentialError(
                f"credentials.token_keys.{kid} is not base64",
                where=target.where("credentials", "token_keys", kid),
                advice="Give the signing key in base64, as it is issued.",
            ) from None
    return keys


def secrets_of(target: Target) -> Iterator[str]:
    """Yield every secret text of the target file that can be had without running a command."""
    credentials = target.credentials
    sources = [credentials.crm_token, credentials.sdp_password, *credentials.token_keys.values()]
    sources.append(credentials.keycloak.password if credentials.keycloak else None)
    sources.extend(target.http.headers.values())
    for condition in target.conditions.values():
        for hook in (condition.enter, condition.leave):
            sources.extend(hook.headers.values())
    for subject in target.subjects.values():
        sources.extend(source for key, source in subject.values.items() if key in subject.secret_names)
    for source in sources:
        if source is not None and not source.command:
            yield source.read()


def rule_context(target: Target, register: Register) -> Context:
    """Return what the rules may know of a run."""
    return Context(
        register=register,
        tenant=target.tenant,
        features=target.features,
        pins=target.readings,
        token_keys=token_keys(target),
    )


def missing(entry: Requirement, target: Target) -> tuple[str, list[str]] | None:
    """Return what a target file lacks to test a requirement, as a reason and lines to add; None if nothing."""
    needs = entry.needs
    lines: list[str] = []
    names: list[str] = []
    for name in needs.subjects:
        if not target.has_subject(name):
            names.append(f"subjects.{name}")
            lines.append(_subject_line(name))
    for name in needs.credentials:
        if not target.has_credential(name):
            names.append(f"credentials.{name}")
            lines.append(f"credentials: {{{name}: {{…}}}}")
    for name in needs.conditions:
        if name not in target.conditions:
            names.append(f"conditions.{name}")
            lines.append(f"conditions: {{{name}: {{enter: {{command: […]}}, leave: {{command: […]}}}}}}")
    if needs.writes and not target.safety.writes:
        names.append("leave to write")
        lines.append("safety: {writes: allow}  # and no --safe")
    if not names:
        return None
    return f"the target file lacks {', '.join(names)}", lines


def _subject_line(name: str) -> str:
    subject, _, key = name.partition(".")
    return f"subjects: {{{subject}: {{{key}: …}}}}" if key else f"subjects: {{{subject}: {{…}}}}"


@contextmanager
def open_session(settings: RunSettings, target: Target, *, prefix: str) -> Iterator[Session]:
    """Open a session for one process of a run; exchange ids begin with `prefix`.

    Raises:
        ConformanceError: the target file, the contract or the register cannot be used.
    """
    target = settings.adjusted(target)
    register = load_register()
    context = rule_context(target, register)
    redactor = Redactor(secrets_of(target))
    budget = Budget(target.safety, rate=target.http.rate, sent=settings.sent, wrong=settings.wrong)

    def judged(exchange: Exchange) -> list[tuple[str, Judgement]]:
        found = judge(exchange, context)
        if settings.selected is None:
            return found
        return [(by, one) for by, one in found if one.requirement in chosen]

    chosen = frozenset(settings.selected or ())
    with StreamWriter(Path(settings.stream), redactor) as stream, Client(target.http) as client:
        session = Session(
            target,
            register=register,
            contract=load_contract(),
            client=client,
            budget=budget,
            stream=stream,
            judge=judged,
            prefix=prefix,
        )
        try:
            yield session
        finally:
            stream.write(
                "budget",
                sent=budget.sent - settings.sent,
                writes_sent=budget.writes_sent,
                writes_refused=budget.writes_refused,
                wrong=budget.wrong_passwords(),
            )
