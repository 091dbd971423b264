"""Bodies of responses: the JSON object in them, and whether it refuses a token."""

from __future__ import annotations

from conformance.model import Exchange, JsonObject, NotJson, Response
from conformance.opentv.codes import GATE, TOKEN_REFUSED


def json_object(response: Response | None) -> JsonObject | None:
    """Return the JSON object of a response; None where the body is anything else, or no response came."""
    try:
        body = response.json if response else None
    except NotJson:
        return None
    return body if isinstance(body, dict) else None


def answer_object(exchange: Exchange) -> JsonObject:
    """Return the JSON object of an exchange's response; empty where the body is anything else."""
    return json_object(exchange.response) or {}


def refused_by_gate(exchange: Exchange) -> bool:
    """Tell whether the body is the gate's refusal, which a deployment may send with the legacy status 200."""
    return GATE in str(answer_object(exchange).get("resultCode", ""))


def token_refused(response: Response | None) -> bool:
    """Tell whether the body refuses a token, whatever the status: by SDP's own code, or the gate's."""
    code = str((json_object(response) or {}).get("resultCode", ""))
    return any(one in code for one in TOKEN_REFUSED)


def succeeded(exchange: Exchange) -> bool:
    """Tell whether a request was served: a 2xx that is not the gate's refusal."""
    return exchange.succeeded and not refused_by_gate(exchange)
