"""The cases that schemathesis makes of the contract, laid over the request that works.

Only this module knows schemathesis. Its coverage phase walks each constraint; its positive and negative strategies draw
at random. Of each case only what it is about is kept, the rest is the target's: so cases reach past the front door, and
one thing is wrong at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from conformance.contract import Contract, Operation, Parameter
from conformance.documents import read_yaml
from conformance.errors import ContractError
from conformance.fuzz.case import MARKS, Body, Case
from conformance.fuzz.hostile import kind_of
from conformance.fuzz.template import template
from conformance.model import Json
from conformance.resources import specs

MOST_CHARACTERS = 5_000


@lru_cache(maxsize=8)
def _operations(service: str) -> tuple[Any, dict[str, Any]]:
    """Load a document into schemathesis; return its schema and its operations by id."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(_document(service))
    found = {}
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        found[str(operation.definition.raw["operationId"])] = operation
    return schema, found


def _document(service: str) -> dict[str, Any]:
    value = read_yaml(specs() / "openapi" / f"{service}.yaml", ContractError).value
    assert isinstance(value, dict)
    return value


def coverage_cases(contract: Contract, operation: Operation) -> Iterator[Case]:
    """Yield the cases of schemathesis' coverage phase: boundaries, and each constraint broken alone."""
    from schemathesis import GenerationMode

    schema, found = _operations(operation.service)
    own = found[operation.operation_id]
    config = schema.config.generation_for(operation=own, phase="coverage")
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for made in schema.iter_coverage_cases(own, generation_modes=modes, generation_config=config):
            data = made.meta.phase.data
            # Content types and methods are the suite's own frame cases.
            if made.method != operation.method or data.parameter == "Content-Type":
                continue
            yield from _laid_over(contract, operation, made, "coverage", about=data.parameter or "")


def random_cases(contract: Contract, operation: Operation, *, negative: bool, count: int, seed: int) -> Iterator[Case]:
    """Yield cases of schemathesis' positive or negative strategy; the same for the same seed."""
    from schemathesis import GenerationMode

    own = _operations(operation.service)[1][operation.operation_id]
    mode = GenerationMode.NEGATIVE if negative else GenerationMode.POSITIVE
    names = [entry.name for entry in (*operation.parameters, *operation.fields)]
    for index, made in enumerate(_drawn(own.as_strategy(generation_mode=mode), count, seed)):
        about = "" if negative or not names else names[index % len(names)]
        yield from _laid_over(contract, operation, made, "negative" if negative else "positive", about=about)


def _drawn(strategy: Any, count: int, seed: int) -> list[Any]:
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded
    from hypothesis.errors import Unsatisfiable

    found: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    with warnings.catch_warnings(), _without_constants_of_our_modules():
        warnings.simplefilter("ignore")
        try:
            collect()
        except Unsatisfiable:
            # An operation that takes nothing has nothing to be wrong.
            return []
    return found[:count]


@contextmanager
def _without_constants_of_our_modules() -> Iterator[None]:
    """Keep Hypothesis from mixing in constants of the modules that happen to be loaded: a seed must mean one plan."""
    from hypothesis.internal.conjecture import providers

    before: Any = getattr(providers, "_get_local_constants", None)
    empty: Any = providers.Constants()  # type: ignore[attr-defined]
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = lambda: empty  # noqa: SLF001
    try:
        yield
    finally:
        providers._get_local_constants = before  # noqa: SLF001
        providers.CONSTANTS_CACHE.cache.clear()


def _laid_over(contract: Contract, operation: Operation, made: Any, phase: str, *, about: str) -> Iterator[Case]:
    """Yield the request that works with what a case of schemathesis is about."""
    from schemathesis.core import NOT_SET

    base = template(operation, operation.variants[-1] if operation.variants else None)
    case = Case(base.operation, phase, "", path=base.path, query=base.query, headers=base.headers, body=base.body)
    told: list[str] = []
    containers = {"query": made.query or {}, "path": made.path_parameters or {}, "header": dict(made.headers or {})}
    for entry in operation.parameters:
        given = containers[entry.location]
        name = next((key for key in given if key == entry.name or key.lower() == entry.name.lower()), None)
        case = _overlaid(contract, operation, case, entry, name is not None, given.get(name), about, told)
    known = {entry.name for entry in operation.parameters if entry.location == "query"}
    for name, value in containers["query"].items():
        if name not in known:
            case = case.with_query(str(name), _text(value))
            told.append("an extra parameter")
    if operation.body is not None:
        case = _body_laid_over(contract, operation, case, None if made.body is NOT_SET else (made.body,), about, told)
    case = Case(
        case.operation,
        phase,
        ", ".join(dict.fromkeys(told)) or "as documented",
        path=case.path,
        query=case.query,
        headers=case.headers,
        body=case.body,
    )
    if _usable(case):
        yield case


def _body_laid_over(
    contract: Contract, operation: Operation, case: Case, body: tuple[Any] | None, about: str, told: list[str]
) -> Case:
    kind = case.body.kind
    if body is None:
        told.append("body: missing")
        return Case(case.operation, case.phase, "", path=case.path, query=case.query, headers=case.headers)
    value = body[0]
    if not isinstance(value, dict):
        told.append(f"body: {kind_of(_json(value))}")
        changed = (
            Body("text", _text(value)) if kind == "form" or isinstance(value, bytes) else Body("json", _json(value))
        )
        return Case(
            case.operation, case.phase, "", path=case.path, query=case.query, headers=case.headers, body=changed
        )
    for entry in operation.fields:
        case = _overlaid(contract, operation, case, entry, entry.name in value, value.get(entry.name), about, told)
    known = {entry.name for entry in operation.fields}
    for name, item in value.items():
        if name not in known:
            case = case.with_field(str(name), _json(item) if kind == "json" else _text(item))
            told.append("an extra field")
    return case


def _overlaid(
    contract: Contract,
    operation: Operation,
    case: Case,
    entry: Parameter,
    there: bool,
    value: Any,
    about: str,
    told: list[str],
) -> Case:
    """Return the case with a parameter of schemathesis' own, where the case is about it or it is wrong."""
    name = f"{entry.location} {entry.name}"
    if not there:
        if entry.required:
            told.append(f"{name}: missing")
            return case.lacking(entry.location, entry.name)
        return case
    content = _json(value) if entry.location == "body" and case.body.kind == "json" else _text(value)
    wrong = not contract.parameter_validator(operation.operation_id, entry).accepts(_typed(entry, content))
    if wrong or entry.name == about:
        told.append(f"{name}: {kind_of(content)}")
        return case.having(entry.location, entry.name, content)
    return case


def _typed(entry: Parameter, value: Json) -> Json:
    """Return what a text of a query, header or path means by the schema's type."""
    kind = entry.schema.get("type")
    if entry.location != "body" and isinstance(value, str) and kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return ",".join(_text(item) for item in value)
    return str(value)


def _json(value: Any) -> Json:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return _text(value)


def _usable(case: Case) -> bool:
    """Tell whether a case can be kept: without our own marks outside the target's values, and not huge."""
    texts = [*(value for _, value in (*case.query, *case.headers)), *case.body.strings()]
    plain = all(text.startswith("⟦") or not any(mark in text for mark in MARKS) for text in texts)
    sendable = not any("\r" in value or "\n" in value or "\x00" in value for _, value in case.headers)
    return plain and sendable and sum(map(len, texts)) < MOST_CHARACTERS
