"""One run from the target file to the exit code."""

from conformance.runner.options import RunOptions
from conformance.runner.run import run

__all__ = ["RunOptions", "run"]
