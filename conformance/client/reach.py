"""Can a URL be reached at all? DNS, TCP and TLS one after the other, so that the message names the step that fails."""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from conformance.client.failures import Failure
from conformance.client.reading import ResponseReader
from conformance.client.tls import USE_HTTP1, explain, tls_context
from conformance.target import HttpSettings

LISTEN_S = 0.25


@dataclass(frozen=True)
class Reached:
    """How far a connection came; `stage` is empty where all went well, else dns, tcp, tls, scheme or http2.

    `scheme` means that the URL says https where the port does not speak TLS; `http2` that it speaks nothing older.
    """

    stage: str = ""
    message: str = ""
    advice: str = ""


def reach(url: str, settings: HttpSettings) -> Reached:
    """Try to connect to a URL's host; of a proxy, to the proxy."""
    parts = urlsplit(settings.proxy or url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    what = f"the proxy {host}" if settings.proxy else host
    try:
        connection = socket.create_connection((host, port), settings.timeout)
    except (socket.gaierror, UnicodeError):
        return Reached("dns", f"the host name {host} is not known", "Check its spelling, and the DNS of this machine.")
    except TimeoutError:
        message = f"{what} port {port} does not answer within {settings.timeout:g} s"
        return Reached("tcp", message, "Is a firewall between?")
    except OSError as problem:
        message = f"{what} port {port}: {problem.strerror or problem}"
        return Reached("tcp", message, "Is it running, and the port right?")
    with connection:
        if parts.scheme == "https":
            return _handshake(connection, host, port, settings)
    return Reached()


def _handshake(connection: socket.socket, host: str, port: int, settings: HttpSettings) -> Reached:
    begun = time.monotonic()
    try:
        with tls_context(settings).wrap_socket(connection, server_hostname=host) as secured:
            # In TLS 1.3 the server looks at the client's certificate after the client is through: it may still refuse.
            secured.settimeout(min(settings.timeout, LISTEN_S + 2 * (time.monotonic() - begun)))
            return _heard(secured)
    except ssl.SSLError as problem:
        fault = explain(problem)
        if fault.stage == "scheme":
            return Reached("scheme", f"port {port} of {host} does not speak TLS", fault.advice)
        return Reached(fault.stage, f"TLS: {fault.message}", fault.advice)
    except TimeoutError:
        return Reached("tls", f"TLS: no handshake within {settings.timeout:g} s", "Does this port speak TLS?")
    except OSError as problem:
        return Reached("tls", f"TLS: {problem.strerror or problem}", "Does this port speak TLS?")


def _heard(secured: ssl.SSLSocket) -> Reached:
    """Listen for what a server says unasked: an alert (raised), or the first frame of HTTP/2."""
    try:
        said = secured.recv(64)
    except TimeoutError:
        return Reached()
    try:
        if said:
            ResponseReader("GET").feed(said)
    except Failure as failure:
        return Reached(failure.kind, failure.text, USE_HTTP1) if failure.kind == "http2" else Reached()
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
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), settings.timeout) as connection:
            connection.settimeout(min(settings.timeout, 4 * LISTEN_S))
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            said = connection.recv(128)
    except OSError:
        return ""
    return next((name for start, name in _BANNERS if re.match(start, said, re.DOTALL)), "")


def speaks_tls(url: str, settings: HttpSettings) -> bool:
    """Tell whether the port of a URL speaks TLS, whatever its certificate."""
    parts = urlsplit(url)
    lenient = replace(settings, verify=False)
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 80), settings.timeout) as connection,
            tls_context(lenient).wrap_socket(connection, server_hostname=parts.hostname),
        ):
            return True
    except (OSError, ValueError):
        return False
