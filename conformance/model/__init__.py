"""The facts that everything else speaks in: requirements, exchanges, judgements, outcomes."""

from conformance.model.clock import SYSTEM_CLOCK, Clock, http_date
from conformance.model.exchange import Exchange, Headers, Request, Response, header
from conformance.model.json_value import Json, JsonObject, NotJson, json_kind, parse_json
from conformance.model.judgement import Finding, Judgement, broken, held, judged
from conformance.model.requirement import (
    SERVICES,
    Basis,
    Effect,
    Level,
    Needs,
    Outcome,
    Premise,
    Provocation,
    Reading,
    ReadingOption,
    Requirement,
    Source,
    Verdict,
    ids_in,
)

__all__ = [
    "SERVICES",
    "SYSTEM_CLOCK",
    "Basis",
    "Clock",
    "Effect",
    "Exchange",
    "Finding",
    "Headers",
    "Json",
    "JsonObject",
    "Judgement",
    "Level",
    "Needs",
    "NotJson",
    "Outcome",
    "Premise",
    "Provocation",
    "Reading",
    "ReadingOption",
    "Request",
    "Requirement",
    "Response",
    "Source",
    "Verdict",
    "broken",
    "header",
    "held",
    "http_date",
    "ids_in",
    "json_kind",
    "judged",
    "parse_json",
]
