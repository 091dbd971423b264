"""The operations that come out of the documents, against lists that were written from the source pages."""

from __future__ import annotations

import pytest

from conformance.contract import Contract, load_contract
from conformance.errors import UsageError
from conformance.register import load_register

EXPECTED = {
    "stbsignontokens": ("hdm", "GET", "hdm.url", {200, 400, 403, 500, 503}),
    "nmpsignontokens": ("hdm", "GET", "hdm.url", {200, 400, 403, 500, 503}),
    "initialiseDeviceByGet": ("hdm", "GET", "hdm.url", {200}),
    "initialiseDeviceByPost": ("hdm", "POST", "hdm.url", {200}),
    "createAccount": ("adm", "POST", "adm.url", {201, 400, 403, 404}),
    "createAccountOnSsp": ("adm", "POST", "adm.ssp_url", {201, 400, 403, 404}),
    "keycloakToken": ("adm", "POST", "credentials.crm.keycloak.url", {200}),
    "dasSignOnByCasn": ("ias", "POST", "ias.url", {200, 400, 401, 403, 404}),
    "generateUpdateInHomeToken": ("ias", "GET", "ias.url", {200, 400}),
    "updateInHomeStatus": ("ias", "PUT", "ias.url", {200, 400}),
    "isContentAuthorised": ("sdp", "GET", "sdp.url", {200}),
    "isContentAuthorized": ("sdp", "GET", "sdp.url", {200}),
    "listServices": ("mds", "GET", "mds.url", {200, 400, 401}),
}
ACCOUNT = {
    "nv-tenant-id",
    "accountProfileId",
    "npvrProfileName",
    "billingAddress",
    "pvrStatus",
    "signonId",
    "password",
    "salt",
    "geoBlockExempt",
}
INITIALISE = {"playerVersion", "playerType", "initializationPayload", "token"}
MANDATORY = {
    "stbsignontokens": {"smartcardId", "nuId", "casn", "csadList"},
    "nmpsignontokens": {"username", "password"},
    "initialiseDeviceByGet": INITIALISE,
    "initialiseDeviceByPost": INITIALISE,
    "createAccount": ACCOUNT,
    "createAccountOnSsp": ACCOUNT,
    "keycloakToken": {"realm", "grant_type", "username", "password", "client_id"},
    "dasSignOnByCasn": {"nv-tenant-id", "casn", "dasChallenge", "scheme"},
    "generateUpdateInHomeToken": set(),
    "updateInHomeStatus": {"updateInHomeToken", "inHome"},
    "isContentAuthorised": {"x-correlation-id", "arg0", "token"},
    "isContentAuthorized": {"x-correlation-id", "arg0", "token"},
    "listServices": {"provider"},
}
WALKS = [
    ("nmpsignontokens", "initialiseDeviceByGet"),
    ("nmpsignontokens", "initialiseDeviceByPost"),
    ("initialiseDeviceByGet", "nmpsignontokens"),
    ("initialiseDeviceByPost", "nmpsignontokens"),
    ("nmpsignontokens", "isContentAuthorised"),
    ("stbsignontokens", "isContentAuthorised"),
    ("dasSignOnByCasn", "generateUpdateInHomeToken"),
    ("generateUpdateInHomeToken", "updateInHomeStatus"),
    ("updateInHomeStatus", "listServices"),
    ("keycloakToken", "createAccount"),
    ("createAccount", "nmpsignontokens"),
]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def test_all_operations_are_there_and_no_others(contract: Contract) -> None:
    found = {e.operation_id: (e.service, e.method, e.base, set(e.documented)) for e in contract}
    assert found == EXPECTED


def test_mandatory_parameters_are_those_of_the_pages(contract: Contract) -> None:
    found = {e.operation_id: {p.name for p in (*e.parameters, *e.fields) if p.required} for e in contract}
    assert found == MANDATORY


def test_no_documented_string_has_a_maximum(contract: Contract) -> None:
    for entry in contract:
        for parameter in (*entry.parameters, *entry.fields):
            assert not {"maxLength", "minLength", "pattern", "maximum", "minimum"} & parameter.schema.keys()


@pytest.mark.parametrize(
    ("operation", "name", "values"),
    [
        ("dasSignOnByCasn", "scheme", ["CONNECT", "WIDEVINE"]),
        ("createAccount", "pvrStatus", ["ENABLED", "DISABLED"]),
    ],
)
def test_enumerations_hold_the_documented_values(
    contract: Contract, operation: str, name: str, values: list[str]
) -> None:
    parameter = contract.operation(operation).parameter(name)
    assert parameter is not None
    assert parameter.schema["enum"] == values


def test_what_is_secret_is_marked(contract: Contract) -> None:
    secret = {p.name for e in contract for p in (*e.parameters, *e.fields) if p.secret}
    assert secret == {"password", "token", "salt", "dasChallenge", "updateInHomeToken"}


def test_open_device_signon_has_three_variants(contract: Contract) -> None:
    operation = contract.operation("nmpsignontokens")
    names = {parameter.name for parameter in operation.parameters}
    assert {variant.name: variant.required for variant in operation.variants} == {
        "direct": ("smartcardId", "username", "password", "deviceId"),
        "user": ("username", "password"),
        "user-device": ("username", "password", "deviceId"),
    }
    assert all({*variant.required, *variant.optional} <= names for variant in operation.variants)


@pytest.mark.parametrize(("start", "end"), WALKS)
def test_the_documented_walks_are_links(contract: Contract, start: str, end: str) -> None:
    assert end in {link.operation for response in contract.operation(start).responses for link in response.links}


def test_links_name_parameters_that_exist(contract: Contract) -> None:
    for entry in contract:
        for link in (link for response in entry.responses for link in response.links):
            target = contract.operation(link.operation)
            names = {parameter.name for parameter in target.parameters}
            assert set(link.parameters) <= names, link
            fields = {field.name for field in target.fields}
            assert set(link.body if isinstance(link.body, dict) else {}) <= fields, link
            assert bool(target.security) or not link.authorization, link


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/api/authentication/v2/stbsignontokens", "stbsignontokens"),
        ("get", "/prefix/api/authentication/v2/nmpsignontokens/", "nmpsignontokens"),
        ("POST", "/qsp/gateway/http/js/NmpExtendedService/initializeDevice", "initialiseDeviceByPost"),
        ("POST", "/adm/v1/accounts/preHashedPassword", "createAccount"),
        ("POST", "/ssp/adm/v1/accounts/preHashedPassword", "createAccountOnSsp"),
        ("POST", "/keycloak/auth/realms/acme/protocol/openid-connect/token", "keycloakToken"),
        ("PUT", "/v3/token/actions/updateInHomeStatus", "updateInHomeStatus"),
        ("GET", "/hue-gateway/gateway/http/js/mdrmService/isContentAuthorized", "isContentAuthorized"),
        ("GET", "/metadata/delivery/GLOBAL/btv/services", "listServices"),
        ("POST", "/metadata/delivery/GLOBAL/btv/services", None),
        ("GET", "/metadata/delivery/a/b/btv/services", None),
        ("GET", "/", None),
    ],
)
def test_a_request_finds_its_operation(contract: Contract, method: str, path: str, operation: str | None) -> None:
    found = contract.match(method, path)
    assert (found.operation_id if found else None) == operation


def test_an_unknown_operation_is_answered_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(UsageError, match="Did you mean 'stbsignontokens'"):
        contract.operation("stbsignontoken")


def test_documented_statuses_come_before_ranges(contract: Contract) -> None:
    operation = contract.operation("isContentAuthorised")
    assert [(r.status if (r := operation.response(s)) else None) for s in (200, 404, 500, 302)] == [
        "200",
        "4XX",
        "5XX",
        None,
    ]


def test_statuses_are_allowed_as_documented_or_tolerated(contract: Contract) -> None:
    creating = contract.operation("createAccount")
    assert all(creating.allows(status) for status in (201, 400, 401, 403, 404, 409))
    assert not any(creating.allows(status) for status in (200, 204, 302, 415, 422, 500))
    assert "duplicate" in contract.tolerance("adm", 409)
    assert contract.tolerance("adm", 422) == ""


def test_conditions_guard_the_statuses_that_only_they_explain(contract: Contract) -> None:
    response = contract.operation("stbsignontokens").response(500)
    assert response is not None
    assert set(response.only_under) == {"esso_not_configured", "esps_not_configured"}


def test_refusals_are_as_the_pages_say(contract: Contract) -> None:
    casn = contract.operation("dasSignOnByCasn").parameter("casn")
    mac = contract.operation("dasSignOnByCasn").parameter("nv-mac-address")
    content = contract.operation("isContentAuthorised").parameter("arg0")
    assert casn is not None
    assert mac is not None
    assert content is not None
    assert [casn.missing.allows(status) for status in (400, 422, 200)] == [True, False, False]
    assert [mac.missing.allows(status) for status in (200, 400, 500)] == [True, True, False]
    assert [content.missing.allows(status) for status in (200, 400, 500)] == [False, True, False]


def test_readings_of_the_contract_are_in_the_register(contract: Contract) -> None:
    named = {entry.reading for entry in contract} | {p.reading for e in contract for p in (*e.parameters, *e.fields)}
    assert named - {""} == {"initialise-parameters", "mds-without-token", "sdp-path-spelling", "stb-casn-name"}
    for name in named - {""}:
        assert load_register().reading(name)


def test_every_requirement_is_about_an_operation_of_the_contract(contract: Contract) -> None:
    assert {entry.operation for entry in load_register()} <= contract.operations.keys()
