"""What gateways, balancers, caches and firewalls do to requests and answers, product by product, is no finding."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from tests.in_front.gateway import Answered, json_page, one_in, page

SERVICES = ("ias", "sdp")
ONLY = ("DAS-0", "SDP-0", "WIR-007", "WIR-010", "WIR-207", "WIR-210", "WIR-3", "WIR-707", "WIR-710")


def adds(*headers):
    return lambda _asked, came: Answered(came.status, came.body, (*came.headers, *headers))


def printed(_asked, came):
    """JSON over many lines, its members sorted, in ASCII."""
    try:
        body = json.dumps(json.loads(came.body), indent=2, sort_keys=True).encode() + b"\n"
    except ValueError:
        return came
    return Answered(came.status, body, came.headers)


def typed_twice(_asked, came):
    return Answered(
        came.status, came.body, (*came.headers, *(one for one in came.headers if one[0].lower() == "content-type"))
    )


def compressed(_asked, came):
    """Errors alone, whether the client takes them so or not."""
    if came.status < 400 or not came.body:
        return came
    return Answered(came.status, gzip.compress(came.body), (*came.headers, ("Content-Encoding", "gzip")))


def stopped(seconds):
    """A page in place of everything, for some seconds."""
    until = time.monotonic() + 2
    return lambda _asked: page(403, "This web app is stopped") if until < time.monotonic() < until + seconds else None


def unreadable(answer):
    def before(asked):
        try:
            json.loads(asked.body or b"{}")
        except ValueError:
            return answer if "json" in asked.header("content-type") else None
        return None

    return before


FAULT = b'<?xml version="1.0"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Fault/></env:Envelope>'
# What products make of answers, none of which changes what is said: all of it can stand in front at once.
REWRITERS = (
    printed,
    adds(("Access-Control-Allow-Origin", "*"), ("Timing-Allow-Origin", "*")),
    adds(("Set-Cookie", "SERVERID=a; path=/"), ("Set-Cookie", "ADC=b; path=/")),
    typed_twice,
    compressed,
)


def rewritten(asked, came):
    for product in REWRITERS:
        came = product(asked, came)
    return came


# name -> what it answers itself, and what it makes of answers
PRODUCTS = {
    "what writes answers again": (None, rewritten),
    "an XML gateway that reads JSON": (unreadable(Answered(500, FAULT, (("Content-Type", "text/xml"),))), None),
    "a host whose app is stopped for a while": (stopped(3), None),
    "early data that is refused now and then": (one_in(30, Answered(425, b"Too Early")), None),
    "a connection of another host now and then": (one_in(30, Answered(421, b"Misdirected Request")), None),
    "no content now and then": (one_in(40, Answered(204)), None),
    "502 in members of the platform now and then": (one_in(30, json_page(502, {"message": "x", "code": 502})), None),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_platform_behind_a_product_is_accused_of_nothing(behind, failed, name):
    before, after = PRODUCTS[name]
    bad, report = failed(behind(before, after).target, services=SERVICES, only=ONLY)
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 40


@pytest.mark.parametrize("name", ["what writes answers again", "502 in members of the platform now and then"])
def test_a_broken_platform_behind_a_product_is_found(behind, failed, platform_with, name):
    before, after = PRODUCTS[name]
    gateway = behind(before, after, of=platform_with(faults=("das-missing-parameter-is-500",)))
    bad, _report = failed(gateway.target, services=("ias",), only=("DAS-0", "WIR-207"))
    assert "DAS-010" in bad
