"""ADM's checks on platforms with one fault: each is found, for the stated reason; and in other readings, which break nothing."""

import itertools
import json
import re

import pytest

from conformance.checks import adm
from conformance.errors import CredentialError
from conformance.reference.faults import Fault, find
from conformance.reference.wire import Answer, Refusal

from .verdicts import run_checks

OPF, SSP = "createAccount", "createAccountOnSsp"
FIELDS = (
    "accountProfileId",
    "npvrProfileName",
    "billingAddress",
    "pvrStatus",
    "signonId",
    "password",
    "salt",
    "geoBlockExempt",
)


def turned(old, new):
    def on_response(_call, answer, _platform):
        if answer.status == old:
            answer.status = new
        return answer

    return Fault("one", "test", "", (OPF,), on_response=on_response)


def created(change, *operations):
    def on_response(call, answer, _platform):
        if answer.status == 201:
            change(answer, call)
        return answer

    return Fault("one", "test", "", operations or (OPF,), on_response=on_response)


def replaced(method, function):
    return Fault("one", "test", "", (OPF, SSP), {("adm", method): function})


def accepts_without(name):
    def on_response(call, answer, _platform):
        missing = answer.status == 400 and call.body.startswith(b"{") and f'"{name}"'.encode() not in call.body
        return Answer(201, {"_id": "1"}) if missing and len(call.body) > 2 else answer

    return Fault("one", "test", "", (OPF,), on_response=on_response)


def refuses(method, when):
    def replacement(original, _service):
        def decision(body):
            if when(body):
                raise Refusal(400, "no")
            return original(body)

        return decision

    return replaced(method, replacement)


def any_token(original, _service):
    return lambda token: None


def two_tenants(original, service):
    def check(call):
        call.headers["nv-tenant-id"] = service.platform.settings.tenant

    return check


def overwrites(original, service):
    def duplicate(store, request):
        service.database._connection.execute("DELETE FROM users WHERE signon_id = ?", (request.signon_id,))

    return duplicate


def ids(*numbers):
    return {f"ADM-{number:03d}" for number in numbers}


IDS = itertools.count()
CASES = {
    "200 for 201": (turned(201, 200), ids(1)),
    "401 for 403": (turned(403, 401), ids(51, 52, 53, 54, 55, 56, 58, 60)),
    "400 for 404": (turned(404, 400), ids(42)),
    "422 for 400": (turned(400, 422), ids(*range(11, 19), 21, 26, 27, 28, 29)),
    "one ID for all": (created(lambda a, c: a.data.update(_id="1")), ids(6, 8)),
    "the ID is renamed": (created(lambda a, c: a.data.update(_id=a.data["_id"] + "x")), ids(6)),
    "the ID is a number": (created(lambda a, c: a.data.update(_id=next(IDS))), ids(4)),
    "SSP renames the account": (created(lambda a, c: a.data.update(_id="other"), SSP), {"SSP-081", "SSP-006"}),
    "SSP answers 200": (created(lambda a, c: setattr(a, "status", 200), SSP), {"SSP-001"}),
    "any token": (replaced("check_token", any_token), ids(51, 52, 53, 54, 55, 56, 58, 60)),
    "any tenant": (replaced("check_tenant", two_tenants), ids(41, 42)),
    "blank address refused": (refuses("billing_address", lambda b: not b.get("billingAddress")), ids(24)),
    "ENABLED refused": (refuses("pvr_status", lambda b: b.get("pvrStatus") == "ENABLED"), ids(22)),
    "DISABLED refused": (refuses("pvr_status", lambda b: b.get("pvrStatus") == "DISABLED"), ids(23)),
    "salt reversed": (replaced("salt", lambda original, s: lambda text: original(text)[::-1]), ids(71)),
    **{
        f"fault {name}": (find(name), ids(number))
        for name, number in (
            ("account-tenant-by-its-start", 42),
            ("account-made-despite-403", 78),
            ("account-after-a-refusal", 78),
            ("signon-plus-is-a-space", 80),
            ("account-answer-by-correlation-id", 8),
            ("account-id-cut-off", 6),
            ("signon-password-cut-to-64", 83),
            ("simultaneous-accounts-mixed-up", 8),
        )
    },
    "another signon": (
        Fault(
            "one", "test", "", ("nmpsignontokens",), on_response=lambda c, a, p: Answer(403) if a.status == 200 else a
        ),
        ids(71),
    ),
}
CASES |= {f"without {name}": (accepts_without(name), ids(number)) for number, name in enumerate(FIELDS, 11)}


@pytest.mark.parametrize(("fault", "breaks"), CASES.values(), ids=CASES.keys())
def test_a_fault_is_found(fault, breaks):
    found = run_checks(adm, fault=fault, only={*breaks, "ADM-001"})
    assert found.acted
    assert breaks <= found.broken


def test_a_second_account_that_replaces_the_first_is_warned_of():
    found = run_checks(adm, fault=replaced("duplicate", overwrites), only=ids(62))
    assert "ADM-062" in found.findings


def test_a_faultless_platform_breaks_nothing():
    found = run_checks(adm)
    assert found.failed == set()
    assert found.untested == {}


# Together they take each of these options; no two answer one question.
PLATFORMS = [
    {"password-encoding": "hex", "blank-billing-address": "text", "duplicate-account": "201", "ssp-tenant": "path"},
    {
        "pbkdf2-length": "bits",
        "blank-billing-address": "null",
        "ssp-authorization": "nv-authorizations",
        "duplicate-account": "422",
        "unknown-profile": "accepted",
    },
    {"account-propagation": "later"},
]


@pytest.mark.parametrize("readings", PLATFORMS, ids="+".join)
def test_readings_break_nothing(readings):
    found = run_checks(adm, readings=readings)
    assert found.failed == set()
    seen = {name: found.readings.get(name, option) for name, option in readings.items()}
    assert all(seen[name] == option for name, option in readings.items() if name != "ssp-tenant")


def test_a_422_for_an_account_that_exists_is_taken_with_a_blank_address_of_null():
    readings = {"duplicate-account": "422", "blank-billing-address": "null"}
    assert run_checks(adm, readings=readings, only=ids(61, 62)).failed == set()


def unpinned(document):
    document["subjects"]["account_template"].pop("password_encoding", None)


@pytest.mark.parametrize("length", ["bytes", "bits"])
def test_an_encoding_that_the_target_file_does_not_name_is_found(length):
    found = run_checks(adm, readings={"password-encoding": "hex", "pbkdf2-length": length}, edit=unpinned)
    assert found.failed == set()
    assert (found.readings["password-encoding"], found.readings["pbkdf2-length"]) == ("hex", length)


def test_an_account_that_signs_on_later_is_found_whatever_the_form_of_its_hash():
    readings = {"password-encoding": "hex", "account-propagation": "later"}
    found = run_checks(adm, readings=readings, edit=unpinned, only=ids(61, 62, 71, 74))
    assert found.failed == set()
    assert found.untested == {}


def test_accounts_that_sign_on_once_they_are_on_both_platforms_are_no_finding():
    """ "This request must be made twice": HDM may want the account on SSP before its user signs on."""
    found = run_checks(adm, readings={"account-propagation": "with-ssp"})
    assert found.findings == {}
    assert found.untested == {}


def test_a_platform_that_takes_no_unusual_address_is_said_to_take_none():
    def plain(call, _platform):
        name = json.loads(call.body).get("signonId", "") if call.body.startswith(b"{") else ""
        return call if re.fullmatch(r"[a-z][a-z0-9-]{0,40}@[a-z.]+", name) else Answer(400, {"message": "signonId"})

    found = run_checks(adm, fault=Fault("one", "test", "", (OPF, SSP), on_request=plain), only=ids(91))
    assert found.findings == {}
    assert "no account with such a signonId is created" in "".join(found.untested.values())


def test_an_expired_token_of_the_target_file_is_named_with_its_line():
    def expire(document):
        document["credentials"]["crm"] = {"token": document["subjects"]["expired_tokens"].pop("crm")}

    with pytest.raises(CredentialError, match=r"target\.yaml:\d+: .*has expired"):
        run_checks(adm, edit=expire, only=ids(1))
