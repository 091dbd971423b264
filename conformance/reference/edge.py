"""How answers look on the wire, whatever service they come from: the readings that concern them all."""

from __future__ import annotations

import gzip
import html
import json
from email.utils import formatdate
from typing import TYPE_CHECKING

from conformance.reference.gate import gate_body
from conformance.reference.wire import Answer, Call, Json, Refusal, reason

if TYPE_CHECKING:
    from conformance.reference.service import Service

TABLED_ERRORS = ("isContentAuthorised",)
LEGACY_OK, NO_CONTENT = 200, 204
EXTRA_FIELD = "x_deployment"
EXTRA_HEADERS = [
    ("server", "edge/2.4"),
    ("via", "1.1 edge-3"),
    ("strict-transport-security", "max-age=31536000"),
    ("set-cookie", "route=7; Path=/; HttpOnly"),
    ("x-served-by", "node-7"),
    ("x-served-by", "node-9"),
]
JSON_TYPES = {
    "absent": "application/json",
    "utf-8": "application/json; charset=utf-8",
    "upper": "application/json;charset=UTF-8",
}


def refused(refusal: Refusal, service: Service, call: Call) -> Answer:
    """The answer that a refusal becomes, with the error body of the reading."""
    answer = Answer(status=refusal.status, headers=dict(refusal.headers))
    style = service.reads("error-body")
    message, status = refusal.message, refusal.status
    if style == "documented" or status == LEGACY_OK or call.operation in TABLED_ERRORS:
        answer.data = service.error_body(refusal) if refusal.body is None else refusal.body
    elif style == "empty":
        answer.raw, answer.content_type = b"", ""
    elif style == "text":
        answer.raw, answer.content_type = f"{message}\n".encode(), "text/plain; charset=utf-8"
    elif style == "html":
        page = f"<html><head><title>{status} {reason(status)}</title></head><body>{html.escape(message)}</body></html>"
        answer.raw, answer.content_type = page.encode(), "text/html"
    elif style == "problem":
        answer.data = {"type": "about:blank", "title": reason(status), "status": status, "detail": message}
        answer.content_type = "application/problem+json"
    else:
        answer.data = {
            "json-message": {"message": message},
            "nested": {"error": {"code": status, "message": message}},
            "gate": gate_body(message),
            "list": {"errors": [{"code": str(status), "detail": message}]},
        }[style]
    return answer


def dress(answer: Answer, call: Call, service: Service) -> Answer:
    """The finished answer: extra fields, layout, media type and correlation id as the readings say."""
    if service.reads("extra-fields") == "everywhere" and answer.raw is None:
        answer.data = with_extra_fields(answer.data)
    if answer.raw is None and answer.data is not None and service.reads("json-layout") == "indented":
        answer.raw = json.dumps(answer.data, indent=4).encode("ascii") + b"\n"
    if answer.content_type == "application/json":
        answer.content_type = JSON_TYPES[service.reads("charset")]
    if (
        service.reads("compression") == "gzip"
        and "gzip" in call.headers.get("accept-encoding", "")
        and answer.content()
    ):
        answer.raw = gzip.compress(answer.content(), mtime=0)
        answer.headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding, Authorization"}
    if service.reads("date-header") == "present" or service.reads("server-clock") != "right":
        answer.headers["date"] = formatdate(service.platform.now(), usegmt=True)
    correlation = service.reads("correlation-id")
    given = call.headers.get("x-correlation-id", "")
    if correlation == "made" or (correlation == "echoed" and given):
        answer.headers["x-correlation-id"] = given or service.platform.fresh_id()
    if "origin" in call.headers:
        # A client in a browser reads no answer without it, a refusal no more than a token.
        answer.headers["access-control-allow-origin"] = call.headers["origin"]
        varied = answer.headers.get("vary")
        answer.headers["vary"] = f"{varied}, Origin" if varied else "Origin"
    return answer


def wire_headers(answer: Answer, service: Service, length: int) -> list[tuple[bytes, bytes]]:
    """The header lines of an answer."""
    framed = service.reads("body-framing") == "length" and answer.status != NO_CONTENT
    lines = [("content-length", str(length))] if framed else []
    if answer.content_type:
        lines.append(("content-type", answer.content_type))
    lines += answer.headers.items()
    if service.reads("extra-headers") == "some":
        lines += EXTRA_HEADERS
    if service.reads("connections") == "close":
        lines.append(("connection", "close"))
    if service.reads("header-case") == "title":
        lines = [(name.title(), value) for name, value in lines]
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in lines]


def with_extra_fields(value: Json) -> Json:
    """The value with one unknown field in every object."""
    if isinstance(value, dict):
        return {**{name: with_extra_fields(item) for name, item in value.items()}, EXTRA_FIELD: "blue"}
    if isinstance(value, list):
        return [with_extra_fields(item) for item in value]
    return value
