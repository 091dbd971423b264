"""The dates of HTTP mean the same on every machine."""

from __future__ import annotations

import time

import pytest

from conformance.model import Exchange, Request, Response, http_date

MORNING = 1_795_606_800.0  # 2026-11-25T11:40:00Z
FORMS = (
    "Wed, 25 Nov 2026 11:40:00 GMT",
    "Wed, 25 Nov 2026 11:40:00 -0000",
    "Wed, 25 Nov 2026 11:40:00",
    "Wed Nov 25 11:40:00 2026",
    "Wednesday, 25-Nov-26 11:40:00 GMT",
    "Wed, 25 Nov 2026 06:40:00 -0500",
    "25 Nov 2026 20:40:00 +0900",
)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Apia"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", FORMS)
def test_a_date_is_the_same_moment_in_every_zone(zone, text):
    assert http_date(text) == MORNING


@pytest.mark.parametrize("text", ["", "now", "nan", "32 Nov 2026 11:40:00 GMT", "Wed, 25 Nov 99999999 11:40:00 GMT"])
def test_what_is_not_a_date_gives_none(text):
    assert http_date(text) is None


@pytest.mark.parametrize("text", FORMS)
def test_the_targets_clock_is_read_alike_in_every_zone(zone, text):
    response = Response(200, (("Date", text),))
    exchange = Exchange("E1", "hdm", "stbsignontokens", Request("GET", "http://t.example/"), response)
    assert exchange.server_time_ms == (MORNING * 1000, 2_000.0)


def test_without_a_date_our_own_clock_counts_and_less_exactly():
    exchange = Exchange("E1", "hdm", "x", Request("GET", "http://t.example/"), Response(200), received_at=7.0)
    assert exchange.server_time_ms == (7.0, 300_000.0)


@pytest.mark.parametrize("apart_s", [3600, -3600, 86_400])
def test_a_date_that_is_not_our_time_may_be_a_proxys(apart_s):
    came = (MORNING - apart_s) * 1000
    response = Response(200, (("Date", FORMS[0]),))
    exchange = Exchange("E1", "hdm", "x", Request("GET", "http://t.example/"), response, received_at=came)
    now, tolerance = exchange.server_time_ms
    assert now == MORNING * 1000
    assert now - tolerance <= came <= now + tolerance
