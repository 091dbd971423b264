"""A target that writes scripts, control characters and endless texts into every field harms no reader."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from conformance.report.text import code_span, markdown, printable, shortened, xml_safe

from .conftest import Written
from .streams import EVIL

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Tags(HTMLParser):
    """Collects elements and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(params=["written", "poisoned"])
def page(request: pytest.FixtureRequest) -> str:
    written: Written = request.getfixturevalue(request.param)
    return written.text("report.html")


def test_only_our_own_elements_stand_in_the_page(page: str) -> None:
    """There is one script, one style, and no element or attribute that loads or runs anything."""
    tags = Tags()
    tags.feed(page)
    names = [name for name, _ in tags.seen]
    assert names.count("script") == 1
    assert names.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "link", "base", "form", "video", "audio"} & set(names)
    for name, attributes in tags.seen:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "style", "srcset")], name
        href = attributes.get("href")
        assert href is None or href.startswith("#") or href == "https://tickets.acme.example/OTV-311"


def test_no_invisible_character_reaches_the_page(page: str) -> None:
    """Controls, bidi overrides and lone surrogates are named instead of shown."""
    assert not _UNSEEN.search(page)


def test_templates_do_not_run_in_texts(poisoned: Written) -> None:
    """A target cannot write Jinja."""
    assert "{{ 7*7 }}" in poisoned.text("report.html")


def test_long_values_are_cut(poisoned: Written) -> None:
    """A value of 10,000 characters does not stand in the page in full."""
    assert "A" * 6_001 not in poisoned.text("report.html")
    assert "characters in all" in poisoned.text("report.html")
    assert len(poisoned.text("report.html")) < 2_500_000


def test_junit_is_xml(poisoned: Written) -> None:
    """JUnit parses: what XML cannot hold is named."""
    root = ET.fromstring(poisoned.text("junit.xml"))
    assert any("window.hacked" in (element.text or "") for element in root.iter("failure"))


def test_the_summary_shows_markdown_literally(poisoned: Written) -> None:
    """No image, link, HTML, mention or table cell of the target comes to life in summary.md."""
    text = re.sub(r"`[^`\n]*`", "", poisoned.text("summary.md"))
    assert not re.search(r"(?<!\\)<(?!/?sub)", text)
    assert not re.search(r"(?<!\\)!?\[[^\]]*(?<!\\)\]\(", text)
    assert "https://" not in text
    assert "\n@" not in text
    assert not re.search(r"(?<!\\)@", text)
    assert not _UNSEEN.search(poisoned.text("summary.md"))


def test_machine_reports_parse(poisoned: Written) -> None:
    """SARIF and HAR are JSON, and hold every finding and every exchange."""
    run = json.loads(poisoned.text("report.sarif"))["runs"][0]
    assert len(run["results"]) == sum(len(one.findings) for one in poisoned.results.results if one.outcome != "waived")
    entries = json.loads(poisoned.text("evidence.har"))["log"]["entries"]
    assert len(entries) == poisoned.results.requests["sent"]


def test_printable_names_what_cannot_be_seen() -> None:
    """Each invisible character is named; line feed and tab stay."""
    assert printable("a\u202eb\x00c\n\td") == "a⟨U+202E⟩b⟨U+0000⟩c\n\td"
    assert printable("Ünïcödé ✓") == "Ünïcödé ✓"


def test_towers_of_accents_are_cut() -> None:
    """At most three marks stand above one letter."""
    assert printable("e" + "\u0301" * 50) == "e" + "\u0301" * 3


def test_shortened_says_how_long_the_text_was() -> None:
    """A cut text tells its length."""
    assert shortened("x" * 10_000, 10) == "xxxxxxxxxx… (10,000 characters in all)"


def test_xml_safe_drops_nothing_silently() -> None:
    """What XML 1.0 cannot hold is named."""
    ET.fromstring(f"<a>{xml_safe('ok ' + chr(0) + chr(0xFFFE) + chr(0xD800)).replace('<', '')}</a>")
    assert "U+0000" in xml_safe("\x00")


def test_a_code_span_cannot_be_left() -> None:
    """Back-ticks and pipes of the target end neither a code span nor a table cell."""
    assert code_span(EVIL, 1000).count("`") == 2
    assert "|" not in code_span(EVIL)
    assert "\n" not in markdown("a\nb")
