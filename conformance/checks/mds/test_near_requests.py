"""ias-in-home-detection, "Overview", step 6: no query and no header lists what can only be watched in the home."""

from __future__ import annotations

import json

from conformance.checks.api import Check, requirement
from conformance.checks.mds.listing import everywhere, in_home_only, lists_all, lists_none
from conformance.session.channels import channel_list
from conformance.session.ias import in_home_token
from conformance.target import Secret, Value

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
# What clients, browsers and caches send, and a server may choose an answer by.
HEADERS: tuple[dict[str, Value], ...] = (
    {"Accept": "application/json"},
    {"Accept-Language": "de-CH, en;q=0.5"},
    {"Accept-Encoding": "identity", "Cache-Control": "no-cache"},
    {"Accept-Encoding": "gzip"},
    {"Origin": "https://app.example.test"},
    {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
    {"x-correlation-id": "6d1d4c5e-27bd-4b8e-9a5b-0f2c7f3f6a01"},
    {"Nagra-Device-Type": "Android", "Nagra-Target": "everything", "If-None-Match": '"0"'},
    {"User-Agent": BROWSER, "X-Requested-With": "XMLHttpRequest", "Cookie": "language=de", "Pragma": "no-cache"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1", "Via": "1.1 cache"},
    {"Content-Type": "application/json", "X-HTTP-Method-Override": "GET", "TE": "trailers"},
    {"Accept": "application/xml, application/json;q=0.5"},
    {"Range": "bytes=0-"},
    {"If-None-Match": "*"},
)


def queries_of(hidden: str, shown: str) -> tuple[dict[str, str], ...]:
    """Return queries in which channels are paged, sorted and filtered, by an in-home-only one (`hidden`) and another.

    The filters of one condition are those of public clients; a platform that knows no other may leave them out.
    """
    both: tuple[object, ...] = (
        {"technical.id": hidden},
        {"id": hidden},
        {"editorial.id": hidden},
        {"technical.id": {"$in": [hidden, shown]}},
        {"technical.id": {"$ne": shown}},
        {"$or": [{"technical.id": hidden}, {"technical.id": shown}]},
        {"$and": [{"technical.id": hidden}, {"locale": "en_GB"}]},
        {"editorial.title": {"$exists": True, "$regex": ".", "$nin": ["-"]}},
        {"technical.id": hidden, "locale": "en_GB"},
        {"locale": "en_GB"},
        {},
    )
    filtered = [{"filter": json.dumps(one, separators=(",", ":"))} for one in both]
    paged = ({"limit": "9999"}, {"limit": "1"}, {"limit": "2"}, {"limit": "0"}, {"limit": "100000"})
    offset = (
        {"offset": "0", "limit": "9999"},
        {"offset": "1", "limit": "9999"},
        {"offset": "3"},
        *({"offset": at, "limit": "2"} for at in "24"),
    )
    whole = {"filter": '{"locale":"en_GB"}', "limit": "9999", "fields": "[]", "sort": '[["editorial.title",1]]'}
    others = (
        {"fields": '["technical.id"]'},
        {"sort": '[["editorial.title",1]]'},
        {"sort": '[["editorial.title",-1]]', "fields": '["technical.id","editorial.title"]', "pretty": "true"},
        {"sort": '[["editorial.tvChannel",-1],["technical.id",1]]', "lang": "en", "debug": "true"},
        {"limit": "-1"},
        {"limit": "", "offset": ""},
        {"q": hidden},
    )
    cached = ({"cache": "false", "pretty": "true"}, {"cache": "true"})
    return (*paged, *offset, whole, *filtered, *others, *cached)


@requirement("MDS-012", "MDS-015")
def test_paging_and_filters_do_not_get_round_the_filter(check: Check) -> None:
    token = in_home_token(check, "stb", in_home=False)
    before = channel_list(check, token, valid=True)
    for query in queries_of(in_home_only(check)[0], everywhere(check)[0]):
        found = channel_list(check, token, query)
        lists_none(check, "MDS-015", found, cause="a query lists an in-home-only channel for a token of inHome false")
    after, shown = channel_list(check, token, valid=True), everywhere(check)
    if all(before.lists(channel) for channel in shown) and after.served and after.whole:
        cause = "after other queries, a channel that can be watched everywhere is not listed"
        lists_all(check, "MDS-012", after, shown, who="a token of inHome false", cause=cause)


@requirement("MDS-013")
def test_no_header_gets_round_the_filter(check: Check) -> None:
    token = in_home_token(check, "stb", in_home=False)
    of_the_caller: tuple[dict[str, Value], ...] = (
        {"nv-tenant-id": check.target.tenant},
        {"Authorization": Secret(f"bearer {token}")},
        {"Authorization": Secret(token)},
    )
    for headers in (*HEADERS, *of_the_caller):
        found = channel_list(check, token, headers=headers)
        lists_none(check, "MDS-013", found, cause="a header lists an in-home-only channel for a token of inHome false")
