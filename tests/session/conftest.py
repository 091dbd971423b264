"""Sessions against a server whose answers a test writes."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from conformance.opening import RunSettings, open_session
from conformance.target import load_target
from tests.facts import facts


class Scripted:
    """Answers each request with what `answer(path, number, headers)` returns: status, body, headers; None drops it."""

    def __init__(self):
        self.answer = lambda path, number, headers: (200, b"{}", {})
        self.paths = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if re.fullmatch(
                    r".*/[0-9a-f]{16}(\?.*)?", self.path
                ):  # a path that nobody has: what stands in front is learned
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                outer.paths.append(self.path)
                found = outer.answer(self.path, len(outer.paths), {**self.headers, "body": body.decode("latin-1")})
                if found is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, content, headers = found
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server():
    found = Scripted()
    yield found
    with contextlib.suppress(Exception):
        found.close()


@pytest.fixture
def opened_with(server, tmp_path):
    """Open a session on the scripted server, with some settings of `http`."""
    with contextlib.ExitStack() as stack:
        yield lambda **http: stack.enter_context(_opened(server, tmp_path, http))


@pytest.fixture
def session(opened_with):
    return opened_with(timeout=1)


def _opened(server, tmp_path, http):
    document = {
        "version": 1,
        "name": "scripted",
        "tenant": "nagra",
        "services": {name: {"url": server.url} for name in ("hdm", "ias", "adm", "sdp", "mds")},
        "http": http,
        "conditions": {
            "esps_unreachable": {
                "enter": {"http": {"method": "POST", "url": f"{server.url}/chaos/enter"}},
                "leave": {"http": {"method": "POST", "url": f"{server.url}/chaos/leave"}},
            }
        },
    }
    path = tmp_path / "target.yaml"
    path.write_text(yaml.safe_dump(document))
    settings = RunSettings(str(path), str(tmp_path / "run.jsonl"))
    return open_session(settings, load_target(path), prefix="T")


@pytest.fixture
def events(tmp_path):
    return lambda kind: [event for event in facts(tmp_path) if event["event"] == kind]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait as long as it takes, but not in a test; and as on a machine that has nothing else to do."""
    for module in ("attribution", "patience"):
        monkeypatch.setattr(f"conformance.session.{module}.FIRST_WAIT_S", 0.02)
    monkeypatch.setattr("conformance.session.patience.machine_load", lambda: 0.0)


class TurnedClock:
    """A clock that passes when somebody waits by it, and writes down how long."""

    def __init__(self):
        self.waits = []

    def monotonic(self):
        return time.monotonic() + sum(self.waits)

    def wall(self):
        return time.time()

    def sleep(self, seconds):
        self.waits.append(seconds)


@pytest.fixture
def waits(session):
    """How long the session has waited; it waits by a clock that passes at once."""
    session.patience.clock = TurnedClock()
    return session.patience.clock.waits
