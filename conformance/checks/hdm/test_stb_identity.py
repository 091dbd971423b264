"""hdm-authentication, "Set Top Box signon" and "Error responses": 403 for details that give no valid token."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.session.hdm import STB_DETAILS, Query, stb_details, stb_signon
from conformance.session.lookalikes import unknown_like
from conformance.target import reveal

OTHER_BOX = {"nuId": "STB-024", "casn": "STB-025", "csadList": "STB-026", "smartcardId": "STB-027"}


@requirement("STB-020", "STB-021", "STB-022", "STB-023")
def test_an_unknown_detail_is_refused(check: Check) -> None:
    details = _known_box(check)
    for number, name in enumerate(STB_DETAILS, start=20):
        wrong = stb_signon(check, {**details, name: unknown_like(details[name])})
        check.expect_status(f"STB-{number:03d}", wrong, *_refusal(check), cause=f"signon with an unknown {name}")
        if name == "csadList" and wrong.status in (200, 403):
            check.reading("stb-csad-list", "taken" if wrong.succeeded else "compared", wrong)
    check.control(stb_signon(check, details, valid=True), 200, what="the same signon, with the box's own details")


@requirement("STB-024", "STB-025", "STB-026", "STB-027")
def test_another_boxs_detail_is_refused(check: Check) -> None:
    details, others = _known_box(check), stb_details(check.subject("stb_other_account"))
    check.control(stb_signon(check, others, valid=True), 200, what="the other box's signon")
    _of_no_other_box(check, details, others)
    if all(check.target.has_subject(f"stb_disabled.{name}") for name in STB_DETAILS):
        # It may be of the same account.
        _of_no_other_box(check, details, stb_details(check.subject("stb_disabled")))
    check.control(stb_signon(check, details, valid=True), 200, what="the same signon, with the box's own details")


def _of_no_other_box(check: Check, details: Query, others: Query) -> None:
    """Judge that a box does not sign on with one of the details of another one."""
    for name, requirement_id in OTHER_BOX.items():
        if reveal(others[name]) == reveal(details[name]):
            # Boxes of one model may share a value; then only an unknown one can be wrong.
            others[name] = unknown_like(details[name])
        wrong = stb_signon(check, {**details, name: others[name]})
        check.expect_status(requirement_id, wrong, *_refusal(check), cause=f"signon with another box's {name}")


@requirement("STB-028")
def test_an_unknown_set_top_box_is_refused(check: Check) -> None:
    details = _known_box(check)
    unknown = {name: unknown_like(value) for name, value in details.items()}
    answer = stb_signon(check, unknown)
    check.expect_status("STB-028", answer, *_refusal(check), cause="signon of an unknown box")
    if answer.status in (200, 403):
        check.reading("dynamic-provisioning", "on" if answer.status == 200 else "off", answer)
    if answer.succeeded:
        check.session.created("stbsignontokens", f"set top box with smartcardId {unknown['smartcardId']}", answer)


@requirement("STB-029")
def test_a_disabled_set_top_box_is_refused(check: Check) -> None:
    disabled = stb_details(check.subject("stb_disabled"))
    _known_box(check)
    check.expect_status("STB-029", stb_signon(check, disabled), 403, cause="signon of a disabled box")


def _known_box(check: Check) -> Query:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="a signon with the box's own details")
    return details


def _refusal(check: Check) -> tuple[int, ...]:
    """403; where unknown boxes are provisioned, the documents do not say that a mixture is not one of them."""
    if "dynamic_provisioning" not in check.target.features:
        return (403,)
    if not check.session.budget.writes_allowed:
        check.lacks("the platform may provision an unknown box, and writes are not allowed")
    return (403, 200)
