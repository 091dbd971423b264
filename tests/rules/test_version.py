"""A rule's version changes with the code that decides what it says, and with nothing else."""

from __future__ import annotations

import sys

from conformance.rules import all_rules, rule_versions
from conformance.rules import version as versions


def test_every_rule_has_a_version():
    found = rule_versions()
    assert list(found) == [entry.name for entry in all_rules()]
    assert all(len(version) == 8 and int(version, 16) >= 0 for version in found.values())


def test_a_version_is_of_the_rule_and_of_what_it_uses(monkeypatch):
    module, source = "conformance.rules.in_home", versions.inspect.getsource
    before = versions._version(module, "contract")
    changed = "conformance.rules.broadcast"
    assert changed in versions._with_what_it_uses(module)
    monkeypatch.setattr(
        versions.inspect, "getsource", lambda one: source(one) + ("# changed" if one is sys.modules[changed] else "")
    )
    versions._version.cache_clear()
    assert versions._version(module, "contract") != before
    other = "conformance.rules.licence"
    assert changed not in versions._with_what_it_uses(other)


def test_another_contract_is_another_version():
    assert versions._version("conformance.rules.schema", "a") != versions._version("conformance.rules.schema", "b")
