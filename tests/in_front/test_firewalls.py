"""A firewall that blocks attack-like values is told from the platform by experiment: no finding, nothing carried out."""

from __future__ import annotations

import json
import random
import re

import pytest

from tests.in_front.gateway import Answered, json_page, page

ATTACKS = re.compile(
    r"['\"`]|<script|<!--|\.\./|\$\{|\{\{|\b(or|drop|union)\b.*=|[\x00-\x08]|[^\x00-\x7f]|(.)\2{200}", re.IGNORECASE
)
NARROW = re.compile(r"<script|\.\./|\$\{jndi|' OR |DROP TABLE", re.IGNORECASE)


def incident(status):
    """A page with a number of its own each time."""
    numbers = iter(range(10**6, 10**7, 7919))
    return lambda: page(
        status,
        "Request Rejected",
        f"The requested URL was rejected. Please consult with your administrator. Your support ID is: {next(numbers)}",
    )


def firewall(answer, pattern=ATTACKS):
    # A platform's own quotes (private data, filters in JSON) would be let through by any firewall that is in use.
    return lambda asked: answer() if pattern.search(re.sub(r'arg1=\{[^}]*\}|"', "", asked.text)) else None


def drawn_status():
    """The same page under another status each time."""
    return incident(random.choice((403, 406, 500, 501)))()


ANSWERS = {
    **{
        f"an HTML page, {status}": incident(status)
        for status in (200, 202, 400, 403, 404, 405, 406, 429, 501, 503, 999)
    },
    "a JSON page, 200": lambda: json_page(200, {"blocked": True, "incident": "a7f3-22"}),
    "a JSON page, 403": lambda: json_page(403, {"message": "Forbidden"}),
    "an empty body, 200": lambda: Answered(200),
    "an empty body, 403": lambda: Answered(403),
    "a text, 406": lambda: Answered(406, b"Not Acceptable", (("Content-Type", "text/plain"),)),
    "a redirect": lambda: Answered(302, b"", (("Location", "https://blocked.example.test/?ref=12"),)),
    "a text of one word, 200": lambda: Answered(200, b"OK", (("Content-Type", "text/plain"),)),
    "an HTML page, 500": incident(500),
    "JSON with the platform's members, 200": lambda: json_page(200, {"result": "blocked", "access_token": None}),
    "an HTML page, a status drawn at random": drawn_status,
    "half a page": lambda: Answered(raw=b"HTTP/1.1 403 Forbidden\r\nContent-Length: 900\r\n\r\n<html>"),
    "a reset": lambda: Answered(reset=True),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize(("operation", "least"), [("dasSignOnByCasn", 5), ("createAccount", 2)])
def test_what_it_blocks_is_no_finding_and_creates_nothing(behind, generated, events, kind, operation, least):
    gateway = behind(firewall(ANSWERS[kind]))
    findings, done = generated(gateway.target, operation, cases=70)
    assert findings == []
    assert done[operation]["blocked"] >= least
    assert done[operation]["stopped"] == ""
    exchanges = {event["id"]: event for event in events("exchange")}
    foreign = [one for one in exchanges.values() if one.get("foreign")]
    assert len(foreign) >= least
    assert all(one["passed"] == one["broken"] == [] for one in foreign)
    assert all(one["foreign"].startswith("blocked in front: ") for one in foreign)
    assert all(not exchanges[one["exchange"]].get("foreign") for one in events("created"))
    [note] = [event for event in events("note") if "blocked in front" in event["text"]]
    assert note["level"] == "warning"
    assert "Not exercised: values" in note["text"]


@pytest.mark.parametrize("kind", ["a JSON page, 200", "a reset"])
def test_checks_of_what_it_blocks_could_not_test_and_nothing_fails(behind, ran, kind):
    gateway = behind(firewall(ANSWERS[kind]))
    _ended, report = ran(gateway.target, services=("adm", "hdm"), only=("ADM", "NMP", "STB"))
    outcomes = {one["id"]: one["outcome"] for one in report["requirements"]}
    assert [name for name, outcome in outcomes.items() if outcome in ("failed", "error")] == []
    assert sum(outcome == "passed" for outcome in outcomes.values()) > 30


def structured(answer):
    """A firewall that takes offence at how a JSON body is built, whatever its texts are."""

    def before(asked):
        if not asked.body.lstrip().startswith((b"{", b"[")) or "createAccount" in asked.path:
            return None
        try:
            value = json.loads(asked.body)
        except ValueError:
            return None
        nested = isinstance(value, list) or any(isinstance(item, dict) and "token" in item for item in value.values())
        return answer() if nested else None

    return before


def drawn():
    """A page whose words are others each time, but for its title."""
    words = ("".join(random.choices("abcdefghij", k=8)) for _ in range(12))
    return page(403, "Blocked", " ".join(words))


def test_a_firewall_that_never_answers_what_it_takes_for_an_attack_is_no_finding(behind, generated):
    gateway = behind(firewall(lambda: Answered(silent=True), NARROW))
    gateway.target["http"] = {**gateway.target.get("http", {}), "timeout": 0.5}
    findings, done = generated(gateway.target, "dasSignOnByCasn", cases=60)
    assert findings == []
    assert done["dasSignOnByCasn"]["blocked"] >= 1


def breaking(status, of):
    """A platform that breaks on what it takes for one kind of value."""
    answer = json_page(status, {"error": "internal"})
    return lambda asked: answer if of.search(asked.text) else None


def test_a_platform_that_breaks_on_one_kind_of_value_whatever_the_path_is_found(behind, generated):
    gateway = behind(breaking(500, re.compile(r"[^\x00-\x7f]")))
    findings, _done = generated(gateway.target, "dasSignOnByCasn", cases=60)
    assert {one["requirement"] for one in findings} == {"WIR-207"}


@pytest.mark.parametrize("answer", [page(502, "502 Bad Gateway"), Answered(reset=True)], ids=["502", "reset"])
def test_a_variant_of_a_signon_that_something_in_front_keeps_back_is_not_taken_for_missing(behind, generated, answer):
    """Else what the other variants want, and this one does not, would be held against the platform."""

    def before(asked):
        plain = "nmpsignontokens" in asked.path and "deviceId" not in asked.query and "smartcardId" not in asked.query
        return answer if plain and "username" in asked.query and "password" in asked.query else None

    findings, _done = generated(behind(before).target, "nmpsignontokens", cases=60)
    assert [one["requirement"] for one in findings if one["requirement"] in ("NMP-016", "NMP-017")] == []


STRUCTURED = {name: ANSWERS[name] for name in ("an HTML page, 429", "an HTML page, 503", "a JSON page, 200")}


@pytest.mark.parametrize("kind", [*STRUCTURED, "words drawn at random"])
def test_a_body_that_is_blocked_for_how_it_is_built_is_no_finding(behind, ran, kind):
    gateway = behind(structured(STRUCTURED.get(kind, drawn)))
    _ended, report = ran(gateway.target, services=("adm", "ias"), only=("ADM-028", "UPD-048", "UPD-049"))
    outcomes = {one["id"]: one["outcome"] for one in report["requirements"]}
    assert outcomes["ADM-028"] == "could_not_test"
    assert [name for name, outcome in outcomes.items() if outcome in ("failed", "error")] == []


REFUSAL = page(400, "HTTP Status 400", "Bad Request")


def test_a_platform_that_refuses_long_values_wherever_they_are_sent_is_tested_all_the_same(behind, ran):
    # One page for values that its framework refuses on every path, and for what an operation refuses by itself.
    gateway = behind(
        lambda asked: REFUSAL if re.search(r"[^\s&=/?]{300}", asked.query) else None,
        lambda _asked, answered: REFUSAL if answered.status == REFUSAL.status else answered,
    )
    only = ("STB-010", "STB-014", "ADM-011", "NMP-010")
    _ended, report = ran(gateway.target, services=("adm", "hdm"), only=only, fuzz_cases=60)
    outcomes = {one["id"]: one["outcome"] for one in report["requirements"] if one["id"] in only}
    assert outcomes == dict.fromkeys(only, "passed")


@pytest.mark.parametrize("status", [200, 403, 406])
def test_one_page_for_attacks_and_for_paths_that_are_not_on_its_list_is_no_finding(behind, generated, events, status):
    known = ("/keycloak", "/ssp/", "/api/", "/hue-gateway", "/qsp", "/ias/", "/opf/", "/adm", "/metadata")
    rejected, attacked = incident(status), firewall(incident(status))

    def before(asked):
        return (
            attacked(asked)
            if asked.path.startswith(known) and not re.search("[0-9a-f]{16}", asked.path)
            else rejected()
        )

    findings, done = generated(behind(before).target, "isContentAuthorised", "dasSignOnByCasn", cases=60)
    assert findings == []
    assert done["dasSignOnByCasn"]["blocked"] >= 5
    assert done["isContentAuthorised"]["blocked"] >= 5


def test_a_right_request_that_is_blocked_in_words_of_the_operation_is_no_refusal_of_the_platforms(behind, failed):
    """The letters are no attack; the answer has one documented member, and is no success."""
    blocked = json_page(200, {"resultCode": "1", "resultDescription": "request rejected"})
    gateway = behind(lambda asked: blocked if "Zürich" in asked.text else None)
    bad, report = failed(gateway.target, services=("sdp", "hdm"), only=("SDP-001", "SDP-006"))
    assert bad == {}
    assert {one["id"]: one["outcome"] for one in report["requirements"]}["SDP-001"] == "passed"


def failing(answer, *, longest=100_000):
    """A gateway that fails on a body that is not JSON, or has a long text."""

    def readable(body):
        try:
            value = json.loads(body)
        except ValueError:
            return False
        texts = value.values() if isinstance(value, dict) else ()
        return not any(isinstance(item, str) and len(item) > longest for item in texts)

    return lambda asked: (
        answer if asked.body and "json" in asked.header("content-type") and not readable(asked.body) else None
    )


UNREADABLE = {
    "members of its own": failing(
        json_page(500, {"fault": {"faultstring": "JSONThreatProtection: failed at parsing"}}), longest=600
    ),
    "a page": failing(page(500, "Internal Server Error", "The request could not be parsed.")),
    "no body": failing(Answered(500)),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_gateway_that_fails_on_bodies_that_it_cannot_read_is_told_from_the_platform(behind, failed, kind):
    """Its 500 is given to any path, also for a text with the sign by which forms are known."""
    target = behind(UNREADABLE[kind]).target
    bad, report = failed(target, services=("ias", "sdp"), only=("DAS-0", "UPD-068", "WIR-207", "WIR-209"))
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 10


def test_a_platform_that_fails_on_bodies_that_it_cannot_read_is_found(behind, failed):
    target = behind(failing(json_page(500, {"message": "failed at parsing", "code": 500, "errorCode": 0}))).target
    bad, _report = failed(target, services=("ias",), only=("DAS-0", "WIR-207"))
    assert "WIR-207" in bad


REFUSALS = {
    "a text": Answered(400, b"<error>JSON threat protection</error>", (("Content-Type", "application/xml"),)),
    "JSON": json_page(400, {"title": "Malformed JSON", "status": 400}),
}


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("kind", REFUSALS)
def test_a_gateway_that_takes_right_bodies_for_malformed_ones_on_any_path_is_no_platform(
    behind, opened, kind, everywhere
):
    where = "/" if everywhere else "dasSignOn"
    gateway = behind(lambda asked: REFUSALS[kind] if b'"scheme"' in asked.body and where in asked.path else None)
    session = opened(gateway.target)
    body = {"casn": "2954017731", "challenge": "ZGFzOmNvbm5lY3Q6MjAyNi5ob21lLWE", "scheme": "CONNECT"}
    exchange = session.send("dasSignOnByCasn", made_by="test", json=body, valid=True)
    assert exchange.status == 400
    assert exchange.foreign.startswith("blocked in front: ") == everywhere
