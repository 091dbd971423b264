"""The reference platform: an independent, conformant implementation of the five documents.

`run` tests it when no target is named, client developers run it in place of a staging system, and its faults prove the
suite.
It imports no rule and no register: it and the suite are two readings of the documents that must agree.
"""

from conformance.reference.app import create_app
from conformance.reference.server import RunningPlatform, default_settings
from conformance.reference.settings import Settings

__all__ = ["RunningPlatform", "Settings", "create_app", "default_settings"]
