"""What a shell completes: ids of requirements, services, faults, readings, schemas. Nothing is loaded before Tab."""

from __future__ import annotations

from collections.abc import Iterable

import click


def _matching(known: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that continue the last part of a list with commas, each with the parts before it."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in known if name.upper().startswith(last.upper())]


def requirement_ids(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete ids of requirements."""
    from conformance.register import load_register

    return _matching((entry.id for entry in load_register()), incomplete)


def services(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of services."""
    from conformance.model import SERVICES

    return _matching(SERVICES, incomplete)


def faults(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of faults of the reference platform."""
    from conformance.reference.faults import catalogue

    return _matching(catalogue(), incomplete)


def readings(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete readings of the reference platform, as ID=OPTION."""
    from conformance.reference.readings import CATALOGUE

    return _matching((f"{name}={option}" for name, options in CATALOGUE.items() for option in options), incomplete)


def schema_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of published schemas."""
    from conformance.resources import schema_files

    return _matching(schema_files(), incomplete)
