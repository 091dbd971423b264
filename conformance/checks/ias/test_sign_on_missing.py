"""ias-das-signon-by-casn, "Mandatory parameters", "Headers", "Response": what a sign-on must not lack."""

from __future__ import annotations

import json
import secrets

from conformance.checks.api import CLIENT_ERROR, Check, requirement
from conformance.checks.ias.attempts import devices, sign_on_refused
from conformance.model import Exchange
from conformance.session.ias import SIGN_ON, das_arguments, das_headers, das_sign_on, sign_on
from conformance.session.lookalikes import unknown_like
from conformance.session.near import near_values
from conformance.target import reveal

FEW = 17
NO_TEXTS: tuple[object, ...] = (True, 0, {}, [])
# DRM systems and schemes of ssp-documentation that the document does not give.
OTHER_SCHEMES = ("FAIRPLAY", "PLAYREADY", "WEB", "TVKEYCLOUD")


@requirement("DAS-010")
def test_a_sign_on_without_casn_is_answered_400(check: Check) -> None:
    _answered_400(check, "DAS-010", "casn")


@requirement("DAS-011")
def test_a_sign_on_without_challenge_is_answered_400(check: Check) -> None:
    _answered_400(check, "DAS-011", "dasChallenge")


@requirement("DAS-012")
def test_a_sign_on_without_casn_and_challenge_is_answered_400(check: Check) -> None:
    _answered_400(check, "DAS-012", "casn", "dasChallenge")


def _answered_400(check: Check, requirement_id: str, *without: str) -> None:
    for name in (*devices(check), *devices(check)):
        sign_on(check, name)
        answer = das_sign_on(check, name, without=without)
        sign_on_refused(check, requirement_id, answer, 400, cause=f"sign-on without {' and '.join(without)}")
    # Without the scheme, too: which of the two lacks is told, no document says.
    answer = das_sign_on(check, "stb", without=(*without, "scheme"))
    cause = f"sign-on without {', '.join(without)} and scheme"
    sign_on_refused(check, requirement_id, answer, *CLIENT_ERROR, cause=cause)


@requirement("DAS-013", "DAS-015")
def test_a_sign_on_with_null_is_refused(check: Check) -> None:
    sign_on(check)
    for requirement_id, name in (("DAS-013", "casn"), ("DAS-015", "dasChallenge")):
        answer = das_sign_on(check, "stb", changed={name: None})
        sign_on_refused(check, requirement_id, answer, *CLIENT_ERROR, cause=f"sign-on whose {name} is null")


@requirement("DAS-014", "DAS-016")
def test_a_sign_on_with_an_empty_string_is_refused(check: Check) -> None:
    sign_on(check)
    for requirement_id, name in (("DAS-014", "casn"), ("DAS-016", "dasChallenge")):
        answer = das_sign_on(check, "stb", changed={name: ""})
        sign_on_refused(check, requirement_id, answer, *CLIENT_ERROR, cause=f"sign-on whose {name} is empty")


@requirement("DAS-017")
def test_a_sign_on_without_scheme_is_refused(check: Check) -> None:
    sign_on(check)
    answer = das_sign_on(check, "stb", without=("scheme",))
    sign_on_refused(check, "DAS-017", answer, *CLIENT_ERROR, cause="sign-on without scheme")


@requirement("DAS-018", "DAS-019")
def test_a_sign_on_with_an_unknown_scheme_is_refused(check: Check) -> None:
    sign_on(check)
    others = [("DAS-018", scheme) for scheme in OTHER_SCHEMES]
    for requirement_id, scheme in (*others, ("DAS-019", ""), ("DAS-019", None)):
        answer = das_sign_on(check, "stb", changed={"scheme": scheme})
        cause = "sign-on with an unknown scheme" if scheme else "sign-on whose scheme is empty or null"
        sign_on_refused(check, requirement_id, answer, *CLIENT_ERROR, cause=cause)


@requirement("DAS-018", "DAS-030", "DAS-032")
def test_a_parameter_of_another_kind_is_refused(check: Check) -> None:
    """A scheme that only holds a known one, and JSON that a loose comparison takes for any text."""
    sign_on(check)
    schemes = near_values(reveal(das_arguments(check, "stb")["scheme"]), FEW)
    values: list[tuple[str, str, object]] = [("DAS-018", "scheme", near.value) for near in schemes]
    for other in NO_TEXTS:
        values += [("DAS-018", "scheme", other), ("DAS-030", "dasChallenge", other), ("DAS-032", "casn", other)]
    for requirement_id, name, value in values:
        answer = das_sign_on(check, "stb", changed={name: value})
        kind = "of another JSON type" if not isinstance(value, str) else "that is nearly a known one"
        sign_on_refused(check, requirement_id, answer, *CLIENT_ERROR, cause=f"sign-on with a {name} {kind}")


@requirement("DAS-020", "DAS-022")
def test_a_sign_on_without_tenant_is_refused(check: Check) -> None:
    sign_on(check)
    answer = das_sign_on(check, "stb", without=("nv-tenant-id",))
    sign_on_refused(check, "DAS-020", answer, *CLIENT_ERROR, cause="sign-on without nv-tenant-id")
    answer = das_sign_on(check, "stb", headers={"nv-tenant-id": ""})
    sign_on_refused(check, "DAS-022", answer, *CLIENT_ERROR, cause="sign-on with an empty nv-tenant-id")


@requirement("DAS-021")
def test_a_sign_on_for_an_unknown_tenant_is_refused(check: Check) -> None:
    sign_on(check)
    tenant = check.target.tenant
    for unknown in (unknown_like(tenant), f"{tenant}-{secrets.token_hex(3)}"):
        answer = das_sign_on(check, "stb", headers={"nv-tenant-id": unknown})
        sign_on_refused(check, "DAS-021", answer, *CLIENT_ERROR, cause="sign-on for an unknown tenant")


@requirement("DAS-023", "DAS-024")
def test_a_sign_on_without_parameters_is_refused(check: Check) -> None:
    sign_on(check)
    answer = check.send(SIGN_ON, headers=das_headers(check, "stb"))
    sign_on_refused(check, "DAS-023", answer, 400, 411, 415, cause="sign-on without a body")
    answer = check.send(SIGN_ON, headers=das_headers(check, "stb"), json={})
    sign_on_refused(check, "DAS-024", answer, 400, cause="sign-on with an empty JSON object")


@requirement("DAS-025", "DAS-026")
def test_a_sign_on_with_another_body_is_refused(check: Check) -> None:
    sign_on(check)
    arguments = {name: reveal(value) for name, value in das_arguments(check, "stb").items()}
    whole = json.dumps(arguments).encode()
    answer = _post(check, whole[:-1])
    sign_on_refused(check, "DAS-025", answer, *CLIENT_ERROR, cause="sign-on with broken JSON")
    answer = _post(check, b"[" + whole + b"]")
    sign_on_refused(check, "DAS-026", answer, *CLIENT_ERROR, cause="sign-on with a JSON array")


def _post(check: Check, content: bytes) -> Exchange:
    headers = {**das_headers(check, "stb"), "Content-Type": "application/json"}
    return check.send(SIGN_ON, headers=headers, content=content)
