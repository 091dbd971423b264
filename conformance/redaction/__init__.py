"""Secrets taken out of everything that is written, in every spelling, and nothing else."""

from conformance.redaction.masks import MARKED, MASK, Masks, is_mask, unmarked
from conformance.redaction.named import NAMED
from conformance.redaction.redactor import Redactor

__all__ = ["MARKED", "MASK", "NAMED", "Masks", "Redactor", "is_mask", "unmarked"]
