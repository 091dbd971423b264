"""Of a service of which nothing has worked for sure: does something in front refuse, redirect or swallow all of it?

Each operation is asked again with the credentials that it wants, and so is a path beside it that nobody has. What
answers all of them alike, with and without credentials, does not know the platform's paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.client import UNREACHED, Reply, Wire
from conformance.errors import ConformanceError, Refused
from conformance.runner.preflight.front import Asked, ask_nowhere, line_about, page_line, through_proxy
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session import Session, crm, ias, licences
from conformance.session.encoding import pairs
from conformance.session.forgery import arbitrary
from conformance.session.form import alike, form_of
from conformance.session.presence import is_served
from conformance.session.routes import beside
from conformance.target import Secret, Value

_NOT_FOUND = 404
# By these a gateway refuses whoever has not shown a certificate, or an address that it knows; and fails by itself.
_REFUSALS, _FAILURE = (400, 403), 500
# A method that is not known, throttling, a gateway that sheds load: no refusal of the whole service.
_NO_REFUSALS = (405, 501, 429, *UNREACHED)
# Of these, wrong credentials are another line, whatever paths they guard.
_OTHER_LINES = {"sdp": (401, 403), "adm": (403,)}


@dataclass(frozen=True)
class _Answers:
    """What came of an operation with its credentials, and of the same request without, and beside it."""

    reply: Reply
    others: tuple[Reply, ...]

    @property
    def is_walled(self) -> bool:
        """Whether all four came to the same."""
        form = form_of(self.reply)
        return all(alike(form, form_of(other)) for other in self.others)


def wall_lines(prober: Prober) -> list[Line]:
    """Say of each service of which nothing has worked where something else answers, or swallows, all of it."""
    lines = []
    session = prober.session
    for service, address in session.target.services.items():
        works = any(session.contract.operation(name).service == service for name in session.known_good)
        if works and service not in prober.doubtful:
            continue
        answers = {}
        for operation, wire in session.routes.plain_requests(service):
            try:
                answers[operation] = _answers(prober, operation, wire)
            except Refused:
                continue
        if not answers:
            continue
        replies = {name: one.reply for name, one in answers.items()}
        asked = Asked(address.url, service, ask_nowhere(prober, address.url), replies)
        line = line_about(prober, asked)
        if line is None and all(one.is_walled for one in answers.values()):
            line = _walled(prober, asked)
        if line is None and _is_one_page(prober, asked):
            line = page_line(prober, next(iter(replies.values())), ("services", service, "url"))
        if line is None:
            line = _refused_alike(prober, service)
        lines += [] if line is None else [line]
    return lines


def _is_one_page(prober: Prober, asked: Asked) -> bool:
    """Tell whether one page refuses all operations of a service, of which there are some, and what should succeed."""
    first, *others = map(form_of, asked.operations.values())
    if not others or first.kind != "html" or not all(alike(first, other) for other in others):
        return False
    meant = {prober.session.refused.get(name) for name in asked.operations} - {None}
    return first.status == _FAILURE or (first.status in _REFUSALS and meant == {first.status})


def _refused_alike(prober: Prober, service: str) -> Line | None:
    """Say where different operations of a service refuse all that should succeed, by one status; None if they do not.

    The users and boxes of another deployment are refused so, and whoever a gateway does not let in.
    """
    refused = {name: prober.session.refused[name] for name in _operations(prober.session, service)}
    statuses = set(refused.values())
    if len(refused) < 2 or len(statuses) > 1 or statuses & set(_NO_REFUSALS):
        return None
    detail = f"{' and '.join(refused)} refuse all that the file says is valid ({statuses.pop()})"
    advice = "Are its subjects of this deployment? Does a gateway in front want a key: http: {headers: …}?"
    return prober.line(State.CONTRADICTED, detail, "services", service, "url", advice=advice)


def _operations(session: Session, service: str) -> list[str]:
    """Return the operations of a service that refused what should succeed."""
    return [
        entry.operation_id for entry in session.contract.of_service(service) if entry.operation_id in session.refused
    ]


def unheard_lines(prober: Prober) -> list[Line]:
    """Say of each service where requests with a good token are answered exactly as those without, or with another.

    Something in front may take the header away. A platform that verifies tokens has something to say of each.
    """
    lines = []
    session = prober.session
    for service in ("ias", "mds"):
        if service not in session.target.services:
            continue
        guarded = [
            (name, wire)
            for name, wire in session.routes.plain_requests(service)
            if session.contract.operation(name).security and name not in session.known_good
        ]
        refused = [reply for name, wire in guarded if (reply := _unheard(prober, name, wire)) is not None]
        if refused and all(name not in session.known_good for name in _guarded(session, service)):
            status = form_of(refused[0]).status
            detail = (
                f"a request with an access token is answered {status}, exactly as one without or with a made-up one"
            )
            advice = "Does something in front take the header Authorization away?" + through_proxy(prober)
            lines.append(prober.line(State.CONTRADICTED, detail, "services", service, "url", advice=advice))
    return lines


def _guarded(session: Session, service: str) -> list[str]:
    """Return the operations of a service that want a token."""
    return [entry.operation_id for entry in session.contract.of_service(service) if entry.security]


def _unheard(prober: Prober, operation: str, wire: Wire) -> Reply | None:
    """Return how a request with a good token was refused, if it is as without, and with a made-up one; else None."""
    given = _credentials(prober, operation)
    if not given:
        return None
    made_up = {name: Secret(f"Bearer {arbitrary()}") for name in given}
    try:
        first, *others = [
            prober.session.ask(replace(wire, headers=tuple(pairs(headers))), operation)
            for headers in (given, made_up, {})
        ]
    except Refused:
        return None
    form = form_of(first)
    refuses = 400 <= form.status < 500 and form.status not in (_NOT_FOUND, *_NO_REFUSALS)
    return first if refuses and all(alike(form, form_of(other)) for other in others) else None


def _answers(prober: Prober, operation: str, wire: Wire) -> _Answers:
    send = prober.session.ask
    wanted = bool(prober.session.contract.operation(operation).security)
    known = replace(wire, headers=tuple(pairs(_credentials(prober, operation)))) if wanted else wire
    away = [replace(one, url=beside(wire.url)) for one in (known, wire)]
    return _Answers(send(known, operation), (send(wire, operation), *(send(one) for one in away)))


def _credentials(prober: Prober, operation: str) -> Mapping[str, Value]:
    """Return the credentials that an operation wants; none where they cannot be had."""
    service = prober.session.contract.operation(operation).service
    try:
        if service == "sdp":
            return {"Authorization": licences.basic(*licences.credentials(prober))}
        if service == "adm" and "crm" not in prober.unusable:
            return {"Authorization": Secret(f"Bearer {crm.crm_token(prober).reveal()}")}
        return {} if service == "adm" else ias.authorization(prober, ias.sign_on(prober).bearer)
    except ConformanceError:
        return {}


def _is_at_another_place(prober: Prober, asked: Asked) -> bool:
    """Tell whether an operation is found at another of its documented places than the likeliest one."""
    session = prober.session
    return any(
        is_served(session.ask, session.contract.operation(name), url)
        for name in asked.operations
        for url in session.routes.candidates(name)
    )


def _walled(prober: Prober, asked: Asked) -> Line | None:
    place = ("services", asked.service, "url")
    reply = next(iter(asked.operations.values()))
    where = reply.request.url.partition("?")[0]
    if reply.response is None:
        detail = f"no request gets a response, not even for a path that nobody has: {reply.failure} ({where})"
        advice = "Is the service up, and can a gateway in front reach it?"
        return prober.line(State.UNREACHABLE, detail, *place, advice=advice + through_proxy(prober))
    form = form_of(reply)
    advice = f"Check the URL; the first request went to {where}."
    if form.status == _NOT_FOUND:
        # Where the host says so of every path, it may be the platform that lacks its operation.
        if alike(form, form_of(asked.nowhere)) or _is_at_another_place(prober, asked):
            return None
        return prober.line(State.WRONG, "no documented path is found there", *place, advice=advice)
    if form.kind == "html" and form.status not in _NO_REFUSALS:
        if form.status not in _OTHER_LINES.get(asked.service, ()):
            return page_line(prober, reply, place)
        return None
    if not 400 <= form.status < 500 or form.status in (*_NO_REFUSALS, *_OTHER_LINES.get(asked.service, ())):
        return None
    detail = f"every path is refused alike ({form.status}), and nothing works"
    advice += " A gateway that wants a key gets it by http: {headers: …}."
    return prober.line(State.WRONG, detail, *place, advice=advice)
