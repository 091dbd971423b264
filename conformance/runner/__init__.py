"""One run from the target file to the exit code."""

from conformance.runner.run import RunOptions, run

__all__ = ["RunOptions", "run"]
