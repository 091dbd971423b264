"""adm-creating-an-account, Headers and Mandatory arguments: a JSON object in the body."""

from __future__ import annotations

import json

from conformance.checks.adm.attempts import at_both, attempt, candidate
from conformance.checks.api import Check
from conformance.session.encoding import plain


@at_both("ADM-026", "SSP-026")
def test_a_body_that_is_not_json_is_refused(check: Check, operation: str) -> None:
    """The right body, but for its last character."""
    whole = json.dumps(plain(candidate(check, operation).body)).encode()
    answer = attempt(check, operation, None, content=whole[:-1])
    check.expect_status("ADM-026", answer, 400, cause="a body that breaks off")


@at_both("ADM-027", "SSP-027")
def test_an_empty_body_is_refused(check: Check, operation: str) -> None:
    """HTTP itself has statuses for a body that is missing, or of no type."""
    candidate(check, operation)
    answer = attempt(check, operation, None, content=b"")
    check.expect_status("ADM-027", answer, 400, 411, 415, cause="an empty body")


@at_both("ADM-028", "SSP-028")
def test_a_list_is_refused(check: Check, operation: str) -> None:
    whole = json.dumps([plain(candidate(check, operation).body)]).encode()
    answer = attempt(check, operation, None, content=whole)
    check.expect_status("ADM-028", answer, 400, cause="a list around the arguments")
