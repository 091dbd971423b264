"""The page runs and loads nothing but its own, and says on its first screen whether to accept."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

import pytest

from conformance.model import Outcome
from conformance.register import Register
from conformance.report import write_reports

from .conftest import Written
from .streams import example, large


def test_the_policy_names_the_style_and_the_script_by_their_hash(written: Written) -> None:
    """Nothing may be loaded, and only the style and the script of the page apply."""
    page = written.text("report.html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_first_screen_says_whether_to_accept_and_why_not(written: Written) -> None:
    """Verdict as a sentence, target, scope in and out, matrix, causes with links."""
    page = written.text("report.html")
    first = page[page.index('<section id="verdict"') : page.index('<section id="findings"')]
    assert "Do not accept:" in first
    assert f"{written.results.counts['failed']} binding requirements are broken" in first
    assert "acme-staging, tenant nagra" in first
    assert "https://hdm.acme.example:8443" in first
    assert "Not judged:" in first
    assert "another account&#39;s broadcast token makes the device in-home" in first
    for anchor in re.findall(r'href="#([^"]+)"', first):
        assert f'id="{anchor}"' in page


def test_every_link_leads_somewhere(written: Written) -> None:
    """Each fragment link names an element of the page, and ids are unique."""
    page = written.text("report.html")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_every_requirement_is_there(written: Written, register: Register) -> None:
    """Each requirement of the register has its entry, with statement and source."""
    page = written.text("report.html")
    assert set(re.findall(r'class="req" id="([^"]+)"', page)) == {entry.id for entry in register}


def test_untested_requirements_say_what_to_add(written: Written) -> None:
    """The to-do list groups what could not be tested by the lines that the target file lacks."""
    page = written.text("report.html")
    todo = page[page.index('<section id="todo"') : page.index('<section id="requirements"')]
    for result in written.results.results:
        if result.outcome is Outcome.COULD_NOT_TEST:
            assert f'href="#{result.requirement.id}"' in todo
    assert "credentials: {token_keys:" in todo


def test_a_finding_shows_the_offending_claim(written: Written) -> None:
    """The token is decoded, the claim that the finding names is marked, its times stand as dates."""
    page = written.text("report.html")
    finding = page[page.index('id="TOK-020.1"') :]
    finding = finding[: finding.index("</article>")]
    row = re.search(r'<tr class="offends">.*?</tr>', finding).group()
    assert "<mark>tenantId</mark>" in row
    assert "nagra-lab" in row
    assert len(re.findall(r'<tr class="offends">', finding)) == 1
    assert "1795416067" in finding
    assert "23 November 2026, 06:41:07 UTC" in finding
    assert "curl -sS" in finding


def test_the_acceptance_page_has_all_that_a_board_signs(written: Written) -> None:
    """Verdict, scope, claims, waivers, untested, versions, digests, signatures."""
    page = written.text("report.html")
    acceptance = page[page.index('<section id="acceptance"') : page.index("<main>")]
    for text in ("Do not accept", "Claims:", "Not judged:", "Waivers", "Untested", "SDP-008", "run.jsonl", "signature"):
        assert text in acceptance


@pytest.mark.parametrize("exchanges", [10_000])
def test_passing_exchanges_are_summarised(tmp_path: Path, register: Register, exchanges: int) -> None:
    """A large run gives a small page; the HAR holds every exchange."""
    write_reports(large(tmp_path, exchanges), register)
    assert (tmp_path / "report.html").stat().st_size < 4_000_000
    assert (tmp_path / "evidence.har").read_text().count('"startedDateTime"') == exchanges


def test_endless_findings_are_bounded(tmp_path: Path, register: Register) -> None:
    """A target whose every answer is another finding gives a page below 10 MB."""
    stream = example(register)
    end = stream.events.pop()
    body = {"text": "x" * 20_000, "list": [{"a": number} for number in range(2_000)]}
    for number in range(2_000):
        identity = stream.exchange("createAccount", 200, body if number % 4 == 0 else {}, by="fuzz:createAccount")
        stream.finding("WIR-105", identity, ["HTTP 201"], "HTTP 200", f"case {number}", by="fuzz")
    stream.events.append(end)
    write_reports(stream.save(tmp_path), register)
    page = (tmp_path / "report.html").read_text()
    assert len(page) < 10_000_000
    assert "more causes are in report.json" in page


def test_every_requirement_is_a_square_and_counted_at_a_section(written: Written, register: Register) -> None:
    """The heat map has each requirement once, with its outcome; the documents' bars add up to all of them."""
    page = written.text("report.html")
    heat = page[page.index('class="panel heat"') : page.index('class="panel documents"')]
    for result in written.results.results:
        assert heat.count(f'class="b-{result.outcome.value}" href="#{result.requirement.id}"') == 1
    documents = page[page.index('class="panel documents"') :].partition("</section>")[0]
    sections = re.findall(r"<li>.*?</svg>", documents, re.DOTALL)
    assert sum(int(number) for row in sections for number in re.findall(r": (\d+)</title>", row)) == len(
        register.requirements
    )


def test_a_matrix_has_no_row_of_zeros_and_what_is_waived_is_not_a_reason(written: Written) -> None:
    """What did not occur is not listed; what is waived has a heading of its own."""
    page = written.text("report.html")
    matrix = page[page.index('<table class="matrix">') :].partition("</tbody>")[0]
    totals = [row.rsplit("<td>", 1)[1] for row in matrix.split("<tr>")[2:]]
    assert totals
    assert not any('"zero"' in total for total in totals)
    why = page[page.index('id="causes-title"') :].partition("</section>")[0]
    assert why.index("<h3>Waived</h3>") < why.index("sign o-waived")


def test_the_policy_names_the_style_and_the_running_head_is_in_it(written: Written) -> None:
    """Whatever a target is called, its name ends neither the string of the style nor the style."""
    page = written.text("report.html")
    style = page[page.index("<style>") + 7 : page.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(page[page.index('Content-Security-Policy" content="') :].partition(">")[0])
    assert f"style-src 'sha256-{digest}';" in policy
    assert re.search(r'@top-left \{ content: "(?:[A-Za-z0-9]|\\[0-9a-f]+ )+" \} \}\s*$', style)
