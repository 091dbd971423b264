"""Canaries: secrets are planted everywhere, and no artefact, terminal or process list shows one in any encoding."""

from __future__ import annotations

import base64
import html
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.client.hostile import HostileServer, whole

SECRETS = {
    "password": "Canary-Password.1~x/y+z",
    "password_b": 'Canary "quoted" \\ & <b> é',
    "challenge": "Q2FuYXJ5LUNoYWxsZW5nZQ==canary",
    "challenge_b": "canary-challenge-from-a-file",
    "challenge_c": "canary-challenge-of-a-command",
    "payload": "Y2FuYXJ5LXBheWxvYWQtb2YtdGhlLXBsYXllcg==",
    "sdp": "Canary:Licence;Desk=9",
    "keycloak": "Canary Ledger Key 51%",
    "signing": base64.b64encode(b"canary-signing-key-of-ias-0123456789").decode(),
    "header": "canary-gateway-key-77",
    "hook": "canary-chaos-key-88",
    "expired_hdm": "canaryExpiredTokenOfHdm0001",
    "expired_crm": "canaryExpiredTokenOfCrm0002",
    "issued": "canary-token-that-the-target-issues-9",
}
NAMES = ("mdrm-canary-user", "crm-canary-user", "crm-canary-client")


def spellings(secret):
    raw = secret.encode()
    yield from {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        html.escape(secret),
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.b64encode(b"mdrm-canary-user:" + raw).decode().rstrip("="),
    }


def reflecting(conn):
    """Give every secret that a client may hold back to it, in every place and spelling; and issue a token."""
    # What a command prints is known to nobody before it has run.
    everything = [one for name, secret in SECRETS.items() if name != "challenge_c" for one in spellings(secret)]
    body = json.dumps(
        {
            "token": {"token": SECRETS["issued"], "result": " ".join(everything), "resultCode": "0", "requestId": "1"},
            "expiry": int(time.time() * 1000) + 3_600_000,
            "echo": everything,
            "nested": json.dumps({"again": everything}),
        }
    ).encode()
    lines = [b"X-Echo-%d: %s" % (n, one.encode().replace(b"\n", b" ")) for n, one in enumerate(everything[:60])]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: session=canary-cookie\r\n"
    conn.sendall(head + b"\r\n".join(lines) + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def another(box, number):
    return {key: f"{value[:-1]}{number}" for key, value in box.items()}


def target_document(url, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "challenge").write_text(SECRETS["challenge_b"])
    (tmp_path / "challenge.py").write_text(f"print({SECRETS['challenge_c']!r})")
    box = {"smartcardId": "038110046610", "nuId": "3A7F0091C4D0", "casn": "2954017730", "csadList": "4E43"}
    return {
        "version": 1,
        "name": "canaries",
        "tenant": "nagra",
        "services": {
            "hdm": {"url": url},
            "ias": {"url": url},
            "adm": {"url": url, "ssp_url": f"{url}/ssp"},
            "sdp": {"url": url},
            "mds": {"url": url},
        },
        "features": {"in_home_detection": True, "ssp": True, "direct_mode": True},
        "subjects": {
            "stb": {**box, "dasChallenge": SECRETS["challenge"]},
            "stb_other_account": {**another(box, 1), "dasChallenge": {"file": "secrets/challenge"}},
            "stb_disabled": {**another(box, 2), "dasChallenge": {"command": [sys.executable, "challenge.py"]}},
            "user": {"username": "ada", "password": "${CANARY_PASSWORD}", "deviceId": "D1", "accountId": "A1"},
            "user_other_account": {
                "username": "bo",
                "password": SECRETS["password_b"],
                "deviceId": "D2",
                "accountId": "A2",
            },
            "expired_tokens": {"hdm": SECRETS["expired_hdm"], "crm": SECRETS["expired_crm"]},
            "gateway": {"smartcardId": "038110071190"},
            "content": {"authorized": "C1", "not_authorized": "C2"},
            "player": {"playerVersion": "1", "playerType": "X", "initializationPayload": SECRETS["payload"]},
            "account_template": {"accountProfileId": "DEFAULT", "npvrProfileName": "NPVR"},
        },
        "credentials": {
            "crm": {
                "keycloak": {
                    "url": url,
                    "realm": "nagra",
                    "username": NAMES[1],
                    "password": SECRETS["keycloak"],
                    "client_id": NAMES[2],
                }
            },
            "sdp": {"username": NAMES[0], "password": SECRETS["sdp"]},
            "token_keys": {"321516": SECRETS["signing"]},
        },
        "conditions": {
            "esps_unreachable": {
                "enter": {"http": {"url": f"{url}/enter", "headers": {"x-key": SECRETS["hook"]}}},
                "leave": {"http": {"url": f"{url}/leave", "headers": {"x-key": SECRETS["hook"]}}},
            }
        },
        "http": {"headers": {"x-gateway": SECRETS["header"]}, "timeout": 5},
        "subjects_vouched": {"by": "the tests", "on": "2026-11-01"},
        "safety": {"max_requests": 1500},
    }


def leaks(text):
    found = {name for name, secret in SECRETS.items() for one in spellings(secret) if len(one) > 5 and one in text}
    return found | {name for name in NAMES if name in text}


def test_no_artefact_terminal_or_process_list_shows_a_secret(tmp_path, write, monkeypatch):
    out = tmp_path / "out"
    with HostileServer(reflecting, unknown=whole(b"{}", status=b"404 Not Found")) as server:
        path = write(target_document(server.url, tmp_path))
        command = [
            sys.executable,
            "-m",
            "conformance",
            "run",
            "--target",
            str(path),
            "--fuzz-cases",
            "4",
            "--out",
            str(out),
        ]
        root = str(Path(__file__).resolve().parents[2])
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": root, "CANARY_PASSWORD": SECRETS["password"]}
        # The scratch folder, with pytest's log, stays within reach of the test.
        environment["TMPDIR"] = str(tmp_path)
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        seen, logs = set(), ""
        while process.poll() is None:
            seen |= leaks(arguments_of(process.pid))
            for log in tmp_path.glob("opentv-conformance-*/pytest.log"):
                logs = log.read_text(errors="replace") or logs
            time.sleep(0.2)
        output, errors = process.communicate()
    assert seen == set()
    assert process.returncode in (1, 3), output + errors
    assert leaks(output + errors) == set()
    assert leaks(logs) == set()
    names = {path.name for path in out.iterdir()}
    assert names >= {"run.jsonl", "report.json", "report.html", "junit.xml", "summary.md", "evidence.har"}, (
        output + errors
    )
    for artefact in out.rglob("*"):
        if artefact.is_file():
            text = artefact.read_text(encoding="utf-8", errors="replace")
            assert leaks(text) == set(), artefact.name
            assert "canary-cookie" not in text, artefact.name
    stream = (out / "run.jsonl").read_text()
    assert '"operation": "isContentAuthorised"' in stream
    assert "nonconformant" in (out / "report.json").read_text() or "error" in (out / "report.json").read_text()


def arguments_of(pid):
    """The command lines of a process and its children, as `ps` shows them to everybody."""
    texts = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                if entry.name == str(pid) or parent == str(pid):
                    texts.append((entry / "cmdline").read_text(errors="replace").replace("\0", " "))
            except OSError:
                continue
    return "\n".join(texts)


def test_a_traceback_shows_no_secret(monkeypatch):
    import traceback

    from conformance.target import Secret

    def fails(secret):
        raise ValueError(f"{secret} {secret!r}")

    try:
        fails(Secret("canary-in-a-traceback"))
    except ValueError as problem:
        shown = "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())
        assert "***" in shown
        assert "canary-in-a-traceback" not in shown.replace('fails(Secret("canary-in-a-traceback"))', "")


@pytest.mark.parametrize("place", ["{}", "x {} y"])
def test_the_scan_itself_finds_a_leak(place):
    for secret in SECRETS.values():
        for one in spellings(secret):
            assert leaks(place.format(one)), one
