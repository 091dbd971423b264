"""What a run covered: every requirement as a cell of a heat map, and every section of the documents as a bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conformance.report import views
from conformance.report.charts import stacked
from conformance.report.results import RequirementResult, Results
from conformance.report.words import OUTCOMES, source_words


def heat_map(results: Results) -> tuple[views.HeatRow, ...]:
    """Return a row for each operation: its requirements by area, each with its outcome."""
    rows: dict[str, dict[str, list[RequirementResult]]] = {}
    for result in results.results:
        areas = rows.setdefault(result.requirement.operation, {})
        areas.setdefault(result.requirement.id[:3], []).append(result)
    return tuple(
        views.HeatRow(
            operation,
            tuple((key, number) for key, _, number in _outcomes(one for members in areas.values() for one in members)),
            tuple(
                (area, tuple((one.requirement.id, one.requirement.title, one.outcome.value) for one in members))
                for area, members in areas.items()
            ),
        )
        for operation, areas in rows.items()
    )


def coverage(results: Results) -> tuple[views.Document, ...]:
    """Return the documents, those that state most first, with the outcomes of what each section states."""
    documents: dict[str, dict[str, list[RequirementResult]]] = {}
    for result in results.results:
        sections = documents.setdefault(result.requirement.source.document, {})
        # What rests on several sections is counted at the first.
        sections.setdefault(result.requirement.source.section.partition("; ")[0], []).append(result)
    found = (
        views.Document(
            source_words(document),
            stacked(source_words(document), _outcomes(one for members in sections.values() for one in members)),
            tuple(stacked(section, _outcomes(members)) for section, members in sections.items()),
        )
        for document, sections in documents.items()
    )
    return tuple(sorted(found, key=lambda one: -one.whole.total))


def _outcomes(members: Iterable[RequirementResult]) -> list[tuple[str, str, int]]:
    """Return key, words and number of each outcome that occurs, in the order of the outcomes."""
    counts = Counter(one.outcome.value for one in members)
    return [(word.key, word.words, counts[word.key]) for word in OUTCOMES if counts[word.key]]
