"""sdp-is-content-authorised: the question, its arguments, and the two answers."""

from __future__ import annotations

import secrets

from conformance.checks.api import Check, requirement
from conformance.checks.sdp.questions import answered, is_refusal, of_two_accounts
from conformance.opentv.licence import AUTHORISED, NOT_AUTHORISED, authorisation, delivery_window, result_of
from conformance.session.licences import ask, client_token, content_id, describe, licence_opening, private_data


@requirement("SDP-001")
def test_a_complete_question_is_answered_200(check: Check) -> None:
    licence_opening(check)
    exchange = ask(check, content_id(check, "authorized"), client_token(check), valid=True)
    check.expect(
        "SDP-001",
        exchange.status == 200 and not is_refusal(exchange),
        exchange,
        expected="HTTP 200 with a result",
        actual=describe(exchange),
        cause=f"a complete question: answered {exchange.status or 'nothing'}",
    )


@requirement("SDP-002")
def test_an_entitled_content_is_authorised(check: Check) -> None:
    exchange = answered(check)
    said = authorisation(exchange)
    check.expect(
        "SDP-002",
        said == AUTHORISED,
        exchange,
        expected=AUTHORISED,
        actual=said,
        cause="an entitled content is refused",
    )


@requirement("SDP-003")
def test_a_content_without_entitlement_is_not_authorised(check: Check) -> None:
    answered(check)
    # What a client says of itself gives no right that its account lacks.
    for private, what in ((None, ""), (private_data(locality="XYZ", isDownload=True), ", with private data")):
        exchange = ask(check, content_id(check, "not_authorized"), client_token(check), private=private)
        said = authorisation(exchange)
        check.expect(
            "SDP-003",
            said == NOT_AUTHORISED if private is None else said != AUTHORISED,
            exchange,
            expected=f"HTTP 200 with {NOT_AUTHORISED}",
            actual=describe(exchange),
            cause=f"a content without entitlement{what}: answered {said or exchange.status}",
        )


@requirement("SDP-002", "SDP-003")
def test_the_contents_of_another_account_are_answered_by_its_own_rights(check: Check) -> None:
    """The target file says what all its users and boxes may watch; preflight proves it of one of them."""
    if check.target.vouched is None:
        check.not_observed("nobody vouches for the target file, which alone says what the second account may watch")
    answered(check)
    _, token = of_two_accounts(check)
    for requirement_id, name, wanted in (
        ("SDP-002", "authorized", AUTHORISED),
        ("SDP-003", "not_authorized", NOT_AUTHORISED),
    ):
        if name not in check.target.content:
            continue
        exchange = ask(check, content_id(check, name), token())
        said = authorisation(exchange)
        check.expect(
            requirement_id,
            said == wanted,
            exchange,
            expected=f"HTTP 200 with {wanted}",
            actual=describe(exchange),
            cause=f"content.{name} of the target file, for its second account: answered {said or exchange.status}",
        )


@requirement("SDP-004")
def test_an_unknown_content_is_never_authorised(check: Check) -> None:
    """An ID that nobody has, and ones that only begin like an entitled content's."""
    answered(check)
    entitled = content_id(check, "authorized")
    tail = secrets.token_hex(4)
    for unknown in (f"conformance-no-such-{tail}", f"{entitled}-{tail}", f"{entitled}-{tail}' OR '1'='1"):
        exchange = ask(check, unknown, client_token(check), expect_5xx=True)
        check.expect(
            "SDP-004",
            authorisation(exchange) != AUTHORISED,
            exchange,
            expected=(NOT_AUTHORISED, "an error"),
            actual=describe(exchange),
            cause="a content that does not exist is AUTHORIZED",
        )


@requirement("SDP-005", "SDP-058")
def test_a_live_event_has_its_key_delivery_window(check: Check) -> None:
    answered(check)
    exchange = ask(check, content_id(check, "live_ppv"), client_token(check), valid=True)
    window = delivery_window(result_of(exchange))
    said = authorisation(exchange)
    if not said:
        actual, cause = describe(exchange), f"a live event: answered {exchange.status or 'nothing'}"
        check.expect("SDP-005", False, exchange, expected="HTTP 200 with a result", actual=actual, cause=cause)
        return
    check.expect(
        "SDP-005",
        window is not None,
        exchange,
        expected=f"{said} with a key delivery window",
        actual=f"{said} without a key delivery window",
        cause="a live event has no key delivery window",
    )
    # The page gives the times where no subscription exists; whether the event was bought is the target file's matter.
    check.expect(
        "SDP-058",
        said == AUTHORISED,
        exchange,
        expected=AUTHORISED,
        actual=said,
        cause=f"a live event is {said}",
    )


@requirement("SDP-009")
def test_outside_live_events_the_window_is_null(check: Check) -> None:
    exchange = answered(check)
    window = delivery_window(result_of(exchange))
    check.expect(
        "SDP-009",
        window is None,
        exchange,
        expected="null, or no key delivery window",
        actual="a key delivery window",
        cause="a content outside live events has a key delivery window",
    )


@requirement("SDP-006")
def test_private_data_is_taken(check: Check) -> None:
    answered(check)
    for locality, download, what in (
        ("XYZ", True, "private data"),
        ("Zürich", False, "letters beyond a to z in its private data"),
    ):
        private = private_data(locality=locality, isDownload=download)
        exchange = ask(check, content_id(check, "authorized"), client_token(check), private=private, valid=True)
        check.expect(
            "SDP-006",
            bool(authorisation(exchange)),
            exchange,
            expected="HTTP 200 with a result",
            actual=describe(exchange),
            cause=f"a question with {what}: answered {exchange.status or 'nothing'}",
        )


@requirement("SDP-007")
def test_private_data_about_nothing_changes_nothing(check: Check) -> None:
    without = answered(check)
    exchange = ask(check, content_id(check, "authorized"), client_token(check), private=private_data(), valid=True)
    check.expect(
        "SDP-007",
        authorisation(exchange) == authorisation(without),
        exchange,
        expected=authorisation(without),
        actual=describe(exchange),
        cause="empty private data changes the answer",
    )


@requirement("SDP-008")
def test_a_question_that_takes_any_media_type_is_answered(check: Check) -> None:
    answered(check)
    token = client_token(check)
    exchange = ask(check, content_id(check, "authorized"), token, headers={"Accept": "*/*"}, valid=True)
    check.expect_status("SDP-008", exchange, 200, cause="a question with Accept */*")
