"""`run.jsonl`: the stream of facts that a run writes, and that every report is a pure function of."""

from conformance.stream.events import SCHEMA_VERSION, Event
from conformance.stream.reader import RunFolder, read_run
from conformance.stream.writer import StreamWriter

__all__ = ["SCHEMA_VERSION", "Event", "RunFolder", "StreamWriter", "read_run"]
