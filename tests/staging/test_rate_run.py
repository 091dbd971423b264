"""A rate holds for a whole run, whichever of its processes sends."""

from __future__ import annotations

import pytest

from tests.facts import facts


@pytest.mark.parametrize("where", ["file", "option"])
def test_no_more_requests_a_second_than_the_rate_says(cli, write, document, tmp_path, where):
    document["http"] = {"rate": 40 if where == "file" else 1000}
    out = tmp_path / "out"
    more = ["--rate", "40/s"] if where == "option" else []
    command = ["run", "--target", write(document), "--service", "hdm", "--only", "STB-0", "--fuzz-cases", 5]
    done = cli(*command, "--out", out, *more)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    sent = [event for event in facts(out) if event["event"] == "exchange"]
    times = sorted(event["sent_at"] for event in sent)
    assert {event["id"][0] for event in sent} == {"P", "E", "F"}
    # A request may leave a little late and the next one in time: windows of ten even that out.
    windows = [later - earlier for earlier, later in zip(times, times[10:], strict=False)]
    assert len(windows) > 30
    assert sorted(windows)[len(windows) // 20] >= 10 / 40 * 1000 * 0.8
