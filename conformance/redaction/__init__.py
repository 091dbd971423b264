"""Secrets taken out of everything that is written, in every spelling, and nothing else."""

from conformance.redaction.masks import MASK, Masks, unmarked
from conformance.redaction.named import NAMED
from conformance.redaction.redactor import Redactor

__all__ = ["MASK", "NAMED", "Masks", "Redactor", "unmarked"]
