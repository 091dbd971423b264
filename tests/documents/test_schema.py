"""What is said of a document that breaks its schema: YAML's words, the place, the line, and never the value."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.documents import check_schema, parse_yaml
from conformance.errors import RegisterError

SCHEMA = {
    "type": "object",
    "required": ["version", "services"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 1},
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "services": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
        "writes": {"enum": ["allow", "deny"]},
        "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
        "count": {"type": "integer", "minimum": 1, "maximum": 64},
        "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        "nothing": {"type": ["null", "string"]},
        "flag": {"type": "boolean"},
        "value": {
            "anyOf": [
                {"type": ["string", "number"]},
                {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {"file": {"type": "string"}},
                },
            ]
        },
        "hook": {"type": "object", "maxProperties": 1},
        "source": {
            "anyOf": [
                {"type": "object", "additionalProperties": False, "properties": {"file": {"type": "string"}}},
                {"type": "object", "additionalProperties": False, "properties": {"command": {"type": "array"}}},
            ]
        },
    },
}
GOOD = "version: 1\nservices: {a: b}\n"


def said(text):
    with pytest.raises(RegisterError) as found:
        check_schema(parse_yaml(Path("t.yaml"), text.encode(), RegisterError), SCHEMA, RegisterError)
    return found.value


def test_a_document_that_fits_is_taken():
    check_schema(
        parse_yaml(Path("t.yaml"), (GOOD + "number: 600\nvalue: {file: x}\n").encode(), RegisterError),
        SCHEMA,
        RegisterError,
    )


@pytest.mark.parametrize(
    ("line", "message", "advice"),
    [
        ("writes: maybe", "writes must be allow or deny", ""),
        ("writes: denied", "writes must be allow or deny", "Did you mean 'deny'?"),
        ("name:", "name is empty", ""),
        ('name: ""', "name is empty", ""),
        ("name: abcdef", "name must have at most 5 characters", ""),
        ("name: [x]", "name: expected a string, found a list", ""),
        ("number: soon", "number: expected a number, found a string", ""),
        ("number: true", "number: expected a number, found a boolean", ""),
        ("number: 0", "number must be a number greater than 0", ""),
        ("number: .nan", "number must be a number greater than 0", ""),
        ("number: -.inf", "number must be a number greater than 0", ""),
        ("number: 601", "number must be at most 600", ""),
        ("count: 1.5", "count: expected a whole number, found a number", ""),
        ("count: 0", "count must be at least 1", ""),
        ("items: {a: b}", "items: expected a list, found a mapping", ""),
        ("items: []", "items must have at least 1 item", ""),
        ("items: [a, b, c]", "items must have at most 2 items", ""),
        ("items: [a, 2]", "items.1: expected a string, found a number", ""),
        ("nothing: 3", "nothing: expected null or a string, found a number", ""),
        ("flag: maybe", "flag: expected true or false, found a string", ""),
        ("value:", "value is empty", ""),
        ("value: [hunter2]", "value: expected a string, a number or a mapping, found a list", ""),
        ("value: {fil: hunter2}", "value: unknown key 'fil'", "Did you mean 'file'?"),
        ("value: {file: [hunter2]}", "value.file: expected a string, found a list", ""),
        ("vesion: 1", "unknown key 'vesion'", "Did you mean 'version'?"),
        ("xyzzy: 1", "unknown key 'xyzzy'", "Known here: version, name"),
        ("hook: {a: 1, b: 2}", "hook must have at most 1 key", ""),
    ],
)
def test_a_mistake_is_said_in_yaml_s_words(line, message, advice):
    problem = said(GOOD + line + "\n")
    assert problem.message == message
    assert problem.where == "t.yaml:3"
    assert problem.advice.startswith(advice)
    assert "hunter2" not in str(problem)


def test_an_infinite_number_breaks_both_limits_once_each():
    assert {one.message for one in said(GOOD + "number: .inf\n").problems} == {
        "number must be a number greater than 0",
        "number must be at most 600",
    }


def test_all_mistakes_are_reported_at_once_in_the_order_of_their_lines():
    problem = said("versio: 1\nname: 7\nwrites: x\nservices: {}\n")
    assert [one.where for one in problem.problems] == ["t.yaml:1", "t.yaml:2", "t.yaml:3", "t.yaml:4"]
    assert str(problem).splitlines()[0] == "4 problems:"
    assert "Did you mean 'version'?" in str(problem)


def test_what_is_missing_is_named_with_the_line_of_its_parent():
    problem = said("services: {a: b}\n")
    assert (problem.message, problem.where) == ("version is missing", "t.yaml:1")


def test_a_key_of_another_place_is_named_with_its_place():
    assert said(GOOD + "file: x\n").advice == "It is a key of value or source: look at the indentation."


@pytest.mark.parametrize(
    ("value", "advice"),
    [("{env: X}", "Known here: file, command."), ("{file: x, command: [y]}", "Give file or command, not both.")],
)
def test_of_keys_that_exclude_each_other_all_are_named(value, advice):
    assert said(GOOD + f"source: {value}\n").advice == advice


def test_a_long_list_of_mistakes_is_cut():
    problem = said(GOOD + "".join(f"x{n}: 1\n" for n in range(50)))
    assert len(problem.problems) == 50
    assert str(problem).splitlines()[-1].strip() == "and 30 more"


def test_an_unknown_key_cannot_write_to_the_terminal():
    assert "\x1b" not in str(said(GOOD + '"\\e[31mred": 1\n'))
