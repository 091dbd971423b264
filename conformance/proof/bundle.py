"""Makes a bundle of a run: stream, reports, manifest, and a signed statement of what the run says."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import BundleError
from conformance.proof.archive import ATTESTATION, MANIFEST, REPORTS, STREAM, pack, sha256_of
from conformance.proof.keys import canonical, signed
from conformance.proof.statement import statement_of
from conformance.register import Register
from conformance.report import Results, write_reports
from conformance.stream import read_run

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

FORMAT = 1


@dataclass(frozen=True)
class Bundle:
    """A bundle: its file, the results of its run, and the result as the statement has it (PASSED or FAILED)."""

    path: Path
    results: Results
    result: str


def bundle(folder: Path, register: Register, signers: Sequence[Signer], out: Path | None = None) -> Bundle:
    """Put a run folder into one archive, with every report made again, and sign what it says.

    Args:
        folder: of the run.
        register: the requirements.
        signers: who signs; without any, the bundle shows only that its parts belong together.
        out: the archive; beside the folder where it is not given.

    Raises:
        RunFolderError: the folder holds no run, or was changed.
        BundleError: it cannot be signed or written, or the run is not whole.
    """
    run = read_run(folder)
    results = write_reports(run.path, register)
    if results.run.part.of > 1:
        raise BundleError(
            f"{results.run.part} of a run is no whole run",
            where=str(run.path),
            advice="Make one of its parts: opentv-conformance merge PART…",
        )
    path = out or run.path.resolve().parent / f"{run.path.resolve().name}.bundle.tar"
    files = {name: run.path / name for name in (STREAM, *REPORTS)}
    digests = {name: sha256_of(file) for name, file in files.items()}
    listed = [
        {"name": name, "sha256": digests[name], "size": file.stat().st_size} for name, file in sorted(files.items())
    ]
    with tempfile.TemporaryDirectory() as own:
        manifest, attestation = Path(own) / MANIFEST, Path(own) / ATTESTATION
        manifest.write_bytes(canonical({"format": FORMAT, "files": listed}))
        statement = statement_of(results, {**digests, MANIFEST: sha256_of(manifest)})
        attestation.write_bytes(signed(canonical(statement), signers))
        pack(path, {**files, MANIFEST: manifest, ATTESTATION: attestation})
    return Bundle(path, results, statement["predicate"]["result"])
