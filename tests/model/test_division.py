"""Units are divided the same way whatever order they come in, evenly, and bundles stay together."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from conformance.model.division import BUNDLES, Unit, divided, home_of

UNITS = st.lists(
    st.builds(Unit, st.text(max_size=8), st.sampled_from("abc"), st.sampled_from(["", "", "", *BUNDLES])),
    unique_by=lambda unit: unit.id,
    max_size=60,
)


@given(units=UNITS, of=st.integers(1, 16), data=st.data())
def test_every_unit_has_one_part_whatever_the_order(units, of, data):
    found = divided(units, of)
    assert found.keys() == {unit.id for unit in units}
    assert set(found.values()) <= set(range(1, of + 1))
    assert divided(data.draw(st.permutations(units)), of) == found


@given(units=UNITS, of=st.integers(1, 16))
def test_a_bundle_is_in_one_part_and_the_rest_is_dealt_out_evenly(units, of):
    found = divided(units, of)
    for bundle in BUNDLES:
        assert {found[unit.id] for unit in units if unit.bundle == bundle} <= {home_of(bundle, of)}
    bundled = Counter(found[unit.id] for unit in units if unit.bundle)
    all_units = Counter(found.values())
    most = max((all_units[part] for part in range(1, of + 1) if all_units[part] > bundled[part]), default=0)
    assert all(all_units[part] >= most - 1 for part in range(1, of + 1))


def test_parts_are_what_they_were_on_every_machine():
    units = [Unit(f"case {number}", f"group {number % 3}") for number in range(12)]
    dealt = divided(units, 4)
    assert [dealt[unit.id] for unit in units] == [1, 3, 4, 4, 4, 3, 3, 2, 2, 2, 1, 1]
