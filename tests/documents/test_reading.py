"""YAML files as untrusted input: bounded in size, depth and aliases; a key is text; mistakes name their line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conformance.documents import MAX_BYTES, parse_yaml, read_yaml
from conformance.errors import TargetFileError


def parsed(text):
    return parse_yaml(Path("target.yaml"), text.encode() if isinstance(text, str) else text, TargetFileError)


def refused(text):
    with pytest.raises(TargetFileError) as found:
        parsed(text)
    return found.value


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("levels", [7, 9, 40])
def test_aliases_that_expand_to_millions_of_values_are_refused_at_once(levels):
    started = time.monotonic()
    problem = refused(bomb(levels))
    assert "aliases" in problem.message
    assert problem.where.startswith("target.yaml:")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "&a {<<: *a}", "&a [[*a], *a]"])
def test_an_alias_of_itself_is_refused(text):
    problem = refused(text)
    assert problem.where == "target.yaml:1"
    assert "to themselves" in problem.message


def test_an_alias_and_a_merge_key_of_usual_size_are_read_as_they_are():
    document = parsed(
        "base: &base {smartcardId: 0381, nuId: 012}\nstb:\n  <<: *base\n  nuId: 099\nname: &n x\nother: *n\n"
    )
    assert document.value["stb"].keys() == {"smartcardId", "nuId"}
    assert document.texts["stb", "smartcardId"] == "0381"
    assert document.texts["stb", "nuId"] == "099"
    assert document.value["other"] == "x"


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 5_000, "- " * 20_000 + "x"])
def test_what_is_nested_too_deeply_is_refused_before_it_is_built(text):
    assert "nest" in refused(text).message


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 50_000_000])
def test_a_file_that_is_too_large_is_refused_within_a_second(tmp_path, size):
    path = tmp_path / "target.yaml"
    path.write_bytes(b"name: x\n" * (size // 8 + 1))
    started = time.monotonic()
    with pytest.raises(TargetFileError, match="is larger than 1,000,000 bytes"):
        read_yaml(path, TargetFileError)
    assert time.monotonic() - started < 1


def test_an_endless_file_is_refused():
    with pytest.raises(TargetFileError, match="is larger than"):
        read_yaml(Path("/dev/zero"), TargetFileError)


def test_a_folder_and_a_name_that_no_file_can_have_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / ("x" * 300), tmp_path / "a\0b"):
        with pytest.raises(TargetFileError, match=r"cannot be read|no such file"):
            read_yaml(path, TargetFileError)


@pytest.mark.parametrize(
    ("text", "key"), [("on: 1", "on"), ("012: x", "012"), ("yes: x", "yes"), ("2026-11-20: x", "2026-11-20")]
)
def test_a_key_is_text_whatever_it_looks_like(text, key):
    document = parsed(text)
    assert list(document.value) == [key]
    assert document.where((key,)) == "target.yaml:1"


def test_a_byte_order_mark_and_crlf_are_read():
    assert parsed(b"\xef\xbb\xbfname: x\r\ntenant: y\r\n").value == {"name": "x", "tenant": "y"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"),
        ("a: 1\n? [x]\n: 2\n", 2, "a key must be text"),
        ("a: 1\nb: [\n", 3, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML: a second document begins here"),
        ("a: 1\nb: !!python/object/apply:os.system [x]\n", 2, "not YAML"),
        ("a: 1\nb: *c\n", 2, "not YAML: found undefined alias"),
        ("a: 1\nb: @c\n", 2, "not YAML: a value cannot begin with '@'"),
        ('a: 1\nb: "c\nd: 1\n', 2, "not YAML: the quotation mark that opens here is never closed"),
        ("a: 1\nb: c: d\n", 2, "not YAML: a colon where no key can be"),
        ("a: 1\nb: !vault x\n", 2, "not YAML that is read here: the tag !vault"),
        ("a: 1\nb: {{ c }}\n", 2, "a key must be text; is {{ … }} a template, not rendered?"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", 2, "not YAML: a merge left its conflict markers"),
        ("a: 1\nb: x\0y\n", 2, "not YAML: a control character"),
        (b"a: 1\nb: \xff\n", 2, "is not text in UTF-8"),
        ("a: 1\n\tb: 2\n", 2, "not YAML: a tab"),
    ],
)
def test_a_mistake_names_its_line(text, line, said):
    problem = refused(text)
    assert problem.where == f"target.yaml:{line}"
    assert said in problem.message


def test_a_control_character_is_refused_without_being_repeated():
    problem = refused("a: \x1b[31m\n")
    assert "\x1b" not in str(problem)
