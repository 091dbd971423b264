"""sdp-is-content-authorised, HTTP headers: "This SDP service requires HTTP basic authentication"."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.sdp.questions import answered, other_contents
from conformance.session.licences import ask, basic, client_token, content_id, credentials
from conformance.session.lookalikes import (
    case_swapped_password,
    exchanged_password,
    shortened_password,
    unknown_username,
    wrong_password,
)
from conformance.target import Secret, Value, reveal

# Of the few wrong passwords that a user may get, SDP-015 and SDP-059 send one each.
KEPT = 2


def refuses(
    check: Check, requirement_id: str, cause: str, authorization: Value | None, about: str = "authorized"
) -> None:
    """Ask with other credentials, or without any; the same question with the right ones is the control."""
    answered(check)
    exchange = ask(
        check,
        content_id(check, about),
        client_token(check),
        authorization=authorization,
        anonymous=authorization is None,
    )
    check.expect(
        requirement_id,
        400 <= exchange.status < 500,
        exchange,
        expected="HTTP 4xx",
        actual=f"HTTP {exchange.status}" if exchange.response else exchange.failure,
        cause=f"{cause}: answered {exchange.status or 'nothing'}",
        refusal=True,
    )


@requirement("SDP-061")
def test_a_refused_caller_is_answered_401_or_403(check: Check) -> None:
    answered(check)
    exchange = ask(check, content_id(check, "authorized"), client_token(check), anonymous=True)
    check.expect_status("SDP-061", exchange, 401, 403, cause="a question without credentials")


@requirement("SDP-011")
def test_a_question_without_credentials_is_refused(check: Check) -> None:
    refuses(check, "SDP-011", "a question without credentials", None)
    for name in other_contents(check):
        refuses(check, "SDP-011", f"a question without credentials about content.{name}", None, name)
    for nothing in ("Basic", "Basic !", "Basic Og=="):
        refuses(check, "SDP-011", "a question with basic authentication that names nobody", nothing)


@requirement("SDP-012")
def test_a_wrong_password_is_refused(check: Check) -> None:
    username, password = credentials(check)
    # A server takes it that looks at the beginning, for the right one inside, or up to the next colon.
    longer = f"{reveal(password)}:x"
    check.session.stream.redactor.learn(longer)
    check.session.budget.spend_wrong_password(f"sdp {username}")
    refuses(check, "SDP-012", "a question with a wrong password", basic(username, Secret(longer)))
    for near in (exchanged_password, wrong_password, shortened_password):
        if check.session.budget.wrong_passwords_left(f"sdp {username}") <= KEPT:
            return
        other = near(check.session, password)
        if other is not None:
            check.session.budget.spend_wrong_password(f"sdp {username}")
            refuses(check, "SDP-012", "a question with a password that is nearly right", basic(username, other))


@requirement("SDP-013")
def test_an_unknown_user_name_is_refused(check: Check) -> None:
    """The password is the right one, so that the user name alone is wrong."""
    username, password = credentials(check)
    stranger = basic(unknown_username(username), password)
    refuses(check, "SDP-013", "a question with an unknown user name", stranger)


@requirement("SDP-014")
def test_a_bearer_token_is_no_credential(check: Check) -> None:
    bearer = Secret(f"Bearer {reveal(client_token(check))}")
    refuses(check, "SDP-014", "a question with a token instead of basic credentials", bearer)
    own = reveal(basic(*credentials(check))).partition(" ")[2]
    for scheme in ("Bearer", "Token"):
        cause = "a question with the right credentials under another scheme"
        refuses(check, "SDP-014", cause, Secret(f"{scheme} {own}"))


@requirement("SDP-015")
def test_an_empty_password_is_refused(check: Check) -> None:
    username, _ = credentials(check)
    check.session.budget.spend_wrong_password(f"sdp {username}")
    refuses(check, "SDP-015", "a question with an empty password", basic(username, ""))


@requirement("SDP-059")
def test_case_counts_in_the_password(check: Check) -> None:
    username, password = credentials(check)
    swapped = case_swapped_password(check.session, password)
    if swapped is None:
        check.not_observed("the password has no letters, so that it has no other case")
    check.session.budget.spend_wrong_password(f"sdp {username}")
    refuses(check, "SDP-059", "a question with the password in the other case", basic(username, swapped))
