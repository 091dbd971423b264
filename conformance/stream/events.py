"""The events of a run: one frozen type for each kind of line in `run.jsonl`; specs/schemas/run.json is made from them.

Texts in them are redacted by the writer; `***` stands for what was taken out. Times are milliseconds since 1970.
"""

from __future__ import annotations

from typing import TypeAlias

from conformance.stream.generated import Block, Case, Fuzz, Unwritten, Walks
from conformance.stream.load import Crossing, Flow, Load
from conformance.stream.parts import (
    LATEST,
    SCHEMA_VERSION,
    Address,
    CauseCount,
    Count,
    Digests,
    Evaluated,
    Event,
    ExitCode,
    Lack,
    Moment,
    Option,
    Part,
    Request,
    Response,
    Suite,
    TargetFacts,
    Version,
    Waiver,
    process_of,
)
from conformance.stream.profile import TargetProfile
from conformance.stream.proof import AcceptanceProfile, Digest, Peer

__all__ = [
    "LATEST",
    "SCHEMA_VERSION",
    "AcceptanceProfile",
    "Address",
    "Block",
    "Case",
    "CauseCount",
    "Count",
    "Crossing",
    "Digest",
    "Digests",
    "Evaluated",
    "Event",
    "ExitCode",
    "Flow",
    "Fuzz",
    "Lack",
    "Load",
    "Moment",
    "Option",
    "Part",
    "Peer",
    "Request",
    "Response",
    "Suite",
    "TargetFacts",
    "Unwritten",
    "Version",
    "Waiver",
    "Walks",
    "process_of",
]


class Run(Event, frozen=True, kw_only=True, tag="run"):
    """The opening line.

    `selected`: the ids that are tested, None for all; `not_declared`: requirement -> why the target does not declare it
    (None in a stream that was written before this key); `lacking`: requirement -> what the target file lacks for it;
    `rules`: the version of each rule that a judgement may name in `by`; `captures`: the files of traffic that was
    judged and not sent by the suite, empty for a run; `gaps`: the parts that a merged run lacks, in words;
    `at_once`: parts of a merged run were made at the same time.
    """

    schema_version: Version
    suite: Suite
    target: TargetFacts
    options: dict[str, Option] = {}
    part: Part = Part()
    gaps: list[str] = []
    at_once: bool = False
    digests: Digests = Digests()
    rules: dict[str, str] = {}
    captures: list[str] = []
    selected: list[str] | None = None
    not_declared: dict[str, str] | None = None
    lacking: dict[str, Lack] = {}
    waivers: list[Waiver] = []
    started: str = ""


class Exchange(Event, frozen=True, kw_only=True, tag="exchange"):
    """A request and what came of it, with the requirements that rules saw it keep (`passed`) and break (`broken`).

    `foreign` says why the response is not the platform's, but of something in front of it; nothing is judged by it.
    """

    id: str
    service: str
    operation: str
    by: str
    valid: bool = False
    request: Request
    response: Response | None
    failure: str = ""
    foreign: str = ""
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
    """What a control request showed: down, throttled, expired, flaky, real, blocked.

    `exchange` and `failure` (its status, or how it failed) are those of a request that failed, and worked when it was
    sent again.
    """

    operation: str
    verdict: str
    note: str
    exchange: str = ""
    failure: str = ""


class Misuse(Event, frozen=True, kw_only=True, tag="misuse"):
    """What a client did wrong with a request of captured traffic: no fault of the platform."""

    operation: str
    cause: str
    exchange: str


class Budget(Event, frozen=True, kw_only=True, tag="budget"):
    """What one process of the run spent; `wrong`: a digest of the user -> wrong passwords sent."""

    sent: Count = 0
    writes_sent: Count = 0
    writes_refused: Count = 0
    wrong: dict[str, Count] = {}


class Counts(Event, frozen=True, kw_only=True, tag="counts"):
    """All that one process of the run evaluated; `process` is the letter that its exchanges begin with.

    `broken_off`: how many connections broke off when they were used again. `exchanges`: how many it wrote, so that one
    that is taken out is missed; None in a stream that was written before this key.
    """

    process: str
    requirements: dict[str, Evaluated] = {}
    causes: list[CauseCount] = []
    broken_off: Count = 0
    exchanges: Count | None = None


class Premise(Event, frozen=True, kw_only=True, tag="premise"):
    """What the target file says of a subject or credential (`place`, in line `where`: it `it`), and what was `seen`.

    `vouched_by` and `vouched_on`: who answers for the file where the platform contradicts it.
    """

    premise: str
    place: str
    where: str
    it: str
    state: str
    seen: str
    vouched_by: str = ""
    vouched_on: str = ""


class Profile(Event, frozen=True, kw_only=True, tag="profile"):
    """What a process of the run knew of the target at its end; a later one holds what the earlier ones found out."""

    profile: TargetProfile


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
    | Misuse
    | Walks
    | Load
    | Crossing
    | Block
    | Budget
    | Counts
    | Note
    | Profile
    | Premise
    | Peer
    | AcceptanceProfile
    | Digest
    | End
)
AnyEvent: TypeAlias = Written | Torn
