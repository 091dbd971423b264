"""What goes wrong on the wire: media types, broken bodies, other methods, leaks in answers, servers that fall over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.reference.adm import from_base64
from conformance.reference.faults import Fault, register
from conformance.reference.faults.making import answering, answers, body_of
from conformance.reference.faults.operations import ACCOUNTS, DAS, GENERATE, INITIALISE, MDS, NMP, SDP, SIGNONS, UPDATE
from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform

JSON_ANSWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("signon", SIGNONS),
    ("initialise", INITIALISE),
    ("account", ACCOUNTS),
    ("das", (DAS,)),
    ("update", (UPDATE,)),
    ("licence", (SDP,)),
)
EVERYTHING = (*SIGNONS, *INITIALISE, *ACCOUNTS, DAS, GENERATE, UPDATE, SDP, MDS)

# Media types of successes


def _typed(media_type: str) -> Callable[[Answer, Call, Platform], None]:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        answer.content_type = media_type

    return change


for _name, _operations in JSON_ANSWERS:
    answering(
        f"{_name}-labelled-as-html", "header", "A success is labelled text/html.", _operations, _typed("text/html")
    )
    answering(f"{_name}-not-labelled", "header", "A success has no Content-Type.", _operations, _typed(""))
answering(
    "signon-labelled-as-text", "header", "A signon is labelled text/plain.", SIGNONS, _typed("text/plain;charset=UTF-8")
)
answering("signon-labelled-as-text-json", "header", "A signon is labelled text/json.", SIGNONS, _typed("text/json"))
answering(
    "signon-labelled-as-javascript",
    "header",
    "A signon is labelled as a script.",
    SIGNONS,
    _typed("application/javascript"),
)

# Broken bodies


def _cut(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.cut = max(1, len(answer.content()) // 2)


def _broken(answer: Answer, _call: Call, _platform: Platform) -> None:
    answer.raw = answer.content()[:-1]


@answers(UPDATE, kind="wire")
def update_guarded_json(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The JSON is guarded against inclusion."""
    answer.raw = b")]}',\n" + answer.content()


@answers(SDP, kind="wire")
def licence_trailing_comma(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The JSON has a trailing comma, as the page's example."""
    answer.raw = answer.content()[:-1] + b",}"


@answers(MDS, kind="wire")
def channels_single_quoted(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The JSON is single-quoted."""
    answer.raw = answer.content().replace(b'"', b"'")


@answers(*INITIALISE, kind="wire")
def initialise_in_latin_1(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The JSON is not UTF-8."""
    answer.raw = answer.content()[:-1] + ',"müd":1}'.encode("latin-1")


for _name, _operations in (*JSON_ANSWERS, ("generate", (GENERATE,)), ("channels", (MDS,))):
    answering(f"{_name}-cut-off", "wire", "The body ends before its Content-Length.", _operations, _cut)
answering("signon-broken-json", "wire", "The last brace is missing.", SIGNONS, _broken)
answering("account-broken-json", "wire", "The last brace is missing.", ACCOUNTS, _broken)
answering("das-broken-json", "wire", "The last brace is missing.", (DAS,), _broken)

# Methods that no page gives

for _name, _operations, _methods in (
    ("signon-by-delete", SIGNONS, ("DELETE",)),
    ("signon-by-any-method", SIGNONS, ("PUT", "PATCH", "DELETE", "POST")),
    ("initialise-by-put", INITIALISE, ("PUT",)),
    ("account-by-put", ACCOUNTS, ("PUT",)),
    ("das-by-put", (DAS,), ("PUT", "PATCH")),
    ("generate-by-delete", (GENERATE,), ("DELETE", "PUT")),
    ("update-by-patch", (UPDATE,), ("PATCH",)),
    ("licence-by-delete", (SDP,), ("DELETE",)),
    ("licence-by-put", (SDP,), ("PUT", "PATCH")),
    ("channels-by-delete", (MDS,), ("DELETE", "PUT")),
):
    register(
        Fault(
            _name,
            "method",
            f"{' and '.join(_methods)} does what the page's method does.",
            _operations,
            methods=_methods,
        )
    )

# Leaks

TRACES = {
    "java": (
        'java.lang.NullPointerException: Cannot invoke "String.length()"\n\tat tv.quative.service.hdm.SignonService.signon'
        "(SignonService.java:214)\n\tat java.base/java.lang.Thread.run(Thread.java:829)\n"
    ),
    "python": 'Traceback (most recent call last):\n  File "/srv/app/views.py", line 42, in dispatch\n    raise KeyError(name)\nKeyError: \'token\'\n',
    "node": "TypeError: Cannot read properties of undefined (reading 'token')\n    at signOn (/opt/ias/src/token.js:118:23)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n",
    "dotnet": "System.NullReferenceException: Object reference not set to an instance of an object.\r\n   at Opf.Adm.AccountController.Create(Request r) in C:\\src\\Adm\\AccountController.cs:line 87\r\n",
    "go": "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 17 [running]:\nmain.handle(0xc000116000)\n\t/go/src/sdp/handler.go:61 +0x1d\n",
    "php": "PHP Fatal error:  Uncaught Error: Call to a member function id() on null in /var/www/mds/list.php:33\nStack trace:\n#0 {main}\n  thrown in /var/www/mds/list.php on line 33",
    "ruby": "NoMethodError (undefined method `[]' for nil:NilClass):\napp/controllers/tokens_controller.rb:27:in `create'\n",
    "sql": 'org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "accounts_pkey"\n\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2713)\n',
    "spring": '{"timestamp":1736239157,"status":400,"error":"Bad Request","trace":"org.springframework.web.bind.MissingServletRequestParameterException: x\\n\\tat org.springframework.web.method.annotation.RequestParamMethodArgumentResolver.handleMissingValue(RequestParamMethodArgumentResolver.java:217)"}',
}  # fmt: skip


def _traced(language: str) -> Callable[[Answer, Call, Platform], None]:
    def change(answer: Answer, _call: Call, _platform: Platform) -> None:
        text = TRACES[language]
        if text.startswith("{"):
            answer.raw = text.encode()
        elif isinstance(answer.data, dict) and isinstance(answer.data.get("result", ""), str):
            answer.data = {**answer.data, "result" if "result" in answer.data else "message": text}
        else:
            answer.raw, answer.content_type = text.encode(), "text/plain"

    return change


ERRORS = (400, 401, 403, 404, 503)
for _language, _operations in (
    ("java", SIGNONS),
    ("java", (SDP,)),
    ("python", (DAS,)),
    ("node", (UPDATE, GENERATE)),
    ("dotnet", ACCOUNTS),
    ("go", (SDP,)),
    ("php", (MDS,)),
    ("ruby", (DAS,)),
    ("sql", ACCOUNTS),
    ("spring", SIGNONS),
    ("java", INITIALISE),
):
    _where = {
        SIGNONS: "signon",
        (SDP,): "licence",
        (DAS,): "das",
        ACCOUNTS: "account",
        (MDS,): "channels",
        INITIALISE: "initialise",
    }
    answering(f"{_where.get(_operations, 'in-home')}-shows-{_language}-trace", "leak", f"A refusal shows a stack trace ({_language}).",
              _operations, _traced(_language), when=ERRORS)  # fmt: skip


def _secrets_of(call: Call) -> dict[str, str]:
    given = {name: call.query[name] for name in ("password",) if name in call.query}
    body = body_of(call)
    if isinstance(body, dict):
        given |= {
            name: str(body[name]) for name in ("dasChallenge", "password", "salt") if isinstance(body.get(name), str)
        }
    return given


def _echo_in_body(answer: Answer, call: Call, _platform: Platform) -> None:
    given = _secrets_of(call)
    if given and isinstance(answer.data, dict):
        answer.data["request"] = given


def _echo_in_message(answer: Answer, call: Call, _platform: Platform) -> None:
    given = ", ".join(_secrets_of(call).values())
    if given and isinstance(answer.data, dict):
        answer.data["message" if "message" in answer.data else "result"] = f"{given!r} is not valid"


def _echo_in_header(answer: Answer, call: Call, _platform: Platform) -> None:
    for name, value in _secrets_of(call).items():
        answer.headers[f"x-debug-{name.lower()}"] = (
            value.encode("ascii", "replace").decode()[:900].replace("\n", "").replace("\r", "")
        )


def _echo_encoded(answer: Answer, call: Call, _platform: Platform) -> None:
    import base64

    given = _secrets_of(call)
    if given and isinstance(answer.data, dict):
        answer.data["audit"] = base64.b64encode(json.dumps(given).encode()).decode()


def _echo_bytes(answer: Answer, call: Call, _platform: Platform) -> None:
    """As a byte array that was written as JSON."""
    given = {name: from_base64(text) for name, text in _secrets_of(call).items()}
    if isinstance(answer.data, dict):
        answer.data |= {name: {"type": "Buffer", "data": list(value)} for name, value in given.items() if value}


def _echo_escaped(answer: Answer, call: Call, _platform: Platform) -> None:
    given = "".join(f"&#{ord(character)};" for text in _secrets_of(call).values() for character in text)
    if given and isinstance(answer.data, dict):
        answer.data["result"] = given


def _echo_authorization(answer: Answer, call: Call, _platform: Platform) -> None:
    if "authorization" in call.headers and isinstance(answer.data, dict):
        answer.data["authorization"] = call.headers["authorization"]


SUCCESS = (200, 201)
for _name, _summary, _operations, _change, _when in (
    ("signon-echoes-password", "A signon's answer repeats the password.", (NMP,), _echo_in_body, SUCCESS),
    ("signon-echoes-password-in-message", "A refusal repeats the password.", (NMP,), _echo_in_message, (403,)),
    ("signon-echoes-password-in-header", "A header repeats the password.", (NMP,), _echo_in_header, (200, 403)),
    ("signon-echoes-password-encoded", "A field repeats the password in base64.", (NMP,), _echo_encoded, SUCCESS),
    ("signon-echoes-password-escaped", "A refusal repeats the password as entities.", (NMP,), _echo_escaped, (403,)),
    ("account-answers-with-its-record", "The answer holds hash and salt as bytes.", ACCOUNTS, _echo_bytes, (201,)),
    ("das-echoes-challenge", "The answer repeats the challenge.", (DAS,), _echo_in_body, SUCCESS),
    ("das-echoes-challenge-in-message", "A refusal repeats the challenge.", (DAS,), _echo_in_message, (401, 403)),
    ("das-echoes-challenge-in-header", "A header repeats the challenge.", (DAS,), _echo_in_header, (200, 401)),
    ("account-echoes-hash-in-message", "A refusal repeats hash and salt.", ACCOUNTS, _echo_in_message, (400, 404)),
    ("account-echoes-hash-in-header", "A header repeats hash and salt.", ACCOUNTS, _echo_in_header, (201,)),
    (
        "licence-echoes-credentials",
        "The answer repeats MDRM's credentials.",
        (SDP,),
        _echo_authorization,
        (200, 401, 403),
    ),
    ("account-echoes-token", "The answer repeats the CRM's token.", ACCOUNTS, _echo_authorization, (201,)),
):
    answering(_name, "leak", _summary, _operations, _change, when=_when)
