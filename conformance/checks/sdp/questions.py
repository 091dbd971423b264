"""What the licence checks share: the control, and what makes an answer a refusal."""

from __future__ import annotations

from collections.abc import Callable

from conformance.checks.api import Check
from conformance.errors import ControlFailed, CouldNotTest
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.opentv.licence import authorisation, is_success
from conformance.session import hdm, ias
from conformance.session.licences import ask, client_token, content_id, describe, licence_opening
from conformance.target import Secret, Value


def answered(check: Check, content: str | None = None, **more: str) -> Exchange:
    """Ask about a content (the entitled one) with a valid token; it must have a result.

    Raises:
        ControlFailed: it has none.
    """
    asked = content if content is not None else content_id(check, "authorized")
    exchange = ask(check, asked, client_token(check), private=more.get("private"), valid=True)
    return controlled(check, exchange)


def controlled(check: Check, exchange: Exchange) -> Exchange:
    """Require that an answer has a result.

    Raises:
        ControlFailed: it has none.
    """
    check.control(exchange, 200, what="the licence question, complete and right")
    if not authorisation(exchange):
        raise ControlFailed(
            f"the licence question has no result (exchange {exchange.id}), so that nothing follows from it"
        )
    return exchange


def is_refusal(exchange: Exchange) -> bool:
    """Whether an answer is an error: by its status, or (legacy) by a resultCode under 200."""
    if exchange.response is None:
        return False
    body = answer_object(exchange)
    legacy = exchange.status == 200 and "resultCode" in body and not is_success(body["resultCode"])
    return exchange.status >= 400 or (legacy and not isinstance(body.get("result"), dict))


def expect_refusal(check: Check, requirement_id: str, exchange: Exchange, cause: str) -> bool:
    """Judge that a question with a bad token is answered with an error and has no result."""
    return check.expect(
        requirement_id,
        is_refusal(exchange),
        exchange,
        expected=("an HTTP error", "HTTP 200 with the resultCode of an error"),
        actual=describe(exchange),
        cause=f"{cause}: answered {authorisation(exchange) or exchange.status or 'nothing'}",
        refusal=True,
    )


def with_token(check: Check, token: Callable[[], Value | None]) -> Exchange:
    """Ask about the entitled content with a token that is no good; the same question with a good one is the control.

    The token is made after the control, since a platform may let a new signon end the tokens of earlier ones.
    """
    answered(check)
    return ask(check, content_id(check, "authorized"), token(), expect_5xx=True)


def refuses(check: Check, requirement_id: str, token: Callable[[], Value | None], cause: str) -> Exchange:
    """Judge that a token is refused; return the answer."""
    exchange = with_token(check, token)
    expect_refusal(check, requirement_id, exchange, cause)
    return exchange


def refuses_whatever_is_asked(
    check: Check, requirement_id: str, token: Callable[[], Value | None], cause: str
) -> Exchange:
    """Judge that a token is refused, whichever content of the target file the question is about.

    A server may look at the content first, and say of another than the entitled one that it is not authorised.
    """
    exchange = refuses(check, requirement_id, token, cause)
    for name in other_contents(check):
        other = ask(check, content_id(check, name), token(), expect_5xx=True)
        expect_refusal(check, requirement_id, other, f"{cause}, about content.{name}")
    return exchange


def other_contents(check: Check) -> list[str]:
    """Return the contents of the target file that are not the entitled one."""
    return [name for name in ("not_authorized", "live_ppv") if name in check.target.content]


def of_two_accounts(check: Check) -> tuple[Callable[[], Secret], Callable[[], Secret]]:
    """Return how to get a token of either account, by the signon whose tokens open the entitled content.

    The users sign on with their devices where the target file names them.
    """
    kind = licence_opening(check).kind

    def of(name: str) -> Callable[[], Secret]:
        device = check.subject(name)
        if kind == "ias":
            return lambda: Secret(ias.access_token(check, name))
        if kind == "stb":
            return lambda: hdm.stb_token(check, name)
        return lambda: (hdm.device_token if "deviceId" in device else hdm.user_token)(check, name)

    subject = "stb" if kind in ("ias", "stb") else "user"
    return of(subject), of(f"{subject}_other_account")


def of_each_account(check: Check) -> list[Callable[[], Secret]]:
    """Return how to get a token of each account that the target file has: a server may err for one alone."""
    try:
        factories = of_two_accounts(check)
        for token in factories:
            token()
    except CouldNotTest:
        return [lambda: client_token(check)]
    return list(factories)
