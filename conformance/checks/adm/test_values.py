"""adm-creating-an-account, Mandatory arguments: what each of them may be."""

from __future__ import annotations

from msgspec.structs import replace

from conformance.checks.adm.attempts import at_both, attempt, candidate, unknown_name
from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.accounts import BLANKS, FILLED, fresh_account
from conformance.session.creations import OPF, opening, opf_account, send_account
from conformance.stream import AccountForm

WRONG_TYPES: tuple[tuple[str, object], ...] = (
    ("accountProfileId", 5),
    ("npvrProfileName", ["none"]),
    ("billingAddress", 5),
    ("signonId", 5),
    ("password", 5),
    ("salt", {}),
    ("geoBlockExempt", "no"),
)


def creation(check: Check, operation: str, form: AccountForm, **changed: object) -> Exchange:
    """Create an account whose arguments differ in an allowed way; on SSP, one that OPF created alike."""
    if operation == OPF:
        return send_account(check, OPF, fresh_account(check, form).having(**changed), valid=True)
    account = opf_account(check, form=opening(check, OPF).form)
    return send_account(check, operation, account.having(**changed), valid=True)


@at_both("ADM-021", "SSP-021")
def test_a_pvr_status_that_does_not_exist_is_refused(check: Check, operation: str) -> None:
    for status in ("PAUSED", "ENABLE", "ENABLED ENABLED", "NOT_DISABLED"):
        answer = attempt(check, operation, candidate(check, operation).having(pvrStatus=status))
        check.expect_status("ADM-021", answer, 400, cause=f"pvrStatus {status}")
        if answer.succeeded:
            break


@at_both("ADM-082", "SSP-082")
def test_a_pvr_status_in_small_letters_is_refused(check: Check, operation: str) -> None:
    answer = attempt(check, operation, candidate(check, operation).having(pvrStatus="enabled"))
    check.expect_status("ADM-082", answer, 400, cause="pvrStatus enabled")


@at_both("ADM-022", "SSP-022")
def test_pvr_status_may_be_enabled(check: Check, operation: str) -> None:
    accepts_pvr_status(check, operation, "ADM-022", "ENABLED")


@at_both("ADM-023", "SSP-023")
def test_pvr_status_may_be_disabled(check: Check, operation: str) -> None:
    accepts_pvr_status(check, operation, "ADM-023", "DISABLED")


def accepts_pvr_status(check: Check, operation: str, requirement_id: str, status: str) -> None:
    first = opening(check, operation)
    check.control(first.exchange, what="a complete request to create an account")
    answer = first.exchange
    if first.form.pvr_status != status:
        answer = creation(check, operation, first.form, pvrStatus=status)
    check.expect(
        requirement_id,
        answer.succeeded,
        answer,
        expected="HTTP 201",
        actual=f"HTTP {answer.status}",
        cause=f"pvrStatus {status}: answered {answer.status}",
    )


@at_both("ADM-024", "SSP-024")
def test_billing_address_may_be_blank(check: Check, operation: str) -> None:
    """An empty list, an empty text or null: one of them must do."""
    first = opening(check, operation)
    check.control(first.exchange, what="a complete request to create an account")
    answer = first.exchange
    if first.form.billing not in BLANKS:
        for option, blank in BLANKS.items():
            answer = creation(check, operation, replace(first.form, billing=option), billingAddress=blank)
            if answer.succeeded:
                check.reading("blank-billing-address", option, answer)
                break
    check.expect(
        "ADM-024",
        answer.succeeded,
        answer,
        expected="HTTP 201 for [], an empty text or null",
        actual=f"HTTP {answer.status} for each of them",
        cause="a blank billingAddress is refused in every form",
    )


@requirement("ADM-025")
def test_billing_address_may_hold_an_address(check: Check) -> None:
    """The page shows no address: a list of key and value as other pages have it, then plain text."""
    first = opening(check, OPF)
    check.control(first.exchange, what="a complete request to create an account")
    answer = first.exchange
    if first.form.billing in BLANKS:
        for filled in FILLED:
            answer = send_account(check, OPF, fresh_account(check, first.form).having(billingAddress=filled))
            if answer.succeeded:
                break
    check.expect(
        "ADM-025",
        answer.succeeded,
        answer,
        expected="HTTP 201",
        actual=f"HTTP {answer.status}",
        cause="a billingAddress with an address is refused",
    )


@at_both("ADM-030", "SSP-030")
def test_an_argument_of_another_type_is_refused(check: Check, operation: str) -> None:
    for name, value in WRONG_TYPES:
        answer = attempt(check, operation, candidate(check, operation).having(**{name: value}))
        check.expect_status("ADM-030", answer, 400, cause=f"{name} of another JSON type")
        if answer.succeeded:  # one account too many is enough to tell
            break


@requirement("ADM-031")
def test_a_salt_that_is_not_base64_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(salt="*** no base64 ***"))
    check.expect_status("ADM-031", answer, 400, cause="a salt that is not Base64")


@requirement("ADM-032")
def test_a_password_that_encodes_no_bytes_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(password="*** neither base64 nor hex ***"))  # noqa: S106
    check.expect_status("ADM-032", answer, 400, cause="a password that is neither Base64 nor hexadecimal")


@requirement("ADM-033")
def test_geo_block_exempt_true_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(geoBlockExempt=True))
    check.expect_status("ADM-033", answer, 400, cause="geoBlockExempt true")


@requirement("ADM-034")
def test_a_signon_id_that_is_no_email_address_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(signonId=unknown_name("address")))
    check.expect_status("ADM-034", answer, 400, cause="a signonId that is not an e-mail address")


@requirement("ADM-035")
def test_an_unknown_account_profile_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(accountProfileId=unknown_name("profile")))
    check.expect_status("ADM-035", answer, 404, 400, cause="an unknown accountProfileId")


@requirement("ADM-036")
def test_an_unknown_npvr_profile_is_refused(check: Check) -> None:
    answer = attempt(check, OPF, candidate(check, OPF).having(npvrProfileName=unknown_name("profile")))
    check.expect_status("ADM-036", answer, 404, 400, cause="an unknown npvrProfileName")
