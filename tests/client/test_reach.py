"""Preflight names the step that fails: DNS, TCP, TLS, or the wrong scheme; and says what to do."""

from __future__ import annotations

import datetime as dt
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.client import Client, Wire
from conformance.client.reach import reach, speaks_tls
from conformance.target import HttpSettings
from tests.client.hostile import HostileServer, whole

SETTINGS = HttpSettings(timeout=2)


def certificate(folder, *, host="127.0.0.1", days=1):
    """A self-signed certificate and its server context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    import ipaddress

    alternative = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, secret)
    return cert, context


def fine(conn):
    conn.sendall(whole(b"{}"))


def test_an_unknown_host_is_named():
    found = reach("http://no-such-host.invalid/", SETTINGS)
    assert found.stage == "connect"
    assert "no-such-host.invalid" in found.message


def test_a_closed_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = reach(f"http://127.0.0.1:{port}", SETTINGS)
    assert (found.stage, str(port) in found.message) == ("connect", True)


def test_a_good_certificate_of_a_named_ca_is_accepted(tmp_path):
    cert, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as server:
        settings = HttpSettings(timeout=2, verify=str(cert))
        assert reach(server.url, settings).stage == ""
        with Client(settings) as client:
            assert client.send(Wire("GET", server.url)).response is not None


@pytest.mark.parametrize(
    ("host", "days", "trusted", "said"),
    [
        ("127.0.0.1", 1, False, "self-signed"),
        ("127.0.0.1", -1, True, "expired"),
        ("other.example", 1, True, "another"),
    ],
)
def test_a_bad_certificate_is_named_and_the_way_out_too(tmp_path, host, days, trusted, said):
    cert, context = certificate(tmp_path, host=host, days=days)
    settings = HttpSettings(timeout=2, verify=str(cert) if trusted else True)
    with HostileServer(fine, tls=context) as server:
        found = reach(server.url, settings)
        assert found.stage == "tls"
        assert said in found.message
        assert "http: {verify: " in found.advice
        with Client(settings) as client:
            reply = client.send(Wire("GET", server.url))
        assert (reply.response, reply.kind) == (None, "tls")


def test_verify_false_takes_any_certificate(tmp_path):
    _, context = certificate(tmp_path, host="other.example", days=-1)
    with HostileServer(fine, tls=context) as server:
        assert reach(server.url, HttpSettings(timeout=2, verify=False)).stage == ""


def test_https_to_a_port_without_tls_is_a_wrong_scheme():
    with HostileServer(lambda conn: None) as server:
        server_url = server.url.replace("http://", "https://")
        # A plain HTTP server answers a handshake with an HTTP error.
        with socket.create_server(("127.0.0.1", 0)) as plain:
            import threading

            def answer():
                conn, _ = plain.accept()
                conn.recv(1024)
                conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                conn.close()

            threading.Thread(target=answer, daemon=True).start()
            found = reach(f"https://127.0.0.1:{plain.getsockname()[1]}", SETTINGS)
        assert found.stage == "scheme"
        assert "http://" in found.advice
        assert not speaks_tls(server_url, HttpSettings(timeout=0.5))


def test_http_to_a_tls_port_can_be_told(tmp_path):
    _, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as server:
        assert speaks_tls(server.url.replace("https://", "http://"), SETTINGS)
