"""Values of a target file that cannot be what their keys say: of another form, or put there to be replaced.

No message repeats a value: it may be a secret.
"""

from __future__ import annotations

import base64
import difflib
import os
import re
import time
from collections.abc import Iterator, Mapping

from conformance.documents import Place
from conformance.opentv.tokens import Jwt, hmac_key, read_jwt
from conformance.target.addresses import path_mistake

Known = Mapping[Place, str]
Mistake = tuple[Place, str, str]
SCHEMES = ("CONNECT", "WIDEVINE")
# Claims of an access token of IAS (ias-das-signon-by-casn, "Example"), and those that no other token has.
_IAS_CLAIMS = frozenset({"ver", "fixed_exp", "tenantId", "accountId", "deviceId", "inHome"})
_IAS_ALONE = frozenset({"fixed_exp", "inHome"})
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "’": "’", "„": "“", "`": "`"}
# Headers that frame a message, select a part of it or say what its body is: the suite's own, with any value.
OWN_HEADERS = frozenset(
    (
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "accept-encoding"),
        *("content-length", "content-encoding", "content-type", "range", "if-range", "if-match", "if-none-match"),
        *("if-modified-since", "if-unmodified-since"),
    )
)


def form_mistakes(known: Known) -> Iterator[Mistake]:
    """Yield the values that are not of the form that the documents, or their key, give them."""
    for place, text in known.items():
        name = ".".join(map(str, place))
        if found := _to_be_replaced(place, text):
            yield place, f"{name} {found[0]}", found[1]
        elif place[:1] == ("subjects",) and place[-1] == "scheme" and text not in SCHEMES:
            near = difflib.get_close_matches(text.upper(), SCHEMES, n=1)
            yield place, f"{name} must be {' or '.join(SCHEMES)}", f"Did you mean {near[0]}?" if near else ""
        elif place == ("subjects", "player", "initializationPayload") and not _is_base64(text):
            yield place, f"{name} is not base64", ""
        elif place[:2] == ("credentials", "token_keys") and (said := _key_mistake(text)):
            yield place, f"{name} {said}", "Give the signing key in base64, as it is issued."
        elif place[:1] == ("paths",) and not text.startswith(("/", "http://", "https://")):
            yield place, f"{name} is neither a path nor a URL", "A path starts with a slash."
        elif place[:1] == ("paths",) and text.startswith("/") and re.search(r"[?#]", text):
            yield place, f"{name} has a query or fragment, which is not part of a path", "Write what is before it."
        elif place[:1] == ("paths",) and text.startswith("/") and (found := path_mistake(text)):
            yield place, f"{name} {found[0]}", found[1]
        elif place == ("subjects", "account_template", "email_domain") and not _is_domain(text):
            advice = "Write what follows the @ of an address, for example example.test."
            yield place, f"{name} is not the domain of e-mail addresses", advice
        elif place == ("credentials", "sdp", "username") and ":" in text:
            yield place, f"{name} has a colon, which Basic authentication cannot carry", ""
        elif _is_token(place) and re.search(r"\s", text):
            scheme = re.match(r"(?i)bearer\s", text)
            advice = "Leave out the word Bearer: the suite sends it." if scheme else "A token is one word."
            yield place, f"{name} {'begins with Bearer' if scheme else 'has a space'}", advice
    yield from _expired_tokens(known)


def _to_be_replaced(place: Place, text: str) -> tuple[str, str] | None:
    """Say why a value is only there to be replaced by another one."""
    if place[0] not in ("tenant", "services", "subjects", "credentials", "http"):
        return None
    if text.startswith(("ENC[AES256_GCM,", "$ANSIBLE_VAULT;")):
        advice = "Decrypt the file for the run, for example --target <(sops -d staging.yaml)."
        return "is still encrypted", advice if text.startswith("ENC") else "Decrypt the file for the run."
    if re.fullmatch(r"\{\{.*\}\}|<%.*%>", text):
        return "is a template that was not rendered", ""
    if re.fullmatch(r"…|\.\.\.", text):
        return "is still a placeholder", "Give the value, or leave the key out."
    variable = re.fullmatch(r"\$([A-Za-z_][A-Za-z0-9_]*)|%([A-Za-z_][A-Za-z0-9_]*)%", text)
    secret = str(place[-1]).endswith("password")
    if variable and (not secret or (variable[1] or variable[2]) in os.environ):
        return "names an environment variable in another way than this file does", "Write ${NAME}."
    if secret or place[0] == "http":
        return None
    if re.fullmatch(r"<[A-Za-z][A-Za-z0-9 _.-]*>", text):
        return "is still a placeholder", "Give the value, or leave the key out."
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        advice = "Take them out: an environment variable or a file holds the value alone."
        return "has quotation marks around its value", advice
    return None


def _is_domain(text: str) -> bool:
    try:
        plain = text.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return _DOMAIN.fullmatch(plain) is not None and len(plain) < 254


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True))
    except ValueError:
        return False


def _key_mistake(text: str) -> str:
    try:
        found = bool(hmac_key(text))
    except ValueError:
        found = False
    if not found:
        return "is not base64"
    # Of 16 random bytes and more, base64 without any letter beyond F is out of the question.
    return "is hexadecimal, not base64" if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", text) else ""


def _is_token(place: Place) -> bool:
    return place[:2] == ("subjects", "expired_tokens") or place == ("credentials", "crm", "token")


def _expired_tokens(known: Known) -> Iterator[Mistake]:
    """Yield expired tokens that have not expired, are not tokens, or are those of another service."""
    advice = "Give a token that was valid once and is not any more, or leave it out."
    valid, seen = known.get(("credentials", "crm", "token")), dict[str, str]()
    for name in ("hdm", "ias", "crm"):
        place = ("subjects", "expired_tokens", name)
        text = known.get(place)
        if text is None:
            continue
        key, jwt = ".".join(place), read_jwt(text)
        if text == valid:
            yield place, f"{key} is the same as credentials.crm.token", advice
        elif text in seen:
            yield place, f"{key} is the same as {seen[text]}", "Each service has tokens of its own."
        elif said := _not_expired(name, jwt):
            yield place, f"{key} {said}", advice
        seen[text] = key


def _not_expired(name: str, jwt: Jwt | None) -> str:
    if jwt is None:
        return "is not a JWT" if name == "ias" else ""
    ends = jwt.claims.get("exp")
    if isinstance(ends, (int, float)) and not isinstance(ends, bool) and time.time() < ends < 1 << 33:
        return "has not expired yet"
    if name == "ias" and not _IAS_CLAIMS & jwt.claims.keys():
        return f"is not a token of IAS: it has none of the claims {', '.join(sorted(_IAS_CLAIMS))}"
    return "is a token of IAS, not of this service" if name != "ias" and jwt.claims.keys() >= _IAS_ALONE else ""
