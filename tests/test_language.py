"""Documentation, data and messages are written in words that an engineer under stress understands at once.

`WORDS` are the ones that read as riddles here, each with what to write instead. They are looked for in what was cleaned
of them: the hand-written documents, the schema of the target file with its examples, the register, the readings, the
premises, the contract, the reasons of faults, and the messages of some rooms. Generated documents repeat these.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent

WORDS = {
    r"(is|are|were) none\b": "a riddle: say that it is missing, or what it is not",
    r"(?<!there )(is|are) no (?!longer\b|more\b)": "write: is not a",
    r"stands?\b": "write: is, is listed, represents, means",
    r"lies\b": "write: is, is located",
    r"(is|are) there( as | and a |[.,;:]|$)": "write: is present, exists",
    r"anew\b": "write: again",
    r"(told|tells?)\b": "write: reports, returns, identifies, distinguishes",
    r"hand(s|ed)? out\b": "write: issues, returns",
    r"takes? (a|an|the|any|this|that|its|access|no such) (?!few\b|while\b|minute\b|second\b)": "write: accepts, uses",
    r"(takes? it|is taken) (by|for|and)\b": "write: accepts, understands",
    r"ask(s|ed)? (for|of)\b": "write: requests",
    r"bring(s|ing)? (about|up)\b": "write: causes, creates",
    r"(the|other|another|both) pages?\b(?! (numbers?|break))": "write: the specification, the document",
    r"answers? no(thing)? (any ?)?more\b": "write: stopped responding",
    r"nothing any more\b": "write: stopped responding",
    r"(good tokens?|bad token|good once|right request)\b": "write: valid, invalid",
    r"good (until|for)\b": "write: valid until, valid for",
    r"leave to (write|send)\b": "write: permission, allowed",
    r"oddly\b": "write: unusually",
    r"otherwise than\b": "write: differently from, another … than",
    r"sits? (its|the same) exam\b": "say what is sent",
    r"nobody has\b": "write: does not exist, is not assigned",
}
PATTERN = re.compile("|".join(rf"\b(?:{word})" for word in WORDS), re.IGNORECASE)

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *(ROOT / "docs" / f"{name}.md" for name in ("acceptance", "concepts", "detection", "fuzzing", "glossary")),
    *(
        ROOT / "docs" / f"{name}.md"
        for name in ("pytest", "reference-platform", "reports", "staging", "target-file", "readings", "commands")
    ),
    ROOT / "specs" / "openapi" / "README.md",
    *sorted((ROOT / "fixtures" / "targets").glob("*.yaml")),
]
DATA = [
    *sorted((ROOT / "specs").glob("*.yaml")),
    *(
        file
        for room in ("requirements", "readings", "openapi")
        for file in sorted((ROOT / "specs" / room).rglob("*.yaml"))
        if file.name != "sections.yaml"
    ),
    ROOT / "specs" / "schemas" / "target.json",
    ROOT / "fixtures" / "faults.yaml",
]
MESSAGES = [
    *(ROOT / "conformance" / name for name in ("opening.py", "premises.py", "register.py")),
    *(
        file
        for room in ("checks", "rules", "target", "reference/readings")
        for file in sorted((ROOT / "conformance" / room).rglob("*.py"))
    ),
]
# What quotes a document, or is no prose.
QUOTED = {
    "source",
    "source_of",
    "section",
    "x-source",
    "x-recovered",
    "title_of_document",
    "example",
    "examples",
    "enum",
}


def prose(value: object) -> Iterator[str]:
    """Yield the texts of a parsed file that are sentences, without names and quotations."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from prose(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name not in QUOTED:
                yield from prose(part)


def riddles(text: str) -> list[str]:
    """Return the words of the list that a text contains, with some words around each."""
    plain = " ".join(re.sub(r"^\s*#", "", text, flags=re.MULTILINE).split())
    return [plain[max(0, found.start() - 40) : found.end() + 40] for found in PATTERN.finditer(plain)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_has_none_of_the_words(path):
    assert riddles(path.read_text(encoding="utf-8")) == [], "see WORDS for what to write instead"


@pytest.mark.parametrize("path", DATA, ids=lambda path: str(path.relative_to(ROOT)))
def test_data_have_none_of_the_words(path):
    text = path.read_text(encoding="utf-8")
    value = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    found = list(prose(value))
    assert found
    assert [riddle for sentence in found for riddle in riddles(sentence)] == [], "see WORDS for what to write instead"


def texts(source: str) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node.value


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: str(path.relative_to(ROOT / "conformance")))
def test_a_message_has_none_of_the_words(path):
    found = [riddle for text in texts(path.read_text(encoding="utf-8")) for riddle in riddles(text)]
    assert found == [], "see WORDS for what to write instead"


@pytest.mark.parametrize(
    "sentence",
    ["its status line is none", "A CRM token is no access token", "SDP takes a token", "The page gives one method."],
)
def test_the_list_finds_a_riddle(sentence):
    assert riddles(sentence)
