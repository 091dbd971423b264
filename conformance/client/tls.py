"""TLS as the target file sets it, and what its errors mean."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

from conformance.errors import TargetFileError
from conformance.target import HttpSettings

_SHOW_ONE = "Set http: {client_cert: [cert.pem, key.pem]}."
_HAVE_OTHER = "Check http.client_cert: is it issued for this target, by a CA that it trusts, and still valid?"
USE_HTTP1 = "Enable HTTP/1.1 on the server or its gateway, or write the URL of a port that speaks it."
_RENEW, _NAME_CA = "Have it renewed", "Set `http: {verify: ca.pem}` to its CA"
_HOST = "Write the URL with the host name of the certificate"


@dataclass(frozen=True)
class TlsProblem:
    """What an error of TLS means; `kind` is tls, scheme (the port does not speak TLS) or http2."""

    message: str
    advice: str
    kind: str = "tls"


_CERTIFICATES = {
    9: ("the certificate is not valid yet", "Check this machine's clock"),
    10: ("the certificate has expired", _RENEW),
    18: ("the certificate is self-signed", "Set `http: {verify: ca.pem}` to that certificate or its CA"),
    19: ("the certificate chain is signed by a CA that is not trusted here", _NAME_CA),
    20: ("the certificate is signed by a CA that is not trusted here", _NAME_CA),
    62: ("the certificate is for another host name", _HOST),
    64: ("the certificate is for another address", _HOST),
}
_WANTED = TlsProblem("the server asks for a client certificate", _SHOW_ONE)
_REFUSED = TlsProblem("the server refused the client certificate, or asks for one", f"{_SHOW_ONE} {_HAVE_OTHER}")
_NO_TLS = TlsProblem("the port does not speak TLS", "Write http:// instead of https://.", "scheme")
# Parts of OpenSSL's reasons, which differ in the rest from version to version.
_REASONS = {
    "certificate required": _WANTED,
    "bad certificate": _REFUSED,
    "unsupported certificate": _REFUSED,
    "certificate revoked": _REFUSED,
    "certificate expired": _REFUSED,
    "certificate unknown": _REFUSED,
    "unknown ca": _REFUSED,
    "access denied": _REFUSED,
    "no application protocol": TlsProblem(
        "the server does not offer HTTP/1.1 (ALPN): it speaks HTTP/2 only", USE_HTTP1, "http2"
    ),
    "wrong version number": _NO_TLS,
    "record layer failure": _NO_TLS,
    "http request": _NO_TLS,
    "packet length too long": _NO_TLS,
}


def explain(problem: ssl.SSLError) -> TlsProblem:
    """Return what an error of TLS means, and what to do."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        message, advice = _CERTIFICATES.get(problem.verify_code, (problem.verify_message.lower(), "Have it corrected"))
        return TlsProblem(message, f"{advice}; `http: {{verify: false}}` accepts any certificate.")
    words = (problem.reason or re.sub(r"\[[^]]*\] | \(_ssl.*", "", str(problem))).replace("_", " ").lower()
    known = next((found for part, found in _REASONS.items() if part in words), None)
    return known or TlsProblem(words, f"If the server asks for a client certificate: {_SHOW_ONE}")


def tls_context(settings: HttpSettings) -> ssl.SSLContext:
    """Return how certificates are verified, and which one is shown.

    Raises:
        TargetFileError: `http.verify`, `http.client_cert` or `http.client_key_password` cannot be used.
    """
    try:
        if settings.verify is False:  # loading the certificates of the system takes longer than a small run
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            context = ssl.create_default_context(cafile=settings.verify if isinstance(settings.verify, str) else None)
    except (OSError, ValueError) as problem:
        raise TargetFileError(f"http.verify cannot be used: {problem}", where=settings.where) from None
    context.set_alpn_protocols(["http/1.1"])
    if settings.client_cert:
        _show(context, settings)
    return context


def _show(context: ssl.SSLContext, settings: HttpSettings) -> None:
    """Load the client certificate; a key that is encrypted never asks for its password on the terminal."""
    source = settings.client_key_password

    def password() -> str:
        if source is None:
            raise TargetFileError(
                "http.client_cert: the key is encrypted",
                where=settings.where,
                advice='Set http: {client_key_password: "${CLIENT_KEY_PASSWORD}"}.',
            )
        return source.read()

    cert, key = settings.client_cert[0], settings.client_cert[-1]
    try:
        context.load_cert_chain(cert, key, password=password)
    except (OSError, ValueError) as problem:
        if not isinstance(problem, ssl.SSLError):
            raise TargetFileError(f"http.client_cert cannot be used: {problem}", where=settings.where) from None
        if problem.reason == "KEY_VALUES_MISMATCH":
            message = "http.client_cert: the key is not that of the certificate"
            raise TargetFileError(message, where=settings.where) from None
        if source is not None:
            message = "http.client_cert: the key cannot be read with http.client_key_password"
            raise TargetFileError(message, where=source.where, advice="Is the password right?") from None
        advice = "Give one file that holds both, or [certificate, key], in PEM."
        raise TargetFileError(
            "http.client_cert: no certificate with its key", where=settings.where, advice=advice
        ) from None
