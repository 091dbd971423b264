"""What rests on a redacted text is not judged; all else is."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from conformance.capture.redacted import judge_redacted
from conformance.model import Exchange, Request, Response
from conformance.opentv.tokens import make_jwt
from conformance.register import load_register
from conformance.rules import Context, judge

CONTEXT = Context(register=load_register(), tenant="nagra", token_keys={"k": b"k" * 32})
NOW = 1_795_741_323_250.0
MARKS = ["***", "***<secret:96:54a54fc45041>", "[REDACTED]", "<redacted>", "eyJhbGciOi...", "AAABohqTj0…"]


def signed_on(access_token, **more):
    body = {"access_token": access_token, "token_type": "bearer", "expires_in": 3600, "accountId": "a1", **more}
    return Exchange(
        id="C00001",
        service="ias",
        operation="dasSignOnByCasn",
        request=Request("POST", "https://ias.example/ias/v3/token/actions/dasSignOnByCasn", (), b"{}"),
        response=Response(200, (("Content-Type", "application/json"),), json.dumps(body).encode()),
        sent_at=NOW,
        received_at=NOW + 10,
        valid=True,
    )


def said(judged):
    return {(one.requirement, one.holds) for _, one in judged}


@given(st.sampled_from(MARKS))
def test_a_redacted_token_is_neither_right_nor_wrong(mark):
    found = said(judge_redacted(signed_on(mark), CONTEXT))
    assert not [one for one in found if one[0].startswith("TOK-")]
    assert ("DAS-001", True) in found


@given(st.sampled_from(MARKS))
def test_what_is_beside_a_redacted_text_is_judged(mark):
    found = said(judge_redacted(signed_on(mark, expires_in="soon"), CONTEXT))
    assert any(not holds and name.startswith("DAS-") for name, holds in found)


def test_of_a_token_whose_signature_is_redacted_all_else_is_judged():
    whole = make_jwt({"alg": "HS256", "kid": "k"}, {"exp": NOW / 1000 - 9000, "tenantId": "nagra"}, b"k" * 32)
    for mark in ("***", "***<signature:43:54a54fc45041>"):
        token = f"{whole.rpartition('.')[0]}.{mark}"
        found = said(judge_redacted(signed_on(token), CONTEXT))
        # Its time and tenant are known; whether its key signed it is not, nor what was beside it.
        assert {("TOK-015", False), ("TOK-020", True)} <= found
        assert not [one for one in found if one[0] == "TOK-007"]
        assert found - {("TOK-046", True)} == said(judge(signed_on(whole), CONTEXT)) - {
            ("TOK-007", True),
            ("TOK-046", True),
            ("WIR-407", True),
        }


def test_of_a_token_that_ends_in_another_mark_nobody_knows_whether_it_is_base64url():
    head = make_jwt({"alg": "HS256"}, {"tenantId": "nagra"}, b"k" * 32).rpartition(".")[0]
    found = said(judge_redacted(signed_on(f"{head}.***<secret:44:54a54fc45041>"), CONTEXT))
    assert not [name for name, _ in found if name == "TOK-001"]


def test_a_response_that_is_redacted_is_not_said_to_repeat_no_secret():
    redacted = signed_on("***")
    asked = replace(redacted, request=replace(redacted.request, body=b'{"dasChallenge": "***<secret:9:54a54fc45041>"}'))
    told = replace(asked, response=replace(asked.response, body=b'{"message": "***<secret:9:54a54fc45041> is wrong"}'))
    assert not [name for name, _ in said(judge_redacted(asked, CONTEXT)) if name == "WIR-407"]
    assert ("WIR-407", False) in said(judge_redacted(told, CONTEXT))


@given(st.sampled_from(MARKS))
def test_a_redacted_broadcast_token_is_not_said_to_be_encrypted(mark):
    """It may have held the account's id, or the access token itself: that neither is readable was not observed."""
    claims = {
        "exp": NOW / 1000 + 9000,
        "tenantId": "nagra",
        "accountId": "account-417",
        "deviceId": "device-92",
        "userId": "user-7",
    }
    token = make_jwt({"alg": "HS256", "kid": "k"}, claims, b"k" * 32)
    signed = f"{token.rpartition('.')[0]}.***"
    exchanges = [
        Exchange(
            id="C00001",
            service="ias",
            operation="generateUpdateInHomeToken",
            request=Request("GET", "https://ias.example/x", (("Authorization", f"Bearer {sent}"),), b""),
            response=Response(
                200, (("Content-Type", "application/json"),), json.dumps({"updateInHomeToken": one}).encode()
            ),
            sent_at=NOW,
            received_at=NOW + 10,
            valid=True,
        )
        for sent, one in ((signed, mark), (token, "q3Zk0vXw8Yt1LrJb5HnC7mPd2GsFa9Ue"))
    ]
    redacted, whole = (said(judge_redacted(one, CONTEXT)) for one in exchanges)
    assert {name for name, _ in redacted if name.startswith("BRD-")} == set()
    assert {("BRD-001", True), ("BRD-002", True), ("BRD-005", True)} <= whole
    assert ("GEN-001", True) in redacted


@given(st.text(max_size=40))
def test_what_holds_no_mark_is_judged_as_it_is(text):
    exchange = signed_on(text.replace(".", "").replace("*", "").replace("…", ""))
    if "redacted" not in text.lower() and "filtered" not in text.lower():
        assert judge_redacted(exchange, CONTEXT) == judge(exchange, CONTEXT)
