"""What stands in front of a platform: a gateway, a firewall that blocks attack-like values, a portal, a proxy.

An answer is called foreign by experiment alone, never by its looks, so that no broken platform hides behind a page:

- *Not here*: what the host says of a path that nobody has. One request for an improbable path learns it, whatever the
  status: a gateway may answer 403.
- *Blocked*: what the request contains is answered in the same form where no operation of the platform reads it (an
  improbable path beside the operation; a parameter that nobody has, of an operation of another service), while a plain
  request to the same place is not, nor one to the operation that has no arguments. A platform that mistreats a value of
  its own arguments, whatever it answers and in whatever form, does not do so at a path that it does not have. This
  is asked of every new form of answer to a suspicious request that is no success of the operation's, whatever its
  status, and of one that got no response; to a plain request, of those that the documents do not give it. A 500 or
  silence is the platform's, unless classic attacks of different kinds draw it from a path that nobody has, or a body
  that cannot be read does, and it has members that no error of the platform has, or is a page that other services'
  paths give as well. A page may have another status each time.
- *Walled*: the answer is what an improbable path beside the operation is answered now, but was not at the beginning: a
  ban after attack-like requests, a portal whose session ended, maintenance. Requests wait, and are sent again.
- *Limited*: most of many requests that are sent together to a path that nobody has are answered so, whatever the
  status, and a moment later none of a few; or one of them gets a page that refuses, of a node without routes, or an
  error of members that no error of the platform has. Such requests wait and are sent again (one path: `limits.py`).
- *Elsewhere*: no error and no success of the operation's, but the page or redirect that a path that nobody has gets as
  well, with the same credentials or without; or a redirect to where other services' operations lead, too.
- *Levelled*: a path that nobody has and the operations of at least three services get the same error, of one status;
  or operations of several services give one refusal, and what names a mistake in a request is written otherwise.
- *Unreachable*: nothing of a service that works is answered, and a path beside its operations that nobody has fails in
  the same way, or every plain request of the service is answered 502, 503 or 504.

A broken platform therefore escapes only where it breaks alike on the paths that it does not have.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.client import UNREACHED, Kind, Reply, Wire, is_write
from conformance.errors import TargetUnreachable
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.session.errors_of_host import SERVER_ERROR
from conformance.session.experiment import PASSING, Experiments, Send
from conformance.session.form import (
    Form,
    alike,
    are_of_one_proxy,
    fills,
    form_of,
    has_attack,
    has_unreadable_body,
    has_unusual_body,
)
from conformance.session.host import OWN, Host, Seen, blocked, is_limit, is_of_any_server, limited
from conformance.session.patience import next_pause
from conformance.session.routes import folder_of, origin
from conformance.session.successes import Successes

if TYPE_CHECKING:
    from conformance.contract import Contract
    from conformance.session.routes import Routes

# What a server that has no such path answers, whatever stands in front of it.
NOT_FOUND = (404, 405, 501)
# How a firewall that sends no page gets rid of a request: it resets, closes or breaks off, or never answers.
BROKEN_OFF = ("reset", "timeout", "malformed")
# So many forms of one host are looked into; a host with more has no form of its own.
MOST_FORMS = 60


class Front:
    """Learns the forms of what stands in front of each host of a target; may be shared by threads.

    Args:
        contract: the operations, whose documented members tell a success.
        send: sends a request (with its operation, which the budget asks for).
        routes: where the operations are.
        clock: what it waits by.
    """

    def __init__(self, contract: Contract, send: Send, routes: Routes, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._contract = contract
        self.routes = routes
        self._experiments = Experiments(send, routes)
        self.clock = clock
        self._hosts: dict[str, Host] = {}
        self._lock = threading.RLock()
        self._successes = Successes(contract)

    def learn(self, url: str) -> None:
        """Learn what the host of a URL says of paths that it does not have; once for each folder."""
        with self._lock:
            self._nowhere(url, "GET", "")
            beside, folder = self._host(url).beside, folder_of(url)
            if folder not in beside:
                beside[folder] = self._experiments.usually_beside(url)

    def not_here(self, operation: str, reply: Reply, *, beside: bool = False) -> bool:
        """Tell whether an answer is what the host says of a path that it does not have; `beside`: there, or beside it.

        A service may say so in its own way. A gate says the same of each path, whether it is there or not.
        """
        if reply.response is None:
            return False
        if reply.response.status in NOT_FOUND:
            return True
        with self._lock:
            method = "POST" if reply.request.method == "POST" else "GET"
            known = [self._nowhere(reply.request.url, method, operation)]
            if beside and reply.response.status >= 400:
                self.learn(reply.request.url)
                known.append(self._host(reply.request.url).beside.get(folder_of(reply.request.url)))
        return any(one is not None and alike(form_of(reply), one) for one in known)

    def documents(self, operation: str, status: int) -> bool:
        """Tell whether the documents name a status as a response of an operation."""
        return any(one.status == str(status) for one in self._contract.operation(operation).responses)

    def look(self, operation: str, wire: Wire, reply: Reply, *, valid: bool = False) -> Seen:
        """Say whether an answer is the platform's, or of something in front of it.

        Args:
            operation: the operationId.
            wire: the request.
            reply: what came of it.
            valid: it is meant to succeed, or a 5xx is a documented answer to it: attribution asks again first.
        """
        attack = has_attack(wire)
        suspicious = attack or has_unusual_body(wire)
        if reply.response is None and reply.kind not in (BROKEN_OFF if suspicious else BROKEN_OFF[:1]):
            return OWN
        plain = valid or not suspicious
        host = self._host(wire.url)
        is_known_limit = host.limits and host.limits_by(form_of(reply))  # which may be called a success
        if plain and not is_known_limit and self._successes.settles(operation, reply.response, suspicious=suspicious):
            return OWN
        form = form_of(reply)
        with self._lock:
            if plain and form.status == SERVER_ERROR:
                if is_limit(self._experiments, self.clock, host, form, wire):
                    return limited(form)
                if (valid and not suspicious) or not self.is_json_of_another(wire.url, form):
                    return OWN
            walled = host.walled(form, reply.sent_at)
            if walled is not None:
                return replace(walled, wall=form) if valid else walled
            own = wire.method == self._contract.operation(operation).method
            if own and self._experiments.blocks_method(operation, wire, form, valid=valid):
                return Seen(f"answered in front: {form.described}, as {wire.method} is on every path")
            nowhere = self._nowhere(wire.url, "GET", "") if self._successes.seen else None
            if self._experiments.errors.levels(wire.url, form, nowhere):
                return Seen(f"answered in front: {form.described}, as all that is wrong is")
            if (suspicious or not valid) and self._is_elsewhere(host, form, operation, reply, attack=attack):
                if is_limit(self._experiments, self.clock, host, form, wire):
                    return limited(form)
                return Seen(f"answered in front: {form.described}, as other paths or services are")
            # Many platforms read a body before they look at the path: whoever refuses a malformed one is right.
            malformed = form.status == 400 and not (attack or valid)
            if malformed or (not suspicious and self._is_usual(operation, form, valid=valid)):
                seen = self._plain(host, form, operation, wire)
            else:
                seen = self._looked_into(host, form, operation, wire, suspicious=suspicious)
            hides = nowhere is not None and alike(form, nowhere)
            # What refuses as the documents have it may be the platform's, or speak for it.
            if valid or seen.reason or (self.documents(operation, form.status) and not hides):
                return seen
            errors, counts = self._experiments.errors, own and not attack
            if errors.is_of_a_gate(operation, wire.url, form, hides=hides, plain=counts):
                return Seen(f"answered in front: {form.described}, as several services refuse")
            return seen

    def replaces_errors(self, operation: str, reply: Reply) -> bool:
        """Tell whether something in front gives errors a body of its own, or none: those of other services, too.

        The status is the platform's then, and the body is not.
        """
        mine = form_of(reply)
        with self._lock:
            nowhere = self._nowhere(reply.request.url, "GET", "")
            others = self._experiments.errors.of_other_services(operation)
            if all(form.status != mine.status for form in others):
                others += self._experiments.errors.of_other_services(operation, made_up=True)
        return are_of_one_proxy(mine, others, nowhere)

    def limits(self, reply: Reply) -> bool:
        """Tell whether a failure that passed was of something in front that limits the number of requests."""
        with self._lock:
            request, host = reply.request, self._host(reply.request.url)
            return is_limit(self._experiments, self.clock, host, form_of(reply), request, closer=True)

    def is_given_elsewhere(self, reply: Reply) -> bool:
        """Tell whether a path that nobody has is answered so as well, at least now and then."""
        return self._experiments.share(reply.request, form_of(reply)) > 0

    def guards(self, reply: Reply) -> None:
        """Take note that a page refused right requests for a while, and not for what was in them."""
        with self._lock:
            self._host(reply.request.url).limits.append(form_of(reply))

    def is_unreachable(self, operation: str, reply: Reply) -> bool:
        """Tell whether nothing of an operation's service is reached: what came of its request says nothing of it."""
        return self._experiments.is_unreachable(self.routes.service(operation), reply.request.url, form_of(reply))

    def instead_of_failure(self, operation: str, reply: Reply, *, wrong: bool = False) -> str:
        """Say why what came in place of a documented server error is not the platform's; empty where it may be.

        Proxies put a page of their own, by 502, 503, 504 or even 200, or a redirect, in the place of any server error.
        `wrong`: another server error is due, so that a page with a documented status may be a proxy's as well, where
        other errors are none.
        """
        form = form_of(reply)
        page = form.kind == "redirect" or (form.kind == "html" and form.status < 300)
        unreached = form.status in UNREACHED and form.kind != "json"
        if unreached and self.documents(operation, form.status):
            unreached = wrong and form.kind == "html" and self._experiments.errors.is_of_none(reply.request.url, form)
        if not (page or unreached):
            return ""
        return f"answered in front: {form.described}, in place of a server error"

    def wait_out(self, url: str, wall: Form) -> float:
        """Wait until a wall is over; return how long at last, in seconds.

        Raises:
            TargetUnreachable: it stays.
        """
        folder, host = folder_of(url), self._host(url)
        for pause in host.waits(folder, wall):
            self.clock.sleep(pause)
            now = self._experiments.beside(url)
            with self._lock:
                host.walls = [(form, self.clock.wall() * 1000 if form == wall else until) for form, until in host.walls]
            if now is None or not alike(now, wall):
                host.enough_s = next_pause(pause, helped=True)
                return pause
        with self._lock:
            host.stay.add(folder)
        raise TargetUnreachable(
            f"something in front of the target answers every request now: {wall.described}",
            where=origin(url),
            advice="Does a firewall ban this machine, is it a portal, or maintenance? "
            "What was proved until then is in the run folder.",
        )

    def _host(self, url: str) -> Host:
        return self._hosts.setdefault(origin(url), Host())

    def _nowhere(self, url: str, method: str, operation: str) -> Form | None:
        host = self._host(url)
        if method not in host.asked:
            host.asked.add(method)
            found = self._experiments.nowhere(url, method, operation)
            if found is not None and found.status:
                host.nowhere[method] = found
        return host.nowhere.get(method)

    def _is_usual(self, operation: str, form: Form, *, valid: bool) -> bool:
        """Tell whether a plain request may well be answered so by its operation, so that it needs no experiment."""
        if valid:
            return form.status in PASSING or self._may_succeed(operation, form)
        return form.status >= 400 and self.documents(operation, form.status) and form.kind in ("json", "empty")

    def _may_succeed(self, operation: str, form: Form) -> bool:
        """Tell whether a form is a success of an operation's own, where the documents name no member of it."""
        return 200 <= form.status < 300 and form.kind == "json" and not self._contract.members(operation)

    def _looked_into(self, host: Host, form: Form, operation: str, wire: Wire, *, suspicious: bool) -> Seen:
        own = host.own[suspicious]
        if any(alike(form, one) for one in own):
            # Only what came without an attack may yet be a wall, which ends.
            return OWN if suspicious else self._plain(host, form, operation, wire)
        if any(fills(form, known) for known in host.blocking):
            return blocked(form)
        entry = self._contract.operation(operation)
        if len(own) + len(host.blocking) >= MOST_FORMS or is_of_any_server(entry, form, wire):
            return OWN
        template = self._experiments.blocks(operation, wire, form)
        if template is not None and self._is_no_failure(operation, wire, form):
            host.blocking.append(template)
            return blocked(form)
        seen = self._plain(host, form, operation, wire) if form.status or form.kind == "reset" else OWN
        if not seen.reason:
            own.append(form)
        return seen

    def _is_no_failure(self, operation: str, wire: Wire, form: Form) -> bool:
        """Tell whether what blocks is a firewall: a platform may fail on one kind of value, whatever the path.

        It answers 500 then, or nothing; not to attacks of different kinds, and not to a body that cannot be read in an
        error of members that none of its own has, or in one page beside the operations of several services.
        """
        if form.status != SERVER_ERROR and form.kind != Kind.TIMEOUT:
            return True
        unreadable = has_unreadable_body(wire)
        if (unreadable or not has_attack(wire)) and self.is_json_of_another(wire.url, form):
            return True
        if unreadable and form.status and form.kind != "json":
            return self._experiments.is_given_beside_other_services(operation, wire, form)
        return self._experiments.is_firewall(wire.url, form)

    def is_json_of_another(self, url: str, form: Form) -> bool:
        """Tell whether an error is JSON, and is written as no error of the platform."""
        with self._lock:
            return form.kind == "json" and self._experiments.errors.is_foreign(url, form)

    def _plain(self, host: Host, form: Form, operation: str, wire: Wire) -> Seen:
        """Look into an answer to a plain request: of a form that this host has not given yet, is it a wall?"""
        succeeds = self._may_succeed(operation, form)
        if succeeds and form.keys:
            if is_limit(self._experiments, self.clock, host, form, wire):
                return limited(form)
            self._successes.learn(operation, form.keys)
        settled = succeeds or form.status in PASSING or len(host.usual) >= MOST_FORMS
        if not settled and form.kind in ("html", "text"):
            self.learn(wire.url)
        nowhere = host.beside.get(folder_of(wire.url))
        if settled or nowhere is None or alike(form, nowhere) or any(alike(form, one) for one in host.usual):
            return OWN
        now = self._experiments.beside(wire.url)
        if now is None or not alike(now, form):
            if self._is_over(host, form, operation, wire):
                host.passes(form)
                return blocked(form, ", for a while", form)
            # Where a path that nobody has gets no response, many requests to it get none either.
            silent = now is not None and now.kind == Kind.TIMEOUT
            if not silent and is_limit(self._experiments, self.clock, host, form, wire):
                return limited(form)
            host.usual.append(form)
            return OWN
        host.walls.append((form, self.clock.wall() * 1000))
        return blocked(form, ", as to every request now", form)

    def _is_elsewhere(self, host: Host, form: Form, operation: str, reply: Reply, *, attack: bool) -> bool:
        """Tell whether a page or a redirect stands in for a refusal; firewalls may have one page for all it refuses."""
        response, url = reply.response, reply.request.url
        refused = form.status >= 400 and not (attack and form.kind == "html" and form.status not in NOT_FOUND)
        if response is None or refused or self._successes.has_member(operation, response):
            return False
        known = host.stands_in(form)
        if known is None:
            self.learn(url)
            others = [host.beside.get(folder_of(url)), self._nowhere(url, "GET", "")]
            if form.kind == "redirect":
                others += self._experiments.errors.of_other_services(operation)
            known = any(one is not None and alike(form, one) for one in others)
            host.elsewhere.append((form, known))
        return known

    def _is_over(self, host: Host, form: Form, operation: str, wire: Wire) -> bool:
        """Tell whether a form that is a firewall's or a wall's, or may be, was a ban that is over by now.

        Only where a firewall was seen to block: elsewhere, what a platform answers now and then is its own.
        """
        known = any(fills(form, one) for one in host.blocking)
        walled = any(alike(form, one) for one, _ in host.walls)
        if not known and not walled and (not host.blocking or form.kind == "json" or is_write(operation, wire.method)):
            return False
        # A platform may refuse what is incomplete with the page by which it refuses odd values, whatever reads them.
        again = self._experiments.again(operation, wire)
        return known if again is None else not alike(again, form)
