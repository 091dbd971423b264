"""Whatever somebody changes in a bundle is found and named: a stranger by the signature, the vendor himself by the rest.

A vendor can sign anything. What he changed in his stream before he signed it is found where the stream then contradicts
itself, the rules, the target's own clock, or what the operator knows: his challenge, his hosts, his suite.
"""

from __future__ import annotations

import io
import tarfile

import pytest

from conformance.proof.archive import ATTESTATION, MANIFEST, STREAM, BrokenArchive, unpack
from conformance.proof.contents import manifest_row, statement_rows
from conformance.proof.rows import State
from conformance.proof.statement import statement_of
from conformance.report import results_of
from conformance.stream import read_run

from .conftest import states
from .delivery import CHALLENGE, REGISTER

RANGES = 96


def found_in(archive, folder, key) -> str:
    """What the rows about the files say is wrong."""
    folder.mkdir()
    try:
        files = unpack(archive, folder)
    except BrokenArchive as problem:
        return f"archive: {problem}"
    rows = (manifest_row(files), *statement_rows(files, (key,))[:2])
    return "; ".join(f"{row.what}: {row.said}" for row in rows if row.state is State.FAILED)


def test_a_changed_byte_is_found_in_every_range_of_the_archive(delivered, tmp_path):
    """Whichever bit of it: in a file, in the head of one, between two, behind the last."""
    content = delivered.archive.read_bytes()
    wide = len(content) / RANGES
    found = []
    for number in range(RANGES):
        place = int(number * wide + wide * (number % 7) / 7)
        changed = bytearray(content)
        changed[place] ^= 1 << number % 8
        path = tmp_path / f"{number}.tar"
        path.write_bytes(changed)
        found.append(found_in(path, tmp_path / str(number), delivered.vendor[1]))
        path.unlink()
    assert [number for number, said in enumerate(found) if not said] == []
    assert {said.partition(":")[0] for said in found} >= {"manifest"}


def test_each_file_that_was_changed_is_named(delivered, tmp_path):
    (tmp_path / "whole").mkdir()
    files = unpack(delivered.archive, tmp_path / "whole")
    for name, path in files.items():
        kept = path.read_bytes()
        for place in (0, len(kept) // 2, len(kept) - 1):
            changed = bytearray(kept)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            rows = (manifest_row(files), *statement_rows(files, (delivered.vendor[1],))[:2])
            said = "; ".join(row.said for row in rows if row.state is State.FAILED)
            assert said, (name, place)
            assert name == ATTESTATION or name in said
        path.write_bytes(kept)


@pytest.mark.parametrize("cut", [1, 511, 512, 10_240, 100_000])
def test_a_truncated_archive_is_found(delivered, tmp_path, cut):
    path = tmp_path / "cut.tar"
    path.write_bytes(delivered.archive.read_bytes()[:-cut])
    assert found_in(path, tmp_path / "out", delivered.vendor[1])


def test_more_than_an_archive_is_none(delivered, tmp_path):
    path = tmp_path / "more.tar"
    for number, (before, behind) in enumerate(((b"", b"\0"), (b"", b"x" * 512), (b"\0" * 512, b""))):
        path.write_bytes(before + delivered.archive.read_bytes() + behind)
        with pytest.raises(BrokenArchive):
            unpack(path, made(tmp_path, str(number)))


def hostile(kind: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(
            {"up": "../run.jsonl", "absolute": "/tmp/run.jsonl", "folder": "x/run.jsonl"}.get(kind, "run.jsonl")
        )
        entry.type = {
            "link": tarfile.SYMTYPE,
            "hard link": tarfile.LNKTYPE,
            "device": tarfile.CHRTYPE,
            "pipe": tarfile.FIFOTYPE,
            "directory": tarfile.DIRTYPE,
        }.get(kind, tarfile.REGTYPE)
        entry.linkname = "/etc/passwd" if "link" in kind else ""
        if kind == "large":
            entry.name, entry.size = MANIFEST, 1 << 32
            return entry.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 1024
        archive.addfile(entry)
        if kind == "twice":
            archive.addfile(entry)
    return made.getvalue()


@pytest.mark.parametrize(
    "kind",
    ["up", "absolute", "folder", "link", "hard link", "device", "pipe", "directory", "twice", "large"],
)
def test_what_no_bundle_holds_is_refused_and_written_nowhere(tmp_path, kind):
    path, out = tmp_path / "hostile.tar", tmp_path / "out"
    out.mkdir()
    path.write_bytes(hostile(kind))
    with pytest.raises(BrokenArchive):
        unpack(path, out)
    assert all(entry.is_file() and not entry.is_symlink() for entry in out.iterdir())
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["hostile.tar", "out"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"\0" * 10_240], ids=["", "zip", "gzip", "zeros"]
)
def test_what_is_no_archive_is_one_failed_row(checked, tmp_path, content):
    (tmp_path / "x.tar").write_bytes(content)
    found = checked(tmp_path / "x.tar")
    assert set(states(found, State.FAILED)) == {"archive"}
    assert found.exit_code == 1


# What a vendor changes in his stream: the event, and what becomes of it (None: it is taken out).
def only(kind, change, *, first=False, where=lambda line: True):
    def edit(lines):
        done = False
        made = []
        for line in lines:
            if line["event"] == kind and where(line) and not (first and done):
                done = True
                line = change(line)
            if line is not None:
                made.append(line)
        assert done
        return made

    return edit


def turned(line):
    """The exchange that shows a breach shows none any more."""
    return {**line, "passed": sorted({*line["passed"], *line["broken"]}), "broken": []}


def uncounted(line):
    counted = {
        name: {**one, "held": one["held"] + one["broken"], "broken": 0} for name, one in line["requirements"].items()
    }
    return {**line, "requirements": counted, "causes": []}


def whitewashed(lines):
    """Everything that speaks of the breach, in accord with itself."""
    lines = [line for line in lines if line["event"] != "finding"]
    lines = [turned(line) if line["event"] == "exchange" else line for line in lines]
    lines = [uncounted(line) if line["event"] == "counts" else line for line in lines]
    return [{**line, "outcome": "passed", "message": ""} if line["event"] == "check" else line for line in lines]


def other_host(line):
    services = {name: {**one, "url": "https://other.example"} for name, one in line["target"]["services"].items()}
    return {**line, "target": {**line["target"], "services": services}}


def later(lines):
    return [{**line, "at": line["at"] + 10**9} for line in lines]


def without_challenge(line):
    return {
        **line,
        "request": {**line["request"], "headers": [h for h in line["request"]["headers"] if h[0] != "tracestate"]},
    }


DAY = 86_400_000
BREACH = "SGN-013"
FORGED = {
    "a finding removed": (only("finding", lambda _: None), "sequence", f"{BREACH} is broken in an exchange or a count"),
    "an outcome turned": (
        only("exchange", turned, first=True, where=lambda line: BREACH in line["broken"]),
        "judged again",
        f"{BREACH}: its exchanges show otherwise",
    ),
    "all of a breach removed": (whitewashed, "judged again", f"{BREACH}: its exchanges show otherwise"),
    "counts changed": (only("counts", uncounted), "sequence", f"{BREACH}: process E counted"),
    "an exchange removed": (only("exchange", lambda _: None, first=True), "sequence", "process P wrote "),
    "a check turned": (
        only("verified", lambda line: {**line, "exchange": "E09999"}, first=True),
        "sequence",
        "exchange E09999 is named, and is not there",
    ),
    "time moved": (
        lambda lines: [{**line, "at": line["at"] + DAY} for line in lines],
        "time",
        "requests were sent before its first",
    ),
    "the end in the future": (
        only("end", lambda line: {**line, "at": line["at"] + 400 * DAY}),
        "time",
        "it ends in the future",
    ),
    "an old run": (
        lambda lines: [
            {
                **line,
                "at": line["at"] - 90 * DAY,
                **({"sent_at": line["sent_at"] - 90 * DAY} if "sent_at" in line else {}),
            }
            for line in lines
        ],
        "age",
        "90.0 days ago",
    ),
    "another target": (only("run", other_host), "target", "no service of the target"),
    "another TLS key": (
        only("peer", lambda line: {**line, "last_key": "0" * 64}, first=True),
        "target",
        "another TLS key at its last connection",
    ),
    "another challenge": (
        only("run", lambda line: {**line, "options": {**line["options"], "challenge": "another-nonce"}}),
        "challenge",
        "made for another one",
    ),
    "requests without the challenge": (
        only("exchange", without_challenge, first=True),
        "challenge",
        "1 request went without it",
    ),
    "other options": (
        only("run", lambda line: {**line, "options": {**line["options"], "safe": True}}),
        "exam",
        "the options are not those",
    ),
    "another register": (
        only("run", lambda line: {**line, "digests": {**line["digests"], "register": "0" * 64}}),
        "exam",
        "another register",
    ),
    "a modified suite": (
        only("run", lambda line: {**line, "digests": {**line["digests"], "suite": "0" * 64}}),
        "suite",
        "it was modified",
    ),
    "an edition of old": (
        only("run", lambda line: {**line, "suite": {**line["suite"], "edition": 1}}),
        "exam",
        "edition 1 of the register",
    ),
    "a truncated stream": (lambda lines: lines[:200] + lines[-1:], "stream", "no closing line"),
    "a part in place of the whole": (
        only("run", lambda line: {**line, "part": {"index": 1, "of": 2}}),
        "stream",
        "it is part 1 of 2",
    ),
    "two openings": (lambda lines: [lines[0], *lines], "stream", "one opening line"),
    "a run that was given up": (
        only("end", lambda line: {**line, "aborted": True, "exit_code": 3}),
        "decision",
        "the run has none",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_a_vendor_changed_before_he_signed_is_found_and_named(delivered, checked, tmp_path, name):
    """His signature is right, his digests are made again, and his statement follows from the changed stream."""
    edit, row, said = FORGED[name]
    found = checked(delivered.forged(tmp_path, edit(delivered.lines())))
    assert set(states(found, State.VERIFIED)) >= {"archive", "manifest", "statement", "signatures"}
    assert said in states(found, State.FAILED)[row]
    assert found.exit_code == 1


def test_a_line_that_was_changed_without_its_digest_is_found_by_the_chain(delivered, checked, tmp_path):
    lines = delivered.lines()
    lines[50] = {**lines[50], "at": lines[50]["at"] + 1}
    found = checked(delivered.forged(tmp_path, lines, chained=False))
    assert states(found, State.FAILED)["stream"] == f"lines 1 to {len(lines)} are not as they were written"


def test_a_statement_that_says_more_than_the_stream_is_found(delivered, checked, tmp_path):
    results = results_of(read_run(delivered.run), REGISTER)
    (tmp_path / "a").mkdir()
    honest = delivered.packed(tmp_path / "a", {})
    (tmp_path / "b").mkdir()
    files = unpack(honest, tmp_path / "b")
    from conformance.proof.archive import sha256_of

    digests = {name: sha256_of(path) for name, path in files.items() if name != ATTESTATION}
    statement = statement_of(results, digests)
    statement["predicate"] |= {"result": "PASSED", "verdict": "conformant", "failedTests": []}
    (tmp_path / "c").mkdir()
    found = states(checked(delivered.packed(tmp_path / "c", {}, statement=statement)), State.FAILED)
    assert set(found) == {"verdict"}
    assert 'verdict is stated as "conformant", the stream says "nonconformant"' in found["verdict"]


def test_a_report_that_says_otherwise_than_the_stream_is_found(delivered, checked, tmp_path):
    page = tmp_path / "report.html"
    page.write_text((delivered.run / "report.html").read_text().replace("nonconformant", "conformant"))
    found = states(checked(delivered.packed(tmp_path, {"report.html": page}), reports=True), State.FAILED)
    assert found == {"reports": "report.html does not follow from the stream"}


def test_a_part_of_another_bundle_is_found(delivered, checked, tmp_path):
    """The statement of one run with the stream of another."""
    lines = delivered.lines()
    (tmp_path / "other").mkdir()
    (tmp_path / "mixed").mkdir()
    other = delivered.forged(tmp_path / "other", [{**line, "at": line["at"] + 1} for line in lines])
    mine, theirs = (
        unpack(path, folder)
        for path, folder in ((delivered.archive, made(tmp_path, "m")), (other, made(tmp_path, "t")))
    )
    from conformance.proof.archive import pack

    pack(tmp_path / "mixed.tar", {**mine, STREAM: theirs[STREAM]})
    found = states(checked(tmp_path / "mixed.tar"), State.FAILED)
    assert found["manifest"] == "run.jsonl was changed"
    assert found["statement"] == "it speaks of another run.jsonl"


def made(folder, name):
    (folder / name).mkdir()
    return folder / name


@pytest.mark.parametrize("line", ['{"event": "run"}', "[1]", '{"event": "end", "aborted": 7}', "not json", "\x00"])
def test_a_stream_of_anything_is_rows_and_no_traceback(delivered, checked, tmp_path, line):
    stream = tmp_path / STREAM
    stream.write_text(line + "\n" + line + "\n")
    empty = {"_type": "x", "subject": [], "predicateType": "x", "predicate": {}}
    found = checked(delivered.packed(tmp_path, {STREAM: stream}, statement=empty))
    assert "stream" in states(found, State.FAILED)
    assert found.exit_code == 1


def test_a_line_that_no_run_writes_is_not_read(delivered, checked, tmp_path, monkeypatch):
    monkeypatch.setattr("conformance.proof.verify.MOST_LINE_BYTES", 20_000)
    stream = tmp_path / STREAM
    stream.write_bytes((delivered.run / STREAM).read_bytes() + b"x" * 20_001)
    found = checked(delivered.packed(tmp_path, {STREAM: stream}))
    assert states(found, State.FAILED)["stream"] == "it has a line of more than 20,000 bytes, which no run writes"


def test_the_challenge_of_another_is_named(delivered, checked):
    found = states(checked(delivered.archive, challenge=f"{CHALLENGE}-2"), State.FAILED)
    assert found == {"challenge": "the run was made for another one"}


def test_another_signature_is_named(delivered, checked):
    found = states(checked(delivered.archive, keys=(delivered.stranger[1],)), State.FAILED)
    assert found == {"signatures": "stranger.pub did not sign it"}


def test_rules_that_find_nothing_are_no_judges(delivered, checked, monkeypatch):
    monkeypatch.setattr("conformance.proof.canaries.judge", lambda *_: [])
    assert "the rules do not see" in states(checked(delivered.archive), State.FAILED)["canaries"]
