"""The documentation is true: generated pages are fresh, links lead somewhere, commands exist."""

import ast
import importlib.util
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_pages_are_fresh(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generate.page(name), "run: python docs/generate.py"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_named_options_exist(path):
    """Each `opentv-conformance COMMAND --option` in the pages is one that the command line knows."""
    import click

    context = click.Context(generate.cli)
    unknown = []
    for line in re.findall(r"opentv-conformance ([a-z]+[^`\n#|]*)", path.read_text(encoding="utf-8")):
        name, *rest = line.split()
        command = generate.cli.get_command(context, name)
        if command is None:
            continue
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        unknown += [
            f"{name} {word}"
            for word in rest
            if word.startswith("--") and word.split("=")[0].strip(".,;)\"'") not in known
        ]
    assert unknown == []


def test_ci_runs_the_readme_s_test_line():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    line = next(entry for entry in readme.splitlines() if "python -m pytest" in entry)
    assert line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert shlex.split(line)


def test_no_machine_paths_stand_in_tracked_files():
    pattern = re.compile(r"(^|[^A-Za-z0-9._])/(work|root|home)/[a-z.]")
    found = [
        str(path.relative_to(ROOT))
        for folder in ("conformance", "specs", "docs", "tests", "fixtures")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yaml", ".md", ".json", ".toml")
        and path.name != "test_docs.py"
        and "_data" not in path.parts
        and pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


WALK = re.findall(
    r"^\| \d+ \| `([\w/]+\.py)` \| `([\w.]+)` \|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE
)


def functions_of(path: str) -> dict[str, str]:
    """The functions and methods of a module, with their source."""
    source = (ROOT / "conformance" / path).read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(source).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for member in members:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                found[prefix + member.name] = ast.get_source_segment(source, member) or ""
    return found


def test_the_walk_of_an_exchange_has_under_20_hops():
    assert 15 < len(WALK) <= 20


@pytest.mark.parametrize(("path", "function"), WALK)
def test_every_function_of_the_walk_exists(path, function):
    assert function in functions_of(path)


# Where the walk goes on elsewhere: the session gets the response back, a rule registers itself, a run is over, and
# what a report asks for comes back to it.
RETURNS = {"Recorder.judge_and_write", "contract_body", "StreamWriter.exchange", "write_reports", "page_of", "render"}


@pytest.mark.parametrize(("one", "other"), list(pairwise(WALK)), ids=lambda step: step[1])
def test_each_step_of_the_walk_leads_to_the_next(one, other):
    """The module of a step names the function of the next one."""
    if other[1] in RETURNS:
        return
    name = other[1].rpartition(".")[2]
    assert any(re.search(rf"\b{name}\b", source) for source in functions_of(one[0]).values()), one


def test_no_install_line_takes_the_suite_from_an_index_where_anybody_could_have_registered_its_name():
    sources = [*PAGES, *(ROOT / "conformance").rglob("*.py"), *(ROOT / "docs" / "pipelines").rglob("*")]
    texts = {path: path.read_text(encoding="utf-8") for path in sources if path.is_file()}
    taken = re.compile(
        r"(?:pip|pipx|uv tool) install [^\n]*?(?<![/_\w.-])['\"]?opentv[-_]conformance(?:\[\w+\])?['\"\s`]"
    )
    assert taken.search("pip install 'opentv-conformance[load]'\n")
    assert taken.search("pip install opentv-conformance\n")
    assert [path.name for path, text in texts.items() if taken.search(text)] == []
