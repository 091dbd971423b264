"""Does the target follow the readings that the file pins? It is asked as if the file pinned nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from conformance.errors import CouldNotTest, Refused
from conformance.model import Premise
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session import Sender, Session, hdm, ias
from conformance.session.initialise import initialise, initialise_form, initialised
from conformance.stream import TargetProfile

# By which requests the suite finds out what shapes its later requests, or what it expects. Of other readings, a pin
# shapes nothing.
_FOUND_BY: Mapping[str, tuple[str, Callable[[Sender], object]]] = {
    "stb-casn-name": ("hdm", hdm.casn_name),
    "nmp-mode": ("hdm", hdm.direct_mode_only),
    "first-signon-gateway": ("hdm", hdm.first_signon_gateway),
    "ias-authorization-form": ("ias", ias.authorization_form),
    "ias-superseded-token": ("ias", ias.superseded_tokens_work),
    "initialise-parameters": ("hdm", lambda sender: initialise_form(sender, "initialiseDeviceByPost")),
    "initialise-payload-padding": ("hdm", lambda sender: initialise_form(sender, "initialiseDeviceByGet")),
}
# Of forms, a target may take several, and the first that works is seen: does a request in the form of the pin succeed?
_TAKEN: Mapping[str, Callable[[Sender], bool]] = {
    "stb-casn-name": lambda sender: hdm.stb_signon(sender, _details(sender)).succeeded,
    "ias-authorization-form": lambda sender: ias.generate(sender, ias.sign_on(sender).bearer).succeeded,
    "initialise-parameters": lambda sender: _initialises(sender, "initialiseDeviceByPost"),
    "initialise-payload-padding": lambda sender: _initialises(sender, "initialiseDeviceByGet"),
}


def _details(sender: Sender) -> hdm.Query:
    return hdm.stb_details(sender.session.target.subject("stb"))


def _initialises(sender: Sender, operation: str) -> bool:
    return initialised(initialise(sender, operation, hdm.user_token(sender)))


def pin_lines(prober: Prober) -> list[Line]:
    """Say of each pin that shapes requests whether the target follows it; what it follows otherwise contradicts it."""
    pins = {name: option for name, option in prober.session.target.readings.items() if name in _FOUND_BY}
    free = _with_pins(prober.session, {})
    return [line for name, option in pins.items() for line in _line(prober, free, name, option)]


def _line(prober: Prober, free: Session, name: str, option: str) -> Iterator[Line]:
    service, find = _FOUND_BY[name]
    if service not in prober.session.target.services:
        return
    with suppress(CouldNotTest, Refused):
        find(Sender(free, prober.made_by))
    seen = free.reading_seen(name) or _ruled_out(free, name)
    premise = Premise(id=name, keys=(f"readings.{name}",), it=f"follows the reading {option!r}", services=(service,))
    if seen is None:
        yield prober.says(premise, State.NOT_PROVED, "no request showed which reading the target follows")
    elif seen == option or _takes(prober, name, option):
        yield prober.says(premise, State.PROVED, f"the target follows {option!r}")
    else:
        advice = f"Write {seen!r}, or leave the pin out: the suite finds it out."
        yield prober.says(premise, State.CONTRADICTED, f"the target follows {seen!r}", advice=advice)


def _ruled_out(free: Session, name: str) -> str | None:
    """Return the option that is left where a signon of non-direct mode succeeds: it is not direct mode alone."""
    return "both" if name == "nmp-mode" and free.profile.direct_mode_only is False else None


def _takes(prober: Prober, name: str, option: str) -> bool:
    takes = _TAKEN.get(name)
    with suppress(CouldNotTest, Refused):
        return takes is not None and takes(Sender(_with_pins(prober.session, {name: option}), prober.made_by))
    return False


def _with_pins(session: Session, pins: Mapping[str, str]) -> Session:
    """Return a session on the same target with these pins alone that has found out nothing yet, and judges nothing.

    Whether direct mode is all that there is must be found out whatever the file claims.
    """
    return Session(
        replace(session.target, readings=pins, features=session.target.features | {"direct_mode"}),
        register=session.register,
        contract=session.contract,
        client=session.client,
        budget=session.budget,
        stream=session.stream,
        judge=lambda _: [],
        applicability=session.applicability,
        profile=TargetProfile(),
        prefix="PR",
    )
