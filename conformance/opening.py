"""Opens a session: one place where target, contract, register, client, budget, stream and rules meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from conformance.applicability import Applicability, applicability_of
from conformance.client import Budget, Client, Ledger
from conformance.contract import load_contract
from conformance.documents import parse_yaml, read_bytes
from conformance.errors import CredentialError, TargetFileError
from conformance.model.division import WRONG_PASSWORDS, home_of
from conformance.opentv.tokens import hmac_key
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.rules import Context, judge
from conformance.session import Session
from conformance.stream import StreamWriter, TargetProfile, events
from conformance.target import Source, Target, target_from_document


@dataclass(frozen=True)
class RunSettings:
    """What one process of a run must know; handed to the process of the checks as a JSON file.

    Attributes:
        target: path of the target file, or of the copy of one that could be read only once.
        shown: the path that messages give; empty where it is the same.
        part: which part of a run is made: what the whole run may send is divided by the number of parts.
        begin: the number after which exchanges are numbered, for a run that goes on.
        folder: what relative paths in the target file start from; empty for its own folder.
        stream: path of `run.jsonl`.
        embedded: the target is the embedded platform.
        selected: ids that are tested; None for all.
        checks: checks that run beside those of the selected requirements, by name (`service/file::function`).
        applicability: what `needs` means for this run; None where the process is to find it out.
        profile: what earlier processes of the run found out about the target.
        safe: no writes, whatever the target file allows.
        max_requests: instead of the target file's.
        rate: requests a second, instead of the target file's.
        challenge: the nonce that goes with every request; empty without one.
        fingerprints: key of the fingerprints of secrets, in hexadecimal; empty for one of this process alone.
        ledger: file in which the processes of a run keep what they spent; empty for a single process.
    """

    target: str
    stream: str
    embedded: bool = False
    selected: tuple[str, ...] | None = None
    checks: tuple[str, ...] = ()
    applicability: Applicability | None = None
    profile: TargetProfile = field(default_factory=TargetProfile)
    safe: bool = False
    max_requests: int | None = None
    rate: float | None = None
    challenge: str = ""
    ledger: str = ""
    fingerprints: str = ""
    shown: str = ""
    folder: str = ""
    part: events.Part = field(default_factory=events.Part)
    begin: int = 0

    def dump(self) -> str:
        """Return the settings as JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> RunSettings:
        """Return settings from their JSON."""
        return msgspec.json.decode(text, type=cls)

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
            max_requests=max(1, (self.max_requests or target.safety.max_requests) // self.part.of),
        )
        if self.profile.locks_after is not None:
            most = min(safety.wrong_passwords_per_user, self.profile.locks_after - 1)
            safety = replace(safety, wrong_passwords_per_user=most)
        rate = self.rate or target.http.rate
        http = replace(target.http, rate=rate / self.part.of if rate else None, challenge=self.challenge)
        if self.profile.connections is not None:
            http = replace(http, connections=min(http.connections, self.profile.connections))
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


@contextmanager
def open_session(
    settings: RunSettings,
    target: Target,
    *,
    prefix: str,
    writer: Callable[[Path, Redactor], StreamWriter] = StreamWriter,
) -> Iterator[Session]:
    """Open a session for one process of a run; exchange ids begin with `prefix`, `writer` makes its stream.

    Raises:
        ConformanceError: the target file, the contract or the register cannot be used.
    """
    target = settings.adjusted(target)
    register = load_register()
    context = rule_context(target, register)
    redactor = redactor_of(target, settings)
    applicability = settings.applicability or applicability_of(register, target, settings.selected)

    with (
        writer(Path(settings.stream), redactor) as stream,
        closing(Ledger(Path(settings.ledger) if settings.ledger else None)) as ledger,
    ):
        budget = Budget(
            target.safety,
            rate=target.http.rate,
            ledger=ledger,
            on_refusal=lambda operation, reason: stream.write(events.Refused(operation=operation, reason=reason)),
        )
        sends = home_of(WRONG_PASSWORDS, settings.part.of)
        if sends != settings.part.index:
            budget.limit_wrong_passwords(0, f"part {sends} of {settings.part.of} alone sends wrong passwords")
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
                    judge=partial(judge, context=context),
                    applicability=applicability,
                    profile=settings.profile,
                    prefix=prefix,
                    begin=settings.begin,
                )
                yield session
        finally:
            for source in secret_sources(target):
                # A target has many sessions, one after the other, in a soak.
                with suppress(ValueError):
                    source.told.remove(redactor.learn)
            if session is not None:
                session.met(session.client.peers)
                stream.write(session.counts())
                stream.write(events.Profile(profile=session.found()))
            spent = budget.spending()
            stream.write(
                events.Budget(
                    sent=spent.sent,
                    writes_sent=spent.writes_sent,
                    writes_refused=spent.writes_refused,
                    wrong=spent.wrong,
                )
            )
