"""What differs is marked, tokens are decoded, times are dates, bodies are laid out."""

from __future__ import annotations

import pytest

from conformance.report.marking import marked, named_in
from conformance.report.pretty import pretty_body
from conformance.report.text import path_and_query
from conformance.report.timestamps import dates_in, duration, epoch_hint, iso, timestamp
from conformance.report.tokens import tokens_of
from conformance.stream import events

from .streams import jwt


def test_only_the_differing_part_is_marked() -> None:
    """`HTTP` is the same on both sides, the number is not."""
    expected, actual = marked(("HTTP 403",), "HTTP 404")
    assert str(expected[0]) == "HTTP <mark>403</mark>"
    assert str(actual) == "HTTP <mark>404</mark>"


def test_the_nearest_of_several_is_compared() -> None:
    """With any-of, the actual value is compared with what is most like it."""
    expected, actual = marked(("a redirect", "HTTP 200 with inHome false"), "HTTP 200 with inHome true")
    assert str(expected[0]) == "a redirect"
    assert str(actual) == "HTTP 200 with inHome <mark>true</mark>"


def test_nothing_alike_is_marked_whole() -> None:
    """Where nothing is the same, all of it differs."""
    assert str(marked(("a UUID",), "<771>")[1]) == "<mark>&lt;771&gt;</mark>"


def test_names_are_words() -> None:
    """A claim is named only by its whole name."""
    assert named_in("exp", "exp of the access token")
    assert not named_in("exp", "fixed_exp is expected")


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (1795416067, "23 November 2026, 06:41:07 UTC"),
        (1795416067000, "23 November 2026, 06:41:07 UTC"),
        (5, ""),
        (True, ""),
        ("1795416067", ""),
        (10**30, ""),
    ],
)
def test_numbers_that_are_times_have_a_date(value: object, date: str) -> None:
    """Seconds and milliseconds since 1970 are told apart; other numbers are left alone."""
    assert epoch_hint(value) == date


def test_numbers_in_a_sentence_have_a_date() -> None:
    """Long numbers that are part of a name are left alone."""
    assert dates_in("exp is 1795416067, not a1795416067b", "1795416067000") == (
        ("1795416067", "23 November 2026, 06:41:07 UTC"),
        ("1795416067000", "23 November 2026, 06:41:07 UTC"),
    )


def test_times_that_no_calendar_holds_do_no_harm() -> None:
    """A target's clock may say anything."""
    assert timestamp(1e300) == "1e+300"
    assert iso(1e300) == "1970-01-01T00:00:00.000Z"
    assert iso(1795329667123) == "2026-11-22T06:41:07.123Z"


@pytest.mark.parametrize(
    ("ms", "words"), [(12.4, "12 ms"), (1500, "1.5 s"), (200_000, "3 min 20 s"), (3_900_000, "1 h 5 min")]
)
def test_durations_are_words(ms: float, words: str) -> None:
    """Durations are said as a person says them."""
    assert duration(ms) == words


def test_a_json_body_is_laid_out_with_dates_and_marks() -> None:
    """Members stand a line each; what the finding names is marked; times have their date."""
    text = str(pretty_body('{"exp": 1795416067, "a": [1, {"b": "<x>"}]}', "application/json", ("exp is wrong",)))
    assert "<mark>&#34;exp&#34;</mark>: 1795416067,<i>23 November 2026, 06:41:07 UTC</i>" in text
    assert "&lt;x&gt;" in text
    assert text.count("\n") == 8


def test_a_form_is_laid_out() -> None:
    """Form fields stand a line each, decoded."""
    assert str(pretty_body("a=1&b=%3C2", "application/x-www-form-urlencoded", ())) == "<b>a</b> = 1\n<b>b</b> = &lt;2"


@pytest.mark.parametrize("body", ["{" * 50_000, "\x00\x01", "[" + "1," * 100_000 + "1]", '"' + "x" * 100_000 + '"'])
def test_no_body_is_too_much(body: str) -> None:
    """Deep, binary and long bodies give short text."""
    assert len(pretty_body(body, "application/json", ())) < 20_000


def exchange(request: events.Request, response: events.Response | None) -> events.Exchange:
    return events.Exchange(id="E1", service="hdm", operation="x", by="y", request=request, response=response)


def test_tokens_are_found_wherever_they_stand() -> None:
    """In answers, headers and parameters; each once, with the claim that the finding names marked."""
    one, two, three = jwt({"inHome": True}), jwt({"inHome": False, "n": 1}), jwt({"typ": "x"})
    headers = [("Authorization", f"Bearer {two}")]
    request = events.Request(method="GET", url=f"https://x/?token={three}", headers=headers)
    body = f'{{"result": {{"access_token": "{one}"}}, "again": "{one}"}}'
    found = tokens_of(
        exchange(request, events.Response(status=200, body=body)), ("inHome is true in the access_token",)
    )
    assert [token.place for token in found] == [
        "response result.access_token and in the response again",
        "request header Authorization",
        "request parameter token",
    ]
    assert [token.offends for token in found] == [True, False, False]


def test_two_tables_that_say_the_same_are_one() -> None:
    """A token that is sent and comes back is decoded once, with both places; the finding marks it in either."""
    token = jwt({"inHome": True})
    request = events.Request(method="GET", url="https://x/", headers=[("Authorization", f"Bearer {token}")])
    response = events.Response(status=200, body=f'{{"access_token": "{token}"}}')
    (found,) = tokens_of(exchange(request, response), ("the access_token has inHome true",))
    assert found.place == "response access_token and in the request header Authorization"
    assert found.offends


def test_what_only_looks_like_a_token_is_left_alone() -> None:
    """Broken segments are no token."""
    request = events.Request(method="GET", url="", body="eyJhbGc.####.x eyJhbGciOiJIUzI1.eyJub3Q.abc")
    assert tokens_of(exchange(request, None), ()) == ()


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://x.example/a/b?c=1&d", ("/a/b", "c=1&d")),
        ("http://[::1/a?b", ("/a", "b")),
        ("https://x.example", ("/", "")),
        ("", ("/", "")),
        ("//a?b#c?d", ("//a", "b")),
    ],
)
def test_a_malformed_url_is_shown_all_the_same(url: str, parts: tuple[str, str]) -> None:
    """Path and query of whatever was sent."""
    assert path_and_query(url) == parts
