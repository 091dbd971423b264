"""Can a URL be reached at all? The message names the step that fails: the host name, the port, TLS, the proxy."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, replace

from conformance.client.connections import LISTEN_S, Connections
from conformance.client.failures import Failure
from conformance.client.loop import Loop
from conformance.client.wire import place_of
from conformance.target import HttpSettings


@dataclass(frozen=True)
class Reached:
    """How far a connection came; `stage` is empty where all went well, else the kind of the failure."""

    stage: str = ""
    message: str = ""
    advice: str = ""


def reach(url: str, settings: HttpSettings) -> Reached:
    """Try to connect to a URL's host; through the proxy, where there is one and the URL is of https."""
    loop = Loop("reach")
    try:
        loop.result(Connections(settings, most=1).reach(place_of(url)))
    except Failure as failure:
        return Reached(failure.kind, failure.text, failure.advice)
    finally:
        loop.end()
    return Reached()


_BANNERS = (
    (rb"SSH-", "SSH"),
    (rb"220[ -][^\r\n]*(?:SMTP|[Mm]ail)", "SMTP"),
    (rb"220[ -]", "FTP"),
    (rb"\+OK", "POP3"),
    (rb"\* OK", "IMAP"),
    (rb"RFB ", "VNC"),
    (rb"[-+]ERR|-DENIED", "Redis"),
    (rb"\x03\x00\x00", "RDP"),
    (rb".{3}\x00\x0a[0-9]", "MySQL"),
    (rb"[\x14-\x17]\x03[\x00-\x04]", "TLS"),
    (rb"\x00.{2}\x04\x00\x00{4}", "HTTP/2"),
    (rb"AMQP", "AMQP"),
)


def protocol(url: str, settings: HttpSettings) -> str:
    """Return which other protocol than HTTP/1 the port of a URL speaks, by what it says first; empty if unknown."""
    place = place_of(url)
    try:
        with socket.create_connection((place.host, place.port), settings.timeout) as connection:
            connection.settimeout(min(settings.timeout, 4 * LISTEN_S))
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {place.host}\r\nConnection: close\r\n\r\n".encode())
            said = connection.recv(128)
    except OSError:
        return ""
    return next((name for start, name in _BANNERS if re.match(start, said, re.DOTALL)), "")


def speaks_tls(url: str, settings: HttpSettings) -> bool:
    """Tell whether the port of a URL speaks TLS, whatever its certificate."""
    found = reach(place_of(url)._replace(scheme="https").url, replace(settings, verify=False))
    return found.stage in ("", "tls", "http2")
