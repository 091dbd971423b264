"""Statuses one off: the request is refused, or granted, as it should be, and called something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.making import answering, refusing
from conformance.reference.faults.operations import (
    ACCOUNTS,
    CREATE,
    CREATE_SSP,
    DAS,
    GENERATE,
    IN_HOME,
    INITIALISE,
    MDS,
    NMP,
    SDP,
    SIGNONS,
    STB,
    UPDATE,
)

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

# (name, what is refused, operations, service, method that refuses, status that the page gives, statuses instead, text of the message)
REFUSALS: tuple[tuple[str, str, tuple[str, ...], str, str, int | None, tuple[int, ...], str], ...] = (
    ("stb-missing-parameter", "A missing parameter", (STB,), "hdm", "stb_details", 400, (403, 422, 500), ""),
    ("stb-mixed-details", "A detail of another box", (STB,), "hdm", "check_stb_details", 403, (401, 404), ""),
    ("stb-unknown-smartcard", "An unknown smartcard", (STB,), "hdm", "provision_unknown_stb", 403, (401,), ""),
    ("hdm-disabled-device", "A disabled device", SIGNONS, "hdm", "check_device_active", 403, (401,), ""),
    ("nmp-missing-parameter", "A missing parameter", (NMP,), "hdm", "mandatory", 400, (422, 500), ""),
    ("nmp-wrong-credentials", "A wrong user name or password", (NMP,), "hdm", "check_password", 403, (401, 404, 500), ""),
    ("nmp-unknown-device", "An unknown device", (NMP,), "hdm", "check_device", 403, (401, 404), ""),
    ("nmp-unprovisioned-gateway", "An unprovisioned gateway", (NMP,), "hdm", "refuse_unprovisioned_gateway", 503,
     (403, 500, 502), ""),
    ("nmp-unverifiable-gateway", "A gateway that ESPS cannot verify", (NMP,), "hdm", "check_gateway", 503, (500, 502),
     "cannot verify"),
    ("unconfigured-system", "A system that is not configured", SIGNONS, "hdm", "check_systems_configured", 500, (503,), ""),
    ("unreachable-system", "A system that is unreachable", SIGNONS, "hdm", "check_systems_reachable", 503, (500, 502), ""),
    ("adm-bad-request", "A bad request", ACCOUNTS, "adm", "new_account", 400, (404, 422, 500), ""),
    ("adm-invalid-token", "An invalid token", ACCOUNTS, "adm", "check_token", 403, (401, 404), ""),
    ("adm-unknown-tenant", "An unknown tenant", ACCOUNTS, "adm", "check_tenant", 404, (400, 403), ""),
    ("adm-missing-token", "A missing token", ACCOUNTS, "adm", "operator_token", 403, (500,), ""),
    ("das-missing-parameter", "A missing casn or challenge", (DAS,), "ias", "parameter", 400, (401, 422, 500), ""),
    ("das-bad-body", "A body that is no JSON object", (DAS,), "ias", "json_body", 400, (422, 500), ""),
    ("das-wrong-challenge", "A wrong challenge", (DAS,), "ias", "check_challenge", 401, (400, 403), ""),
    ("das-disabled-device", "A disabled device", (DAS,), "ias", "check_device_active", 403, (401,), ""),
    ("das-unknown-casn", "An unknown caSN", (DAS,), "ias", "find_device", None, (500,), ""),
    ("das-unknown-scheme", "An unknown scheme", (DAS,), "ias", "known_scheme", None, (422,), ""),
    ("das-unknown-tenant", "An unknown tenant", (DAS,), "ias", "check_tenant", None, (500,), ""),
    ("in-home-missing-token", "A missing access token", IN_HOME, "in_home", "refuse_missing_authorization", None, (401, 404), ""),
    ("in-home-homeless-token", "A token without account or tenant", IN_HOME, "in_home", "token_home", 400, (401, 500), ""),
    ("in-home-bad-token", "A bad access token", IN_HOME, "in_home", "authenticate", None, (404, 500), "token"),
    ("upd-missing-flag", "A missing inHome", (UPDATE,), "in_home", "in_home_argument", 400, (422, 500), ""),
    ("upd-missing-broadcast", "A missing updateInHomeToken", (UPDATE,), "in_home", "broadcast_argument", 400, (422,), ""),
    ("upd-forged-broadcast", "A forged broadcast token", (UPDATE,), "in_home", "open_broadcast", 400, (403, 409), ""),
    ("sdp-missing-credentials", "Missing credentials", (SDP,), "sdp", "check_basic_authentication", None, (400, 500), ""),
    ("mds-bad-token", "A bad token", (MDS,), "mds", "verify_token", None, (404, 500), ""),
)  # fmt: skip

for _name, _what, _operations, _service, _method, _right, _wrong, _text in REFUSALS:
    for _status in _wrong:
        refusing(
            f"{_name}-is-{_status}",
            f"{_what} is answered {_status}{f' instead of {_right}' if _right else ''}.",
            _operations,
            _service,
            _method,
            _status,
            only=_right,
            matching=_text,
        )

# (operations, the right status of a success, statuses instead)
SUCCESSES: tuple[tuple[str, tuple[str, ...], int, tuple[int, ...]], ...] = (
    ("signon", SIGNONS, 200, (201, 202)),
    ("initialise", INITIALISE, 200, (201,)),
    ("opf-account", (CREATE,), 201, (200, 202)),
    ("ssp-account", (CREATE_SSP,), 201, (200,)),
    ("das", (DAS,), 200, (201,)),
    ("generate", (GENERATE,), 200, (201,)),
    ("update", (UPDATE,), 200, (201, 202)),
    ("licence", (SDP,), 200, (201,)),
    ("channels", (MDS,), 200, (206,)),
)


def _restated(name: str, operations: tuple[str, ...], right: int, status: int) -> None:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        answer.status = status

    answering(
        f"{name}-succeeds-with-{status}",
        "status",
        f"A success is answered {status} instead of {right}.",
        operations,
        change,
        when=(right,),
    )


for _name, _operations, _right, _wrong in SUCCESSES:
    for _status in _wrong:
        _restated(_name, _operations, _right, _status)


def _emptied(name: str, operations: tuple[str, ...], right: int) -> None:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        answer.status, answer.data, answer.raw, answer.content_type = 204, None, None, ""

    summary = "A success is 204, without a body."
    answering(f"{name}-succeeds-with-204", "status", summary, operations, change, when=(right,))


for _name, _operations, _right, _wrong in SUCCESSES:
    _emptied(_name, _operations, _right)


def _polite(name: str, operations: tuple[str, ...], statuses: tuple[int, ...]) -> None:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        answer.status = 200

    summary = "A refusal is HTTP 200 with the error in its body."
    answering(name, "status", summary, operations, change, when=statuses)


for _name, _operations, _statuses in (
    ("signon-refused-with-200", SIGNONS, (400, 403, 503)),
    ("account-refused-with-200", ACCOUNTS, (400, 403, 404)),
    ("das-refused-with-200", (DAS,), (400, 401, 403, 404)),
    ("in-home-refused-with-200", IN_HOME, (400,)),
    ("basic-refused-with-200", (SDP,), (401,)),
):
    _polite(_name, _operations, _statuses)
