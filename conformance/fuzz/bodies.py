"""Bodies that are no JSON, or JSON that parsers read in different ways; forms that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.fuzz.case import Body, Case


def odd_bodies(base: Case) -> Iterator[tuple[str, Body]]:
    """Yield odd bodies made of a good one, each with the words for it."""
    if base.body.kind == "form":
        for about, text in (
            ("not a form", "%%%"),
            ("a list", "[]"),
            ("JSON", "{}"),
            ("long", "x=" + "y" * 200_000),
            ("empty", "&&&"),
        ):
            yield about, Body("text", text)
        return
    good = json.dumps(base.body.value, ensure_ascii=False)
    first, _, _ = good.partition(",")
    yield "UTF-16", Body("text", good, "utf-16")
    yield "not UTF-8", Body("text", good[:-1] + ',"x":"\xff\xfe"}', "latin-1")
    for about, text in (
        ("empty JSON object", "{}"),
        ("a list", "[]"),
        ("a list", f"[{good}]"),
        ("a string", '"x"'),
        ("a number", "1"),
        ("null", "null"),
        ("true", "true"),
        ("cut off", good[:-1]),
        ("cut off", first),
        ("cut off", "{"),
        ("not JSON", "{'a': 1}"),
        ("not JSON", "casn=1&scheme=CONNECT"),
        ("not JSON", "<a/>"),
        ("blank", " "),
        ("a trailing comma", good[:-1] + ",}"),
        ("a comment", good[:-1] + "/* x */}"),
        ("something behind it", good + "x"),
        ("two objects", good + good),
        ("a repeated field", good[:-1] + "," + first[1:] + "}"),
        ("a byte order mark", "\ufeff" + good),
        ("NaN", good[:-1] + ',"x":NaN}'),
        ("a huge number", good[:-1] + ',"x":1e999999}'),
        ("a long number", good[:-1] + f',"x":{"9" * 5_000}}}'),
        ("a lone surrogate", good[:-1] + ',"x":"\\ud800"}'),
        ("a NUL escape", good[:-1] + ',"x":"\\u0000"}'),
        ("nested deep", good[:-1] + ',"x":' + "[" * 2_000 + "]" * 2_000 + "}"),
        ("nested deep and cut off", "[" * 20_000),
        ("nested deep and cut off", '{"a":' * 5_000),
        ("a long text", good[:-1] + ',"x":"' + "a" * 200_000 + '"}'),
    ):
        yield about, Body("text", text)
