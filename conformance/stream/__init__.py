"""`run.jsonl`: the stream of facts that a run writes, and that every report is a pure function of."""

from conformance.stream import events
from conformance.stream.events import SCHEMA_VERSION, AnyEvent, Written
from conformance.stream.reader import RunFolder, read_run, violation
from conformance.stream.writer import StreamWriter

__all__ = ["SCHEMA_VERSION", "AnyEvent", "RunFolder", "StreamWriter", "Written", "events", "read_run", "violation"]
