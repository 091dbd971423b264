"""One run against one target: sending, recording, judging, and what the run remembers."""

from conformance.session.encoding import Fields, build_wire
from conformance.session.recorder import JudgeExchange
from conformance.session.routes import Routes
from conformance.session.sender import Sender
from conformance.session.session import Session

__all__ = ["Fields", "JudgeExchange", "Routes", "Sender", "Session", "build_wire"]
