"""Live traffic through mitmproxy, of which a stand-in loads the addon and lets an app's exchanges through."""

import json
import sys
import threading
from pathlib import Path

import pytest
import yaml

from conformance.errors import UsageError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.record import addon_path, places, record
from conformance.target import target_from_document
from tests.capture.traffic import App

# Started as mitmdump is: it loads the script that is named, hands it what an app sent, and stays until it is ended.
STAND_IN = """
import datetime, json, os, runpy, signal, sys, types
script = sys.argv[sys.argv.index("--scripts") + 1]
if os.environ.get("ENDS"):
    print("port 8081 is in use", file=sys.stderr)
    sys.exit(1)
(spool,) = runpy.run_path(script)["addons"]
class Fields(dict):
    items = lambda self, multi=False: [(k, v) for k, v in dict.items(self)]
def message(found, body, begun, **more):
    headers = Fields({one["name"]: one["value"] for one in found["headers"]})
    return types.SimpleNamespace(headers=headers, timestamp_start=begun, timestamp_end=begun + 0.01,
                                 get_content=lambda strict: body.encode(), **more)
for entry in json.load(open(os.environ["ENTRIES"])):
    sent, came = entry["request"], entry["response"]
    begun = datetime.datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    request = message(sent, sent.get("postData", {}).get("text", ""), begun, method=sent["method"], url=sent["url"])
    response = message(came, came["content"]["text"], begun, status_code=came["status"])
    spool.response(types.SimpleNamespace(request=request, response=response, error=None))
open(os.environ["ENTRIES"] + ".arguments", "w").write(json.dumps(sys.argv))
signal.pause()
"""


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Record an app on a platform with faults; return the results, what was heard, and mitmdump's arguments."""

    def of(*faults, **options):
        with RunningPlatform(default_settings(faults=faults)) as running:
            app = App(running.target_document()).evening()
            app.stb_signon(nuId=None)
        (tmp_path / "target.yaml").write_text(yaml.safe_dump(app.document))
        (tmp_path / "mitmdump.py").write_text(STAND_IN)
        (tmp_path / "entries.json").write_text(json.dumps(app.entries))
        monkeypatch.setenv("ENTRIES", str(tmp_path / "entries.json"))
        heard, addresses, stop = [], [], threading.Event()

        def listener(exchange, findings, mistakes):
            heard.append((exchange.operation, len(findings), len(mistakes)))
            if len(heard) == len(app.entries):
                stop.set()

        ended = record(
            tmp_path / "target.yaml",
            port=8081,
            mitmdump=f"{sys.executable} {tmp_path / 'mitmdump.py'}",
            out=tmp_path / "out",
            announce=addresses.extend,
            listener=listener,
            stop=stop,
            **options,
        )
        arguments = json.loads((tmp_path / "entries.json.arguments").read_text())
        return ended.results, heard, addresses, arguments

    return of


def test_what_goes_through_is_judged_as_it_comes_on_both_sides(recorded):
    results, heard, addresses, arguments = recorded("expiry-in-seconds")
    assert [finding.requirement for finding in results.findings] == ["SGN-013"]
    assert [(one.operation, one.cause) for one in results.mistakes] == [
        ("stbsignontokens", "nuId in the query is missing")
    ]
    assert heard[0] == ("stbsignontokens", 1, 0)
    assert heard[-1] == ("stbsignontokens", 0, 1)
    assert results.exit_code == 1
    (address,) = addresses
    assert address.here == "http://127.0.0.1:8081"
    assert arguments[arguments.index("--mode") + 1] == f"reverse:{address.there}@8081"
    assert arguments[arguments.index("--scripts") + 1] == str(addon_path())
    assert "--ssl-insecure" not in arguments


def test_other_modes_of_mitmproxy_listen_where_they_want(recorded):
    results, _, addresses, arguments = recorded(modes=("wireguard",))
    assert (results.findings, addresses) == ((), [])
    assert arguments[arguments.index("--mode") + 1] == "wireguard"


def test_nothing_of_the_recording_is_left_but_the_run_folder(recorded, tmp_path):
    recorded()
    assert not list(Path(tmp_path).rglob("spool.jsonl"))


def test_a_proxy_that_does_not_start_is_one_message_with_its_own_words(recorded, monkeypatch, tmp_path):
    monkeypatch.setenv("ENDS", "1")
    with pytest.raises(UsageError, match="mitmproxy ended with 1: port 8081 is in use"):
        recorded()
    assert not (tmp_path / "out").exists()


def test_a_mitmproxy_that_is_missing_is_one_message(tmp_path, monkeypatch):
    (tmp_path / "target.yaml").write_text(
        "version: 1\nname: x\ntenant: nagra\nservices:\n  hdm: {url: 'https://hdm.example'}\n"
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    for given in ("", "no-such-mitmdump"):
        with pytest.raises(UsageError) as problem:
            record(tmp_path / "target.yaml", port=1, mitmdump=given, announce=lambda _: None)
        assert "pip install mitmproxy" in problem.value.advice


def test_each_address_of_a_target_has_one_here(tmp_path):
    from conformance.documents import Document

    services = {
        "hdm": {"url": "https://a.example:8443/x"},
        "ias": {"url": "https://b.example"},
        "mds": {"url": "https://b.example/m"},
    }
    document = {"version": 1, "name": "x", "tenant": "nagra", "services": services}
    target = target_from_document(Document(tmp_path / "t.yaml", document), sending=False)
    assert [(one.here, one.there) for one in places(target, 9000)] == [
        ("http://127.0.0.1:9000", "https://a.example:8443"),
        ("http://127.0.0.1:9001", "https://b.example"),
    ]
