"""The ways out: a proxy, and never where a redirect points."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading

import pytest

from conformance.client import Client, Wire
from conformance.client.reach import reach
from conformance.errors import TargetFileError
from conformance.target import HttpSettings
from tests.client.hostile import HostileServer, whole
from tests.client.lanes import LANES, send
from tests.client.test_reach import certificate

BEARER = (("Authorization", "Bearer s3cret-token"),)


def fine(conn):
    conn.sendall(whole(b'{"a":1}'))


def tunnel(conn, there):
    """Pass bytes on both ways until either side is done."""

    def pump(source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for one in (source, sink):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pump, args=(there, conn), daemon=True)
    back.start()
    pump(conn, there)
    back.join()


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("user", ["", "ops:pr%40xy@"])
def test_a_request_goes_through_the_proxy(lane, user):
    with HostileServer(fine) as proxy:
        url = proxy.url.replace("http://", f"http://{user}")
        (reply,) = send(lane, [Wire("GET", "http://target.invalid/x?y=1")], proxy=url)
    assert reply.response is not None
    (asked,) = proxy.requests
    assert asked.startswith(b"GET http://target.invalid:80/x?y=1 HTTP/1.1\r\nHost: target.invalid\r\n")
    given = base64.b64encode(b"ops:pr@xy")
    assert (b"Proxy-Authorization: Basic " + given in asked) == bool(user)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_https_goes_through_the_proxy_in_a_tunnel_and_the_target_is_verified(tmp_path, lane, version):
    cert, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as target:

        def connect(conn):
            conn.sendall(b"HTTP/" + version + b" 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", target.port)) as there:
                tunnel(conn, there)

        with HostileServer(connect) as proxy:
            for verify, good in ((str(cert), True), (True, False)):
                (reply,) = send(lane, [Wire("GET", target.url, BEARER)], timeout=3, proxy=proxy.url, verify=verify)
                assert (reply.response is not None) == good, reply.failure
                assert reply.kind == ("" if good else "tls")
    assert b"s3cret-token" not in b"".join(proxy.requests)
    assert len(target.requests) == 1


@pytest.mark.parametrize("lane", LANES)
def test_a_proxy_is_reached_over_tls(tmp_path, lane):
    cert, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as target:

        def connect(conn):
            conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", target.port)) as there:
                tunnel(conn, there)

        with HostileServer(connect, tls=context) as proxy:
            (reply,) = send(lane, [Wire("GET", target.url)], timeout=3, proxy=proxy.url, verify=str(cert))
    assert reply.response is not None, reply.failure


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("url", ["https://target.invalid/", "http://target.invalid/"])
def test_a_proxy_that_wants_a_password_is_named_and_is_not_the_target(lane, url):
    with HostileServer(lambda conn: conn.sendall(whole(b"", status=b"407 Proxy Authentication Required"))) as proxy:
        (reply,) = send(lane, [Wire("GET", url)], proxy=proxy.url)
    assert (reply.response, reply.kind) == (None, "proxy")
    assert reply.failure == "the proxy wants a user and a password (407): http.proxy has none that it accepts"


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (whole(b"", status=b"503 Unavailable"), "the proxy refused to connect to the target (503)"),
        (b"", "the proxy did not answer CONNECT: the connection was closed before the response was complete"),
        (b"SSH-2.0\r\n", "the proxy did not answer CONNECT: invalid HTTP response: malformed status line"),
    ],
)
def test_a_proxy_that_does_not_connect_says_nothing_of_the_target(lane, answer, words):
    with HostileServer(lambda conn: conn.sendall(answer)) as proxy:
        (reply,) = send(lane, [Wire("GET", "https://target.invalid/")], proxy=proxy.url)
        assert (reply.response, reply.kind, reply.failure) == (None, "proxy", words)
        found = reach("https://target.invalid", HttpSettings(timeout=2, proxy=proxy.url))
    assert (found.stage, found.message) == ("proxy", words)
    assert found.advice


@pytest.mark.parametrize("lane", LANES)
def test_a_proxy_that_is_not_there_is_named(lane):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    gone = f"http://127.0.0.1:{port}"
    (reply,) = send(lane, [Wire("GET", "http://target.invalid/")], proxy=gone)
    assert (reply.kind, reply.failure) == (
        "proxy",
        f"no connection to the proxy 127.0.0.1 port {port}: Connection refused",
    )
    found = reach("https://target.invalid", HttpSettings(timeout=2, proxy=gone))
    assert (found.stage, found.message) == (reply.kind, reply.failure)


@pytest.mark.parametrize("proxy", ["ftp://p.example", "p.example:3128", "http://"])
def test_what_is_no_proxy_is_a_mistake_of_the_file(proxy):
    with pytest.raises(TargetFileError, match="proxy") as found:
        Client(HttpSettings(proxy=proxy, where="target.yaml:9"))
    assert found.value.where == "target.yaml:9"


@pytest.mark.parametrize("status", [b"301 M", b"302 F", b"303 S", b"307 T", b"308 P"])
@pytest.mark.parametrize("how", [*LANES, "hook"])
def test_no_client_follows_a_redirect_least_of_all_with_credentials(how, status):
    with HostileServer(fine) as elsewhere:

        def away(conn):
            conn.sendall(whole(b"", b"Location: " + elsewhere.url.encode() + b"/steal", status=status))

        with HostileServer(away) as server:
            wire = Wire("GET", server.url, BEARER)
            if how == "hook":
                with Client(HttpSettings(timeout=2)) as client:
                    reply = client.send_unguarded(wire)
            else:
                (reply,) = send(how, [wire])
    assert reply.response is not None
    assert reply.response.status == int(status[:3])
    assert len(server.requests) == 1
    assert elsewhere.requests == []
