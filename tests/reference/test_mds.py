"""The channel list and its in-home filter."""

import json

import pytest

from .caller import channel_ids


@pytest.fixture
def tokens(caller):
    """Two tokens of one home: away, and at home."""
    away = caller.access_token()
    return away, caller.update(away, True, caller.broadcast_token(away)).json()["access_token"]


def test_the_filter_works_in_both_directions(caller, tokens):
    channels = caller.subjects["channels"]
    away, home = tokens
    for _ in range(2):
        assert set(channel_ids(caller.services(away))) == set(channels["everywhere"])
        assert set(channel_ids(caller.services(home))) == set(channels["everywhere"] + channels["in_home_only"])


def test_no_paging_brings_up_what_is_left_out(caller, tokens):
    for offset in range(6):
        answer = caller.services(tokens[0], offset=offset, limit=9999)
        assert answer.json()["total_records"] == 3
        assert not set(channel_ids(answer)) & set(caller.subjects["channels"]["in_home_only"])
    assert channel_ids(caller.services(tokens[1], offset=1, limit=2)) == ["SVC-0002", "SVC-0003"]


def test_a_token_is_needed(caller):
    assert caller.services().status_code == 401
    assert caller.services("made-up").status_code == 401


def test_the_token_may_come_without_bearer(caller, tokens):
    path = "/metadata/delivery/GLOBAL/btv/services"
    assert caller.client.get(path, headers={"authorization": tokens[1]}).json()["total_records"] == 5


def test_no_cache_keeps_the_list(caller, tokens):
    assert caller.services(tokens[0]).headers["cache-control"] == "no-store"


def test_filters(caller, tokens):
    def listed(value):
        return channel_ids(caller.services(tokens[0], filter=json.dumps(value)))

    assert len(listed({"locale": "en_GB"})) == 3
    assert listed({"technical.id": "SVC-0002"}) == ["SVC-0002"]
    assert listed({"technical.id": {"$in": ["SVC-0001", "SVC-0101"]}}) == ["SVC-0001"]
    assert listed({"id": {"$in": "SVC-0001"}}) == []
    assert listed({"id": [{}]}) == []


def test_fields_are_those_that_were_asked_for(caller, tokens):
    listed = caller.services(tokens[1], fields='["editorial.id","editorial.tvChannel","technical.nothing"]', limit=1)
    assert listed.json()["services"] == [{"editorial": {"id": "SVC-0001", "tvChannel": 1}}]
    whole = {"editorial", "technical"}
    assert all(set(entry) == whole for entry in caller.services(tokens[1], fields="[]").json()["services"])


def test_a_list_is_sorted_before_it_is_cut(caller, tokens):
    def first(*pairs):
        answer = caller.services(tokens[1], sort=json.dumps(pairs), limit=2)
        return [entry["editorial"]["tvChannel"] for entry in answer.json()["services"]]

    assert first(["editorial.tvChannel", -1]) == [102, 101]
    assert first(["editorial.title", 1]) == [101, 102]
    assert first(["technical.active", 1], ["editorial.tvChannel", -1]) == [102, 101]
    assert first(["editorial.nothing", 1]) == [1, 2]


@pytest.mark.parametrize(
    "params",
    [
        *({"filter": text} for text in ("{", "[]")),
        *({"fields": text} for text in ("editorial.id", "{}", "[1]")),
        *({"sort": text} for text in ("[", '["editorial.title"]', '[["editorial.title", "up"]]')),
        *({"limit": text} for text in ("x", "٣")),
        {"offset": "-1"},
    ],
)
def test_a_broken_query_is_400(caller, tokens, params):
    assert caller.services(tokens[0], **params).status_code == 400


def test_another_provider_has_no_list(caller, tokens):
    path = "/metadata/delivery/NOBODY/btv/services"
    assert caller.client.get(path, headers={"authorization": f"Bearer {tokens[0]}"}).status_code == 404
