"""What mkdocs.yml needs beyond docs/: the pages at the root of the tree, and links that lead out of the site.

A link to a file that is no page (a schema, an example, a folder) becomes the name of that file.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = {"README.md": "index.md", "ARCHITECTURE.md": "architecture.md", "CONTRIBUTING.md": "contributing.md"}
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages at the root."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead each relative link to where the file is in the site."""
    at_the_root = page.file.src_uri in PAGES.values()

    def led(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("" if at_the_root else "docs", found["path"]))
        inside = PAGES.get(path) or path.removeprefix("docs/")
        if files.get_file_from_path(inside):
            return f"[{found['text']}]({inside}{found['anchor'] or ''})"
        name = f"`{path}`"
        return name if found["text"].strip("`/") in path else f"{found['text']} ({name})"

    return LINK.sub(led, markdown)
