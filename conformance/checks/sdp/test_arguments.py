"""sdp-is-content-authorised, HTTP headers: the arguments that are always present."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.sdp.questions import answered, refuses, refuses_whatever_is_asked
from conformance.opentv.licence import authorisation
from conformance.session.licences import ask, client_token, describe


@requirement("SDP-021")
def test_a_question_without_a_content_id_has_no_result(check: Check) -> None:
    """Without arg0, and with an empty one."""
    answered(check)
    for content, cause in ((None, "a question without arg0"), ("", "a question with an empty arg0")):
        exchange = ask(check, content, client_token(check), expect_5xx=True)
        check.expect(
            "SDP-021",
            not authorisation(exchange),
            exchange,
            expected="an error",
            actual=describe(exchange),
            cause=f"{cause}: answered {authorisation(exchange)}",
            refusal=True,
        )


@requirement("SDP-022")
def test_a_question_without_a_token_is_refused(check: Check) -> None:
    refuses_whatever_is_asked(check, "SDP-022", lambda: None, "a question without token")


@requirement("SDP-023")
def test_a_question_with_an_empty_token_is_refused(check: Check) -> None:
    refuses(check, "SDP-023", lambda: "", "a question with an empty token")
