"""One defect is one card: what follows from it hangs below it, and what was seen is the reason."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from conformance.cli.summary import print_summary
from conformance.model import Outcome
from conformance.register import Register
from conformance.report import Results, causes_of, explained, summary_of, todo_of, write_reports
from conformance.report.answers import without_numbers
from conformance.report.own_words import own_words
from conformance.stream import events

from .streams import Stream

UPDATE, SIGN_ON, NMP = "updateInHomeStatus", "dasSignOnByCasn", "nmpsignontokens"
LACK = 'credentials: {token_keys: {"<kid>": "…"}}'


def opened() -> Stream:
    stream = Stream()
    stream.open()
    stream.change(0, waivers=[])
    return stream


def reported(stream: Stream, folder: Path, register: Register) -> Results:
    stream.end()
    return write_reports(stream.save(folder), register)


def refused(stream: Stream, operation: str, status: int = 403, *, by: str, valid: bool = True) -> str:
    body = {"errorCode": 4711, "message": "operation not permitted"}
    return stream.exchange(operation, status, body, by=by, valid=valid)


def broken_update(stream: Stream) -> None:
    """No update succeeds: two checks and a rule see it, four others cannot go on."""
    for name, flag in (("UPD-001", "true"), ("UPD-004", "false")):
        by = f"ias/update::{flag}"
        identity = refused(stream, UPDATE, by=by)
        cause = f"update to {flag} in the own home: answered 403"
        stream.finding(name, identity, ["HTTP 200"], "HTTP 403", cause, by=by)
    reasons = {
        "UPD-040": f"{UPDATE} gave no access token: it was answered 403 (exchange E00001)",
        "UPD-003": "the control request (an update) was answered 403 (exchange E00002), so that a refusal would prove nothing",
        "MDS-010": f"{UPDATE} gave no access token: it was answered 403 (exchange E00002)",
        "BRD-007": "no device becomes in-home with its own broadcast token",
    }
    refused(stream, UPDATE, by="ias/broadcast::own")
    for name, reason in reasons.items():
        add = [LACK] if name == "UPD-040" else []
        stream.write("untested", requirement=name, reason=reason, add=add, by="ias/broadcast::own")


def test_what_follows_from_an_operation_that_never_succeeds_hangs_below_it(tmp_path: Path, register: Register) -> None:
    """The check that shows it directly is the cause; the other findings and all that it kept from testing follow."""
    stream = opened()
    broken_update(stream)
    results = reported(stream, tmp_path, register)
    causes = causes_of(results)
    assert [cause.requirements for cause in causes] == [("UPD-001", "UPD-004")]
    assert [other.text for other in causes[0].follows] == ["update to false in the own home: answered 403"]
    assert {"UPD-040", "UPD-003", "MDS-010", "BRD-007"} <= explained(causes)


def test_the_reason_is_how_the_operation_was_answered(tmp_path: Path, register: Register) -> None:
    """One line for all of them, without the numbers of exchanges, and without lines that would change nothing."""
    stream = opened()
    broken_update(stream)
    results = reported(stream, tmp_path, register)
    seen = [item for item in todo_of(results) if "updateInHomeStatus" in item.reason]
    assert [(item.add, item.reason) for item in seen] == [((), "updateInHomeStatus was refused (403 × 3)")]
    assert results.of("UPD-040").add == ()
    assert results.of("UPD-040").reason.startswith("updateInHomeStatus was refused (403 × 3); ")


def test_what_the_target_file_lacks_follows_from_nothing(tmp_path: Path, register: Register) -> None:
    """A reason that speaks of no answer, with lines to add, keeps them, whatever else is broken."""
    stream = opened()
    broken_update(stream)
    stream.write("untested", requirement="UPD-021", reason="no key is given", add=[LACK], by="ias/update::signature")
    results = reported(stream, tmp_path, register)
    assert results.of("UPD-021").add == (LACK,)
    assert "UPD-021" not in explained(causes_of(results))


def test_two_defects_of_an_operation_that_works_stay_two_causes(tmp_path: Path, register: Register) -> None:
    """The same status does not make them one; what could not be tested hangs below the one that it speaks of."""
    stream = opened()
    stream.exchange(NMP, 200, {}, by="hdm/nmp::plain")
    for name, what in (("NMP-002", "signon with deviceId"), ("NMP-004", "first signon with the gateway")):
        by = f"hdm/nmp::{name}"
        stream.finding(name, refused(stream, NMP, by=by), ["HTTP 200"], "HTTP 403", f"{what}: answered 403", by=by)
    reason = "the control request (a first signon with a provisioned gateway) was answered 403 (exchange E00003)"
    stream.write("untested", requirement="NMP-030", reason=reason, by="hdm/gateway::x")
    results = reported(stream, tmp_path, register)
    found = {cause.text: [one.requirement.id for one in cause.untested] for cause in causes_of(results)}
    assert found["first signon with the gateway: answered 403"] == ["NMP-030"]
    assert found["signon with deviceId: answered 403"] == []
    assert results.of("NMP-030").why_untested == "nmpsignontokens was refused (403 × 2; one succeeded)"


def test_requests_that_are_refused_alike_are_one_card(tmp_path: Path, register: Register) -> None:
    """Whatever was sent: the same operation answered the same status in the same form; another form is another card."""
    stream = opened()
    stream.exchange(NMP, 200, {}, by="hdm/nmp::plain")
    told = (("NMP-030", "unknown username"), ("NMP-030", "similar username"), ("NMP-032", "wrong password"))
    for name, what in told:
        by = f"hdm/nmp::{what}"
        identity = refused(stream, NMP, 404, by=by, valid=False)
        stream.finding(name, identity, ["HTTP 403"], "HTTP 404", f"signon with {what}: answered 404", by=by)
    other = stream.exchange(NMP, 404, {"error": "gone"}, by="hdm/nmp::x", valid=False)
    stream.finding("NMP-033", other, ["HTTP 403"], "HTTP 404", "signon with x: answered 404", by="hdm/nmp::x")
    results = reported(stream, tmp_path, register)
    assert [(cause.text, cause.requirements) for cause in causes_of(results)] == [
        ("nmpsignontokens: 3 kinds of requests answered 404 in place of 403", ("NMP-030", "NMP-032")),
        ("signon with x: answered 404", ("NMP-033",)),
    ]
    (finding,) = results.of("NMP-030").findings
    assert finding.inputs == ("signon with similar username",)
    assert finding.repeats == 2


def test_requests_that_are_accepted_alike_stay_apart(tmp_path: Path, register: Register) -> None:
    """A success says nothing of why it was wrong to accept: an unknown user and a wrong password are two defects."""
    stream = opened()
    for name, what in (("NMP-030", "unknown username"), ("NMP-032", "wrong password")):
        identity = stream.exchange(NMP, 200, {}, by=f"hdm/nmp::{what}", valid=False)
        stream.finding(name, identity, ["HTTP 403"], "HTTP 200", f"signon with {what}: answered 200", by=what)
    assert len(causes_of(reported(stream, tmp_path, register))) == 2


def test_what_a_refusal_means_differs_from_what_an_acceptance_means(tmp_path: Path, register: Register) -> None:
    """An account that opens with a wrong password is not a viewer who reads a wrong reason."""
    stream = opened()
    taken = stream.exchange(NMP, 200, {}, by="a", valid=False)
    stream.finding("NMP-032", taken, ["HTTP 403"], "HTTP 200", "a wrong password: answered 200", by="a")
    wrong = refused(stream, NMP, 404, by="b", valid=False)
    stream.finding("NMP-033", wrong, ["HTTP 403"], "HTTP 404", "a wrong password and a deviceId: answered 404", by="b")
    results = reported(stream, tmp_path, register)
    effect = register["NMP-032"].effect
    assert results.of("NMP-032").findings[0].effect == effect.broken
    assert results.of("NMP-033").findings[0].effect == effect.refused
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert effect.broken in text
    assert effect.refused in text


def test_what_breaks_because_something_else_does_hangs_below_it(tmp_path: Path, register: Register) -> None:
    """specs/consequences.yaml: a flag that is set wrongly is wrong in every sequence, and in the list."""
    stream = opened()
    for name, cause in (("MDS-010", "a channel is not listed"), ("UPD-003", "not in-home"), ("UPD-006", "not false")):
        operation = register[name].operation
        stream.finding(name, stream.exchange(operation, 200, {}, by=name), ["x"], "y", cause, by=f"ias/x::{name}")
    (cause,) = causes_of(reported(stream, tmp_path, register))
    assert cause.text == "not in-home"
    assert cause.requirements == ("UPD-003", "UPD-006", "MDS-010")


def test_a_reason_that_refers_to_a_requirement_hangs_below_what_breaks_it(tmp_path: Path, register: Register) -> None:
    """Also by way of one that could not be tested itself."""
    stream = opened()
    identity = stream.exchange(UPDATE, 200, {}, by="ias/update::x")
    stream.finding("UPD-002", identity, ["present"], "nothing", "access_token is missing", by="shape")
    for name, reason in (("UPD-003", "no readable inHome: see UPD-002 and TOK-126"), ("BRD-007", "none: see UPD-003")):
        stream.write("untested", requirement=name, reason=reason, by="ias/x::x")
    (cause,) = causes_of(reported(stream, tmp_path, register))
    assert {one.requirement.id for one in cause.untested} >= {"UPD-003", "BRD-007"}


def test_what_failed_names_who_exercised_it(tmp_path: Path, register: Register) -> None:
    """A check that saw nothing but a breach is the one that exercised the requirement."""
    stream = opened()
    stream.finding("NMP-032", refused(stream, NMP, 404, by="a", valid=False), ["403"], "404", "x", by="hdm/nmp::wrong")
    assert reported(stream, tmp_path, register).of("NMP-032").exercised_by.checks == ("hdm/nmp::wrong",)


def test_a_finding_names_the_trace_id_of_its_request(tmp_path: Path, register: Register) -> None:
    """By it a vendor finds the request in his own logs; the curl line sends none."""
    stream = opened()
    identity = refused(stream, NMP, 404, by="a", valid=False)
    place = next(place for place, event in enumerate(stream.events) if isinstance(event, events.Exchange))
    request = stream.events[place].request
    parent = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    stream.change(place, request=msgspec.structs.replace(request, headers=[*request.headers, parent]))
    stream.finding("NMP-032", identity, ["403"], "404", "x", by="a")
    reported(stream, tmp_path, register)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    (found,) = next(one["findings"] for one in report["requirements"] if one["id"] == "NMP-032")
    assert found["trace"] == "0af7651916cd43dd8448eb211c80319c"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Trace id <code>0af7651916cd43dd8448eb211c80319c</code>" in page
    assert "traceparent" not in page[page.index('class="curl"') :].partition("</pre>")[0]


def test_several_requests_of_a_check_are_a_sequence(tmp_path: Path, register: Register) -> None:
    """Who sent what to whom, and where it broke; a finding of one request has no diagram."""
    stream = opened()
    for operation in (SIGN_ON, "generateUpdateInHomeToken"):
        stream.exchange(operation, 200, {}, by="ias/update::home")
    last = stream.exchange("listServices", 200, {}, by="ias/update::home")
    stream.finding("MDS-010", last, ["listed"], "not listed", "a channel is not listed", by="ias/update::home")
    stream.finding("NMP-032", refused(stream, NMP, 404, by="a", valid=False), ["403"], "404", "x", by="a")
    reported(stream, tmp_path, register)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('class="sequence"') == 1
    diagram = page[page.index('class="sequence"') :].partition("</ol>")[0]
    assert diagram.count('class="arrow to-1"') == 2
    assert diagram.count('class="arrow to-2"') == 1
    assert diagram.count('class="broke"') == 1


def test_what_a_broken_claim_keeps_from_testing_hangs_below_it(tmp_path: Path, register: Register) -> None:
    """The reason names the claim, and a binding finding names it as well."""
    stream = opened()
    identity = stream.exchange(SIGN_ON, 200, {}, by="ias/sign_on::x")
    stream.finding("TOK-001", identity, ["present"], "nothing", "access_token.accountId is missing", by="claims")
    reason = "the access tokens hold no accountId"
    stream.write("untested", requirement="DAS-040", reason=reason, by="ias/identity::x")
    stream.write("untested", requirement="DAS-033", reason="no box is disabled", by="ias/disabled::x")
    results = reported(stream, tmp_path, register)
    assert [one.requirement.id for one in causes_of(results)[0].untested] == ["DAS-040"]


def test_a_refusal_that_is_right_blocks_nothing(tmp_path: Path, register: Register) -> None:
    """The answer to a wrong request is what it has to be; the reason is what it lacks."""
    stream = opened()
    stream.exchange(UPDATE, 200, {}, by="ias/update::x")
    identity = refused(stream, UPDATE, 400, by="ias/errors::x", valid=False)
    reason = f"the error answer is not a JSON object (exchange {identity})"
    stream.write("untested", requirement="UPD-040", reason=reason, by="ias/errors::x")
    results = reported(stream, tmp_path, register)
    assert results.of("UPD-040").blocked_by is None
    assert results.of("UPD-040").why_untested == "the error answer is not a JSON object"


@pytest.mark.parametrize(
    ("status", "failure", "said"),
    [
        (500, "", "updateInHomeStatus failed (500 × 1)"),
        (302, "", "updateInHomeStatus was redirected (302 × 1)"),
        (0, "timeout after 10 s", "updateInHomeStatus had no response (no response × 1)"),
    ],
)
def test_a_failure_is_said_as_what_it_was(
    tmp_path: Path, register: Register, status: int, failure: str, said: str
) -> None:
    """Server errors, redirects and silence are not refusals."""
    stream = opened()
    stream.exchange(UPDATE, status, by="ias/update::x", failure=failure, valid=True)
    stream.write("untested", requirement="UPD-040", reason="no update succeeded", by="ias/update::x")
    assert reported(stream, tmp_path, register).of("UPD-040").why_untested == said


def test_what_explains_most_comes_first(tmp_path: Path, register: Register) -> None:
    """Two broken requirements count less than one that keeps many from being tested."""
    stream = opened()
    identity = stream.exchange(SIGN_ON, 200, {}, by="ias/sign_on::x")
    for name in ("TOK-001", "TOK-101"):
        stream.finding(name, identity, ["present"], "nothing", "access_token.ver is missing", by="claims")
    broken_update(stream)
    texts = [cause.text for cause in causes_of(reported(stream, tmp_path, register))]
    assert texts == ["update to true in the own home: answered 403", "access_token.ver is missing"]


def test_the_card_has_the_consequences_and_the_platforms_own_words(tmp_path: Path, register: Register) -> None:
    """In report.html and, in short, in summary.md."""
    stream = opened()
    broken_update(stream)
    results = reported(stream, tmp_path, register)
    untested = len(causes_of(results)[0].untested)
    page = (tmp_path / "report.html").read_text()
    assert "The platform's own words" in page
    assert "<dt>message</dt><dd>operation not permitted</dd>" in page
    assert f'<a href="#cause-1-untested">{untested} not tested</a>' in page
    summary = (tmp_path / "summary.md").read_text()
    assert f"Follows from this: UPD-004, {untested} not tested (updateInHomeStatus was refused" in summary


def answer(status: int, body: str) -> events.Response:
    return events.Response(status=status, body=body, size=len(body))


def test_the_platforms_own_words_are_bounded_and_printable() -> None:
    """Invisible characters are named, long texts cut, and what is not a text or a number left out."""
    found = dict(
        own_words(answer(403, '{"message": "no\\u202e' + "x" * 5_000 + '", "errorCode": 7, "result": {"a": 1}}'))
    )
    assert list(found) == ["message", "errorCode"]
    assert found["message"].startswith("no⟨U+202E⟩xxx")
    assert len(found["message"]) < 400
    assert found["errorCode"] == "7"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            200,
            '{"resultCode": "23011", "localeMessage": "unknown"}',
            {"resultCode": "23011", "localeMessage": "unknown"},
        ),
        (200, '{"resultCode": "0", "result": "fine"}', {}),
        (200, '{"message": "welcome"}', {}),
        (401, '{"error": "x", "error_description": "bad secret"}', {"error": "x", "error_description": "bad secret"}),
        (500, '{"error": {"code": 5, "message": "down"}}', {"error.message": "down", "error.code": "5"}),
        (500, "<html>", {}),
        (500, "[" * 5_000, {}),
    ],
)
def test_only_refusals_and_errors_have_words(status: int, body: str, words: dict[str, str]) -> None:
    """A success has none, nor has what is not JSON."""
    assert dict(own_words(answer(status, body))) == words


def test_the_numbers_of_exchanges_are_no_part_of_a_reason() -> None:
    """With or without brackets of their own."""
    assert without_numbers("answered 403 (exchange E01357), so") == "answered 403, so"
    assert without_numbers("Keycloak (answered 401, exchange P00001)") == "Keycloak (answered 401)"


def on_a_terminal(results: Results, folder: Path, width: int) -> list[str]:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, no_color=True, width=width, soft_wrap=True, highlight=False)
    print_summary(results, folder, console)
    plain = shown.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    return plain.splitlines()


def test_the_terminal_has_one_line_for_a_cause_and_its_consequences(tmp_path: Path, register: Register) -> None:
    """Cut in the middle where the terminal is narrow: how much follows from it stays readable."""
    stream = opened()
    broken_update(stream)
    results = reported(stream, tmp_path, register)
    untested = len(causes_of(results)[0].untested)
    lines = on_a_terminal(results, tmp_path, 80)
    failed = [line for line in lines if line.startswith("failed")]
    assert len(failed) == 1
    assert failed[0].endswith(f" + 1 more broken + {untested} not tested")
    assert "UPD-001" in failed[0]
    assert len(failed[0]) <= 80
    assert not any("403 (exchange" in line for line in lines)


def test_the_terminal_shows_one_screen_however_much_is_broken(tmp_path: Path, register: Register) -> None:
    """No line but the verdict's and the report's is longer than the terminal is wide; what is left out is counted."""
    stream = opened()
    for number, entry in enumerate(list(register)[:300]):
        identity = stream.exchange(NMP, 200, {}, by="hdm/x::y")
        if number % 3:
            stream.finding(entry.id, identity, ["x"], "y", f"defect {entry.id} " + "long " * 40, by="hdm/x::y")
        else:
            stream.write("untested", requirement=entry.id, reason=f"reason {entry.id} " + "long " * 40)
    results = reported(stream, tmp_path, register)
    assert results.counts[Outcome.FAILED.value] > 100
    lines = on_a_terminal(results, tmp_path, 72)
    assert len(lines) <= 30
    assert all(len(line) <= 72 for line in lines if line.startswith(("failed", "warned", "untested")))
    assert lines[-1] == f"report: {tmp_path / 'report.html'}"


def test_one_is_singular(tmp_path: Path, register: Register) -> None:
    """One requirement, one request."""
    stream = opened()
    stream.change(0, selected=["UPD-040"])
    stream.exchange(UPDATE, 200, {}, by="ias/update::x")
    stream.write("untested", requirement="UPD-040", reason="no second home is known", by="ias/update::y")
    said = "\n".join(on_a_terminal(reported(stream, tmp_path, register), tmp_path, 200))
    assert "1 requirement: no second home is known" in said
    assert "; 1 request in " in said


def test_the_first_screen_says_who_vouched_for_the_subjects(tmp_path: Path, register: Register) -> None:
    """Where the platform contradicts the target file: by whom, when, and how often."""
    stream = opened()
    broken_update(stream)
    stream.write(
        "premise",
        premise="stb-disabled",
        place="subjects.stb_disabled",
        where="acme.yaml:31",
        it="is disabled",
        state="contradicted",
        seen="it signs on (200)",
        vouched_by="A. Meier",
        vouched_on="2026-11-20",
    )
    said = "A. Meier vouched for the subjects on 2026-11-20: 1 answer of the platform contradicts the target file."
    results = reported(stream, tmp_path, register)
    assert said in summary_of(results).why
    assert said in (tmp_path / "report.html").read_text()


def test_blocked_cases_have_a_column(tmp_path: Path, register: Register) -> None:
    """What something in front of the platform answered never reached it."""
    stream = opened()
    stream.write("fuzz", operation=UPDATE, cases=90, sent=80, dropped=1, withheld=2, blocked=37, statuses={"403": 37})
    reported(stream, tmp_path, register)
    page = (tmp_path / "report.html").read_text()
    assert '<th scope="col">Blocked in front</th>' in page
    assert "<td>90</td><td>80</td><td>1</td><td>2</td><td>37</td><td>403 × 37</td>" in page
