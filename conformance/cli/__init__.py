"""The command line: `opentv-conformance`."""

from conformance.cli.main import main

__all__ = ["main"]
