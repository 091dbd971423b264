"""A finding is sent again: it is fixed, still broken the same or another way, or nobody can say."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from conformance.errors import UsageError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.options import RunOptions
from conformance.runner.replay import Fate, replay
from conformance.runner.run import run


@contextmanager
def platform(folder: Path, *faults: str) -> Iterator[Path]:
    """Serve the reference platform with faults; yield its target file."""
    with RunningPlatform(default_settings(faults=faults)) as running:
        file = folder / "-".join(("target", *faults))
        file.write_text(yaml.safe_dump({**running.target_document(), "http": {"verify": False}}))
        yield file


def found(folder: Path, fault: str, *only: str, fuzz_cases: int = 0) -> Path:
    """Return the folder of a run that found a fault."""
    out = folder / f"run-{fault}"
    with platform(folder, fault) as target:
        options = RunOptions(target=target, only=only, fuzz=fuzz_cases > 0, fuzz_cases=max(fuzz_cases, 1), out=out)
        run(options, Console(file=io.StringIO()))
    return out


def named_findings(folder: Path) -> list[str]:
    """Return the names of the findings of a run, as its report links to them."""
    return sorted(set(re.findall(r'id="([A-Z]{3}-[0-9]{3}[.][0-9]+)"', (folder / "report.html").read_text())))


def again(folder: Path, name: str, *faults: str) -> tuple[list[Fate], str]:
    """Replay a finding against a platform with these faults; return the fates and what is said of them."""
    with platform(folder.parent, *faults) as target:
        out = folder.parent / "-".join(("again", name, *faults))
        replayed, _ = replay(folder, name, Console(file=io.StringIO()), target=target, out=out)
    return [one.fate for one in replayed], " / ".join(one.why for one in replayed)


def test_what_a_rule_found_is_fixed_or_broken_the_same_or_another_way(tmp_path):
    folder = found(tmp_path, "expiry-in-seconds", "SGN-013")
    assert again(folder, "SGN-013.1") == ([Fate.FIXED], "it holds in 3 exchanges")
    assert again(folder, "SGN-013.1", "expiry-in-seconds") == ([Fate.STILL_BROKEN], "the same way")
    fates, why = again(folder, "SGN-013", "signon-expiry-microseconds")
    assert (fates, why) == ([Fate.STILL_BROKEN], "another way: expiry is in microseconds, not a moment in milliseconds")


def test_what_a_rule_found_in_an_exchange_of_another_check_is_looked_for_there(tmp_path):
    """The answer to a refused request shows it, which no check of the requirement sends."""
    folder = found(tmp_path, "initialise-error-says-ok", "INI")
    name = next(one for one in named_findings(folder))
    assert again(folder, name)[0] == [Fate.FIXED]
    assert again(folder, name, "initialise-error-says-ok")[0] == [Fate.STILL_BROKEN]


def test_what_a_generated_case_found_is_generated_again(tmp_path):
    folder = found(tmp_path, "account-breaks-on-array", "WIR-205", fuzz_cases=200)
    assert again(folder, "WIR-205.1")[0] == [Fate.FIXED]
    assert again(folder, "WIR-205.1", "account-breaks-on-array")[0] == [Fate.STILL_BROKEN]


def test_where_the_request_does_not_come_so_far_nobody_can_say(tmp_path):
    folder = found(tmp_path, "any-home-is-home", "UPD-040")
    fates, why = again(folder, "UPD-040.1", "signon-at-ias-refused")
    assert fates == [Fate.CANNOT]
    assert "dasSignOnByCasn" in why


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SGN-013.7", "It has SGN-013.1."),
        ("SGN-012", "It has SGN-013.1."),
        ("sign-on", "Write it as reports do"),
        ("SGN-913", "SGN-123"),
    ],
)
def test_a_finding_that_the_run_does_not_have_is_a_mistake(tmp_path, name, message):
    folder = found(tmp_path, "expiry-in-seconds", "SGN-013")
    with pytest.raises(UsageError, match=message):
        again(folder, name)


def test_a_target_file_that_is_gone_is_asked_for(tmp_path):
    folder = found(tmp_path, "expiry-in-seconds", "SGN-013")
    (tmp_path / "target-expiry-in-seconds").unlink()
    with pytest.raises(UsageError, match="--target"):
        replay(folder, "SGN-013.1", Console(file=io.StringIO()))
