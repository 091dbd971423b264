from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract import load_contract
from conformance.fuzz.assess import assess
from conformance.fuzz.case import AUTHORISED, Body, Case
from conformance.fuzz.standin import assessed
from conformance.fuzz.template import fuzzed, template, templates

CONTRACT = load_contract()


def base(operation: str) -> Case:
    return template(CONTRACT.operation(operation), next(iter(CONTRACT.operation(operation).variants[-1:]), None))


def flaws(case: Case) -> list[str]:
    return [str(flaw) for flaw in assessed(CONTRACT, CONTRACT.operation(case.operation), case).flaws if flaw.sure]


@pytest.mark.parametrize("operation", fuzzed(CONTRACT), ids=lambda entry: entry.operation_id)
def test_nothing_is_wrong_with_the_request_that_works(operation: object) -> None:
    for case in templates(operation):
        found = assessed(CONTRACT, operation, case)
        assert (found.flaws, found.doubt) == ((), "")


def test_a_missing_parameter_is_a_flaw_with_the_documented_status() -> None:
    case = base("stbsignontokens").with_query("casn")
    (flaw,) = assessed(CONTRACT, CONTRACT.operation("stbsignontokens"), case).flaws
    assert (flaw.kind, flaw.name, flaw.statuses, flaw.sure, flaw.exact) == ("missing", "casn", (400,), True, True)


@pytest.mark.parametrize("value", ["⟦stb.casn⟧ ", " ⟦stb.casn⟧", "0⟦stb.casn⟧", "⟦stb.casn⟧'"])
def test_the_right_value_a_little_changed_is_left_alone(value: str) -> None:
    case = base("stbsignontokens").with_query("casn", value)
    assert assessed(CONTRACT, CONTRACT.operation("stbsignontokens"), case).doubt


@pytest.mark.parametrize("value", ["", " ", "\t \n", "\u3000"])
def test_a_blank_device_id_may_be_read_as_none(value: str) -> None:
    """A platform that trims its parameters sees a signon by name and password alone."""
    operation = CONTRACT.operation("nmpsignontokens")
    with_device = [one for one in templates(operation) if one.value("query", "deviceId")]
    assert with_device
    assert not any(flaws(case.with_query("deviceId", value)) for case in with_device)


def test_repeated_parameters_are_left_alone() -> None:
    case = base("stbsignontokens").with_query("casn", "⟦stb.casn⟧", "x")
    assert assessed(CONTRACT, CONTRACT.operation("stbsignontokens"), case).doubt == "a repeated parameter"


def test_a_name_in_another_case_is_left_alone() -> None:
    case = base("stbsignontokens").with_query("casn").with_query("CASN", "⟦stb.casn⟧")
    assert assessed(CONTRACT, CONTRACT.operation("stbsignontokens"), case).doubt == "a name in another case"


def test_optional_parameters_are_never_wrong() -> None:
    case = base("listServices").with_query("limit", "x").with_query("filter", "{")
    assert flaws(case) == []


def test_a_broadcast_token_may_be_missing_out_of_the_home() -> None:
    at_home = base("updateInHomeStatus").without_field("updateInHomeToken")
    assert flaws(at_home) == ["body updateInHomeToken: missing"]
    assert flaws(at_home.with_field("inHome", False)) == []
    # A lenient reader may take the text for false, and then the token may be missing.
    assert flaws(at_home.with_field("inHome", "false")) == ["body inHome: type"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{", ["body body: broken"]),
        ("[]", ["body body: type"]),
        ("null", ["body body: type"]),
        ("", ["body body: missing"]),
    ],
)
def test_a_body_that_nobody_can_read_is_a_flaw(text: str, wanted: list[str]) -> None:
    case = replace(base("dasSignOnByCasn"), body=Body("text", text))
    assert flaws(case) == wanted


@pytest.mark.parametrize(
    "text", ['{"casn": 1,}', "{'a': 1}", '{"a": NaN}', '{"casn": "a", "casn": "b"}', "\ufeff{}", '{"a": 1} // x }']
)
def test_what_a_lenient_parser_takes_is_left_alone(text: str) -> None:
    case = replace(base("dasSignOnByCasn"), body=Body("text", text))
    assert assessed(CONTRACT, CONTRACT.operation("dasSignOnByCasn"), case).doubt


def test_another_content_type_is_left_alone() -> None:
    case = base("dasSignOnByCasn").without_field("casn").with_header("Content-Type", "text/plain")
    assert assessed(CONTRACT, CONTRACT.operation("dasSignOnByCasn"), case).doubt == "another Content-Type"


def test_authorisation_counts_where_the_page_wants_it() -> None:
    case = base("createAccount")
    assert case.value("header", "authorization") == AUTHORISED
    assert flaws(case.with_header("Authorization")) == ["header Authorization: missing"]
    assert flaws(base("listServices").with_header("Authorization")) == []


def test_only_the_variants_of_the_target_count() -> None:
    operation = CONTRACT.operation("nmpsignontokens")
    case = template(operation, operation.variants[1]).with_query("username")
    found = assessed(CONTRACT, operation, case)
    assert (found.variant, [str(flaw) for flaw in found.flaws]) == ("user", ["query username: missing"])


def test_assess_is_public() -> None:
    assert callable(assess)
