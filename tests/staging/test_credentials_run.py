"""A run that is longer than its tokens live stays sound, and sends no password for that."""

from __future__ import annotations

from tests.facts import facts


def test_a_run_that_outlives_the_crms_token_renews_it_without_the_password(cli, write, platform_with, tmp_path, capfd):
    document = platform_with(crm_token_lifetime=2, latency=0.02).target_document()
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--no-fuzz", "--only", "ADM", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = [
        event["request"]["body"]
        for event in facts(out)
        if event["event"] == "exchange" and event["operation"] == "keycloakToken" and event["response"]["status"] == 200
    ]
    kinds = ["refresh_token" if "grant_type=refresh_token" in body else "password" for body in asked]
    # Preflight asks twice (its own line, and ADM's), the process of the checks once.
    assert kinds.count("password") <= 3
    assert kinds.count("refresh_token") >= 2
