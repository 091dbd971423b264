"""hdm-authentication, "Set Top Box signon" and "Error responses": 400 for mandatory parameters that are missing."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.session.hdm import STB_DETAILS, stb_details, stb_signon


@requirement("STB-010", "STB-011", "STB-012", "STB-013")
def test_a_signon_that_lacks_a_detail_is_refused(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="the same signon, complete")
    for number, missing in enumerate(STB_DETAILS, start=10):
        rest = {name: value for name, value in details.items() if name != missing}
        answer = stb_signon(check, rest)
        check.expect_status(f"STB-{number:03d}", answer, 400, cause=f"signon without {missing}")
    for kept in (("smartcardId", "csadList"), ("smartcardId",)):
        answer = stb_signon(check, {name: details[name] for name in kept})
        check.expect_status("STB-011", answer, 400, cause="signon without nuId and casn")


@requirement("STB-014")
def test_a_signon_without_any_parameter_is_refused(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="a signon with all parameters")
    check.expect_status("STB-014", stb_signon(check, {}), 400, cause="signon without any parameter")


@requirement("STB-015", "STB-016", "STB-017", "STB-018")
def test_a_signon_with_an_empty_detail_is_refused(check: Check) -> None:
    details = stb_details(check.subject("stb"))
    check.control(stb_signon(check, details, valid=True), 200, what="the same signon, complete")
    for number, empty in enumerate(STB_DETAILS, start=15):
        answer = stb_signon(check, {**details, empty: ""})
        check.expect_status(f"STB-{number:03d}", answer, 400, 403, cause=f"signon with an empty {empty}")
