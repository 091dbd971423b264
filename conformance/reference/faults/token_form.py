"""What a token looks like on the wire: its header, its signature, its segments, its answer's fields."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import jwt

from conformance.reference.faults.edits import convert, rename
from conformance.reference.faults.making import answering, answers, claims_of, editing, header_of, segment
from conformance.reference.faults.operations import DAS, ISSUED, ISSUERS, UPDATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

KIND = "token form"


def _rewriting(
    name: str, summary: str, rewrite: Callable[[str, Platform], Any], operations: tuple[str, ...] = ISSUERS
) -> None:
    """A fault that writes every token of an answer anew."""

    def change(answer: Answer, call: Call, platform: Platform) -> None:
        for field in ISSUED[call.operation]:
            answer.data[field] = rewrite(answer.data[field], platform)

    answering(name, KIND, summary, operations, change)


def _unsigned(algorithm: str) -> Callable[[str, Platform], str]:
    return lambda token, _platform: f"{segment({**header_of(token), 'alg': algorithm})}.{token.split('.')[1]}."


def _cut_signature(token: str, _platform: Platform) -> str:
    return token.rpartition(".")[0] + "."


def _other_key(token: str, platform: Platform) -> str:
    return jwt.encode(
        claims_of(token) or {},
        b"another key of forty-eight bytes, not the right one",
        headers={"kid": platform.ias_key.kid},
    )


def _broken_signature(token: str, _platform: Platform) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{signature[::-1]}"


def _plain_base64(token: str, _platform: Platform) -> str:
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    return ".".join(base64.b64encode(part).decode() for part in parts)


for _name, _summary, _rewrite in (
    ("token-unsigned", "The tokens have alg none and no signature.", _unsigned("none")),
    ("token-unsigned-in-capitals", "The tokens have alg NONE and no signature.", _unsigned("NONE")),
    ("token-signature-lost", "The tokens' signature is cut off.", _cut_signature),
    ("token-signed-with-other-key", "The tokens are signed with another key than kid names.", _other_key),
    ("token-signature-broken", "The tokens' signature does not verify.", _broken_signature),
    ("token-of-two-segments", "The tokens have no third segment.", lambda token, _platform: token.rpartition(".")[0]),
    ("token-in-plain-base64", "The tokens' segments are base64, not base64url.", _plain_base64),
    ("token-opaque", "The tokens are opaque text.", lambda token, _platform: token.replace(".", "")),
    ("token-with-scheme", "The tokens come with Bearer before them.", lambda token, _platform: f"Bearer {token}"),
    ("token-in-quotes", "The tokens are JSON strings in strings.", lambda token, _platform: json.dumps(token)),
):
    _rewriting(_name, _summary, _rewrite)
for _name, _summary, _rewrite in (
    ("updated-token-unsigned", "An updated token has alg none and no signature.", _unsigned("none")),
    ("updated-token-signature-lost", "An updated token's signature is cut off.", _cut_signature),
    ("updated-token-signed-with-other-key", "An updated token is signed with another key.", _other_key),
    (
        "updated-token-of-two-segments",
        "An updated token has no third segment.",
        lambda token, _platform: token.rpartition(".")[0],
    ),
):
    _rewriting(_name, _summary, _rewrite, (UPDATE,))
_rewriting(
    "update-answers-decoded",
    "An updated token is the decoded object.",
    lambda token, _platform: claims_of(token),
    (UPDATE,),
)

# The answers' fields: (name, summary, operations, field, edit)
for _name, _summary, _operations, _field, _edit in (
    ("das-account-of-another", "accountId is not the tokens'.", (DAS,), "accountId", convert(lambda value: value[::-1])),
    ("das-expires-in-milliseconds", "expires_in is in milliseconds.", (DAS,), "expires_in", convert(lambda value: value * 1000)),
    ("update-token-renamed", "The answer to an update calls the token token.", (UPDATE,), "access_token", rename("token")),
):  # fmt: skip
    editing(_name, "shape", _summary, _operations, _field, _edit)


@answers(DAS, kind="relation")
def refresh_token_is_access_token(answer: Answer, _call: Call, _platform: Platform) -> None:
    """Both tokens are one and the same."""
    answer.data["refresh_token"] = answer.data["access_token"]


@answers(DAS, kind="relation")
def tokens_swapped(answer: Answer, _call: Call, _platform: Platform) -> None:
    """Access and refresh token are swapped."""
    data = answer.data
    data["access_token"], data["refresh_token"] = data["refresh_token"], data["access_token"]


@answers(DAS, kind="shape")
def das_answer_wrapped(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer stands in data."""
    answer.data = {"data": answer.data}


@answers(UPDATE, kind="shape")
def update_answer_bare(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer to an update is the bare token."""
    answer.data = answer.data["access_token"]
