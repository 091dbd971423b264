"""Can a URL be reached at all? DNS, TCP and TLS one after the other, so that the message names the step that fails."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from conformance.client.http import tls_context
from conformance.target import HttpSettings

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
_CERTIFICATES = {
    10: ("the certificate has expired", "Have it renewed"),
    9: ("the certificate is not valid yet", "Check this machine's clock"),
    18: ("the certificate is self-signed", "Name it, or its CA's file"),
    19: ("the certificate chain is signed by a CA that is not trusted here", "Name the CA's file"),
    20: ("the certificate is signed by a CA that is not trusted here", "Name the CA's file"),
    62: ("the certificate is for another host name", "Write the URL with the host name of the certificate"),
    64: ("the certificate is for another address", "Write the URL with the host name of the certificate"),
}


@dataclass(frozen=True)
class Reached:
    """How far a connection came; `stage` is empty where all went well, else dns, tcp, tls or scheme.

    `scheme` means that the URL says http where the port speaks TLS, or https where it does not.
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
    try:
        with tls_context(settings).wrap_socket(connection, server_hostname=host):
            return Reached()
    except ssl.SSLCertVerificationError as problem:
        message, advice = _CERTIFICATES.get(problem.verify_code, (problem.verify_message.lower(), "Have it corrected"))
        advice += ", or for a private CA set http: {verify: ca.pem} (http: {verify: false} accepts any certificate)."
        return Reached("tls", f"TLS: {message}", advice)
    except ssl.SSLError as problem:
        reason = problem.reason or ""
        if reason in _NO_TLS:
            return Reached("scheme", f"port {port} of {host} does not speak TLS", "Write http:// instead of https://.")
        advice = "If it wants a client certificate, set http: {client_cert: [cert.pem, key.pem]}."
        return Reached("tls", f"TLS: {reason.replace('_', ' ').lower() or problem}", advice)
    except TimeoutError:
        return Reached("tls", f"TLS: no handshake within {settings.timeout:g} s", "Does this port speak TLS?")
    except OSError as problem:
        return Reached("tls", f"TLS: {problem.strerror or problem}", "Does this port speak TLS?")


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
