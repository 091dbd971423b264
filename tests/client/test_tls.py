"""TLS: certificates of ours and of the server, and each refusal in words that name what to mend."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading

import pytest
from cryptography.hazmat.primitives import serialization

from conformance.client import Client, ConcurrentClient, Wire
from conformance.client.reach import reach
from conformance.errors import TargetFileError
from conformance.opening import redactor_of
from conformance.target import HttpSettings, Source, load_target
from tests.client.hostile import HostileServer, whole
from tests.client.lanes import LANES, send
from tests.client.test_reach import certificate

PASSWORD = "key-pass-7f3e"
FINE = whole(b"{}")


@pytest.fixture
def wanting(tmp_path):
    """A certificate, its key, and the context of a server that wants a client to show it."""
    cert, context = certificate(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cert)
    return cert, tmp_path / "key.pem", context


@pytest.fixture
def encrypted(wanting, tmp_path):
    _, key, _ = wanting
    plain = serialization.load_pem_private_key(key.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(PASSWORD.encode())
    path = tmp_path / "encrypted.pem"
    path.write_bytes(plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    return path


def fine(conn):
    conn.sendall(FINE)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("how", ["a pair", "one file", "an encrypted key"])
def test_a_client_certificate_is_shown_where_one_is_wanted(wanting, encrypted, tmp_path, lane, how):
    cert, key, context = wanting
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    shown = {
        "a pair": {"client_cert": (str(cert), str(key))},
        "one file": {"client_cert": (str(both),)},
        "an encrypted key": {
            "client_cert": (str(cert), str(encrypted)),
            "client_key_password": Source(value=PASSWORD),
        },
    }[how]
    with HostileServer(fine, tls=context) as server:
        (reply,) = send(lane, [Wire("GET", server.url)], verify=str(cert), **shown)
        assert reach(server.url, HttpSettings(timeout=2, verify=str(cert), **shown)).stage == ""
    assert reply.response is not None, reply.failure


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_preflight_says_that_a_server_asks_for_a_client_certificate(wanting, version):
    """In TLS 1.3 the handshake succeeds, and the refusal comes after it."""
    cert, _, context = wanting
    context.minimum_version = context.maximum_version = version
    with HostileServer(fine, tls=context) as server:
        found = reach(server.url, HttpSettings(timeout=2, verify=str(cert)))
    assert found.stage == "tls"
    assert "client certificate" in f"{found.message} {found.advice}"
    assert "http: {client_cert: [cert.pem, key.pem]}" in found.advice


@pytest.mark.parametrize("lane", LANES)
def test_without_a_client_certificate_no_response_comes(wanting, lane):
    cert, _, context = wanting
    with HostileServer(fine, tls=context) as server:
        (reply,) = send(lane, [Wire("GET", server.url)], verify=str(cert))
    assert reply.response is None
    assert reply.kind in ("tls", "reset")  # the alert of TLS 1.3 may be lost to the reset that follows it


@pytest.mark.parametrize("open_client", [Client, lambda s: ConcurrentClient(s, guard=lambda *_: None, connections=1)])
@pytest.mark.parametrize(
    ("password", "said", "line"),
    [
        (None, "the key is encrypted", 9),
        (Source(value="wrong", where="target.yaml:12"), "cannot be read with http.client_key_password", 12),
    ],
)
def test_an_encrypted_key_without_its_password_is_a_mistake_of_the_file(
    wanting, encrypted, open_client, password, said, line
):
    settings = HttpSettings(
        client_cert=(str(wanting[0]), str(encrypted)), client_key_password=password, where="target.yaml:9"
    )
    with pytest.raises(TargetFileError, match=said) as found:
        open_client(settings)
    assert found.value.where == f"target.yaml:{line}"


def test_nobody_is_asked_for_a_password_on_the_terminal(wanting, encrypted):
    script = (
        "import sys\nfrom conformance.client import Client\nfrom conformance.target import HttpSettings\n"
        "Client(HttpSettings(client_cert=tuple(sys.argv[1:])))"
    )
    command = [sys.executable, "-c", script, str(wanting[0]), str(encrypted)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert "the key is encrypted" in done.stderr
    assert "pass phrase" not in done.stderr + done.stdout


def test_the_password_of_the_key_is_a_secret_of_the_target_file(tmp_path, wanting, encrypted, monkeypatch):
    monkeypatch.setenv("CLIENT_KEY_PASSWORD", PASSWORD)
    path = tmp_path / "target.yaml"
    path.write_text(
        "version: 1\nname: t\ntenant: nagra\nservices: {hdm: {url: 'https://hdm.example'}}\n"
        "http:\n  client_cert: [cert.pem, encrypted.pem]\n  client_key_password: ${CLIENT_KEY_PASSWORD}\n"
    )
    target = load_target(path)
    assert target.http.client_key_password is not None
    assert target.http.client_key_password.where.endswith("target.yaml:7")
    assert PASSWORD not in redactor_of(target).text(f"the password {PASSWORD} was wrong")
    with Client(target.http):
        pass


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("cert.pem",), "no certificate with its key"),
        (("key.pem",), "no certificate with its key"),
        (("cert.pem", "other.pem"), "the key is not that of the certificate"),
        (("none.pem",), "cannot be used: .*No such file"),
    ],
)
def test_a_client_certificate_that_cannot_be_used_is_a_mistake_of_the_file(tmp_path, files, said):
    other = tmp_path / "other"
    other.mkdir()
    certificate(other)
    certificate(tmp_path)
    (other / "key.pem").rename(tmp_path / "other.pem")
    shown = tuple(str(tmp_path / name) for name in files)
    with pytest.raises(TargetFileError, match=f"http.client_cert.*{said}") as found:
        Client(HttpSettings(client_cert=shown, where="target.yaml:9"))
    assert found.value.where == "target.yaml:9"


def test_a_ca_that_cannot_be_read_is_a_mistake_of_the_file(tmp_path):
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(TargetFileError, match=r"http\.verify"):
        Client(HttpSettings(verify=str(tmp_path / "ca.pem"), where="target.yaml:9"))


@pytest.fixture
def alerting():
    """A server that answers whatever it reads with these bytes, without TLS."""
    listener = socket.create_server(("127.0.0.1", 0))
    words = []

    def serve():
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            with conn:
                conn.recv(65_536)
                conn.sendall(words[0])

    threading.Thread(target=serve, daemon=True).start()
    yield lambda answer: words.append(answer) or f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x78", "http2", "it speaks HTTP/2 only"),
        (b"\x15\x03\x03\x00\x02\x02\x2a", "tls", "the server refused the client certificate, or asks for one"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls", "handshake failure"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "scheme", "the port does not speak TLS"),
        (b"", "reset", "the connection was closed during the TLS handshake"),
    ],
)
def test_a_handshake_that_fails_is_named_alike_in_both_lanes(alerting, lane, answer, kind, said):
    url = alerting(answer)
    (reply,) = send(lane, [Wire("GET", url)], verify=False)
    assert (reply.response, reply.kind) == (None, kind)
    assert said in reply.failure
    found = reach(url, HttpSettings(timeout=2, verify=False))
    assert (found.stage, found.message) == (reply.kind, reply.failure)


@pytest.mark.parametrize("when", ["at once", "after the request", "ALPN"])
def test_a_server_that_speaks_http_2_only_is_named(tmp_path, alerting, when):
    cert, context = certificate(tmp_path)
    settings_frame = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    if when == "ALPN":
        found = reach(alerting(b"\x15\x03\x03\x00\x02\x02\x78"), HttpSettings(timeout=2, verify=False))
        assert (found.stage, "HTTP/2 only" in found.message) == ("http2", True)
        assert "Enable HTTP/1.1" in found.advice
    elif when == "at once":
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve():
                conn, _ = listener.accept()
                with context.wrap_socket(conn, server_side=True) as stream:
                    stream.sendall(settings_frame)
                    stream.recv(1)

            threading.Thread(target=serve, daemon=True).start()
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            found = reach(url, HttpSettings(timeout=2, verify=str(cert)))
        assert (found.stage, "HTTP/2 only" in found.message) == ("http2", True)
    else:
        with HostileServer(lambda conn: conn.sendall(settings_frame), tls=context) as server:
            (reply,) = send("client", [Wire("GET", server.url)], verify=str(cert))
        assert (reply.kind, "HTTP/2 only" in reply.failure) == ("http2", True)
