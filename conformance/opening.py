"""Opens a session: one place where target, contract, register, client, budget, stream and rules meet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.client import Budget, Client, Ledger
from conformance.contract import load_contract
from conformance.documents import parse_yaml, read_bytes
from conformance.errors import CredentialError, TargetFileError
from conformance.model import Exchange, Judgement, Requirement
from conformance.opentv.tokens import hmac_key
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.rules import Context, judge
from conformance.session import Session
from conformance.stream import StreamWriter, events
from conformance.target import Source, Target, target_from_document


@dataclass(frozen=True)
class RunSettings:
    """What one process of a run must know; handed to the process of the checks as a JSON file.

    Attributes:
        target: path of the target file, or of the copy of one that could be read only once.
        shown: the path that messages give; empty where it is the same.
        folder: what relative paths in the target file start from; empty for its own folder.
        stream: path of `run.jsonl`.
        embedded: the target is the embedded platform.
        selected: ids that are tested; None for all.
        safe: no writes, whatever the target file allows.
        max_requests: instead of the target file's.
        rate: requests a second, instead of the target file's.
        fingerprints: key of the fingerprints of secrets, in hexadecimal; empty for one of this process alone.
        ledger: file in which the processes of a run keep what they spent; empty for a single process.
    """

    target: str
    stream: str
    embedded: bool = False
    selected: tuple[str, ...] | None = None
    safe: bool = False
    max_requests: int | None = None
    rate: float | None = None
    ledger: str = ""
    fingerprints: str = ""
    shown: str = ""
    folder: str = ""

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

    def load(self) -> Target:
        """Return the target of the file.

        Raises:
            TargetFileError: it is wrong.
        """
        content = read_bytes(Path(self.target), TargetFileError)
        shown, folder = Path(self.shown or self.target), Path(self.folder) if self.folder else None
        return target_from_document(parse_yaml(shown, content, TargetFileError, folder=folder), embedded=self.embedded)

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
        try:
            keys[kid] = hmac_key(source.read())
        except ValueError:
            raise CredentialError(
                f"credentials.token_keys.{kid} is not base64",
                where=target.where("credentials", "token_keys", kid),
                advice="Give the signing key in base64, as it is issued.",
            ) from None
    return keys


def secret_sources(target: Target) -> Iterator[Source]:
    """Yield where the secrets of the target file come from."""
    credentials = target.credentials
    sources = [credentials.crm_token, credentials.sdp_password, *credentials.token_keys.values()]
    sources.append(credentials.keycloak.password if credentials.keycloak else None)
    sources.extend((*target.http.headers.values(), target.http.client_key_password))
    for condition in target.conditions.values():
        for hook in (condition.enter, condition.leave):
            sources.extend(hook.headers.values())
            sources.append(Source(value=hook.body))
    for subject in target.subjects.values():
        sources.extend(source for key, source in subject.values.items() if key in subject.secret_names)
    yield from (source for source in sources if source is not None)


def secrets_of(target: Target) -> Iterator[str]:
    """Yield every secret text of the target file that can be had without running a command."""
    for source in secret_sources(target):
        if not source.command:
            yield source.read()
    keycloak = target.credentials.keycloak
    addresses = [target.http.proxy, *(url for one in target.services.values() for url in (one.url, one.ssp_url))]
    for address in (*addresses, keycloak.url if keycloak else None):
        userinfo, at, _ = urlsplit(address or "").netloc.rpartition("@")
        if at:
            user, colon, password = userinfo.partition(":")
            # A user without a password is a token.
            yield unquote(password if colon else user)
            yield userinfo


def names_of(target: Target) -> Iterator[str]:
    """Yield what stands under `credentials` and names somebody: it is taken out too, but may stand inside a token."""
    credentials = target.credentials
    keycloak = credentials.keycloak
    names = [credentials.sdp_username]
    names += [keycloak.username, keycloak.client_id] if keycloak else []
    for name in names:
        if name and name != target.tenant:
            yield name


@lru_cache(maxsize=1)
def _report_words() -> frozenset[str]:
    """Return the words of the register: a secret that is one of them must not eat the reports."""
    texts = (f"{entry.title} {entry.statement} {entry.operation}" for entry in load_register())
    return frozenset(word.lower() for text in texts for word in re.findall(r"[A-Za-z]{4,}", text))


def redactor_of(target: Target, settings: RunSettings | None = None) -> Redactor:
    """Return a redactor that knows the secrets of a target file, those that a command gives as soon as it does."""
    key = bytes.fromhex(settings.fingerprints) if settings else b""
    redactor = Redactor(secrets_of(target), names=names_of(target), words=_report_words(), key=key)
    for source in secret_sources(target):
        source.told.append(redactor.learn)
    return redactor


def passwords_of(target: Target) -> Iterator[str]:
    """Yield what proves somebody's identity, and so may stand in no answer: passwords, challenges, tokens and keys."""
    credentials = target.credentials
    sources = [credentials.crm_token, credentials.sdp_password, *credentials.token_keys.values()]
    sources.append(credentials.keycloak.password if credentials.keycloak else None)
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
        secrets=frozenset(passwords_of(target)),
    )


def undeclared(entry: Requirement, target: Target) -> str:
    """Return why a target does not declare a requirement; empty if it does."""
    for service in (entry.service, *entry.needs.services):
        if service not in target.services:
            return f"the target declares no {service}"
    for feature in entry.needs.features:
        if feature not in target.features:
            return f"the target does not claim {feature}"
    return ""


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
        names.append("permission to write")
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
    redactor = redactor_of(target, settings)

    def judged(exchange: Exchange) -> list[tuple[str, Judgement]]:
        found = judge(exchange, context)
        if settings.selected is None:
            return found
        return [(by, one) for by, one in found if one.requirement in chosen]

    chosen = frozenset(settings.selected or ())
    with (
        StreamWriter(Path(settings.stream), redactor) as stream,
        closing(Ledger(Path(settings.ledger) if settings.ledger else None)) as ledger,
    ):
        budget = Budget(
            target.safety,
            rate=target.http.rate,
            ledger=ledger,
            on_refusal=lambda operation, reason: stream.write(events.Refused(operation=operation, reason=reason)),
        )
        session: Session | None = None
        try:
            with Client(target.http, guard=budget.take) as client:
                session = Session(
                    target,
                    register=register,
                    contract=load_contract(),
                    client=client,
                    budget=budget,
                    stream=stream,
                    judge=judged,
                    selected=None if settings.selected is None else chosen,
                    prefix=prefix,
                )
                yield session
        finally:
            if session is not None:
                stream.write(session.counts())
            spent = budget.spending()
            stream.write(
                events.Budget(
                    sent=spent.sent,
                    writes_sent=spent.writes_sent,
                    writes_refused=spent.writes_refused,
                    wrong=spent.wrong,
                )
            )
