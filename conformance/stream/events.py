"""The events of a run: one frozen type for each kind of line in `run.jsonl`; specs/schemas/run.json is made from them.

Texts in them are redacted by the writer; `***` stands for what was taken out. Times are milliseconds since 1970.
"""

from __future__ import annotations

import base64
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

SCHEMA_VERSION = 1

# The end of the year 9999.
LATEST = 253_402_300_799_000
Moment: TypeAlias = Annotated[float, Meta(ge=0, le=LATEST)]
ExitCode: TypeAlias = Annotated[int, Meta(ge=0, le=255)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Option: TypeAlias = bool | int | float | str | list[str] | None
Version: TypeAlias = Annotated[int, Meta(ge=1, le=SCHEMA_VERSION)]


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """A line of the stream; `at` is when the writer took it."""

    at: Annotated[int, Meta(ge=0, le=LATEST)] = 0


class Suite(Struct, frozen=True):
    """Which suite ran."""

    name: str
    version: str


class Address(Struct, frozen=True, omit_defaults=True):
    """Where a service is."""

    url: str
    ssp_url: str = ""


class TargetFacts(Struct, frozen=True, kw_only=True):
    """What the target file declares; `writes`: whether requests may create or change something."""

    name: str = "target"
    tenant: str = ""
    services: dict[str, Address] = {}
    features: list[str] = []
    embedded: bool = False
    readings: dict[str, str] = {}
    writes: bool = True


class Part(Struct, frozen=True):
    """Which part of a run this stream is."""

    index: Annotated[int, Meta(ge=1)] = 1
    of: Annotated[int, Meta(ge=1)] = 1


class Digests(Struct, frozen=True, kw_only=True):
    """SHA-256 of what decides a run: parts of one run agree in all of them."""

    suite: str = ""
    contract: str = ""
    register: str = ""
    plan: str = ""
    target: str = ""
    options: str = ""


class Lack(Struct, frozen=True):
    """What the target file lacks to test a requirement, and the lines to add."""

    reason: str
    add: list[str] = []


class Waiver(Struct, frozen=True, kw_only=True):
    """A waiver of the target file; it holds to the end of the day `expires`, in UTC."""

    id: str
    reason: str
    owner: str
    link: str = ""
    expires: date


class Run(Event, frozen=True, kw_only=True, tag="run"):
    """The opening line.

    `selected`: the ids that are tested, None for all; `lacking`: requirement -> what the target file lacks for it.
    """

    schema_version: Version
    suite: Suite
    target: TargetFacts
    options: dict[str, Option] = {}
    part: Part = Part()
    digests: Digests = Digests()
    selected: list[str] | None = None
    lacking: dict[str, Lack] = {}
    waivers: list[Waiver] = []
    started: str = ""


class Body(Struct, frozen=True, kw_only=True):
    """The body of a message, in text or, where it is not UTF-8, in base64; `size` is its size in bytes."""

    body: str = ""
    body_base64: str = ""
    size: Count = 0

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced, and base64 that cannot be decoded stays as it is."""
        return self.raw.decode("utf-8", "replace") if self.body_base64 else self.body

    @property
    def raw(self) -> bytes:
        """The body in bytes."""
        if not self.body_base64:
            return self.body.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.body_base64)
        except ValueError:
            return self.body_base64.encode("utf-8", "replace")


class Request(Body, frozen=True, kw_only=True):
    """What was sent."""

    method: str
    url: str
    headers: list[tuple[str, str]] = []


class Response(Body, frozen=True, kw_only=True):
    """What came back; `truncated`: the client cut the body at its limit."""

    status: Annotated[int, Meta(ge=0, le=999)]
    headers: list[tuple[str, str]] = []
    truncated: bool = False


class Exchange(Event, frozen=True, kw_only=True, tag="exchange"):
    """A request and what came of it, with the requirements that rules saw it keep (`passed`) and break (`broken`)."""

    id: str
    service: str
    operation: str
    by: str
    valid: bool = False
    request: Request
    response: Response | None
    failure: str = ""
    sent_at: Moment = 0.0
    elapsed_ms: float = 0.0
    passed: list[str] = []
    broken: list[str] = []


class Finding(Event, frozen=True, kw_only=True, tag="finding"):
    """A broken requirement with the exchange that shows it; `by` is the rule, the check or the generated case."""

    requirement: str
    expected: list[str]
    actual: str
    cause: str
    exchange: str
    by: str


class Verified(Event, frozen=True, kw_only=True, tag="verified"):
    """A check saw a requirement hold."""

    requirement: str
    exchange: str
    by: str


class Untested(Event, frozen=True, kw_only=True, tag="untested"):
    """Claimed, but what the check needs is missing or did not work; `add`: the lines to add to the target file."""

    requirement: str
    reason: str
    add: list[str] = []
    by: str = ""


class Undeclared(Event, frozen=True, kw_only=True, tag="undeclared"):
    """The target does not claim the service or feature, or is seen to be a deployment without it."""

    requirement: str
    reason: str


class Unobserved(Event, frozen=True, kw_only=True, tag="unobserved"):
    """A check found that nothing of this target could show a breach."""

    requirement: str
    reason: str
    by: str = ""


class Trouble(Event, frozen=True, kw_only=True, tag="trouble"):
    """An internal error: the suite or the network failed, not the target's answer."""

    requirement: str
    reason: str
    by: str = ""


class Collected(Event, frozen=True, kw_only=True, tag="collected"):
    """How many checks will run."""

    checks: Count


class Abort(Event, frozen=True, kw_only=True, tag="abort"):
    """A check found that the run cannot go on."""

    message: str
    exit_code: ExitCode


class Check(Event, frozen=True, kw_only=True, tag="check"):
    """The end of a check."""

    name: str
    outcome: str
    duration_ms: float = 0.0
    requirements: list[str] = []
    message: str = ""


class Reading(Event, frozen=True, kw_only=True, tag="reading"):
    """Which documented reading the target was seen to follow."""

    reading: str
    option: str
    exchange: str = ""


class Created(Event, frozen=True, kw_only=True, tag="created"):
    """Something that exists on the target now."""

    operation: str
    method: str = ""
    id: str
    state: str
    exchange: str = ""


class Refused(Event, frozen=True, kw_only=True, tag="refused"):
    """A request that the suite itself refused to send."""

    operation: str
    reason: str


class Condition(Event, frozen=True, kw_only=True, tag="condition"):
    """A condition of the target: entering, entered, left, failed."""

    name: str
    state: str
    message: str = ""


class Control(Event, frozen=True, kw_only=True, tag="control"):
    """What a control request showed: down, throttled, expired, flaky, real."""

    operation: str
    verdict: str
    note: str


class Fuzz(Event, frozen=True, kw_only=True, tag="fuzz"):
    """What the generated cases of an operation did; `stopped` says why they ended before the last."""

    operation: str
    service: str = ""
    cases: Count = 0
    sent: Count = 0
    dropped: Count = 0
    withheld: Count = 0
    statuses: dict[str, Count] = {}
    seed: int | None = None
    plan: str = ""
    per_second: Count = 0
    stopped: str = ""


class Case(Event, frozen=True, kw_only=True, tag="case"):
    """The smallest generated case of a finding: what is unusual about it (`about`), and what else triggers it."""

    operation: str
    requirement: str
    cause: str
    exchange: str
    case: str = ""
    about: str = ""
    inputs: list[str] = []


class Walks(Event, frozen=True, kw_only=True, tag="walks"):
    """How often each operation was called in walks over the links."""

    steps: dict[str, Count]
    seed: int | None = None


class Budget(Event, frozen=True, kw_only=True, tag="budget"):
    """What one process of the run spent; `wrong`: a digest of the user -> wrong passwords sent."""

    sent: Count = 0
    writes_sent: Count = 0
    writes_refused: Count = 0
    wrong: dict[str, Count] = {}


class Evaluated(Struct, frozen=True, kw_only=True):
    """How often exchanges kept and broke a requirement, and the rules that judged them."""

    held: Count = 0
    broken: Count = 0
    by: list[str] = []


class CauseCount(Struct, frozen=True, kw_only=True):
    """How often a cause was seen, however few findings were kept of it."""

    requirement: str
    cause: str
    repeats: Count


class Counts(Event, frozen=True, kw_only=True, tag="counts"):
    """All that one process of the run evaluated; `process` is the letter that its exchanges begin with."""

    process: str
    requirements: dict[str, Evaluated] = {}
    causes: list[CauseCount] = []


class Note(Event, frozen=True, kw_only=True, tag="note"):
    """Something that the reader of the report should know."""

    text: str
    level: str = "info"


class End(Event, frozen=True, kw_only=True, tag="end"):
    """The closing line; a stream without it was cut off."""

    aborted: bool = False
    exit_code: ExitCode = 0
    message: str = ""


class Torn(Event, frozen=True, kw_only=True, tag="torn"):
    """Read, never written: a line that a killed process left unfinished."""

    text: str
    level: str = "warning"


Written: TypeAlias = (
    Run
    | Exchange
    | Finding
    | Verified
    | Untested
    | Undeclared
    | Unobserved
    | Trouble
    | Collected
    | Abort
    | Check
    | Reading
    | Created
    | Refused
    | Condition
    | Control
    | Fuzz
    | Case
    | Walks
    | Budget
    | Counts
    | Note
    | End
)
AnyEvent: TypeAlias = Written | Torn
