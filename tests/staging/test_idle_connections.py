"""A load balancer that says 408 on an idle connection (HAProxy) is not the platform: no request gets that for a response."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from urllib.parse import urlsplit

import pytest

from conformance.client.reading import ResponseReader
from conformance.fuzz import run_fuzz

STALE = b"HTTP/1.0 408 Request Time-out\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"


@pytest.fixture
def tired(platform):
    """A load balancer that waits two milliseconds for the next request; `tired.said` counts its 408s."""
    place = urlsplit(platform.url)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    class Tired:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        said = 0

    def serve(client):
        with client, socket.create_connection((place.hostname, place.port)) as behind, contextlib.suppress(OSError):
            waiting, patience = None, None
            while True:
                ready, _, _ = select.select([client, behind], [], [], patience)
                if not ready:
                    client.sendall(STALE)
                    Tired.said += 1
                    return
                for one in ready:
                    data = one.recv(65_536)
                    if not data:
                        return
                    if one is client:
                        waiting, patience = waiting or ResponseReader(data.partition(b" ")[0].decode()), None
                        behind.sendall(data)
                    else:
                        client.sendall(data)
                        if waiting is not None and waiting.feed(data) is not None:
                            waiting, patience = None, 0.002

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield Tired
    listener.close()


def test_a_408_on_an_idle_connection_is_nobodys_response(opened, events, document, platform, tired):
    behind = json.loads(json.dumps(document).replace(platform.url, tired.url))
    session = opened(behind)
    run_fuzz(session, cases_per_operation=60, operations=["stbsignontokens", "isContentAuthorised", "listServices"])
    exchanges = events("exchange")
    assert len(exchanges) > 50
    assert tired.said > 0
    assert [one["id"] for one in exchanges if one["response"] is None or one["response"]["status"] == 408] == []
