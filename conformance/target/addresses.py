"""What can be wrong with the addresses of a target file, before anything is sent to them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from conformance.documents import Place

MAX_PORT = 65535
_PORT = re.compile(r":([^:\]]*)$")


def wrong_address(place: Place, text: str) -> tuple[str, str] | None:
    """Return what is wrong with the value of an address, and advice; None if nothing, or if its place is of none."""
    url_of_a_path = place[:1] == ("paths",) and text.startswith(("http://", "https://"))
    address = place[-1] in ("url", "ssp_url") and "headers" not in place
    if not address and not url_of_a_path and place != ("http", "proxy"):
        return None
    return address_mistake(text, userinfo=place == ("http", "proxy"), query=place[:1] == ("conditions",))


def address_mistake(url: str, *, userinfo: bool = False, query: bool = False) -> tuple[str, str] | None:
    """Return what is wrong with an http or https URL, and advice; None if nothing.

    No message repeats what stands before an `@`, nor anything after the host. `userinfo` and `query` say whether the
    URL may have them.
    """
    if not re.match(r"https?://", url, re.IGNORECASE):
        scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]{0,20}):", url)
        found = f"its scheme is {scheme.group(1)}" if scheme and "." not in scheme.group(1) else "it has no scheme"
        return f"is not an http or https URL: {found}", "Write it as https://host:port."
    try:
        parts = urlsplit(url)
        port = _port_mistake(parts)
    except ValueError:
        return "is not a URL: its host is malformed", "Write an IPv6 address in brackets: https://[::1]:8443."
    if port:
        return port, f"A port is a number from 1 to {MAX_PORT}."
    if "@" in parts.netloc and not userinfo:
        advice = "For Basic authentication of a gateway set http: {headers: {Authorization: …}}."
        return "has a user name or password before its host, which would not be sent", advice
    if (parts.query or parts.fragment or url.endswith(("?", "#"))) and not query:
        part = "query" if "?" in url else "fragment"
        return f"has a {part}, which would not be sent", "Write the part before it only."
    return _host_mistake(parts.hostname or "") or path_mistake(parts.path + parts.query)


def path_mistake(path: str) -> tuple[str, str] | None:
    """Return what keeps a path from being sent, and advice; None if nothing does."""
    if re.fullmatch("[!-~]*", path):
        return None
    return "has a space, or a character beyond ASCII, in its path", "Write it percent-encoded, a space as %20."


def _port_mistake(parts: SplitResult) -> str:
    match = _PORT.search(parts.netloc.rpartition("@")[2])
    port = match.group(1) if match else "443"
    if re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) <= MAX_PORT:
        return ""
    return f"has the port {port[:20]!r}, which is not a port" if port else "has no port after its colon"


def _host_mistake(host: str) -> tuple[str, str] | None:
    advice = "Write it as https://host:port."
    if not host:
        return "has no host", advice
    if ":" in host:
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return "is not a URL: its host is malformed", advice
        return None
    try:
        plain = host.encode("idna").decode("ascii")
    except UnicodeError:
        return "has a host name that DNS cannot hold", advice
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", plain) or len(plain) > 253:
        return "has a host name that DNS cannot hold", advice
    return None
