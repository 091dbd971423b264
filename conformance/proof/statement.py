"""What a bundle states, as an in-toto statement: the files, and the result of the test (test-result/v0.1).

Fail closed: whoever knows no more than this predicate reads PASSED of a conformant delivery alone. Our own words stand
beside it, under keys of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field, to_builtins

from conformance.model import Outcome, Verdict
from conformance.report import Results

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
RECEIPT = "https://in-toto.io/attestation/svr/v0.1"


class Resource(Struct, frozen=True, kw_only=True):
    """A file or thing, by its digest."""

    name: str
    digest: dict[str, str] = {}


class TestResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """The predicate; from `verdict` on it is ours."""

    result: str
    configuration: list[Resource]
    passed_tests: list[str]
    warned_tests: list[str]
    failed_tests: list[str]
    verdict: str
    exit_code: int
    acceptance: str = ""
    challenge: str = ""
    target: str = ""
    suite: str = ""
    edition: int = 0
    ended_at: int = 0


class Statement(Struct, frozen=True, kw_only=True):
    """An in-toto statement about a run."""

    type: str = field(name="_type")
    subject: list[Resource]
    predicateType: str  # noqa: N815 - as in-toto spells it
    predicate: TestResult


def result_of(results: Results) -> TestResult:
    """Return what a run says as the predicate of a statement."""
    run = results.run
    ids: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for one in results.results:
        ids[one.outcome].append(one.requirement.id)
    asked = results.acceptance
    digests = {name: value for name, value in to_builtins(run.digests).items() if value}
    if asked is not None:
        digests["profile"] = asked.profile.sha256
    passed = (
        results.verdict is Verdict.CONFORMANT and results.exit_code == 0 and not results.embedded and not run.captures
    )
    return TestResult(
        result="PASSED" if passed else "FAILED",
        configuration=[Resource(name=name, digest={"sha256": value}) for name, value in sorted(digests.items())],
        passed_tests=ids[Outcome.PASSED],
        warned_tests=[*ids[Outcome.WARNED], *ids[Outcome.WAIVED]],
        failed_tests=[*ids[Outcome.FAILED], *ids[Outcome.ERROR]],
        verdict=results.verdict.value,
        exit_code=results.exit_code,
        acceptance="" if asked is None else asked.verdict.value,
        challenge=str(run.options.get("challenge") or ""),
        target=run.target.name,
        suite=f"{run.suite.name} {run.suite.version}",
        edition=run.suite.edition,
        ended_at=results.ended_at,
    )


def statement_of(results: Results, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the statement about a run whose files have these SHA-256."""
    made = Statement(
        type=STATEMENT,
        subject=[Resource(name=name, digest={"sha256": digest}) for name, digest in sorted(files.items())],
        predicateType=TEST_RESULT,
        predicate=result_of(results),
    )
    found: dict[str, Any] = to_builtins(made)
    return found
