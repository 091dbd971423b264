"""The addon of mitmproxy: what it spools is read back as it went through, whatever it was."""

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.capture import Entry, addon, read_capture


class Fields(dict):
    def items(self, multi=False):
        assert multi
        return [(name, value) for name, values in super().items() for value in values.split("; and ")]


def message(body=b"", **more):
    headers = Fields({"content-type": "application/json", "x-two": "1; and 2"})
    return SimpleNamespace(
        headers=headers, timestamp_start=1000.0, timestamp_end=1000.25, get_content=lambda strict: body, **more
    )


def flow(sent=b"", came=b"{}", status=200):
    request = message(sent, method="POST", url="https://ias.example/ias/v3/token/actions/dasSignOnByCasn")
    return SimpleNamespace(request=request, response=message(came, status_code=status), error=None)


@pytest.mark.parametrize("body", [b"", b"{}", "ü€".encode(), b"\xff\x00\x01", b'"\xed\xa0\x80"', b"line\nline"])
def test_what_is_spooled_is_read_back_to_the_byte(body, tmp_path):
    spool = addon.Spool(str(tmp_path / "spool.jsonl"))
    spool.response(flow(sent=body, came=body))
    spool.done()
    (found,) = read_capture(tmp_path / "spool.jsonl")
    assert isinstance(found, Entry)
    assert (found.request.body, found.response.body) == (body, body)
    assert found.request.headers == (("content-type", "application/json"), ("x-two", "1"), ("x-two", "2"))
    assert (found.sent_at, found.elapsed_ms, found.response.status) == (1_000_000.0, 250.0, 200)
    assert found.response.body_known


def test_a_request_without_a_response_is_one_and_the_spool_is_its_owners_alone(tmp_path):
    spool = addon.Spool(str(tmp_path / "spool.jsonl"))
    failed = flow()
    failed.response, failed.error = None, SimpleNamespace(msg="Connection refused")
    spool.error(failed)
    spool.done()
    (found,) = read_capture(tmp_path / "spool.jsonl")
    assert (found.response, found.failure) == (None, "Connection refused")
    assert (tmp_path / "spool.jsonl").stat().st_mode & 0o077 == 0


def test_the_addon_imports_nothing_but_the_standard_library():
    tree = ast.parse(Path(addon.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
