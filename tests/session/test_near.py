"""Values that are nearly right: all of them wrong, and none that a lenient reader may take for the right one."""

from __future__ import annotations

import base64
import re
import secrets
from fnmatch import fnmatchcase

import pytest

from conformance.opentv.tokens import make_jwt, parse_jwt
from conformance.session.near import alike, named_within, near_tokens, near_values, odd_values, patterns, regrouped

RIGHT = ("038110046612", "3A7F0091C4D2", "nagra", "NMP-4410A7", "ada.keller@example.test", "Sofa-Evening.2026~A!")


@pytest.mark.parametrize("right", RIGHT)
def test_near_values_are_different_and_none_is_the_right_one(right):
    values = [near.value for near in near_values(right, 32)]
    assert len(values) == len(set(values)) == 32
    assert not any(alike(value, right) for value in values)


@pytest.mark.parametrize("right", RIGHT[:-1])
def test_each_part_of_a_value_is_kept_by_some_of_its_near_values(right):
    values = [near.value for near in near_values(right, 32)]
    assert any(value[:-1] == right[:-1] and len(value) == len(right) for value in values)
    assert any(value[1:] == right[1:] for value in values)
    assert any(value.startswith(right) for value in values)
    assert any(value.endswith(right) for value in values)
    assert any(sorted(value) == sorted(right) for value in values)


@pytest.mark.parametrize("size", [31, 32, 33, 64])
def test_a_changed_end_of_base64_means_other_bytes(size):
    for _ in range(50):
        right = base64.urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        changed = next(near.value for near in near_values(right, 32) if near.what == "its last character changed")

        def decoded(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

        assert decoded(changed) != decoded(right)


def test_near_tokens_change_one_segment_each():
    token = make_jwt({"alg": "HS256", "kid": "1"}, {"accountId": "a1b2c3", "deviceId": "STB-1", "exp": 1}, b"k" * 32)
    for near in near_tokens(token, 32):
        same = [one == other for one, other in zip(near.value.split("."), token.split("."), strict=True)]
        assert same.count(False) == 1, near.what
        assert parse_jwt(near.value).header["alg"] == "HS256"


@pytest.mark.parametrize(
    "right", ["CMS-20417733", "ada.keller@example.test", "038110046612", "3A7F0091C4D2", "käthe-1"]
)
def test_odd_values_are_not_the_right_one(right):
    values = [near.value for near in odd_values(right)]
    assert len(values) == len(set(values)) >= 7
    assert not any(alike(value, right) for value in values)


def test_a_right_value_matches_its_patterns():
    percent, glob, expression, _ = (near.value for near in patterns("CMS-20417733"))
    assert percent.endswith("%")
    assert "CMS-20417733".startswith(percent[:-1])
    assert fnmatchcase("CMS-20417733", glob)
    assert re.fullmatch(expression, "CMS-20417733")


def test_separators_of_hexadecimal_text_are_left_alone():
    told = {near.what for near in odd_values("6d1d4c5e-27bd-4b8e-9a5b-0f2c7f3f6a01")}
    assert "its separators left out" not in told
    assert "its separators left out" in {near.what for near in odd_values("NMP-4410A7")}


@pytest.mark.parametrize("right", ["", "a", "abc"])
def test_a_value_of_a_few_characters_has_no_odd_ones(right):
    assert odd_values(right) == patterns(right) == []


@pytest.mark.parametrize("right", ["038110046612", "2954017731"])
def test_of_a_number_one_odd_value_is_alike_in_32_bits_alone(right):
    alike_in_bits = [near.value for near in odd_values(right) if near.value.isdecimal()]
    assert len(alike_in_bits) == 1
    assert (int(alike_in_bits[0]) - int(right)) % 2**32 == 0 < int(alike_in_bits[0]) - int(right)


@pytest.mark.parametrize("right", RIGHT)
def test_a_list_that_ends_in_the_right_value_is_among_the_patterns(right):
    lists = [near.value.split(",") for near in patterns(right) if "," in near.value]
    assert [len(values) for values in lists] == [2]
    assert lists[0][1] == right != lists[0][0]


def test_regrouped_values_are_other_ones_that_say_the_same_together():
    pairs = regrouped("3A7F0091C4D2", "2954017731")
    assert len(pairs) == 5
    assert all(first != "3A7F0091C4D2" and second != "2954017731" for first, second in pairs)
    assert sum(first + second == "3A7F0091C4D22954017731" for first, second in pairs) == 2
    assert sum(second + first == "29540177313A7F0091C4D2" for first, second in pairs) == 2
    assert not [pair for pair in regrouped("7", "7") if "7" in pair]


def test_a_name_that_holds_the_right_one_beside_another_is_another():
    found = [near.value for near in named_within("nagra")]
    assert len(set(found)) == 13
    assert not any(alike(value, "nagra") for value in found)
    assert {"nagra"} == {value.partition(".")[0] for value in found if value.startswith("nagra.")}
    assert any(value.endswith("/nagra") for value in found)
