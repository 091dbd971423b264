"""The operator's receipt of a bundle that he verified: an in-toto Simple Verification Result, signed by him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance import __version__
from conformance.errors import UnverifiedBundle
from conformance.proof.keys import canonical, signed
from conformance.proof.rows import State
from conformance.proof.statement import RECEIPT, STATEMENT
from conformance.proof.verify import Verification

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

# Which rows there are, and what they mean, is part of the name.
VERIFIER = f"urn:opentv-conformance:verify:{__version__}"


def receipt(found: Verification, signers: Sequence[Signer]) -> bytes:
    """Return the receipt of a bundle of which every row is verified, as a DSSE envelope.

    Raises:
        UnverifiedBundle: a row is not.
        BundleError: it cannot be signed.
    """
    if found.state is not State.VERIFIED:
        wrong = [f"{row.what} is {row.state}: {row.said}" for row in found.rows if row.state is not State.VERIFIED]
        raise UnverifiedBundle(
            f"no receipt: {'; '.join(wrong[:5])}",
            where=str(found.path),
            advice="`opentv-conformance verify` with the same options shows every row.",
            exit_code=found.exit_code,
        )
    verifier: dict[str, object] = {"id": VERIFIER}
    if found.asked.profile is not None:
        digest = {"sha256": found.asked.profile.sha256}
        verifier["policy"] = {"name": found.asked.profile.name, "digest": digest}
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": found.path.name, "digest": {"sha256": found.sha256}}],
        "predicateType": RECEIPT,
        "predicate": {
            "verifier": verifier,
            "timeCreated": datetime.fromtimestamp(found.at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "properties": [f"OPENTV_{row.what.upper().replace(' ', '_')}" for row in found.rows],
        },
    }
    return signed(canonical(statement), signers)
