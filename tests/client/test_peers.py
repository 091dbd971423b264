"""Who took the TLS connections, and the nonce of a challenge on every request."""

from __future__ import annotations

import hashlib
import re

import pytest
from cryptography.hazmat.primitives import serialization

from conformance.client import Client, ConcurrentClient, Wire
from conformance.target import HttpSettings, Source
from tests.client.hostile import HostileServer, whole
from tests.client.lanes import LANES, send
from tests.client.test_reach import certificate

NONCE = "0f6b7d1c-4711.Nonce_~"


def fine(conn):
    conn.sendall(whole(b"{}"))


def key_of(folder):
    key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None).public_key()
    shown = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(shown).hexdigest()


def test_the_key_of_the_certificate_is_known_at_the_first_and_the_last_connection(tmp_path):
    """Though it is not verified: the certificate may be renewed, the key tells one target from another."""
    _, context = certificate(tmp_path)
    with (
        HostileServer(fine, tls=context) as server,
        Client(HttpSettings(timeout=2, verify=False)) as client,
    ):
        assert client.peers == ()
        client.send(Wire("GET", server.url).unshared())
        first = key_of(tmp_path)
        certificate(tmp_path)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        client.send(Wire("GET", server.url).unshared())
        (peer,) = client.peers
    assert (peer.place.host, peer.first_key, peer.last_key) == ("127.0.0.1", first, key_of(tmp_path))
    assert peer.first_key != peer.last_key
    assert peer.first_at <= peer.last_at


def test_the_concurrent_client_knows_its_peers(tmp_path):
    cert, context = certificate(tmp_path)
    with HostileServer(fine, tls=context) as server:
        settings = HttpSettings(timeout=2, verify=str(cert))
        with ConcurrentClient(settings, guard=lambda *_: None, connections=1) as client:
            list(client.send_all([("", Wire("GET", server.url))]))
            (peer,) = client.peers
    assert peer.first_key == peer.last_key == key_of(tmp_path)


def states(server):
    return [re.findall(rb"(?im)^tracestate: (.*?)\r$", request) for request in server.requests]


@pytest.mark.parametrize("lane", LANES)
def test_a_challenge_goes_with_every_request(lane):
    with HostileServer(fine) as server:
        send(lane, [Wire("GET", server.url), Wire("GET", server.url, (("tracestate", "a=b"),))], challenge=NONCE)
    ours = b"opentv-conformance=" + NONCE.encode()
    assert states(server) == [[ours], [b"a=b", ours]]


@pytest.mark.parametrize("lane", LANES)
def test_without_a_challenge_no_trace_state_is_sent(lane):
    with HostileServer(fine) as server:
        send(lane, [Wire("GET", server.url)])
    assert states(server) == [[]]


@pytest.mark.parametrize("lane", LANES)
def test_a_trace_state_of_the_target_file_stays(lane):
    with HostileServer(fine) as server:
        send(lane, [Wire("GET", server.url)], challenge=NONCE, headers={"Tracestate": Source(value="gate=7")})
    assert states(server) == [[b"gate=7", b"opentv-conformance=" + NONCE.encode()]]
