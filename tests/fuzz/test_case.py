from __future__ import annotations

import json

from conformance.contract import load_contract
from conformance.fuzz.case import Body, Case, placeholder
from conformance.fuzz.render import Dialect, render
from conformance.fuzz.template import template

CONTRACT = load_contract()


class Values:
    def get(self, path: str, change: str) -> object:
        return {"live.geo_block_exempt": False}.get(path, f"<{path}{'|' if change else ''}{change}>")


def rendered(case: Case, **dialect: object) -> object:
    operation = CONTRACT.operation(case.operation)
    return render(case, operation, Dialect("http://t.example/p", **dialect), Values())


def test_a_case_survives_being_written_and_read() -> None:
    case = template(CONTRACT.operation("createAccount")).with_query("a", "x", "\ud800").with_header("Accept", "")
    again = Case.from_facts(json.loads(json.dumps(case.facts())))
    assert again == case
    assert again.id == case.id


def test_equal_requests_have_one_key_whatever_made_them() -> None:
    one = Case("stbsignontokens", "pairs", "a", query=(("x", "y"),), headers=(("A", "1"), ("B", "2")))
    other = Case("stbsignontokens", "mix", "b", query=(("x", "y"),), headers=(("B", "2"), ("A", "1")), refused=True)
    assert one.key == other.key


def test_placeholders_are_filled_where_they_stand() -> None:
    case = Case("stbsignontokens", "mix", "", query=(("casn", placeholder("stb.casn") + "\x00"),))
    assert rendered(case).url == "http://t.example/p?casn=%3Cstb.casn%3E%00"


def test_a_whole_placeholder_in_json_keeps_its_type() -> None:
    body = json.loads(rendered(template(CONTRACT.operation("createAccount"))).body)
    assert body["geoBlockExempt"] is False
    assert body["salt"] == "<live.salt>"


def test_a_text_body_holds_the_targets_values_as_json() -> None:
    text = '{"casn": "⟦stb.casn⟧", "x": ⟦', ""
    case = Case("dasSignOnByCasn", "frame", "", body=Body("text", text[0] + '"⟦live.geo_block_exempt⟧"}'))
    assert rendered(case).body.startswith(b'{"casn": "<stb.casn>"')


def test_a_lone_surrogate_is_sent_as_an_escape() -> None:
    case = Case("dasSignOnByCasn", "dictionary", "", body=Body("json", {"casn": "\ud800"}))
    assert rendered(case).body == b'{"casn": "\\ud800"}'


def test_a_dialect_renames_and_drops_the_prefix() -> None:
    case = Case("x", "base", "", query=(("casn", "1"),), headers=(("Authorization", "Bearer t"),))
    case = Case("stbsignontokens", "base", "", query=case.query, headers=case.headers)
    wire = rendered(case, names={"casn": "caSn"}, bare=True, authorisation="nv-authorizations")
    assert wire.url.endswith("?caSn=1")
    assert wire.headers == (("nv-authorizations", "t"),)


def test_a_repeated_parameter_stays_in_its_place() -> None:
    case = Case("x", "base", "", query=(("a", "1"), ("b", "2"), ("c", "3"))).with_query("b", "4", "5")
    assert case.query == (("a", "1"), ("b", "4"), ("b", "5"), ("c", "3"))
