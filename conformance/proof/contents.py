"""The rows about a bundle's files: the archive, the manifest, the statement, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from conformance.proof.archive import ATTESTATION, MANIFEST, REPORTS, STREAM, sha256_of
from conformance.proof.bundle import FORMAT
from conformance.proof.keys import canonical, opened, public_key, signed_by
from conformance.proof.rows import Row, failed, judged, undetermined
from conformance.proof.statement import STATEMENT, TEST_RESULT, Statement
from conformance.stream.proof import Sha256


class _Listed(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    sha256: Sha256
    size: Annotated[int, Meta(ge=0)]


class _Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    files: list[_Listed]


def manifest_row(files: Mapping[str, Path]) -> Row:
    """Compare the files with the manifest."""
    what = "manifest"
    if MANIFEST not in files:
        return failed(what, f"{MANIFEST} is missing")
    content = files[MANIFEST].read_bytes()
    try:
        found = msgspec.json.decode(content, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        return failed(what, f"{MANIFEST} was changed: {problem}")
    wrong = []
    if canonical(msgspec.to_builtins(found)) != content or found.format != FORMAT:
        wrong.append(f"{MANIFEST} was changed")
    listed = {one.name: one for one in found.files}
    for name in (STREAM, *REPORTS):
        if name not in files or name not in listed:
            wrong.append(f"{name} is missing")
        elif sha256_of(files[name]) != listed[name].sha256:
            wrong.append(f"{name} was changed")
    wrong += [f"{name} is listed, which no bundle holds" for name in listed if name not in (STREAM, *REPORTS)]
    return judged(what, wrong, f"{len(listed)} files, each with its SHA-256")


def statement_rows(files: Mapping[str, Path], keys: Sequence[Path]) -> tuple[Row, Row, Statement | None]:
    """Look at the statement and its signatures; return both rows, and what is stated, where it can be read.

    Raises:
        BundleError: a key cannot be read.
    """
    public = [(path, public_key(path)) for path in keys]
    if ATTESTATION not in files:
        said = f"{ATTESTATION} is missing"
        return failed("statement", said), failed("signatures", said), None
    try:
        payload, ids, envelope = opened(files[ATTESTATION].read_bytes())
    except ValueError as problem:
        return failed("statement", str(problem)), failed("signatures", str(problem)), None
    wrong = [f"{path.name} did not sign it" for path, key in public if not signed_by(envelope, key)]
    if not public:
        said = "no key is given: name the vendor's with --key"
        signatures = undetermined("signatures", said if ids else f"it is not signed; {said}")
    else:
        names = ", ".join(f"{path.name} ({key.keyid[:12]}…)" for path, key in public)
        signatures = judged("signatures", wrong, f"signed by {names}")
    try:
        found = msgspec.json.decode(payload, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        return failed("statement", str(problem)), signatures, None
    return _about(found, files), signatures, found


def _about(found: Statement, files: Mapping[str, Path]) -> Row:
    wrong = []
    if found.type != STATEMENT or found.predicateType != TEST_RESULT:
        wrong.append(f"it is of another type: {found.type[:80]}, {found.predicateType[:80]}")
    stated = {one.name: one.digest.get("sha256", "") for one in found.subject}
    held = {name: sha256_of(path) for name, path in files.items() if name != ATTESTATION}
    wrong += [f"it speaks of another {name}" for name, digest in held.items() if stated.get(name) != digest]
    wrong += [f"it speaks of {name[:80]}, which is not here" for name in stated if name not in held]
    said = f"about these {len(held)} files: {found.predicate.result}, {found.predicate.verdict}"
    return judged("statement", wrong, said)
