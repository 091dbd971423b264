"""`run.jsonl`: the stream of facts that a run writes, and that every report is a pure function of."""

from conformance.stream import events
from conformance.stream.chain import Unbroken, check_chain
from conformance.stream.events import SCHEMA_VERSION, AnyEvent, Written
from conformance.stream.merge import Parts, differences
from conformance.stream.profile import AccountForm, InitialiseForm, SspForm, TargetProfile
from conformance.stream.reader import EventSource, RunFolder, read_run, violation
from conformance.stream.writer import StreamWriter

__all__ = [
    "SCHEMA_VERSION",
    "AccountForm",
    "AnyEvent",
    "EventSource",
    "InitialiseForm",
    "Parts",
    "RunFolder",
    "SspForm",
    "StreamWriter",
    "TargetProfile",
    "Unbroken",
    "Written",
    "check_chain",
    "differences",
    "events",
    "read_run",
    "violation",
]
