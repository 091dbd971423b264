"""The reference platform and the contract, two readings of the documents, agree: in every reading that has a form."""

import json

import pytest

from conformance.contract import load_contract
from conformance.reference.readings import CATALOGUE

from .caller import calling

FORMS = (
    "error-body",
    "extra-fields",
    "hdm-token-form",
    "hdm-request-id",
    "hdm-result",
    "initialise-download-url",
    "initialise-error-status",
    "initialise-gate",
    "ias-token-form",
    "ias-claims",
    "ias-token-algorithm",
    "token-type",
    "refresh-expires-in",
    "broadcast-token-field",
    "adm-answer",
    "sdp-field-types",
    "sdp-field-spelling",
    "sdp-window-spelling",
    "sdp-empty-window",
    "sdp-cas-product-id",
    "sdp-usage-rules",
    "sdp-not-authorised-fields",
    "sdp-token-error-status",
    "sdp-locale-message",
    "mds-channel-id",
    "mds-envelope",
)
OPTIONS = [(name, option) for name in FORMS for option in CATALOGUE[name]]


def responses(caller):
    """A response of each operation, good and refused."""
    token = caller.access_token()
    yield "stbsignontokens", caller.sign_on_stb()
    yield "nmpsignontokens", caller.sign_on_user()
    for operation, method in (("initialiseDeviceByGet", "GET"), ("initialiseDeviceByPost", "POST")):
        yield operation, caller.initialise(method)
        yield operation, caller.initialise(method, token="made-up")
        yield operation, caller.initialise(method, playerType="")
    yield "createAccount", caller.create(caller.new_account())
    yield "dasSignOnByCasn", caller.das_sign_on()
    yield "updateInHomeStatus", caller.update(token, True, caller.broadcast_token(token))
    yield "isContentAuthorised", caller.licence()
    yield "isContentAuthorised", caller.licence("not_authorized")
    yield "isContentAuthorised", caller.licence("live_ppv")
    yield "isContentAuthorised", caller.licence(token="made-up")
    yield "listServices", caller.services(token)


@pytest.mark.parametrize(("reading", "option"), OPTIONS, ids=[f"{name}={option}" for name, option in OPTIONS])
def test_what_the_reference_platform_answers_keeps_the_contract(reading, option):
    contract = load_contract()
    kept = 0
    with calling(readings={reading: option}) as caller:
        for operation, answer in responses(caller):
            validator = contract.response_validator(operation, answer.status_code, "application/json")
            if validator is None or "json" not in answer.headers.get("content-type", ""):
                continue
            assert validator.violations(json.loads(answer.content)) == (), operation
            kept += 1
    assert kept >= 9
