"""The report in a real browser: filters, hash, keyboard, copy, print, colours, phone, accessibility, hostile texts."""

from __future__ import annotations

import re
from typing import Any

import pytest


def shown(page: Any) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('.req:not([hidden])')].map((row) => row.id)")


def outcome(page: Any, selector: str) -> list[str]:
    return page.eval_on_selector_all(selector, "rows => rows.map((row) => row.dataset.outcome)")


def test_filters_narrow_and_stand_in_the_hash(page: Any, example_url: str) -> None:
    """Each filter hides what does not fit, says how many remain, and is kept in the address."""
    page.goto(example_url)
    page.click(".filters button[data-value=failed]")
    assert set(outcome(page, ".req:not([hidden])")) == {"failed"}
    assert len(shown(page)) == outcome(page, ".req").count("failed")
    assert page.inner_text("#count") == f"Showing {len(shown(page))} of {len(outcome(page, '.req'))}"
    page.click(".filters button[data-value=hdm]")
    assert shown(page) == ["STB-020", "STB-021", "STB-022"]
    failed = outcome(page, ".req").count("failed")
    assert page.inner_text(".group[data-outcome=failed] .number") == f"3 of {failed}"
    assert page.url.endswith("#requirements?outcome=failed&service=hdm")
    page.fill("#q", "nuid")
    assert shown(page) == ["STB-021"]
    assert page.get_attribute(".filters button[data-value=hdm]", "aria-pressed") == "true"


def test_a_filter_comes_back_from_the_hash(page: Any, example_url: str) -> None:
    """Whoever gets the address sees the same rows; passing groups are opened then."""
    page.goto(example_url + "#requirements?outcome=passed&service=mds&binding=yes&q=filter")
    assert shown(page)
    assert page.input_value("#q") == "filter"
    assert page.evaluate("document.querySelector('.group[data-outcome=passed]').open")
    page.evaluate("location.hash = '#requirements?outcome=waived'")
    page.wait_for_function("document.querySelectorAll('.req:not([hidden])').length === 1")
    assert shown(page) == ["SDP-008"]
    page.click("#clear")
    assert page.url.endswith("#requirements")
    passed = outcome(page, ".req").count("passed")
    assert page.inner_text(".group[data-outcome=passed] .number") == str(passed)
    assert not page.evaluate("document.querySelector('.group[data-outcome=passed]').open")


def test_a_number_of_the_matrix_shows_its_requirements(page: Any, example_url: str) -> None:
    """A click on a cell of the matrix filters by its level and outcome."""
    page.goto(example_url)
    page.click(".overview .matrix tr:has(.o-warned) td:nth-child(3) a")
    page.wait_for_function("document.querySelectorAll('.req:not([hidden])').length < 10")
    assert set(shown(page)) == {"SGN-016", "SGN-116", "INI-113", "STB-023", "WIR-505"}


def test_an_anchor_opens_what_it_names(page: Any, example_url: str) -> None:
    """A link to a folded requirement, finding or exchange opens it, also against a filter."""
    page.goto(example_url + "#STB-010")
    assert page.evaluate("document.getElementById('STB-010').open")
    assert page.is_visible("#STB-010 .body")
    page.goto("about:blank")
    page.goto(example_url + "#requirements?outcome=failed")
    page.evaluate("location.hash = '#STB-010'")
    page.wait_for_function("!document.getElementById('STB-010').hidden")
    page.evaluate("location.hash = '#STB-022.1'")
    page.wait_for_function("document.getElementById('STB-022.1').open")


def test_the_keyboard_walks_through_the_findings(page: Any, example_url: str) -> None:
    """j and k go from finding to finding, / searches, Escape shows all; none acts while somebody types."""
    page.goto(example_url)
    for expected in ("cause-1", "cause-2", "cause-3"):
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.id") == expected
    page.keyboard.press("k")
    assert page.url.endswith("#cause-2")
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.input_value("#q") == "jk"
    page.keyboard.press("Escape")
    assert page.input_value("#q") == ""
    assert "requirements" in page.inner_text("#count")


def test_tab_reaches_the_findings_first(page: Any, example_url: str) -> None:
    """The first stop of the keyboard is the link that skips to the findings."""
    page.goto(example_url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"


def test_copy_puts_the_curl_line_into_the_clipboard(page: Any, example_url: str) -> None:
    """The button copies the line as it stands, and says so."""
    page.goto(example_url + "#UPD-040.1")
    button = page.locator("[id='UPD-040.1'] button.copy")
    line = page.locator("[id='UPD-040.1'] .curl pre").text_content()
    button.click()
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    page.focus("#q")
    page.keyboard.press("Control+V")
    assert page.input_value("#q") == line.replace("\n", "")
    assert "curl " in line


def test_colours_follow_the_system_and_the_button(page: Any, example_url: str) -> None:
    """Dark where the system is dark; the button overrules it."""

    def lightness() -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    page.emulate_media(color_scheme="dark")
    page.goto(example_url)
    assert lightness() < 150
    page.click("#theme")
    assert lightness() > 600
    page.click("#theme")
    page.emulate_media(color_scheme="light")
    assert lightness() < 150


def test_print_gives_the_acceptance_page(page: Any, example_url: str) -> None:
    """Page one is the acceptance page, on one sheet of A4; filters, evidence and charts are not printed."""
    page.set_viewport_size({"width": 680, "height": 1016})
    page.emulate_media(media="print")
    page.goto(example_url)
    assert page.is_visible("#acceptance")
    assert page.locator("#acceptance").bounding_box()["height"] < 1016
    assert "signature" in page.inner_text("#acceptance")
    for selector in ("#verdict", ".filters", "#run", ".bar", "#requirements"):
        assert not page.is_visible(selector)
    assert not page.locator(".curl").first.is_visible()
    document = page.pdf(format="A4", prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", document)) <= 30


def test_print_unfolds_every_finding_and_lists_every_requirement(page: Any, example_url: str) -> None:
    """The dossier needs no hand that opens things, and has no words of the interface."""
    page.emulate_media(media="print")
    page.goto(example_url)
    findings = page.locator(".finding")
    shown = findings.locator(".compare")
    assert shown.count() == findings.count() > 1
    assert all(shown.nth(place).is_visible() for place in range(shown.count()))
    assert not page.get_by_text("link to this finding").first.is_visible()
    listed = page.eval_on_selector_all("#dossier .entries .id", "all => all.map((one) => one.textContent)")
    assert listed == page.eval_on_selector_all("#requirements .req", "all => all.map((one) => one.id)")
    for heading in ("Circumstances", "Readings that the target follows", "Sources"):
        assert page.get_by_role("heading", name=heading).last.is_visible()


@pytest.mark.parametrize("which", ["example_url", "hostile_url"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_wider_than_the_screen(page: Any, request: pytest.FixtureRequest, which: str, width: int) -> None:
    """On a phone, a tablet and a desk, with everything opened, nobody has to scroll sideways."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(request.getfixturevalue(which))
    page.evaluate(
        "document.querySelectorAll('.finding, .finding details, .req[data-outcome=failed]').forEach((one) => { one.open = true; })"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("which", "scheme"), [("example_url", "light"), ("example_url", "dark"), ("hostile_url", "light")]
)
def test_no_serious_accessibility_finding(
    page: Any, axe: str, request: pytest.FixtureRequest, which: str, scheme: str
) -> None:
    """axe-core finds nothing serious or critical, folded or opened, in light and dark."""
    page.emulate_media(color_scheme=scheme)
    page.goto(request.getfixturevalue(which))
    page.evaluate("document.querySelectorAll('.finding, .finding details').forEach((one) => { one.open = true; })")
    # Rows are alike: a dozen of each group shows what all have.
    page.evaluate(
        "document.querySelectorAll('.group').forEach((one) => [...one.children].slice(12).forEach((row) => row.remove()))"
    )
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    serious = {one["id"]: one["nodes"][0]["html"] for one in found if one["impact"] in ("serious", "critical")}
    assert not serious


def test_hostile_texts_neither_run_nor_load(page: Any, hostile_url: str) -> None:
    """With every part opened, no script of the target has run, and nothing was asked of the network."""
    page.goto(hostile_url)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 4000)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, iframe, object").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0


def test_the_policy_stops_what_gets_in_all_the_same(browser: Any, example_url: str) -> None:
    """A script, a style or an image that got into the page would neither run nor load."""
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(example_url)
    page.evaluate(
        """() => {
          const script = document.createElement('script'); script.textContent = 'window.hacked = 1';
          const image = document.createElement('img'); image.src = 'https://evil.example/x.png';
          document.body.append(script, image);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert len([text for text in refused if "Content Security Policy" in text]) >= 2
    page.close()


def test_without_javascript_everything_above_the_evidence_shows(browser: Any, example_url: str) -> None:
    """No script: verdict, findings with expected and actual, requirements and to-do list are there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(example_url)
    assert "Do not accept" in page.inner_text("#verdict")
    assert page.locator("[id='STB-020.1'] .compare").is_visible()
    assert page.locator("#WIR-205").is_visible()
    assert "token_keys" in page.inner_text("#todo")
    assert not page.locator(".filters").is_visible()
    assert not page.locator("button.copy").first.is_visible()
    context.close()


def test_a_large_run_opens_quickly(page: Any, large_url: str) -> None:
    """A run of 20,000 exchanges takes the page less than two seconds of its thread, however busy the machine is."""
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(large_url)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    metrics = {entry["name"]: entry["value"] for entry in meter.send("Performance.getMetrics")["metrics"]}
    assert metrics["TaskDuration"] < 2
    page.fill("#q", "token")
    assert "Showing" in page.inner_text("#count")


def test_the_comparison_is_as_safe_and_accessible(page: Any, axe: str, diff_url: str) -> None:
    """The page of `diff` runs nothing of the target's either, and has no serious finding."""
    page.goto(diff_url)
    assert "Worse" in page.inner_text("h1")
    assert page.evaluate("window.hacked") is None
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
