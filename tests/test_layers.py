"""Imports run one way, as ARCHITECTURE.md draws them."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "conformance"

# Each layer may import the ones before it; rooms of one layer are blind to each other.
LAYERS = [
    {"errors", "escapes", "terminal", "workers"},
    {"model"},
    {"opentv"},
    {"resources", "documents"},
    {"editions", "effects", "premises"},
    {"register", "contract", "target", "stream", "redaction"},
    {"applicability", "reproduction"},
    {"client"},
    {"session"},
    {"rules"},
    {"opening"},
    {"checks", "fuzz", "capture", "load", "reference", "report"},
    {"plugin"},
    {"runner"},
    {"proof"},
    {"selftest"},
    {"cli"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# Rooms of one layer that may see each other, each with its reason.
SAME_LAYER = {
    ("documents", "resources"),
    ("stream", "redaction"),  # the stream is redacted as it is written
    ("capture", "fuzz"),  # what is wrong with a request, whoever wrote it
}
# Rooms that must not import others below them either.
BLIND = {
    "reference": {"errors", "resources", "documents"},  # two readings of the documents that must agree
    "report": {
        "errors",
        "model",
        "opentv",
        "resources",
        "documents",
        "register",
        "contract",
        "stream",
        "reproduction",
        "applicability",
    },
}

TESTS = PACKAGE.parent / "tests"
# Folders of tests that are no room: what many rooms do together, or what is not in the package.
SCENARIOS = {
    "benchmarks": "the programs of benchmarks/",
    "browser": "clients and reports in a real browser",
    "docs": "tutorials, followed to the letter",
    "in_front": "runs through gateways, firewalls and sign-on servers in front of a platform",
    "independent": "runs against a second platform, written from the documents without ours",
    "staging": "whole runs: a target file goes in, a run folder and an exit code come out",
}
# How a test uses a room without an import of it.
BY_OTHER_MEANS = {
    "cli": r"from conformance\.cli|-m\W+conformance\b(?!\.)",
    "contract": r"specs\(\) / \"openapi\"",
    "plugin": r"-m\W+pytest\b",
    "session": r"from conformance\.opening import",
}
# Files of tests/ that are no room: what they are about.
LOOSE = {
    "facts": "a helper of several rooms",
    "test_docs": "docs/ and the generated pages",
    "test_language": "the words of docs/, specs/ and fixtures/",
    "test_layers": "imports",
}


def rooms():
    return sorted(entry.stem for entry in PACKAGE.iterdir() if entry.suffix == ".py" or entry.is_dir())


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
            if node.module == "conformance":
                names = [f"conformance.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "conformance" and len(parts) > 1:
                yield parts[1], node.lineno


def modules():
    return sorted(
        path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts and path.parent != PACKAGE / "__pycache__"
    )


def test_every_room_has_a_layer():
    known = set(LEVEL) | {"__init__", "__pycache__", "_data", "py"}
    assert [room for room in rooms() if room not in known] == []


def test_imports_name_the_package():
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    own = room_of(path)
    if own == "__init__":
        return
    wrong = []
    for other, line in imports(path):
        if other in (own, "__version__"):
            continue
        allowed = LEVEL[other] < LEVEL[own] or (own, other) in SAME_LAYER
        if own in BLIND:
            allowed = other in BLIND[own]
        if own == "plugin" and other in ("checks", "reference"):
            allowed = True
        if not allowed:
            wrong.append(f"line {line}: conformance.{other}")
    assert wrong == []


def module_graph():
    """Map each module to the modules that it imports anywhere: at its head, late in a function, for types alone."""
    names = {}
    for path in modules():
        parts = ("conformance", *path.relative_to(PACKAGE).with_suffix("").parts)
        names[".".join(parts).removesuffix(".__init__")] = path
    graph = {}
    for name, path in names.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                longer = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted.update(longer & names.keys())
                if not longer <= names.keys():
                    wanted.add(node.module)
        graph[name] = wanted & names.keys() - {name}
    return graph


def cycles(graph):
    """Return the groups of modules that import each other, however many lie between."""

    def reached(name):
        found, pending = set(), [name]
        while pending:
            new = graph[pending.pop()] - found
            found |= new
            pending.extend(new)
        return found

    reach = {name: reached(name) for name in graph}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph}
    return sorted(sorted(group) for group in groups if group)


def test_cycles_finds_modules_that_import_each_other():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert cycles(graph) == [["b", "c"]]


def test_no_modules_import_each_other():
    """Neither late nor for types alone: two modules that need each other cannot be read one after the other."""
    assert cycles(module_graph()) == []


def test_only_fuzz_imports_schemathesis():
    found = [
        path.relative_to(PACKAGE)
        for path in modules()
        if room_of(path) != "fuzz" and "import schemathesis" in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_only_the_engine_of_a_load_imports_locust_and_that_first():
    """Importing it may patch the standard library: nothing else does, and nothing is imported before it."""
    engine = PACKAGE / "load" / "engine.py"
    named = {"locust", "gevent"}
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if named & {name.partition(".")[0] for name in names}:
                found.append(path)
    assert set(found) == {engine}
    first = next(node for node in ast.parse(engine.read_text(encoding="utf-8")).body if isinstance(node, ast.Import))
    assert [alias.name for alias in first.names] == ["locust"]
    for path in (PACKAGE / "__init__.py", PACKAGE / "load" / "__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


def test_modules_fit_in_the_head():
    """Modules have about 300 lines at most, check files about 150."""
    too_long = {}
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        most = 200 if room_of(path) == "checks" and path.name.startswith("test_") else 360
        if lines > most:
            too_long[str(path.relative_to(PACKAGE))] = lines
    assert too_long == {}


def rooms_reached(path, seen=()):
    """Return the rooms that a test module imports, itself or by the modules of its folder."""
    text = path.read_text(encoding="utf-8")
    found = {room for room, _ in imports(path)}
    found |= {room for room, trace in BY_OTHER_MEANS.items() if re.search(trace, text)}
    beside = {entry.stem for entry in path.parent.glob("*.py")}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            last = (node.module or "").rpartition(".")[2]
            names = {last} if last in beside else {alias.name for alias in node.names} & beside
            for name in names - set(seen):
                found |= rooms_reached(path.parent / f"{name}.py", (*seen, name))
    return found


def test_each_folder_of_tests_is_a_room_or_a_scenario():
    folders = {entry.name for entry in TESTS.iterdir() if entry.is_dir() and entry.name != "__pycache__"}
    packages = {entry.name for entry in PACKAGE.iterdir() if (entry / "__init__.py").is_file()}
    assert folders - packages - set(SCENARIOS) == set()
    assert set(SCENARIOS) - folders == set(), "a scenario without tests"
    assert [name for name in folders if not (TESTS / name / "__init__.py").is_file()] == []


def test_each_loose_test_is_of_a_room_that_is_one_file():
    files = {entry.stem.removeprefix("test_"): entry.stem for entry in TESTS.glob("*.py")}
    single = {entry.stem for entry in PACKAGE.glob("*.py")}
    assert [stem for room, stem in files.items() if room not in single and stem not in LOOSE] == []


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(TESTS.glob("*/test_*.py")) if path.parent.name not in SCENARIOS],
    ids=lambda path: str(path.relative_to(TESTS)),
)
def test_a_test_of_a_room_uses_that_room(path):
    conftest = path.parent / "conftest.py"
    reached = rooms_reached(path) | (rooms_reached(conftest) if conftest.is_file() else set())
    assert path.parent.name in reached
