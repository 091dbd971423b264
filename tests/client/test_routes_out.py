"""The ways out: a proxy, a certificate of our own, and never where a redirect points."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading

import pytest

from conformance.client import Client, Wire
from conformance.client.pipeline import Pipeline
from conformance.client.reach import reach
from conformance.errors import TargetFileError
from conformance.target import HttpSettings
from tests.client.hostile import HostileServer, whole
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


@pytest.mark.parametrize("user", ["", "ops:pr%40xy@"])
def test_a_request_goes_through_the_proxy(user):
    with HostileServer(fine) as proxy:
        url = proxy.url.replace("http://", f"http://{user}")
        with Client(HttpSettings(timeout=2, proxy=url)) as client:
            reply = client.send(Wire("GET", "http://target.invalid/x?y=1"))
    assert reply.response is not None
    (asked,) = proxy.requests
    assert asked.startswith(b"GET http://target.invalid/x?y=1 HTTP/1.1")
    given = base64.b64encode(b"ops:pr@xy")
    assert (b"Proxy-Authorization: Basic " + given in asked) == bool(user)


def test_https_goes_through_the_proxy_in_a_tunnel_and_the_target_is_verified(tmp_path):
    cert, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as target:

        def connect(conn):
            conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", target.port)) as there:
                tunnel(conn, there)

        with HostileServer(connect) as proxy:
            for verify, good in ((str(cert), True), (True, False)):
                with Client(HttpSettings(timeout=3, proxy=proxy.url, verify=verify)) as client:
                    reply = client.send(Wire("GET", target.url, BEARER))
                assert (reply.response is not None) == good, reply.failure
                assert reply.kind == ("" if good else "tls")
    assert b"s3cret-token" not in b"".join(proxy.requests)
    assert len(target.requests) == 1


def test_a_proxy_that_refuses_or_is_not_there_is_a_failure_with_a_kind():
    with HostileServer(lambda conn: conn.sendall(whole(b"", status=b"407 Proxy Authentication Required"))) as proxy:
        with Client(HttpSettings(timeout=2, proxy=proxy.url)) as client:
            reply = client.send(Wire("GET", "https://target.invalid/"))
        assert (reply.response, reply.kind) == (None, "connect")
        gone = proxy.port
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = server.getsockname()[1]
    settings = HttpSettings(timeout=2, proxy=f"http://127.0.0.1:{gone}")
    assert reach("https://target.invalid", settings).stage == "tcp"
    assert "proxy" in reach("https://target.invalid", settings).message


@pytest.mark.parametrize("proxy", ["ftp://p.example", "p.example:3128", "http://"])
def test_what_is_no_proxy_is_a_mistake_of_the_file(proxy):
    with pytest.raises(TargetFileError, match="proxy") as found:
        Client(HttpSettings(proxy=proxy, where="target.yaml:9"))
    assert found.value.where == "target.yaml:9"


@pytest.mark.parametrize("how", ["client", "pipeline"])
def test_a_client_certificate_is_shown_where_one_is_wanted(tmp_path, how):
    cert, context = certificate(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cert)
    pair = (str(cert), str(tmp_path / "key.pem"))
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + (tmp_path / "key.pem").read_bytes())
    with HostileServer(fine, tls=context) as server:
        for shown, good in ((pair, True), ((str(both),), True), ((), False)):
            settings = HttpSettings(timeout=2, verify=str(cert), client_cert=shown)
            if how == "client":
                with Client(settings) as client:
                    reply = client.send(Wire("GET", server.url))
            else:
                with Pipeline(settings, guard=lambda *_: None, connections=1) as pipeline:
                    (reply,) = pipeline.send_all([("stbsignontokens", Wire("GET", server.url))])
            assert (reply.response is not None) == good, reply.failure


def test_a_client_certificate_without_its_key_is_a_mistake_of_the_file(tmp_path):
    cert, _ = certificate(tmp_path)
    with pytest.raises(TargetFileError, match="TLS or proxy settings"):
        Client(HttpSettings(client_cert=(str(cert),), where="target.yaml:9"))


@pytest.mark.parametrize("status", [b"301 M", b"302 F", b"303 S", b"307 T", b"308 P"])
@pytest.mark.parametrize("how", ["client", "pipeline", "hook"])
def test_no_client_follows_a_redirect_least_of_all_with_credentials(how, status):
    with HostileServer(fine) as elsewhere:

        def away(conn):
            conn.sendall(whole(b"", b"Location: " + elsewhere.url.encode() + b"/steal", status=status))

        with HostileServer(away) as server:
            wire = Wire("GET", server.url, BEARER)
            settings = HttpSettings(timeout=2)
            if how == "pipeline":
                with Pipeline(settings, guard=lambda *_: None, connections=1) as pipeline:
                    (reply,) = pipeline.send_all([("stbsignontokens", wire)])
            else:
                with Client(settings) as client:
                    reply = (client.send_unguarded if how == "hook" else client.send)(wire)
    assert reply.response is not None
    assert reply.response.status == int(status[:3])
    assert len(server.requests) == 1
    assert elsewhere.requests == []


def test_a_host_that_does_not_answer_at_all_is_a_matter_of_tcp(monkeypatch):
    def silent(address, timeout):
        raise TimeoutError

    monkeypatch.setattr("conformance.client.reach.socket.create_connection", silent)
    found = reach("https://silent.example:8443", HttpSettings(timeout=2))
    assert (found.stage, "does not answer within 2 s" in found.message) == ("tcp", True)
    assert "firewall" in found.advice
