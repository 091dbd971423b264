"""Templates to one HTML file that nothing leaves and that runs only what is its own."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from conformance.report.text import counted, printable
from conformance.resources import templates


def render(name: str, *, head: str = "", **facts: Any) -> str:
    """Render a template; every text in it is made printable and escaped.

    `head` is the running head of the printed pages.

    The style and the script stand inline, and the content security policy names them by their SHA-256: whatever
    else gets into the page, it neither runs nor loads anything.
    """
    style, script = _asset("report.css"), _asset("report.js")
    if head:
        style += f"@page {{ @top-left {{ content: {_css_text(printable(head))} }} }}\n"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    template = _environment().get_template(name)
    own = {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}  # noqa: S704 – our own
    return template.render(**own, **facts)


def _css_text(text: str) -> str:
    """Return a text as a string of CSS, of which nothing but letters and digits stays as it is."""
    return '"' + "".join(one if one.isascii() and one.isalnum() else f"\\{ord(one):x} " for one in text) + '"'


def _asset(name: str) -> str:
    return (templates() / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return _environment_at(templates())


def _environment_at(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
    )
    environment.filters["thousands"] = "{:,}".format
    environment.filters["counted"] = counted
    return environment
