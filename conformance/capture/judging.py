"""Judges captured traffic: finds the operation of each entry, has the rules judge it, and writes what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import urlsplit

from conformance.applicability import Applicability
from conformance.capture.ahead import Ahead
from conformance.capture.client_side import NO_AUTHORIZATION, ClientSide
from conformance.capture.entry import Entry, PassedOver
from conformance.client import UNREACHED
from conformance.contract import Contract, Operation
from conformance.model import Exchange, Finding, Response
from conformance.rules import Context, all_rules
from conformance.session.lifetimes import tokens_in
from conformance.session.recorder import Recorder
from conformance.stream import StreamWriter, events
from conformance.target import Target

PREFIX = "C"
# Hears of each exchange, the findings that it showed, and what the client did wrong.
Listener: TypeAlias = Callable[[Exchange, Sequence[Finding], Sequence[events.Misuse]], None]
MOST_NAMED = 8
_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True)
class _Meant:
    """An exchange of the capture, its operation, and what the client did wrong."""

    exchange: Exchange
    operation: Operation
    mistakes: list[events.Misuse]


class CaptureJudge:
    """Judges entries one after the other, in the order in which they were sent."""

    def __init__(
        self,
        contract: Contract,
        context: Context,
        applicability: Applicability,
        target: Target | None,
        stream: StreamWriter,
        *,
        listener: Listener | None = None,
    ) -> None:
        """Write to `stream`; without `target` every host with a documented path is the platform's."""
        self._listener = listener
        self._contract = contract
        self._stream = stream
        self._hosts = _hosts(target) if target else None
        self._paths = {path: contract.operation(name) for name, path in target.paths.items()} if target else {}
        self._tenant = context.tenant
        # Who listens hears of an exchange when it comes.
        self._ahead = Ahead(context) if listener is None else Ahead(context, processes=1)
        self._recorder = Recorder(
            context.register,
            applicability,
            contract,
            context.tenant,
            stream=stream,
            judge=self._ahead.judge,
            prefix=PREFIX,
        )
        self._client = ClientSide(contract)
        self._count = 0
        self._passed_over: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._other_hosts: Counter[str] = Counter()
        self._services: set[str] = set()

    def judge_file(self, name: str, entries: Iterable[Entry | PassedOver]) -> None:
        """Judge the entries of a file, and say what of it was not judged, and why.

        Raises:
            CaptureError: the file cannot be read.
        """
        without_token: list[events.Misuse] = []
        authorised = asked = 0
        for meant in self._ahead.in_order(self._meant(entries), lambda one: one.exchange):
            exchange = meant.exchange
            authorised += exchange.request.header("authorization") is not None
            for mistake in meant.mistakes:
                if mistake.cause == NO_AUTHORIZATION:
                    asked += 1
                    without_token.append(mistake)
                else:
                    self._stream.write(mistake)
            # An outage that the documents speak of can be seen in traffic, but not that there was one.
            outage = meant.operation.gives_failure(exchange.status)
            findings = self._recorder.judge_and_write(exchange, expect_5xx=outage)
            if self._listener is not None:
                self._listener(exchange, findings, meant.mistakes)
        if asked and not authorised:
            self._without_authorization(name, asked)
        else:
            for mistake in without_token:
                self._stream.write(mistake)

    @property
    def judged(self) -> int:
        """How many entries were judged until now."""
        return self._count

    def finish(self, *, declared: bool) -> None:
        """Write what was counted; `declared`: a target file says which services the platform has."""
        for reason, number in self._passed_over.most_common():
            noun = "entry" if number == 1 else "entries"
            text = f"{number:,} {noun} not judged: {reason} (first: {self._first[reason]})"
            self._stream.write(events.Note(text=text))
        if self._other_hosts:
            named = ", ".join(f"{host} {number:,}" for host, number in self._other_hosts.most_common(MOST_NAMED))
            rest = len(self._other_hosts) - MOST_NAMED
            text = f"requests to other hosts, not judged: {named}" + (f" and {rest} more hosts" if rest > 0 else "")
            self._stream.write(events.Note(text=text))
        if not declared:
            for entry in self._recorder.register:
                if entry.service not in self._services:
                    reason = f"the captured traffic holds no request to {entry.service}"
                    self._stream.write(events.Undeclared(requirement=entry.id, reason=reason))
        self._stream.write(self._recorder.counts(broken_off=0))

    def _meant(self, entries: Iterable[Entry | PassedOver]) -> Iterator[_Meant]:
        """Yield the entries that are of an operation; count the others."""
        for entry in entries:
            if isinstance(entry, PassedOver):
                self._pass_over(entry.reason, entry.where)
                continue
            operation = self._operation(entry)
            if operation is not None:
                exchange = self._exchange(entry, operation)
                mistakes = list(self._client.mistakes(exchange)) if entry.valid is None else []
                yield _Meant(exchange, operation, mistakes)

    def _pass_over(self, reason: str, where: str) -> None:
        self._passed_over[reason] += 1
        self._first.setdefault(reason, where)

    def _operation(self, entry: Entry) -> Operation | None:
        """Return the operation of an entry; count the entry where it has none."""
        if entry.operation in self._contract.operations:
            return self._contract.operation(entry.operation)
        path = urlsplit(entry.request.url).path
        host = _host(entry.request.url)
        ours = self._hosts is None or host.lower() in self._hosts
        method = entry.request.method
        found = self._at(method, path) if ours else None
        if found is not None:
            return self._contract.operation(found.alternative_of) if found.alternative_of else found
        elsewhere = ours and any(self._at(one, path) for one in ("GET", "POST", "PUT"))
        if elsewhere and method in ("OPTIONS", "HEAD"):
            self._pass_over(f"{method}, which no document describes (browsers send it before a request)", entry.where)
        elif elsewhere or (ours and self._hosts is not None):
            self._pass_over("no operation of the documents has its method and path", entry.where)
        else:
            self._other_hosts[host or "(none)"] += 1
        return None

    def _at(self, method: str, path: str) -> Operation | None:
        own = self._paths.get(path)
        return own if own is not None and own.method == method else self._contract.match(method, path)

    def _exchange(self, entry: Entry, operation: Operation) -> Exchange:
        response = entry.response
        for token in tokens_in(response):
            self._stream.redactor.learn_token(token)
        self._count += 1
        self._services.add(operation.service)
        name, tenant = f"{PREFIX}{self._count:05d}", self._tenant or entry.request.header("nv-tenant-id") or ""
        found = entry.exchange(
            name, operation.service, operation.operation_id, tenant=tenant, foreign=foreign_by(response)
        )
        # Where nobody says what was meant to succeed, that was which did.
        valid = found.succeeded if entry.valid is None else found.valid
        return replace(found, made_by=found.made_by or "capture", valid=valid)

    def _without_authorization(self, name: str, requests: int) -> None:
        register = self._recorder.register
        names = {one for rule in all_rules() if rule.reads_token for one in rule.requirements}
        costs = sorted(one for one in names if one in register)
        text = (
            f"{name}: not one request has an Authorization header ({requests:,} need one): the export left it out. "
            f"Not judged for it: {', '.join(costs)}. Export with sensitive data"
        )
        self._stream.write(events.Note(text=text, level="warning"))


def _hosts(target: Target) -> frozenset[str]:
    urls = [url for one in target.services.values() for url in (one.url, one.ssp_url)]
    keycloak = target.credentials.keycloak
    urls += [keycloak.url if keycloak else None, *(path for path in target.paths.values() if "://" in path)]
    return frozenset(spelling for url in urls if url for spelling in _spellings(url))


def _host(url: str) -> str:
    """Return host and port of a URL, as they are written."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _spellings(url: str) -> tuple[str, str]:
    """Return host and port as they are written, and with or without the port that the scheme has anyway."""
    host, port = _host(url).lower(), _PORTS.get(urlsplit(url).scheme, "")
    return host, host.removesuffix(port) if host.endswith(port) else host + port


def foreign_by(response: Response | None) -> str:
    """Return why a response may not be the platform's: nothing can be sent here to find it out."""
    if response is None:
        return ""
    if response.status in (407, 511):
        return f"a proxy's or a network's own answer ({response.status})"
    if 300 <= response.status < 400:
        return f"a redirect ({response.status}), which something in front of the platform may have sent"
    beginning = response.body[:200].lstrip().lower()
    if "html" in response.media_type or beginning.startswith((b"<!doctype html", b"<html")):
        return "an HTML page, which something in front of the platform may have sent"
    if response.status in UNREACHED:
        return f"an outage, or a gateway's answer ({response.status}): nothing shows that the platform failed"
    return ""
