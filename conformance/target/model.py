"""What a target file says, as frozen facts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from conformance.documents import Document
from conformance.errors import CouldNotTest, TargetFileError
from conformance.target.scalars import ONE_LINE, stray
from conformance.target.secret import Secret, Value

COMMAND_TIMEOUT_S = 60

Scalar = str | bool | int | float


@dataclass(frozen=True)
class Source:
    """A scalar of the target file: given, from the environment, from a file, or made by a command.

    A file is read and a command is run afresh at every use: DAS challenges may be single-use. Whoever is in `told`
    hears of what they give, so that a secret is known before it can be seen anywhere. A command that did not end is not
    waited for again: `silent` has what was said of it. A pool alone is of `lines`: no value of a request.
    """

    value: str | None = None
    file: Path | None = None
    command: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path)
    where: str = ""
    lines: bool = False
    told: list[Callable[[str], None]] = field(default_factory=list, compare=False, repr=False)
    silent: list[TargetFileError] = field(default_factory=list, compare=False, repr=False)

    def read(self) -> str:
        """Return the value as text.

        Raises:
            TargetFileError: the file cannot be read, the command fails, or they give nothing.
        """
        if self.value is not None:
            return self.value
        if self.file is not None:
            what = f"the file {self.file}"
            try:
                content = (self.folder / self.file).read_bytes()
            except (OSError, ValueError) as problem:
                reason = problem.strerror if isinstance(problem, OSError) else problem
                raise TargetFileError(f"{what} cannot be read: {reason}", where=self.where) from None
            return self._text(content, what)
        return self._text(self._run(), f"the output of the command {self.command[0]!r}")

    def _text(self, content: bytes, what: str) -> str:
        """Return what a file or command gave; nothing, or two lines, is a mistake, never a secret to be refused."""
        try:
            text = content.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            raise TargetFileError(f"{what} is not text in UTF-8", where=self.where) from None
        if not text:
            raise TargetFileError(f"{what} is empty", where=self.where)
        if not self.lines and (wrong := stray(text)):
            raise TargetFileError(f"{what} {wrong}", where=self.where, advice=ONE_LINE)
        for tell in self.told:
            tell(text)
        return text

    def _run(self) -> bytes:
        for problem in self.silent:
            raise problem
        try:
            # Nobody is there to answer a question: a command that asks one is to end, not to wait.
            done = subprocess.run(  # noqa: S603 - the target file's own command, without a shell
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            said = f"the command {self.command[0]!r} does not end within {COMMAND_TIMEOUT_S} s"
            self.silent.append(TargetFileError(said, where=self.where, advice="Does it wait for an answer?"))
            raise self.silent[0] from None
        except (OSError, ValueError) as problem:
            raise TargetFileError(
                f"the command {self.command[0]!r} does not run: {type(problem).__name__}", where=self.where
            ) from None
        if done.returncode != 0:
            raise TargetFileError(
                f"the command {self.command[0]!r} ended with {done.returncode}",
                where=self.where,
                advice="Run it by hand in the folder of the target file to see why.",
            )
        return done.stdout


@dataclass(frozen=True)
class Subject:
    """A device, user, gateway or other thing that the target knows: a mapping of named values.

    Asking for a value that the target file does not give ends a check as `could_not_test`.
    """

    name: str
    values: Mapping[str, Source]
    secret_names: frozenset[str] = frozenset()

    def __contains__(self, key: object) -> bool:
        """Tell whether a value is given."""
        return key in self.values

    def __getitem__(self, key: str) -> Value:
        """Return a value, wrapped in `Secret` where it is one.

        Raises:
            CouldNotTest: the target file does not give it.
        """
        if key not in self.values:
            raise CouldNotTest(f"subjects.{self.name} has no {key}", add=[f'subjects: {{{self.name}: {{{key}: "…"}}}}'])
        text = self.values[key].read()
        return Secret(text) if key in self.secret_names else text

    def get(self, key: str) -> Value | None:
        """Return a value, or None where the target file does not give it."""
        return self[key] if key in self.values else None

    def commanded(self, key: str) -> bool:
        """Tell whether a command gives a value, afresh at every use."""
        return key in self.values and bool(self.values[key].command)

    def text(self, key: str) -> str:
        """Return a value that is no secret, as text."""
        value = self[key]
        return value.reveal() if isinstance(value, Secret) else value


@dataclass(frozen=True)
class ServiceAddress:
    """Where a service is: `url` without a slash at the end, and what else the file says of it."""

    url: str
    ssp_url: str | None = None
    provider: str = "GLOBAL"


@dataclass(frozen=True)
class Keycloak:
    """A password grant of Keycloak (keycloak-access-token)."""

    url: str
    realm: str
    username: str
    password: Source
    client_id: str


@dataclass(frozen=True)
class Credentials:
    """The credentials of a target file."""

    crm_token: Source | None = None
    keycloak: Keycloak | None = None
    sdp_username: str | None = None
    sdp_password: Source | None = None
    token_keys: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Hook:
    """A command, or an HTTP request, that enters or leaves a condition."""

    command: tuple[str, ...] = ()
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, Source] = field(default_factory=dict)
    body: str = ""
    folder: Path = field(default_factory=Path)
    where: str = ""


@dataclass(frozen=True)
class Condition:
    """How to bring the target into a state that no request can bring about, and back."""

    name: str
    enter: Hook
    leave: Hook


@dataclass(frozen=True)
class HttpSettings:
    """How to talk to the target; `timeout` in seconds, `rate` in requests a second (None: no limit).

    `challenge` is of the command line: the nonce that goes with every request.
    """

    timeout: float = 10.0
    verify: bool | str = True
    client_cert: tuple[str, ...] = ()
    client_key_password: Source | None = None
    proxy: str | None = None
    rate: float | None = None
    connections: int = 8
    headers: Mapping[str, Source] = field(default_factory=dict)
    challenge: str = ""
    where: str = ""


@dataclass(frozen=True)
class Safety:
    """What may be sent."""

    writes: bool = True
    max_requests: int = 20_000
    wrong_passwords_per_user: int = 3


@dataclass(frozen=True)
class Waiver:
    """A requirement that its owner lets fail until a date."""

    id: str
    reason: str
    owner: str
    link: str
    expires: date
    where: str = ""


@dataclass(frozen=True)
class Vouching:
    """Somebody answers for the subjects: what the platform says against them is the platform's fault."""

    by: str
    on: date


@dataclass(frozen=True)
class Target:
    """A target file, checked and typed. `document` is None where the embedded platform is the target.

    `pool` are more subjects for `load`; `p95` the seconds within which 95 % of the responses under it must come.
    """

    name: str
    tenant: str
    services: Mapping[str, ServiceAddress]
    features: frozenset[str] = frozenset()
    readings: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=Credentials)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    http: HttpSettings = field(default_factory=HttpSettings)
    safety: Safety = field(default_factory=Safety)
    waivers: tuple[Waiver, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    account_template: Mapping[str, Source] = field(default_factory=dict)
    billing_address: str | list[object] | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vouched: Vouching | None = None
    pool: Source | None = None
    p95: float | None = None
    embedded: bool = False
    document: Document | None = None

    def subject(self, name: str) -> Subject:
        """Return a subject.

        Raises:
            CouldNotTest: the target file has none of that name.
        """
        if name not in self.subjects:
            raise CouldNotTest(f"the target file has no subjects.{name}", add=[f"subjects: {{{name}: {{…}}}}"])
        return self.subjects[name]

    def has_subject(self, name: str) -> bool:
        """Tell whether a subject is given; `user.deviceId` names one value of it."""
        subject, _, key = name.partition(".")
        groups: dict[str, Mapping[str, object]] = {
            "content": self.content,
            "channels": self.channels,
            "account_template": self.account_template,
        }
        if subject in self.subjects:
            groups[subject] = self.subjects[subject].values
        found = groups.get(subject, {})
        return bool(found) and (not key or bool(found.get(key)))

    def has_credential(self, name: str) -> bool:
        """Tell whether a credential is given: crm, crm.keycloak, sdp or token_keys."""
        given = self.credentials
        return {
            "crm": given.crm_token is not None or given.keycloak is not None,
            "crm.keycloak": given.keycloak is not None,
            "crm.token": given.crm_token is not None,
            "sdp": given.sdp_password is not None,
            "token_keys": bool(given.token_keys),
        }.get(name, False)

    def where(self, *location: str | int) -> str:
        """Return `file:line` of a place in the target file; empty for the embedded platform."""
        return self.document.where(location) if self.document else ""
