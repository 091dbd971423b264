"""Captured traffic: read as the world writes it, and judged by the rules that judge a run. Nothing is sent."""

from conformance.capture.entry import Entry, PassedOver
from conformance.capture.files import read_capture
from conformance.capture.judging import CaptureJudge, Listener
from conformance.capture.rejudging import Changes, Rejudged
from conformance.capture.stored import entry_of_event

__all__ = ["CaptureJudge", "Changes", "Entry", "Listener", "PassedOver", "Rejudged", "entry_of_event", "read_capture"]
