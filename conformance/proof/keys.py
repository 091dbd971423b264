"""Keys that sign a bundle, and those that prove who did: through securesystemslib, which knows files, HSMs and KMSs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from conformance.errors import BundleError, MissingExtra

if TYPE_CHECKING:
    from securesystemslib.signer import Key, Signer

# As DSSE and in-toto name what is signed.
PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MOST_KEY_BYTES = 64 << 10
Remote: TypeAlias = tuple[str, Path]


def _library() -> None:
    try:
        import securesystemslib.signer  # noqa: F401
    except ImportError:
        raise MissingExtra("securesystemslib", "sign") from None


def _pem(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise BundleError(f"the key cannot be read: {problem.strerror or problem}", where=str(path)) from None
    if len(content) > _MOST_KEY_BYTES:
        raise BundleError("not a key", where=str(path))
    return content


def signer_of_file(path: Path) -> Signer:
    """Return the signer of an Ed25519 key in a PEM file (PKCS#8).

    Raises:
        BundleError: it is none, or is encrypted.
    """
    _library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    advice = "Make one: openssl genpkey -algorithm ed25519 -out key.pem"
    content = _pem(path)
    try:
        key = load_pem_private_key(content, None)
    except TypeError:
        raise BundleError(
            "the key is encrypted", where=str(path), advice="Give it decrypted, or --sign-with."
        ) from None
    except Exception:  # noqa: BLE001 - whatever cryptography says of it
        raise BundleError("not a private key in PEM", where=str(path), advice=advice) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError("not an Ed25519 key", where=str(path), advice=advice)
    return CryptoSigner(key)


def signer_of_uri(uri: str, public: Path) -> Signer:
    """Return the signer behind a URI of securesystemslib (`awskms:…`, `hsm:…`), whose public key is in a PEM file.

    Raises:
        BundleError: there is none, or what it needs is not installed.
    """
    _library()
    from securesystemslib.signer import Signer

    key = public_key(public)
    try:
        return Signer.from_priv_key_uri(uri, key)
    except Exception as problem:  # noqa: BLE001 - each signer has errors of its own
        scheme = uri.partition(":")[0]
        raise BundleError(f"no signer for {scheme}: {type(problem).__name__}: {problem}") from None


def public_key(path: Path) -> Key:
    """Return the public key in a PEM file.

    Raises:
        BundleError: it is none.
    """
    _library()
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    content = _pem(path)
    try:
        return SSlibKey.from_crypto(load_pem_public_key(content))
    except Exception:  # noqa: BLE001 - whatever the libraries say of it
        advice = "Make it of the private key: openssl pkey -in key.pem -pubout -out key.pub"
        raise BundleError("not a public key in PEM", where=str(path), advice=advice) from None


def canonical(value: object) -> bytes:
    """Return a value as JSON that has one form alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def signed(payload: bytes, signers: Sequence[Signer]) -> bytes:
    """Return a DSSE envelope of a payload with a signature of each signer.

    Raises:
        BundleError: a signer refuses.
    """
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    for signer in signers:
        try:
            envelope.sign(signer)
        except Exception as problem:  # noqa: BLE001 - each signer has errors of its own
            raise BundleError(f"it cannot be signed: {type(problem).__name__}: {problem}") from None
    return canonical(envelope.to_dict())


def opened(content: bytes) -> tuple[bytes, list[str], object]:
    """Return the payload of a DSSE envelope, the ids of the keys that are said to have signed it, and the envelope.

    Raises:
        ValueError: it is none, or is not in the form that `signed` writes.
    """
    from securesystemslib.dsse import Envelope

    try:
        found = Envelope.from_dict(json.loads(content))
        again = canonical(found.to_dict())
    except Exception as problem:  # noqa: BLE001 - it is not trusted: whatever is wrong with it
        raise ValueError(f"not a DSSE envelope ({type(problem).__name__})") from None
    if again != content:
        raise ValueError("the envelope was changed")
    if found.payload_type != PAYLOAD_TYPE:
        raise ValueError("the envelope is of another payload type")
    return found.payload, sorted(found.signatures), found


def signed_by(envelope: object, key: Key) -> bool:
    """Tell whether a key signed an envelope that `opened` returned."""
    from securesystemslib.dsse import Envelope

    assert isinstance(envelope, Envelope)
    try:
        envelope.verify([key], 1)
    except Exception:  # noqa: BLE001 - whatever is wrong, it is not signed by it
        return False
    return True
