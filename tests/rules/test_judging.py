"""The rules that judge are those of the modules that rules/judging.py names."""

from pathlib import Path

from conformance import rules
from conformance.rules.judging import MODULES, all_rules


def test_every_module_that_registers_a_rule_is_named() -> None:
    folder = Path(rules.__file__).parent
    with_rules = {path.stem for path in folder.glob("*.py") if "\n@rule(" in path.read_text(encoding="utf-8")}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == with_rules


def test_no_rule_is_registered_from_elsewhere() -> None:
    assert {rule.function.__module__ for rule in all_rules()} == {module.__name__ for module in MODULES}
