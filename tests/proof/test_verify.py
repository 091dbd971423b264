"""An honest bundle is verified, offline, in every row; and a receipt says so."""

from __future__ import annotations

import base64
import hashlib
import json
import sys

import pytest

from conformance.cli.verify import command
from conformance.errors import BundleError, MissingExtra, UnverifiedBundle, UsageError
from conformance.proof.bundle import bundle
from conformance.proof.keys import opened, public_key, signed_by, signer_of_file, signer_of_uri
from conformance.proof.page import page_of_verification
from conformance.proof.receipt import receipt
from conformance.proof.rows import State
from conformance.stream import check_chain, events

from .conftest import states
from .delivery import REGISTER, key_pair


@pytest.fixture
def honest(delivered, checked):
    return checked(delivered.archive, reports=True)


def test_an_honest_bundle_is_verified_in_every_row(honest):
    assert {row.what: row.state for row in honest.rows if row.state is not State.VERIFIED} == {}
    assert [row.what for row in honest.rows] == [
        "archive",
        "manifest",
        "statement",
        "signatures",
        "stream",
        "sequence",
        "time",
        "challenge",
        "age",
        "target",
        "suite",
        "exam",
        "verdict",
        "reports",
        "judged again",
        "canaries",
        "waivers",
        "decision",
    ]
    assert honest.exit_code == 0


def test_the_page_shows_every_row_and_runs_nothing_of_others(honest):
    page = page_of_verification(honest)
    for row in honest.rows:
        assert f'<tr data-row="{row.what}" data-state="verified">' in page
    assert "Verified: every row holds." in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_what_is_signed_says_passed_of_a_conformant_delivery_alone(delivered):
    """The run found a fault: fail closed, with our own verdict beside it."""
    held = delivered.archive.read_bytes()
    start = held.index(b'{"payload"')
    envelope = json.loads(held[start : held.index(b"\n", start)])
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert (predicate["result"], predicate["verdict"]) == ("FAILED", "nonconformant")
    assert predicate["failedTests"] == ["SGN-013"]
    assert "STB-001" in predicate["passedTests"]
    stream = hashlib.sha256((delivered.run / "run.jsonl").read_bytes()).hexdigest()
    assert {"name": "run.jsonl", "digest": {"sha256": stream}} in statement["subject"]


def test_the_same_run_makes_the_same_bundle(delivered, tmp_path):
    again = bundle(delivered.run, REGISTER, [signer_of_file(delivered.vendor[0])], tmp_path / "again.tar")
    assert again.path.read_bytes() == delivered.archive.read_bytes()
    with pytest.raises(BundleError, match="there already"):
        bundle(delivered.run, REGISTER, [], tmp_path / "again.tar")


def test_several_may_sign_and_each_key_that_is_named_must_have(delivered, checked, tmp_path):
    other, other_public = key_pair(tmp_path, "other")
    signers = [signer_of_file(delivered.vendor[0]), signer_of_uri(f"file2:{other}", other_public)]
    made = bundle(delivered.run, REGISTER, signers, tmp_path / "two.tar")
    both = checked(made.path, keys=(delivered.vendor[1], other_public))
    assert states(both, State.FAILED) == {}
    third = checked(made.path, keys=(delivered.vendor[1], other_public, delivered.stranger[1]))
    assert states(third, State.FAILED) == {"signatures": "stranger.pub did not sign it"}


def test_what_is_not_given_is_not_decided(delivered, checked):
    """Without the vendor's key nobody knows who signed; without a profile a selection decides nothing."""
    found = checked(delivered.archive, keys=(), challenge="", profile=None)
    assert set(states(found, State.UNDETERMINED)) == {"signatures"}
    assert states(found, State.FAILED) == {"decision": "the run is nonconformant"}
    assert found.exit_code == 1
    unsigned = checked(delivered.archive, keys=())
    assert (unsigned.state, unsigned.exit_code) == (State.UNDETERMINED, 3)


def test_another_suite_than_the_one_that_ran_decides_nothing_of_it(delivered, profile, checked, monkeypatch):
    monkeypatch.setattr("conformance.proof.verdict_rows.__version__", "9.9.9")
    monkeypatch.setattr("conformance.proof.verdict_rows.digests_of", lambda *_: events.Digests(contract="another"))
    found = checked(delivered.archive)
    assert set(states(found, State.UNDETERMINED)) == {"suite", "exam"}
    assert states(found, State.FAILED) == {}
    assert found.exit_code == 3


def test_a_receipt_names_the_bundle_and_what_was_verified(honest, delivered):
    content = receipt(honest, [signer_of_file(delivered.stranger[0])])
    payload, _, envelope = opened(content)
    assert signed_by(envelope, public_key(delivered.stranger[1]))
    statement = json.loads(payload)
    assert statement["predicateType"] == "https://in-toto.io/attestation/svr/v0.1"
    digest = hashlib.sha256(delivered.archive.read_bytes()).hexdigest()
    assert statement["subject"] == [{"name": "delivery.tar", "digest": {"sha256": digest}}]
    assert statement["predicate"]["verifier"]["policy"]["name"] == "Example TV"
    assert "OPENTV_JUDGED_AGAIN" in statement["predicate"]["properties"]


def test_there_is_no_receipt_of_what_is_not_verified(delivered, checked):
    with pytest.raises(UnverifiedBundle, match="signatures is undetermined") as told:
        receipt(checked(delivered.archive, keys=()), [signer_of_file(delivered.stranger[0])])
    assert told.value.exit_code == 3


def test_a_run_that_was_killed_is_bundled_and_its_stream_named(delivered, checked, tmp_path):
    """What was written until then is kept, and is no proof."""
    (tmp_path / "killed").mkdir()
    lines = (delivered.run / "run.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "killed" / "run.jsonl").write_bytes(b"".join(lines[:100]) + lines[100][:20])
    made = bundle(tmp_path / "killed", REGISTER, [signer_of_file(delivered.vendor[0])])
    assert made.result == "FAILED"
    assert not check_chain(tmp_path / "killed" / "run.jsonl").closed
    found = states(checked(made.path), State.FAILED)
    assert "the run was cut off" in found["stream"]


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_told(tmp_path, content):
    (tmp_path / "key").write_text(content)
    for read in (signer_of_file, public_key):
        with pytest.raises(BundleError, match="not a") as told:
            read(tmp_path / "key")
        assert told.value.exit_code == 2
        with pytest.raises(BundleError, match="cannot be read"):
            read(tmp_path / "none")


def test_a_signer_that_is_not_known_is_told(delivered):
    with pytest.raises(BundleError, match="no signer for nokms"):
        signer_of_uri("nokms:key", delivered.vendor[1])


def test_without_the_extra_it_says_what_to_install(delivered, monkeypatch):
    monkeypatch.setitem(sys.modules, "securesystemslib.signer", None)
    with pytest.raises(MissingExtra, match="securesystemslib, of the extra `sign`") as told:
        signer_of_file(delivered.vendor[0])
    assert "pip install '.[sign]'" in told.value.advice


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.tar"], "the bundle cannot be read"),
        (["ARCHIVE", "--key", "none.pub"], "the key cannot be read"),
        (["ARCHIVE", "--max-age", "soon"], "is not an age"),
        (["ARCHIVE", "--challenge", "x"], "is not a nonce"),
        (["ARCHIVE", "--profile", "none.yaml"], "none.yaml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_message(delivered, arguments, told):
    chosen = [str(delivered.archive) if one == "ARCHIVE" else one for one in arguments]
    with pytest.raises(UsageError) as found:
        command.main(chosen, standalone_mode=False)
    assert told in str(found.value)
    assert found.value.exit_code == 2
