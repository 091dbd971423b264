"""Faults and what they must break: complete both ways, and every must of the register has a fault."""

import re

from conformance.reference.faults import catalogue
from conformance.register import load_register
from conformance.selftest import load_faults

FAULTS, EXPECTED, REGISTER = catalogue(), load_faults(), load_register()


def test_every_fault_says_what_must_fail_for_it_and_nothing_else_does():
    assert set(EXPECTED) == set(FAULTS)


def test_a_fault_s_requirements_are_of_the_register_and_all_bind_or_all_warn():
    for name, entry in EXPECTED.items():
        assert len(set(entry.requirements)) == len(entry.requirements), name
        warning = [one for one in entry.requirements if not REGISTER[one].binding]
        assert warning in ([], list(entry.requirements)), f"{name}: {warning} only warn, the others bind"


def test_a_fault_s_requirements_are_of_the_operations_that_it_concerns():
    for name, fault in FAULTS.items():
        if not fault.operations:
            continue
        operations = {REGISTER[one].operation for one in EXPECTED[name].requirements}
        stated = [REGISTER[one] for one in EXPECTED[name].requirements]
        services = {service for entry in stated for service in (entry.service, *entry.needs.services)}
        own = {entry.service for entry in REGISTER if entry.operation in fault.operations}
        assert operations & set(fault.operations) or services & own, name


def test_every_fault_has_a_name_a_kind_and_a_sentence():
    for name, fault in FAULTS.items():
        # A place of the contract has the contract's own spelling: `dasSignOnByCasn.access_token.exp.missing`.
        place = r"([A-Za-z0-9_]+\.)+" if fault.breaks else ""
        assert re.fullmatch(rf"{place}[a-z0-9]+(-[a-z0-9]+)*", fault.name), name
        assert fault.kind, name
        assert fault.summary.endswith("."), name
        assert fault.overrides or fault.on_request or fault.on_response or fault.methods, name


def test_every_must_of_the_register_can_be_broken():
    breakable = {one for entry in EXPECTED.values() for one in entry.requirements}
    binding = {entry.id for entry in REGISTER if entry.binding}
    assert binding - breakable == set()
