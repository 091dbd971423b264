"""A recorded request, or all that led to a finding, in a form that anybody can send again without the suite."""

from conformance.reproduction.chain import MAX_STEPS, UNRELATED, Chain, chains_of
from conformance.reproduction.curl import by_place, curl_line, curl_lines
from conformance.reproduction.names import Names
from conformance.reproduction.script import Case, pytest_file

__all__ = [
    "MAX_STEPS",
    "UNRELATED",
    "Case",
    "Chain",
    "Names",
    "by_place",
    "chains_of",
    "curl_line",
    "curl_lines",
    "pytest_file",
]
