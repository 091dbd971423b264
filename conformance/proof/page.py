"""One HTML page of a verification, which loads nothing and sends nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from conformance.errors import BundleError
from conformance.proof.rows import State
from conformance.proof.verify import Verification
from conformance.report.html import render
from conformance.report.text import one_line
from conformance.report.timestamps import timestamp

_HEADS = {
    State.VERIFIED: "Verified: every row holds.",
    State.FAILED: "Do not rely on it: something is not as it must be.",
    State.UNDETERMINED: "Not decided: nothing is wrong, and something is not known.",
}


def head_of(found: Verification) -> str:
    """Return what a verification says, in a sentence."""
    return _HEADS[found.state]


def page_of_verification(found: Verification) -> str:
    """Return the page: what a bundle was checked for, and each row."""
    rows = [(row.what, row.state.value, one_line(row.said, 600)) for row in found.rows]
    return render(
        "verification.html.j2",
        head=f"{found.path.name}: {found.state}",
        title=one_line(found.path.name, 100),
        state=found.state.value,
        sentence=head_of(found),
        rows=rows,
        facts=list(_facts(found)),
    )


def _facts(found: Verification) -> Iterator[tuple[str, str]]:
    yield "Bundle", one_line(found.path.name, 200)
    yield "SHA-256", found.sha256
    yield "Verified", timestamp(found.at * 1000)
    if found.results is not None:
        run = found.results.run
        yield "Target", one_line(run.target.name, 100)
        yield "Suite", one_line(f"{run.suite.name} {run.suite.version}, edition {run.suite.edition}", 100)
        yield "Run", f"{timestamp(found.results.started_at)} to {timestamp(found.results.ended_at)}"
    if found.asked.challenge:
        yield "Challenge", found.asked.challenge
    if found.asked.profile is not None:
        yield "Profile", f"{one_line(found.asked.profile.name, 100)} (SHA-256 {found.asked.profile.sha256})"


def write_page(found: Verification, path: Path) -> None:
    """Write the page, for its owner alone; nothing is written over.

    Raises:
        BundleError: it cannot be written.
    """
    write_new(path, page_of_verification(found).encode("utf-8", "backslashreplace"))


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, for its owner alone.

    Raises:
        BundleError: it is there, or cannot be written.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise BundleError("it is there already", where=str(path), advice="Name another file.") from None
    except OSError as problem:
        raise BundleError(f"it cannot be written: {problem.strerror or problem}", where=str(path)) from None
