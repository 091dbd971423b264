"""hdm-authentication, "Set Top Box signon": what succeeds."""

from __future__ import annotations

import uuid

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.tolerance import ODD_CORRELATION_IDS
from conformance.session.hdm import casn_name, stb_details, stb_signon
from conformance.session.lookalikes import unknown_like


@requirement("STB-001")
def test_a_set_top_box_signs_on_with_its_four_details(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    answer = stb_signon(check, details, valid=True)
    if check.expect_status("STB-001", answer, 200, cause="signon with the box's own details"):
        casn = details.pop("casn")
        other = "caSn" if casn_name(check) == "casn" else "casn"
        tried = check.send("stbsignontokens", query={**details, other: casn})
        if tried.succeeded:
            check.reading("stb-casn-name", "both", tried)


@requirement("SGN-019")
def test_a_set_top_box_signs_on_again(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    again = stb_signon(check, details, valid=True)
    if not check.session.history.has_signed_on(details):
        check.control(again, 200, what="a first signon of the box")
    if again.succeeded:
        again = stb_signon(check, details, valid=True)
    check.expect_status("SGN-019", again, 200, cause="second signon of one box")


@requirement("SGN-020", "SGN-021", "SGN-024")
def test_a_correlation_id_is_optional_for_a_set_top_box(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    without = stb_signon(check, details, valid=True)
    named = stb_signon(check, details, headers={"x-correlation-id": str(uuid.uuid4())}, valid=True)
    if not (without.succeeded or named.succeeded):
        check.control(without, 200, what="a signon, with or without x-correlation-id")
    check.expect_status("SGN-020", without, 200, cause="signon without x-correlation-id")
    check.expect_status("SGN-021", named, 200, cause="signon with x-correlation-id")
    for value in ODD_CORRELATION_IDS:
        odd = stb_signon(check, details, headers={"x-correlation-id": value})
        check.expect_status("SGN-024", odd, 200, cause="signon with an x-correlation-id that is not a UUID")


@requirement("SGN-022", "SGN-023")
def test_a_set_top_box_signon_has_what_clients_add(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="the same signon, as documented")
    more = stb_signon(check, details, extra={"provisioned": "true"})
    check.expect_status("SGN-022", more, 200, cause="signon with an unknown query parameter")
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    typed = stb_signon(check, details, headers=form)
    check.expect_status("SGN-023", typed, 200, cause="signon GET with a form's Content-Type and no body")


@requirement("STB-002", "STB-003")
def test_an_unknown_set_top_box_is_provisioned_at_its_first_signon(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="a signon of a known box")
    fresh = {name: unknown_like(value) for name, value in details.items()}
    first = stb_signon(check, fresh, valid=True)
    if not check.expect_status("STB-002", first, 200, cause="first signon of an unknown box"):
        check.lacks("no box was provisioned that could sign on again: see STB-002")
    check.session.created("stbsignontokens", f"set top box with smartcardId {fresh['smartcardId']}", first)
    again = stb_signon(check, fresh, valid=True)
    check.expect_status("STB-003", again, 200, cause="second signon of a box just provisioned")
