"""What holds for every operation beside the contract: no server errors, no secrets, no stack traces."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from conformance.contract import load_transport
from conformance.model import Exchange, Json, Judgement, NotJson, broken, held, parse_json
from conformance.opentv.answers import json_object
from conformance.rules.base import Context, documented_operation, rule
from conformance.rules.secrets import holder

_SECRET_OPERATIONS = (
    "nmpsignontokens",
    "createAccount",
    "createAccountOnSsp",
    "dasSignOnByCasn",
    "isContentAuthorised",
)
# Not `token`: initialise's answer rightly repeats one (hdm-authentication, Initialise device).
_SECRET_FIELDS = frozenset({"password", "salt", "daschallenge"})
_CRM_OPERATIONS = ("createAccount", "createAccountOnSsp")
MIN_SECRET = 6

# What every stack trace holds one of: most answers hold none, and need no further search.
_TRACED = (b"at ", b"Traceback", b"goroutine", b":line", b".py", b".php", b"panicked", b".rb:")
_STACK_TRACES = (
    re.compile(r"Traceback \(most recent call last\)"),
    re.compile(r"^\s*at [\w$.<>]+\([\w$]+\.(?:java|kt|scala|groovy):\d+\)", re.MULTILINE),
    re.compile(r"\bat [\w$.]+\.[\w$<>]+\([\w$]+\.java:\d+\)"),
    re.compile(r"^\s*at .{1,200} in .{1,300}:line \d+", re.MULTILINE),
    re.compile(r"^\s*at .{1,200}\(?[\w/\\.:-]+\.[cm]?[jt]s:\d+:\d+\)?", re.MULTILINE),
    re.compile(r"goroutine \d+ \[running\]"),
    re.compile(r"File \\?\"[^\"\n]{1,300}\.py\\?\", line \d+"),
    re.compile(r"#\d+ [\w/\\.-]+\.php\(\d+\)"),
    re.compile(r"\bin [\w/\\:.-]+\.php(?::\d+| on line \d+)"),
    re.compile(r"\bat [\w/\\:.-]+\.(?:pl|pm|cgi) line \d+"),
    re.compile(r"thread '[^'\n]{1,80}' panicked at"),
    re.compile(r"\.rb:\d+:in [`']"),
)


@rule("WIR-201")
def no_server_error(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """No 5xx, except where the page gives one for what the request holds."""
    operation = documented_operation(exchange)
    if not _family("WIR-201", exchange, context) or operation is None:
        return
    if exchange.status < 500:
        yield held("WIR-201")
    elif exchange.status in (501, 505) and load_transport().tolerates(operation, exchange.request, exchange.status):
        return
    elif not _documented_failure(exchange):
        yield broken(
            "WIR-201",
            expected="a 4xx, or an answer",
            actual=f"HTTP {exchange.status}",
            cause=f"the server failed ({exchange.status})",
        )


def _documented_failure(exchange: Exchange) -> bool:
    """Tell whether a document gives a 5xx for what a request holds.

    HDM: a 503 for a gateway that is not provisioned (hdm-authentication, Error responses). Initialisation and SDP:
    their error responses, which are printed without a status (hdm-authentication, Initialise device, Error response;
    sdp-is-content-authorised, Error response).
    """
    if exchange.operation == "nmpsignontokens" and exchange.status == 503:
        return any(name == "smartcardId" for name, _ in exchange.request.query)
    body = json_object(exchange.response) or {}
    if exchange.operation == "isContentAuthorised":
        return isinstance(body.get("resultCode"), str) and body["resultCode"] != "0"
    result = body.get("result")
    if not exchange.operation.startswith("initialiseDevice") or not isinstance(result, dict):
        return False
    return isinstance(result.get("status"), str)


@rule("WIR-402", operations=_SECRET_OPERATIONS, reads_secrets=True)
def no_secret_repeated(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """No secret of the request is in the answer, plain or encoded.

    A redirect is no answer of the operation's: its Location repeats the query, whoever sends it.
    """
    assert exchange.response is not None
    if not exchange.request.body_known:
        return
    if 300 <= exchange.status < 400 and exchange.response.header("location"):
        return
    holds = None
    for name, secret in _request_secrets(exchange):
        if holds is None:
            headers = "\n".join(value for _, value in exchange.response.headers)
            holds = holder(exchange.response.body + headers.encode("utf-8", "replace"))
        if holds(secret):
            yield broken(
                "WIR-402",
                expected=f"an answer without the {name} of the request",
                actual=f"the {name} is in the answer",
                cause=f"the answer repeats the {name}",
            )
            return
    yield held("WIR-402")


@rule("WIR-501")
def no_stack_trace(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """No stack trace is in the answer."""
    if not _family("WIR-501", exchange, context):
        return
    assert exchange.response is not None
    body = exchange.response.body[:200_000]
    if not any(one in body for one in _TRACED):
        yield held("WIR-501")
        return
    text = body.decode("utf-8", "replace").replace("\\n", "\n").replace("\\t", "\t")
    for pattern in _STACK_TRACES:
        found = pattern.search(text)
        if found:
            yield broken(
                "WIR-501",
                expected="a message for the caller",
                actual=found.group(0)[:200],
                cause="the answer shows a stack trace",
            )
            return
    yield held("WIR-501")


def _family(requirement: str, exchange: Exchange, context: Context) -> bool:
    """Tell whether a family of the register speaks of the operation at all (Keycloak's it leaves alone)."""
    own = context.register.for_operation(requirement, exchange.operation)
    return own in context.register and context.register[own].operation == exchange.operation


def _request_secrets(exchange: Exchange) -> Iterator[tuple[str, str]]:
    fields = [*exchange.request.query, *_body_fields(exchange)]
    others = {value for name, value in fields if name.lower() not in _SECRET_FIELDS}
    others.update(value for _, value in exchange.request.headers)
    for name, value in fields:
        if name.lower() in _SECRET_FIELDS and len(value) >= MIN_SECRET and value not in others:
            yield name, value
    kind, _, credential = (exchange.request.header("authorization") or "").partition(" ")
    if kind.lower() == "basic":
        try:
            password = base64.b64decode(credential.strip() + "==").decode("utf-8", "replace").partition(":")[2]
        except ValueError:
            return
        if len(password) >= MIN_SECRET:
            yield "Basic password", password
    if kind.lower() == "bearer" and exchange.operation in _CRM_OPERATIONS and exchange.succeeded:
        # A refusal may name the arbitrary text that it refuses.
        yield "CRM's token", credential.strip()


def _body_fields(exchange: Exchange) -> list[tuple[str, str]]:
    body = exchange.request.body
    if not body or len(body) > 1_000_000:
        return []
    if "form" in (exchange.request.header("content-type") or ""):
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    try:
        value: Json = parse_json(body)
    except NotJson:
        return []
    if not isinstance(value, dict):
        return []
    return [(name, item) for name, item in value.items() if isinstance(item, str)]


@rule("WIR-001", reads_body=False)
def served_every_time(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A right request is served; one that is refused now and then is found by sending it again."""
    if exchange.valid and exchange.succeeded and _family("WIR-001", exchange, context):
        yield held("WIR-001")
