"""What a script prints has no secret in it: people paste it into tickets."""

from __future__ import annotations

import httpx

from conformance.reproduction import prelude


def test_what_a_script_shows_of_a_response_has_no_token_and_no_secret(monkeypatch):
    monkeypatch.setenv("OTV_USER_PASSWORD", "Sofa-Evening")
    prelude.secret("OTV_USER_PASSWORD", "subjects.user.password of the target file")
    body = {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJpbkhvbWUiOnRydWV9.c2lnbmF0dXJl",
        "token": {"token": "AAABohtf!/9", "resultCode": "0"},
        "updateInHomeToken": "67f0eabc02",
        "result": "Sofa-Evening is wrong",
    }
    said = prelude.shown(httpx.Response(200, json=body))
    assert not [text for text in ("c2lnbmF0dXJl", "AAABohtf", "67f0eabc02", "Sofa-Evening") if text in said]
    assert "eyJpbkhvbWUiOnRydWV9.***" in said
    assert '"resultCode":"0"' in said.replace(" ", "")
