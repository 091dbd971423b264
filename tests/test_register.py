"""The register is whole: every must can be judged, every name in it exists."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.checks.index import checks_of, index, wanted
from conformance.contract import load_contract
from conformance.contract.schema_tree import all_ids, requirement_nodes
from conformance.editions import load_editions, members
from conformance.errors import RegisterError
from conformance.reference.readings import CATALOGUE
from conformance.register import load_register
from conformance.resources import checks, specs
from conformance.rules import all_rules

REGISTER = load_register()
DOCUMENTS = {
    "hdm-authentication",
    "adm-creating-an-account",
    "ias-in-home-detection",
    "ias-das-signon-by-casn",
    "sdp-is-content-authorised",
}
ID = re.compile(r"\b[A-Z]{3}-[0-9]{3}\b")


def ids_in_source(folder, pattern):
    return {name for path in folder.rglob(pattern) for name in ID.findall(path.read_text(encoding="utf-8"))}


def family(requirement):
    return {requirement.id, *(name for _, name in requirement.siblings)}


def test_the_register_has_the_size_of_five_documents():
    assert len(REGISTER.requirements) >= 150


def test_every_requirement_has_a_rule_or_a_check():
    rules = {name for rule in all_rules() for name in rule.requirements} | set(load_contract().requirements)
    rules |= ids_in_source(checks().parent / "rules", "*.py") | ids_in_source(checks().parent / "session", "*.py")
    named = set(index()) | ids_in_source(checks(), "*.py")
    orphans = [
        entry.id
        for entry in REGISTER
        if not family(entry)
        & (rules if entry.judged_by == "rule" else named if entry.judged_by == "check" else rules | named)
    ]
    assert orphans == []


def test_a_schema_binds_where_the_register_does():
    contract = load_contract()
    assert [name for name in contract.requirements if name not in REGISTER] == []
    for root in contract.roots.values():
        for ids, advice in requirement_nodes(root["components"]["schemas"].value):
            for name in all_ids(ids):
                # The CRM's token is another product's: its shape is written down, and only warns.
                assert REGISTER[name].binding is not advice or name.startswith("CRM-"), name


def test_every_check_names_requirements_that_exist():
    unknown = {name: where for name, where in index().items() if name not in REGISTER}
    assert unknown == {}


def test_what_an_operation_needs_each_of_its_common_requirements_needs():
    for entry in REGISTER:
        if entry.id.startswith("WIR-") and entry.operation == "createAccountOnSsp":
            assert "ssp" in entry.needs.features, entry.id
        if entry.id.startswith("WIR-") and entry.operation in ("generateUpdateInHomeToken", "updateInHomeStatus"):
            assert "in_home_detection" in entry.needs.features, entry.id
    assert REGISTER["WIR-106"].needs.credentials == ("crm",)


def test_the_index_of_checks_is_what_pytest_collects(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    code = (
        "import json, pytest, sys\n"
        "class Marks:\n"
        "    def pytest_collection_modifyitems(self, items):\n"
        "        found = {a: str(i.path) for i in items for m in i.iter_markers('requirement') for a in m.args}\n"
        "        print('MARKS', json.dumps(sorted(found)))\n"
        "plugins = ['-p', 'conformance.plugin', '-p', 'no:cacheprovider', '--noconftest', '--import-mode=importlib']\n"
        "pytest.main([sys.argv[1], '--collect-only', '-qq', '-s', *plugins], plugins=[Marks()])\n"
    )
    command = [sys.executable, "-c", code, str(checks())]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    marked = json.loads(next(line for line in said.splitlines() if line.startswith("MARKS")).removeprefix("MARKS"))
    assert marked == sorted(index())


def test_only_the_files_of_selected_requirements_are_collected():
    assert {check.path.stem for check in wanted(["WIR-611"])} == {"test_methods"}
    assert wanted([]) == []
    assert {check.path for check in wanted(None)} == set(checks().rglob("test_*.py"))


def test_every_rule_names_requirements_that_exist():
    unknown = [name for rule in all_rules() for name in rule.requirements if name not in REGISTER]
    assert unknown == []


def test_every_check_function_names_a_requirement():
    missing = []
    for path in checks().rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found = any(ID.search(ast.unparse(decorator)) for decorator in node.decorator_list)
                if not found and not any(
                    "requirement" in ast.unparse(d) or "parametrize" in ast.unparse(d) for d in node.decorator_list
                ):
                    missing.append(f"{path.name}::{node.name}")
    assert missing == []


def test_operations_and_readings_exist():
    contract = load_contract()
    assert [entry.id for entry in REGISTER if entry.operation not in contract.operations] == []
    assert [
        (entry.id, name)
        for entry in REGISTER
        for name in entry.readings
        if name not in {r.id for r in REGISTER.readings}
    ] == []


def test_every_binding_requirement_names_its_place_in_the_five_documents_and_why_it_binds():
    for entry in REGISTER:
        if entry.binding:
            assert entry.source.document in DOCUMENTS, entry.id
            assert entry.binds.endswith("."), entry.id
            assert len(entry.source.place.split("; ")) == len(entry.source.section.split("; ")), entry.id


def test_an_id_that_stands_twice_is_refused(tmp_path):
    for folder in ("requirements", "schemas", "readings"):
        shutil.copytree(specs() / folder, tmp_path / folder)
    mds = tmp_path / "requirements" / "mds" / "list.yaml"
    text = mds.read_text(encoding="utf-8")
    name = ID.search(text).group(0)
    second = ID.search(text, text.index(name) + 7).group(0)
    mds.write_text(text.replace(second, name), encoding="utf-8")
    with pytest.raises(RegisterError, match="twice"):
        load_register(Path(tmp_path))


def test_a_section_that_is_not_listed_is_refused(tmp_path):
    shutil.copytree(specs(), tmp_path / "specs")
    (tmp_path / "specs" / "requirements" / "mds" / "other.yaml").write_text("requirements: []\n", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"other\.yaml is not listed"):
        load_register(tmp_path / "specs")


def test_a_requirement_is_checked_under_the_name_of_its_section():
    """Checks of several sections at once are the exception: near values and requests, ageing."""
    several = {"near_values", "near_requests", "ageing"}
    strays = []
    for path in (specs() / "requirements").glob("*/*.yaml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["requirements"]:
            name = entry.get("id") or next(iter(entry["ids"].values()))
            files = {Path(check.split("::")[0]) for check in checks_of(name)}
            own = {file.stem.removeprefix("test_") for file in files} - several
            if own and path.parent.name != "common" and path.stem not in own:
                strays.append((name, path.stem, sorted(own)))
    assert strays == []


def test_every_prefix_and_every_source_is_explained():
    prefixes = yaml.safe_load((specs() / "prefixes.yaml").read_text(encoding="utf-8"))
    sources = yaml.safe_load((specs() / "sources.yaml").read_text(encoding="utf-8"))
    assert set(prefixes) == {entry.id[:3] for entry in REGISTER}
    assert {entry.source.document for entry in REGISTER} <= set(sources)
    assert all(entry["title"] for entry in sources.values())
    of_readings = {
        source.split(",")[0]
        for one in REGISTER.readings
        for option in one.options
        for source in option.source.split("; ")
    }
    assert of_readings <= set(sources)


def test_the_reference_platform_s_readings_name_sources_and_readings_that_exist():
    sources = set(yaml.safe_load((specs() / "sources.yaml").read_text(encoding="utf-8")))
    known = {one.id for one in REGISTER.readings}
    texts = [text for options in CATALOGUE.values() for text in options.values()]
    named = {key for text in texts for key in re.findall(r"(?<=reading )[a-z-]+(?=[;:)])", text)}
    assert named <= known
    documents = {key for text in texts for key in re.findall(r"\b(?:hdm|ias|adm|sdp|mds|ssp)-[a-z]+-[a-z-]+", text)}
    assert documents - known <= sources


def test_no_reference_leads_out_of_the_repository():
    """A source is a key of specs/sources.yaml, never a note that nobody else has."""
    root = specs().parent
    strays = [
        f"{path.relative_to(root)}: {found}"
        for folder in ("conformance", "docs", "specs", "fixtures")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in (".py", ".yaml", ".md") and "_data" not in path.parts
        for found in re.findall(r"contract note|(?<![\w-])P-[a-z]+(?![\w-])", path.read_text(encoding="utf-8"))
    ]
    assert strays == []


def test_every_binding_requirement_says_what_it_means_that_it_is_broken():
    assert [entry.id for entry in REGISTER if entry.binding and not entry.effect.broken] == []


def test_a_member_of_a_family_has_the_effect_of_another_but_for_its_own():
    assert REGISTER["SSP-055"].effect == REGISTER["ADM-055"].effect
    assert REGISTER["GEN-010"].effect != REGISTER["UPD-010"].effect


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("STB-998", "no requirement has the id STB-998"),
        ("STB-010..STB-012", "STB-010 has two effects"),
        ("stb-010", "does not match|must match|pattern"),
    ],
)
def test_an_effect_without_a_requirement_or_with_another_is_refused(tmp_path, key, message):
    from conformance.effects import effects_of
    from conformance.resources import specs

    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "effects.json").write_text((specs() / "schemas" / "effects.json").read_text())
    (tmp_path / "effects.yaml").write_text(f"effects:\n  STB-010: A box waits.\n  {key}: A box waits.\n")
    with pytest.raises(RegisterError, match=message):
        effects_of(REGISTER.requirements, tmp_path)


def test_every_requirement_in_force_is_in_the_last_edition():
    """Who adds or retires one says so, and why, in specs/editions; a preview is in none yet."""
    in_force = {entry.id for entry in REGISTER if not entry.fails_from}
    named = members(REGISTER.editions)
    assert sorted(in_force - named) == [], "add them to the last file of specs/editions (added)"
    assert sorted(named - in_force) == [], "add them to the last file of specs/editions (retired)"


def test_a_level_or_basis_that_changes_is_named_by_an_edition():
    """The levels and bases of an edition, made of those of today by undoing what later ones changed, are as they were."""
    for edition in REGISTER.editions:
        if not edition.levels:
            continue
        had = members(REGISTER.editions[: edition.number])
        facts = []
        for name in sorted(had):
            later = [one for one in REGISTER.history(name, since=edition.number) if one.was]
            entry = None if later else REGISTER[name]
            facts.append((name, *(later[0].was if later else (entry.level.value, entry.basis.value))))
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        assert digest == edition.levels, f"what changed since edition {edition.number} is not all in specs/editions"


def test_a_later_edition_names_what_differs_from_today():
    for name, change in REGISTER.editions[-1].changes.items():
        if change.was:
            entry = REGISTER[name]
            assert change.was != (entry.level.value, entry.basis.value), name


def editions_with(tmp_path, text):
    shutil.copytree(specs() / "schemas", tmp_path / "schemas")
    shutil.copytree(specs() / "editions", tmp_path / "editions")
    last = tmp_path / "editions" / f"{REGISTER.edition + 1}.yaml"
    last.write_text(f"edition: {REGISTER.edition + 1}\ndate: 2027-01-01\nsummary: A test.\n{text}\n", encoding="utf-8")
    return load_editions(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("added: [{ids: SGN-013, why: It is new.}]", "yaml:4: SGN-013 cannot be added: the edition before has it"),
        (
            "retired: [{ids: WIR-401, why: It is old.}]",
            "WIR-401 cannot be retired: the edition before does not have it",
        ),
        ("changed: [{ids: ABC-001..ABC-002, why: It is.}]", "ABC-001 cannot be changed"),
        ("changed: [{ids: SGN-013, why: A.}, {ids: SGN-013, why: B.}]", "SGN-013 is named twice"),
        ("changed: [{ids: SGN-013}]", "why is missing"),
    ],
)
def test_an_edition_that_contradicts_the_one_before_is_refused(tmp_path, text, message):
    with pytest.raises(RegisterError, match=re.escape(message)):
        editions_with(tmp_path, text)


def test_an_edition_that_retires_names_the_successor(tmp_path):
    found = editions_with(tmp_path, "retired: [{ids: SGN-013, why: SGN-014 says it., successor: SGN-014}]")
    assert "SGN-013" not in members(found)
    said = f"retired in edition {REGISTER.edition + 1} (SGN-014 took its place): SGN-014 says it."
    assert str(found[-1].changes["SGN-013"]) == said


def test_a_preview_fails_from_the_next_edition_on(tmp_path):
    shutil.copytree(specs(), tmp_path / "specs")
    path = tmp_path / "specs" / "requirements" / "mds" / "list.yaml"
    path.write_text(path.read_text("utf-8").replace("- id: MDS-001\n", "- id: MDS-001\n    status: preview\n"), "utf-8")
    found = load_register(tmp_path / "specs")["MDS-001"]
    assert (found.fails_from, found.binding, found.level.value) == (REGISTER.edition + 1, False, "must")
