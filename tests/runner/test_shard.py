"""Which part of a run is made: the option wins; a CI server's variables are taken; nonsense is refused by name."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.runner.shard import acknowledge, part_of
from conformance.stream import events

GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "5"}
BAZEL = {"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "5"}


@pytest.mark.parametrize(
    ("option", "environment", "index", "of"),
    [
        (None, {}, 1, 1),
        ("2/5", {}, 2, 5),
        ("1/1", {"CI_NODE_INDEX": "no number", "CI_NODE_TOTAL": "5"}, 1, 1),
        (None, GITLAB, 2, 5),
        (None, BAZEL, 2, 5),
        (None, GITLAB | BAZEL, 2, 5),
        (None, {"CI_NODE_TOTAL": "1"}, 1, 1),
        ("3/4", GITLAB | BAZEL, 3, 4),
    ],
)
def test_a_part_is_what_the_option_or_the_server_says(option, environment, index, of):
    assert part_of(option, environment) == events.Part(index, of)


@pytest.mark.parametrize(
    ("option", "environment", "said"),
    [
        ("2", {}, "--shard '2'"),
        ("0/3", {}, "--shard 0/3: there is no part 0 of 3"),
        ("4/3", {}, "there is no part 4 of 3"),
        ("1/0", {}, "there is no part 1 of 0"),
        ("", {}, "--shard ''"),
        (None, {"CI_NODE_TOTAL": "5"}, "CI_NODE_INDEX='' and CI_NODE_TOTAL='5'"),
        (None, {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "5"}, "there is no part 0 of 5"),
        (None, {"TEST_SHARD_INDEX": "5", "TEST_TOTAL_SHARDS": "5"}, "TEST_TOTAL_SHARDS='5': there is no part 6 of 5"),
        (None, {"TEST_SHARD_INDEX": "-1", "TEST_TOTAL_SHARDS": "5"}, "TEST_SHARD_INDEX='-1'"),
        (None, GITLAB | {**BAZEL, "TEST_SHARD_INDEX": "0"}, "part 2 of 5 and TEST_SHARD_INDEX='0'"),
    ],
)
def test_nonsense_is_refused_with_what_and_where(option, environment, said):
    with pytest.raises(UsageError) as found:
        part_of(option, environment)
    assert said in str(found.value)
    assert found.value.exit_code == 2
    assert found.value.advice


def test_bazel_is_told_that_its_shards_are_understood(tmp_path):
    acknowledge({"TEST_SHARD_STATUS_FILE": str(tmp_path / "status")})
    assert (tmp_path / "status").exists()
    acknowledge({"TEST_SHARD_STATUS_FILE": str(tmp_path / "no such folder" / "status")})
    acknowledge({})
