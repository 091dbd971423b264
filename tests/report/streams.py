"""A made-up run, the same every time: a nonconformant platform with every outcome, and streams of any size.

Only the writer writes them, so that they hold what a stream can hold, and nothing else.
"""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from conformance.model import Requirement
from conformance.model.clock import SystemClock
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.stream import StreamWriter, Written, events

START = 1_795_329_667_000  # 22 November 2026, 06:41:07 UTC
FEATURES = ["created_accounts_sign_on", "in_home_detection", "live_ppv_license"]
SERVICES = {
    "hdm": {"url": "https://hdm.acme.example:8443"},
    "ias": {"url": "https://api.acme.example"},
    "adm": {"url": "https://operator.acme.example"},
    "sdp": {"url": "http://sdp.acme.example"},
    "mds": {"url": "https://api.acme.example"},
}
PATHS = {
    "stbsignontokens": (
        "GET",
        "hdm",
        "/api/authentication/v2/stbsignontokens?smartcardId=4500012345&nuId=38F1A0&casn=800412&csadList=1%2C2",
    ),
    "nmpsignontokens": (
        "GET",
        "hdm",
        "/api/authentication/v2/nmpsignontokens?username=alex&password=***&deviceId=d-17",
    ),
    "initialiseDeviceByGet": (
        "GET",
        "hdm",
        "/hue-gateway/gateway/http/js/NmpExtendedService/initializeDevice?arg0=4.13&arg1=NMP&arg2=***",
    ),
    "initialiseDeviceByPost": ("POST", "hdm", "/hue-gateway/gateway/http/js/NmpExtendedService/initializeDevice"),
    "createAccount": ("POST", "adm", "/adm/v1/accounts/preHashedPassword"),
    "createAccountOnSsp": ("POST", "adm", "/ssp/adm/v1/accounts/preHashedPassword"),
    "keycloakToken": ("POST", "adm", "/auth/realms/opf/protocol/openid-connect/token"),
    "dasSignOnByCasn": ("POST", "ias", "/ias/v3/token/actions/dasSignOnByCasn"),
    "generateUpdateInHomeToken": ("POST", "ias", "/ias/v3/token/actions/generateUpdateInHomeToken"),
    "updateInHomeStatus": ("POST", "ias", "/ias/v3/token/actions/updateInHomeStatus"),
    "isContentAuthorised": (
        "GET",
        "sdp",
        "/hue-gateway/gateway/http/js/mdrmService/isContentAuthorised?arg0=LIVE-7&arg1=***",
    ),
    "listServices": ("GET", "mds", "/metadata/delivery/GLOBAL/btv/services"),
}


def jwt(claims: dict[str, Any], **header: Any) -> str:
    """A token as the stream holds it: without its signature."""

    def segment(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    return f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': '1795', **header})}.{segment(claims)}.***"


CLAIMS = {
    "typ": "DevAuthN",
    "ver": "1.0",
    "exp": START // 1000 + 86_400,
    "fixed_exp": START // 1000 + 2_592_000,
    "tenantId": "nagra",
    "accountId": "account7",
    "accountProfileId": "profile7",
    "userId": "user7",
    "deviceId": "device7",
    "deviceProfileId": "stb-hd",
    "inHome": False,
    "onNetwork": False,
    "geoBlockExempt": False,
    "sessionControl": {"maxSessions": 5, "sessionControlEnabled": True},
    "jti": "4789023423714089478",
}


class Turned(SystemClock):
    """A clock that says what it is told, in milliseconds since 1970."""

    now: float = START

    def wall(self) -> float:
        return self.now / 1000


def written(folder: Path, told: Iterable[Written]) -> Path:
    """Write events as a run does, each at its own time."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = Turned()
    with StreamWriter(folder / "run.jsonl", Redactor(), clock) as stream:
        for event in told:
            clock.now = event.at
            stream.write(event)
    return folder


@dataclass
class Stream:
    """Builds the events of a run with a clock of its own."""

    events: list[Any] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    clock: float = START
    count: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def write(self, event: str, **facts: Any) -> None:
        made = msgspec.convert({"event": event, "at": round(self.clock), **facts}, Written)
        assert set(facts) <= set(type(made).__struct_fields__), "no such key is ever written"
        self.events.append(made)

    def change(self, place: int, **facts: Any) -> None:
        """Change an event; what is given as JSON is converted."""
        event = self.events[place]
        self.events[place] = msgspec.convert(msgspec.to_builtins(event) | facts, type(event))

    def end(self) -> None:
        causes = [{"requirement": one, "cause": cause, "repeats": n} for (one, cause), n in self.counts.items()]
        held = Counter(name for e in self.events if isinstance(e, events.Exchange) for name in e.passed)
        broke = Counter(name for e in self.events if isinstance(e, events.Exchange) for name in e.broken)
        evaluated = {name: {"held": held[name], "broken": broke[name]} for name in sorted({*held, *broke})}
        self.write("counts", process="E", requirements=evaluated, causes=causes)
        self.write("end")

    def open(self, **target: Any) -> None:
        self.write(
            "run",
            schema_version=1,
            suite={"name": "opentv-conformance", "version": "0.1.0"},
            target={
                "name": "acme-staging",
                "tenant": "nagra",
                "services": SERVICES,
                "features": FEATURES,
                "embedded": False,
                "readings": {"sdp-field-types": "table"},
                "writes": True,
                **target,
            },
            options={"seed": 20261122, "fuzz": True, "fuzz_cases": 200, "workers": 2, "fail_on": "must"},
            digests={
                "contract": "5f0c1d1d6b1c8f0a2b0f5f5f4f0a7c0e6f2a8f2f8f5a0f1b2c3d4e5f60718293",
                "register": "1b2c3d4e5f607182930c1d1d6b1c8f0a2b0f5f5f4f0a7c0e6f2a8f2f8f5a0f45",
            },
            selected=None,
            waivers=WAIVERS,
        )

    def exchange(
        self,
        operation: str,
        status: int,
        body: Any = None,
        *,
        by: str,
        passed: Iterable[str] = (),
        broken: Iterable[str] = (),
        sent: Any = None,
        query: str | None = None,
        failure: str = "",
        headers: Iterable[tuple[str, str]] = (),
        valid: bool | None = None,
    ) -> str:
        method, service, path = PATHS[operation]
        path = path if query is None else f"{path.partition('?')[0]}?{query}"
        self.count += 1
        elapsed = round(self.chance.lognormvariate(3.2, 0.6), 3)
        self.clock += elapsed + 35
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        request_body = "" if sent is None else sent if isinstance(sent, str) else json.dumps(sent)
        given = [
            ["Host", SERVICES[service]["url"].split("//")[1]],
            ["nv-tenant-id", "nagra"],
            ["User-Agent", "opentv-conformance/0.1.0"],
        ]
        if request_body:
            given.append(["Content-Type", "application/json"])
        answered = [
            ["Date", "Sun, 22 Nov 2026 06:41:09 GMT"],
            ["Content-Type", "application/json;charset=UTF-8"],
            ["Content-Length", str(len(text))],
        ]
        identity = f"E{self.count:05d}"
        self.write(
            "exchange",
            id=identity,
            service=service,
            operation=operation,
            by=by,
            valid=status < 300 if valid is None else valid,
            request={
                "method": method,
                "url": SERVICES[service]["url"] + path,
                "headers": given + [list(pair) for pair in headers],
                "body": request_body,
                "size": len(request_body),
            },
            response=None
            if failure
            else {"status": status, "headers": answered, "truncated": False, "body": text, "size": len(text)},
            failure=failure,
            sent_at=round(self.clock - elapsed, 3),
            elapsed_ms=elapsed,
            passed=sorted(passed),
            broken=sorted(broken),
        )
        return identity

    def finding(
        self,
        requirement: str,
        exchange: str,
        expected: list[str],
        actual: str,
        cause: str,
        *,
        by: str,
        repeats: int = 1,
    ) -> None:
        self.counts[requirement, cause] += repeats
        self.write(
            "finding",
            requirement=requirement,
            expected=expected,
            actual=actual,
            cause=cause,
            exchange=exchange,
            by=by,
        )

    def save(self, folder: Path) -> Path:
        return written(folder, self.events)


WAIVERS = [
    {
        "id": "SDP-008",
        "reason": "The gateway asks for Accept until release 5.2.",
        "owner": "A. Meier, platform integration",
        "link": "https://tickets.acme.example/OTV-311",
        "expires": "2027-03-31",
    },
    {"id": "LIC-049", "reason": "Mapped by the DRM adapter.", "owner": "DRM team", "link": "", "expires": "2027-01-31"},
]


LEFT_OUT = ("MDS-010", "MDS-011")


def good_body(entry: Requirement) -> Any:
    bodies: dict[str, Any] = {
        "dasSignOnByCasn": {"access_token": jwt(CLAIMS), "token_type": "Bearer", "expires_in": 86400},
        "updateInHomeStatus": {"access_token": jwt({**CLAIMS, "inHome": True})},
        "isContentAuthorised": {"resultCode": "0", "result": {"isAuthorized": "AUTHORIZED", "accountNumber": "7"}},
        "stbsignontokens": {
            "token": {"token": "***", "result": None, "resultCode": "0", "requestId": "1"},
            "expiry": START + 86_400_000,
        },
    }
    return bodies.get(entry.operation, {})


def example(register: Register | None = None) -> Stream:
    """A nonconformant run with every outcome."""
    register = register or load_register()
    run = Stream()
    run.open()
    run.change(0, selected=[entry.id for entry in register if entry.id not in LEFT_OUT])
    spoiled = _findings(run, register)
    untested = _untested(run, register)
    by_operation: dict[str, list[Requirement]] = {}
    for entry in register:
        if entry.id in spoiled or entry.id in untested or entry.operation not in PATHS or "ssp" in entry.needs.features:
            continue
        by_operation.setdefault(entry.operation, []).append(entry)
    for operation, entries in by_operation.items():
        rules = [entry.id for entry in entries if entry.judged_by != "check"]
        checks = [entry for entry in entries if entry.judged_by != "rule"]
        for number, entry in enumerate(checks):
            name = "test_" + "".join(c if c.isalnum() else "_" for c in entry.title.lower())[:60].rstrip("_")
            refused = any(word in entry.title for word in ("refused", "without", "not "))
            status = run.chance.choice((400, 403)) if refused else 200
            identity = run.exchange(
                operation,
                status,
                {"code": 20001} if refused else good_body(entry),
                by=name,
                passed=rules if number % 6 == 0 else rules[:5],
            )
            run.write("verified", requirement=entry.id, exchange=identity, by=name)
            run.write("check", name=name, outcome="passed", duration_ms=41, requirements=[entry.id], message="")
        for number in range(4):
            run.exchange(
                operation,
                (200, 400, 400, 403)[number],
                {"code": 20001},
                by=f"fuzz:{operation}",
                passed=rules if number == 0 else rules[:5],
            )
        statuses = {"200": 41, "400": 133, "403": 20, "404": 6}
        run.write(
            "fuzz", operation=operation, cases=200, sent=200, dropped=3, withheld=12, statuses=statuses, seed=20261122
        )
    run.write(
        "reading", reading="stb-casn-name", option=register.reading("stb-casn-name").options[0].id, exchange="E00001"
    )
    run.write("reading", reading="ias-token-form", option="jwt", exchange="E00004")
    run.write(
        "reading",
        reading="sdp-field-types",
        option=register.reading("sdp-field-types").options[0].id,
        exchange="E00005",
    )
    run.write("created", operation="createAccount", id="otv-conf-3f1c", state="exists", exchange="E00021")
    run.write(
        "control", operation="listServices", verdict="throttled", note="429 with Retry-After: 2; waited and sent again"
    )
    run.write("note", level="note", text="The clock of ias is 3 s ahead of ours.")
    run.write("budget", sent=run.count, wrong={"alex": 2})
    run.clock = START + 251_000
    run.end()
    return run


def _findings(run: Stream, register: Register) -> set[str]:
    spoiled: set[str] = set()

    def broken(
        ids: list[str], exchange: str, expected: list[str], actual: str, cause: str, by: str, repeats: int = 1
    ) -> None:
        for one in ids:
            assert one in register, one
            spoiled.add(one)
            run.finding(one, exchange, expected, actual, cause, by=by, repeats=repeats)

    for one, name in (("STB-020", "smartcardId"), ("STB-021", "nuId"), ("STB-022", "casn"), ("STB-023", "csadList")):
        query = "&".join(
            f"{key}={'UNKNOWN-77' if key == name else value}"
            for key, value in (
                ("smartcardId", "4500012345"),
                ("nuId", "38F1A0"),
                ("casn", "800412"),
                ("csadList", "1%2C2"),
            )
        )
        body = {"code": 20003, "message": f"no device has this {name}"}
        by = f"test_a_signon_with_an_unknown_{name}_is_refused_with_403"
        identity = run.exchange("stbsignontokens", 404, body, by=by, query=query, broken=["WIR-101"])
        broken([one], identity, ["HTTP 403"], "HTTP 404", "signon of an unknown set top box: answered 404", by)
    foreign = jwt({**CLAIMS, "tenantId": "nagra-lab"})
    sign_on = {"casn": "800412", "dasChallenge": "***", "scheme": "CONNECT"}
    body = {
        "access_token": foreign,
        "refresh_token": jwt({**CLAIMS, "typ": "RefreshAuthN"}),
        "token_type": "Bearer",
        "expires_in": 86400,
    }
    identity = run.exchange(
        "dasSignOnByCasn", 200, body, by="test_a_set_top_box_signs_on", sent=sign_on, broken=["TOK-020"]
    )
    broken(
        ["TOK-020"],
        identity,
        ['tenantId: "nagra", the tenant of the request'],
        'tenantId: "nagra-lab"',
        "tenantId of the access token is not the request's tenant",
        "access_token_claims",
        repeats=3,
    )
    update = {"inHome": True, "updateInHomeToken": "***"}
    body = {"access_token": jwt({**CLAIMS, "inHome": True})}
    by = "test_another_accounts_broadcast_token_does_not_make_in_home"
    bearer = [("Authorization", f"Bearer {jwt(CLAIMS)}")]
    identity = run.exchange("updateInHomeStatus", 200, body, by=by, sent=update, headers=bearer)
    broken(
        ["UPD-040"],
        identity,
        ["HTTP 400", "HTTP 200 with a token whose inHome is false"],
        "HTTP 200 with a token whose inHome is true",
        "another account's broadcast token makes the device in-home",
        by,
    )
    usage = {
        "viewingNumber": 2,
        "expiryDate": START // 1000 + 7_200,
        "startDate": START // 1000,
        "isStorageAllowed": False,
    }
    body = {"resultCode": "0", "result": {"isAuthorized": "AUTHORIZED", "accountNumber": "7", "usageRules": usage}}
    identity = run.exchange(
        "isContentAuthorised", 200, body, by="test_an_entitled_content_is_authorized", broken=["LIC-016", "LIC-017"]
    )
    broken(
        ["LIC-016"],
        identity,
        ["expiryDate in milliseconds since 1970"],
        f"expiryDate is {START // 1000 + 7_200}, which is in seconds",
        "times of the usage rules are in seconds",
        "licence_times",
    )
    broken(
        ["LIC-017"],
        identity,
        ["startDate in milliseconds since 1970"],
        f"startDate is {START // 1000}, which is in seconds",
        "times of the usage rules are in seconds",
        "licence_times",
    )
    trace = "java.lang.NullPointerException\n\tat tv.acme.account.AccountService.create(AccountService.java:118)\n\tat tv.acme.gate.Filter.go(Filter.java:42)"
    identity = run.exchange(
        "createAccount",
        500,
        trace,
        by="fuzz:createAccount",
        sent={"_id": "\u202eevil", "salt": None, "billingAddress": {"street": 7}},
        broken=["WIR-205"],
    )
    broken(
        ["WIR-205"],
        identity,
        ["a documented 4xx"],
        "HTTP 500",
        "salt is null: answered 500",
        "no_server_error",
        repeats=17,
    )
    broken(
        ["WIR-505"],
        identity,
        ["an answer without a stack trace"],
        "java.lang.NullPointerException\n\tat tv.acme.account.AccountService.create(AccountService.java:118)",
        "the answer shows a stack trace",
        "no_stack_trace",
    )
    body = {
        "token": {"token": "***", "result": None, "resultCode": "0", "requestId": "1"},
        "expiry": START + 86_400_000,
    }
    identity = run.exchange(
        "stbsignontokens",
        200,
        body,
        by="test_a_signon_may_have_a_correlation_id",
        headers=[("x-correlation-id", "c-4711")],
    )
    broken(
        ["SGN-016", "SGN-116"],
        identity,
        ["x-correlation-id: c-4711"],
        "no x-correlation-id",
        "x-correlation-id does not come back",
        "correlation_id_comes_back",
    )
    identity = run.exchange(
        "initialiseDeviceByPost",
        200,
        {"resultCode": "0", "requestId": "771", "result": {"status": "OK"}},
        by="test_a_device_is_initialised",
    )
    broken(["INI-113"], identity, ["a UUID"], '"771"', "requestId is no UUID", "request_id_form")
    identity = run.exchange("isContentAuthorised", 406, "", by="test_a_question_without_accept_is_answered")
    broken(
        ["SDP-008"],
        identity,
        ["HTTP 200"],
        "HTTP 406",
        "a question without Accept: answered 406",
        "test_a_question_without_accept_is_answered",
    )
    spoiled.add("WIR-101")
    return spoiled | {"LIC-049"}


def _untested(run: Stream, register: Register) -> set[str]:
    untested: set[str] = set()
    for entry in register:
        if entry.needs.conditions:
            name = entry.needs.conditions[0]
            add = [f"conditions: {{{name}: {{enter: {{command: […]}}, leave: {{command: […]}}}}}}"]
            reason = f"the target file does not say how to bring about {name}"
        elif any(subject.startswith("expired_tokens") for subject in entry.needs.subjects):
            add, reason = ['subjects: {expired_tokens: {hdm: "…"}}'], "no expired token is given"
        elif any(subject.startswith("stb_disabled") for subject in entry.needs.subjects):
            add, reason = (
                ['subjects: {stb_disabled: {smartcardId: "…", nuId: "…", casn: "…", csadList: "…"}}'],
                "no disabled set top box is given",
            )
        elif "signature verifies" in entry.title:
            add, reason = (
                ['credentials: {token_keys: {"<kid>": "${IAS_SIGNING_KEY}"}}'],
                "no key is given to verify signatures with",
            )
        else:
            continue
        untested.add(entry.id)
        run.write("untested", requirement=entry.id, reason=reason, add=add, by="target file")
    for name in ("MDS-015",):
        untested.add(name)
        run.write(
            "untested",
            requirement=name,
            reason="the list has one page, so that paging shows nothing",
            add=[],
            by="test_paging",
        )
    run.exchange("listServices", 0, by="test_the_filter_works_for_another_account", failure="timeout after 10 s")
    run.write("control", operation="listServices", verdict="down", note="the control request had no answer either")
    for name in ("MDS-019", "MDS-020"):
        untested.add(name)
        run.write(
            "trouble",
            requirement=name,
            reason="the target did not answer for 30 s, nor did the control request",
            by="test_the_filter_works_for_another_account",
        )
    return untested


def large(folder: Path, exchanges: int) -> Path:
    """A run of many passing exchanges, written without keeping it in memory."""
    small = Stream()
    small.open()
    register = load_register()
    ids = [entry.id for entry in register if entry.operation == "dasSignOnByCasn"][:60]
    small.exchange(
        "dasSignOnByCasn",
        200,
        {"access_token": jwt(CLAIMS), "token_type": "Bearer"},
        by="fuzz:dasSignOnByCasn",
        passed=ids,
        sent={"casn": "1", "dasChallenge": "***"},
    )
    opening, exchange = small.events

    def told() -> Iterator[Written]:
        yield opening
        for number in range(exchanges):
            bad = number % 50 == 0
            identity = f"E{number:06d}"
            yield replace(
                exchange,
                id=identity,
                sent_at=START + number,
                elapsed_ms=5 + number % 90,
                broken=["WIR-107"] if bad else [],
            )
            if bad:
                cause = f"case {number // 50 % 900}"
                yield events.Finding(
                    at=START,
                    requirement=ids[number // 50 % len(ids)],
                    expected=["HTTP 400"],
                    actual="HTTP 200",
                    cause=cause,
                    exchange=identity,
                    by="fuzz",
                )
        yield events.End(at=START + 900_000)

    return written(folder, told())


EVIL = (
    '<script>window.hacked=1</script><img src="https://evil.example/x.png" onerror="window.hacked=1">'
    "\"><svg onload=window.hacked=1>' onmouseover=window.hacked=1 </style></script>{{ 7*7 }}{% raw %}"
    "\u202e\u2066\x00\x1b[31m]]>`|![x](https://evil.example/y.png)[click](javascript:window.hacked=1)@everyone\ud800"
)


def hostile(register: Register | None = None) -> Stream:
    """The example with a hostile text in every place that a target, or a careless target file, can write to."""
    run = example(register)
    poisoned = Stream()
    for event in run.events:
        poisoned.events.append(_poisoned(event))
    return poisoned


def _poisoned(event: Written) -> Written:
    long = EVIL + "A" * 10_000
    if isinstance(event, events.Run):
        services = dict.fromkeys(SERVICES, events.Address(f"javascript:{EVIL}"))
        waivers = [replace(one, reason=EVIL, owner=EVIL, link=f"javascript:{EVIL}") for one in event.waivers]
        return replace(
            event,
            target=replace(event.target, name=EVIL, tenant=EVIL, services=services),
            waivers=waivers,
            suite=events.Suite(EVIL, EVIL),
            digests=events.Digests(contract=EVIL),
        )
    if isinstance(event, events.Exchange):
        query = f"https://x.example/{EVIL}?{EVIL}={long}"
        request = replace(event.request, url=query, headers=[(EVIL, long)], body=long)
        body = json.dumps({EVIL: long, "tenantId": EVIL, "t": jwt({EVIL: EVIL, "tenantId": long, "exp": 10**400})})
        headers = [(EVIL, long), ("location", EVIL)]
        response = event.response and replace(event.response, headers=headers, body=body)
        return replace(
            event, request=request, response=response, by=EVIL, failure=EVIL if event.failure else event.failure
        )
    if isinstance(event, events.Finding):
        cause = f"{event.cause} {EVIL}"
        return replace(event, expected=[EVIL, long], actual=long, cause=cause, by=EVIL)
    texts = {"reason", "text", "message", "note", "id", "state", "option", "name", "by"} & set(event.__struct_fields__)
    changed: dict[str, Any] = {key: EVIL for key in texts if getattr(event, key)}
    return replace(event, **changed, **({"add": [EVIL]} if isinstance(event, events.Untested) else {}))
