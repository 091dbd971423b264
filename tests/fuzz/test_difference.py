from __future__ import annotations

from dataclasses import replace

from conformance.contract import load_contract
from conformance.fuzz.case import Body, Case
from conformance.fuzz.causes import MOST_REPEATS, Causes, Seen
from conformance.fuzz.difference import parts, simpler
from conformance.fuzz.hostile import JSON_VALUES, TEXTS, kind_of
from conformance.fuzz.template import template
from conformance.model import Exchange, Judgement, Request, Response, broken

CONTRACT = load_contract()
BASE = template(CONTRACT.operation("stbsignontokens"))


def words(case: Case, base: Case = BASE) -> list[str]:
    return [str(part) for part in parts(case, base)]


def test_what_differs_is_put_in_words() -> None:
    case = BASE.with_query("casn").with_query("nuId", "a\x00b").with_query("x", "y").with_header("Accept", "a" * 400)
    assert words(case) == [
        "query nuId: with a NUL",
        "query casn: missing",
        "query: an extra parameter another value",
        "header Accept: of more than 300 characters",
    ]


def test_bodies_differ_by_field_or_as_a_whole() -> None:
    base = template(CONTRACT.operation("dasSignOnByCasn"))
    assert words(base.without_field("casn").with_field("scheme", 3.0), base) == [
        "body casn: missing",
        "body scheme: an integer written as a decimal",
    ]
    text = replace(base, body=Body("text", "{"), about="body: cut off")
    assert words(text, base) == ["body: cut off"]


def test_every_hostile_value_has_a_kind() -> None:
    assert all(kind_of(value) for value in (*TEXTS, *JSON_VALUES))
    assert kind_of("\ud800") == "with a lone surrogate"
    assert kind_of(2**63) == "an integer beyond 64 bits"


def test_simpler_cases_differ_less() -> None:
    case = BASE.with_query("casn", "a\x00b" * 50).with_query("x", "y")
    assert any(words(one) == ["query casn: with a NUL"] for one in simpler(case, BASE))
    assert any(len(str(one.value("query", "casn"))) == 75 for one in simpler(case, BASE))


def exchange(status: int) -> Exchange:
    return Exchange("F00001", "hdm", "stbsignontokens", Request("GET", "http://t.example/"), Response(status))


def judgement(status: int, requirement: str = "WIR-201") -> Judgement:
    return broken(requirement, expected="x", actual=f"HTTP {status}", cause=f"the server failed ({status})")


def ledger(fails: object) -> tuple[Causes, list[Case]]:
    sent: list[Case] = []

    def attempt(case: Case, told: Judgement) -> Seen | None:
        sent.append(case)
        return Seen(case, exchange(500), told, "no_server_error") if fails(case) else None

    return Causes(attempt, lambda: True), sent


def nul(case: Case) -> bool:
    return any("\x00" in value for _, value in case.query)


def test_a_cause_is_minimised_to_its_trigger() -> None:
    causes, _ = ledger(nul)
    case = (
        BASE.with_query("casn", "x" * 100 + "\x00")
        .with_query("nuId", "'")
        .with_query("z", "1")
        .with_header("Accept", "x")
    )
    causes.take(Seen(case, exchange(500), judgement(500), "no_server_error"), BASE)
    (cause,) = causes.found
    assert cause.judgement.cause == "the server failed (500): with a NUL"
    assert cause.judgement.actual == "HTTP 500 to query casn: with a NUL"
    assert len(str(cause.seen.case.value("query", "casn"))) == 1


def test_one_server_error_is_one_cause_and_its_inputs_are_counted() -> None:
    causes, sent = ledger(lambda case: nul(case) or "'" in str(case.value("query", "nuId")))
    first = BASE.with_query("casn", "\x00")
    causes.take(Seen(first, exchange(500), judgement(500), "r"), BASE)
    before = len(sent)
    causes.take(Seen(first.with_query("csadList", "'"), exchange(500), judgement(500), "r"), BASE)
    quoted = BASE.with_query("nuId", "a'b")
    causes.take(Seen(quoted.with_query("z", "1"), exchange(500), judgement(500), "r"), BASE)
    causes.take(Seen(quoted, exchange(500), judgement(500), "r"), BASE)
    (cause,) = causes.found
    assert (cause.repeats, len(sent)) == (3, before)
    assert [str(part) for one in cause.inputs for part in one] == ["query nuId: with a quote or backslash"]
    assert cause.judgement.actual.endswith("also to 1 other kind of input: query nuId: with a quote or backslash")


def test_server_errors_of_another_form_are_another_cause() -> None:
    causes, _ = ledger(nul)
    page = Response(500, (("Content-Type", "text/html"),), b"<h1>Internal Server Error</h1>")
    case = BASE.with_query("casn", "\x00")
    causes.take(Seen(case, exchange(500), judgement(500), "r"), BASE)
    causes.take(Seen(case, replace(exchange(500), response=page), judgement(500), "r"), BASE)
    causes.take(Seen(case, exchange(502), judgement(502), "r"), BASE)
    assert len(causes.found) == 3


def test_what_keeps_failing_to_show_again_is_not_made_smaller_for_ever() -> None:
    causes, sent = ledger(lambda case: False)
    for _ in range(20):
        causes.take(Seen(BASE.with_query("casn"), exchange(200), judgement(200, "STB-012"), "fuzz"), BASE)
    assert len(sent) == 3 + MOST_REPEATS


def test_what_does_not_show_again_is_no_cause() -> None:
    causes, _ = ledger(lambda case: False)
    causes.take(Seen(BASE.with_query("casn"), exchange(200), judgement(200, "STB-012"), "fuzz"), BASE)
    assert causes.found == []


def test_a_server_error_that_was_seen_twice_is_kept() -> None:
    causes, _ = ledger(lambda case: False)
    causes.take(Seen(BASE.with_query("casn", "\x00"), exchange(500), judgement(500), "r"), BASE)
    assert len(causes.found) == 1


def test_the_form_of_an_answer_is_one_cause_whatever_the_request() -> None:
    causes, sent = ledger(lambda case: True)
    for value in ("a", "'", "\x00"):
        told = broken("SGN-012", expected="x", actual="nothing", cause="expiry is missing")
        causes.take(Seen(BASE.with_query("z", value), exchange(200), told, "expiry"), BASE)
    (cause,) = causes.found
    assert (cause.repeats, cause.judgement.cause, sent) == (2, "expiry is missing", [])


def test_a_refusal_proves_nothing_when_the_control_fails() -> None:
    causes, _ = ledger(lambda case: True)
    causes.control = lambda: False
    causes.take(Seen(BASE.with_query("casn"), exchange(200), judgement(200, "STB-012"), "fuzz"), BASE)
    assert causes.found == []


def test_what_shows_now_and_then_is_a_cause_that_says_how_often() -> None:
    answers = iter([False] * 9 + [True] * 100)
    causes, _ = ledger(lambda case: next(answers))
    causes.take(Seen(BASE.with_query("casn"), exchange(200), judgement(200, "STB-012"), "fuzz"), BASE)
    assert "2 of 11 answers" in causes.found[0].judgement.actual
