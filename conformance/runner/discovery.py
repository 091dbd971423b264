"""Which services of the platform are at a URL, and where: found out without a credential, and without a target file.

An operation is found where its documented path is answered in another way than paths beside it that do not exist. A
server that has none of them is not the platform, whatever it answers: nothing is tested then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from conformance.client import Wire
from conformance.contract import load_contract
from conformance.documents import parse_yaml
from conformance.errors import ConformanceError, CouldNotTest, TargetFileError, TargetUnreachable, UsageError
from conformance.model import SERVICES, Json
from conformance.opening import RunSettings, open_session
from conformance.runner.preflight.front import front_lines
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.runner.preflight.places import reach_lines
from conformance.session import Session
from conformance.session.form import form_of
from conformance.session.presence import is_served
from conformance.session.routes import Routes
from conformance.target import Target, target_from_document
from conformance.target.addresses import address_mistake
from conformance.target.writing import target_text

# The tenant of the documents' examples: what no request can show.
USUAL_TENANT = "nagra"
_SSP, _SSP_PATH = "createAccountOnSsp", "/ssp"
_REFUSED, _THROTTLED = (401, 403), 429
_NO_SETTINGS: Mapping[str, Json] = MappingProxyType({})
_IN_HOME = ("generateUpdateInHomeToken", "updateInHomeStatus")


@dataclass
class Found:
    """What was found: the services as a target file has them, and the features whose operations are served.

    `http` says how to connect to them, as the target file does.
    """

    urls: tuple[str, ...]
    services: dict[str, dict[str, Json]] = field(default_factory=dict)
    features: dict[str, Json] = field(default_factory=dict)
    http: Mapping[str, Json] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The services that were not found."""
        return tuple(name for name in SERVICES if name not in self.services)

    @property
    def name(self) -> str:
        """A name for the deployment: the host of its first URL."""
        return (urlsplit(self.urls[0]).hostname or "target").replace(":", "-")

    @property
    def said(self) -> str:
        """What was found, as a sentence."""
        names = ", ".join(name.upper() for name in self.services)
        others = f"; not found: {', '.join(name.upper() for name in self.missing)}" if self.missing else ""
        return f"found {names}{others}"

    def document(self) -> dict[str, Json]:
        """What a target file says of it; it allows no writes, since nobody has."""
        return {
            "name": self.name,
            "tenant": USUAL_TENANT,
            "services": dict(self.services),
            "features": dict(self.features),
            "safety": {"writes": "deny"},
            **({"http": dict(self.http)} if self.http else {}),
        }

    def text(self) -> str:
        """Return the target file that was learned."""
        return target_text(
            self.document(),
            said=[f"Learned by `opentv-conformance run` from {', '.join(self.urls)}."],
            notes={**NOTES, **{f"services.{name}": "Not found." for name in self.missing}},
            explained=False,
        )


NOTES: Mapping[str, str] = {
    "tenant": "A guess: no request without credentials shows the tenant. Write yours.",
    "features": "What the deployment claims. Features whose operations were found are true here: check them.",
    "subjects": "Test subjects, never customers: fill in those that you have.",
    "safety.writes": "Change to allow for a run that creates accounts and initialises devices.",
}


def discover(
    urls: Sequence[str],
    scratch: Path,
    *,
    rate: float | None = None,
    challenge: str = "",
    http: Mapping[str, Json] = _NO_SETTINGS,
) -> Found:
    """Look for every service at each URL, in the order given.

    Args:
        urls: as the user wrote them; the path of an operation at the end is taken off.
        scratch: a folder that is deleted at the end.
        rate: requests a second, None without a limit.
        challenge: a nonce that goes with every request.
        http: how to connect, as `http` of a target file.

    Raises:
        UsageError: a URL is malformed, or what answers there is not the platform.
        TargetUnreachable: nothing can be reached there.
    """
    bases = tuple(dict.fromkeys(_base(url) for url in urls))
    found = Found(bases, http=http)
    for number, url in enumerate(bases):
        settings, target = _opening(found, url, scratch / f"discovery-{number}.jsonl")
        with open_session(replace(settings, rate=rate, challenge=challenge), target, prefix="D") as session:
            _look(session, url, found)
    return found


def _base(url: str) -> str:
    """Return the URL below which the services are; its user may have given that of an operation.

    Raises:
        UsageError: it is malformed.
    """
    parts = urlsplit(url) if re.match("https?://", url, re.IGNORECASE) else None
    for path in _documented_paths() if parts else ():
        match = re.search(rf"{path}/?$", parts.path) if parts else None
        if parts and match:
            url = urlunsplit((parts.scheme, parts.netloc, parts.path[: match.start()], "", ""))
            break
    mistake = address_mistake(url)
    if mistake:
        raise UsageError(f"--url {mistake[0]}", advice=mistake[1])
    return url.rstrip("/")


def _documented_paths() -> Iterator[str]:
    """Yield the paths of the documents as patterns."""
    for entry in load_contract():
        for path in (entry.path, *entry.alternative_paths):
            yield re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))


def _opening(found: Found, url: str, stream: Path) -> tuple[RunSettings, Target]:
    """Return what opens a session that may look for every service at a URL."""
    text = target_text(
        {
            "name": "discovery",
            "tenant": USUAL_TENANT,
            "services": {name: _address(name, url) for name in SERVICES},
            "features": {"ssp": True, "in_home_detection": True},
            "safety": {"writes": "deny"},
            **({"http": dict(found.http)} if found.http else {}),
        },
        said=(),
    )
    target = target_from_document(parse_yaml(Path("--url"), text.encode(), TargetFileError))
    return RunSettings("", str(stream), safe=True), target


def _address(service: str, url: str) -> dict[str, Json]:
    return {"url": url, "ssp_url": f"{url}{_SSP_PATH}"} if service == "adm" else {"url": url}


def _look(session: Session, url: str, found: Found) -> None:
    prober = Prober(session)
    _raise_for(url, reach_lines(prober))
    before = len(found.services)
    for service in SERVICES:
        if service not in found.services:
            # A gateway may have a folder for each service.
            places = (url, f"{url}/{service}")
            base = next((place for place in places if _serves(session, service, place)), None)
            if base is not None:
                found.services[service] = {"url": base}
    if len(found.services) == before:
        _raise_for(url, front_lines(prober))
        raise _not_the_platform(session, url)
    _learn_features(session, found)


def _serves(session: Session, service: str, url: str) -> bool:
    """Tell whether an operation of a service is found below a URL."""
    names = [one.operation_id for one in session.contract.of_service(service) if not one.alternative_of]
    return any(_is_at(session, name, url) for name in names if name not in (_SSP, "keycloakToken"))


def _is_at(session: Session, operation: str, url: str) -> bool:
    entry = session.contract.operation(operation)
    address = session.target.services[entry.service]
    moved = replace(address, url=url, ssp_url=url if operation == _SSP else None)
    target = replace(session.target, services={entry.service: moved})
    with suppress(CouldNotTest):
        routes = Routes(session.contract, target, {})
        return any(is_served(session.ask, entry, place) for place in routes.candidates(operation))
    return False


def _learn_features(session: Session, found: Found) -> None:
    """Find the operations that only some deployments have."""
    ias, adm = found.services.get("ias"), found.services.get("adm")
    if ias is not None and all(_is_at(session, name, str(ias["url"])) for name in _IN_HOME):
        found.features["in_home_detection"] = True
    if adm is not None and "ssp_url" not in adm:
        place = f"{adm['url']}{_SSP_PATH}"
        if _is_at(session, _SSP, place):
            adm["ssp_url"] = place
            found.features["ssp"] = True


def _raise_for(url: str, lines: Sequence[Line]) -> None:
    """End with the first problem of a URL: the others are of the same host.

    Raises:
        UsageError: another URL is meant.
        TargetUnreachable: nothing can be reached there.
    """
    for line in lines:
        if line.state.problem:
            kind = TargetUnreachable if line.state is State.UNREACHABLE else UsageError
            how = ""
            if re.search(r"\bhttp(?:: \{|\.\w)", line.advice):
                # Whoever has no target file yet says by `init` how to connect.
                how = f" Without a target file: opentv-conformance init --url {url} --set http.KEY=VALUE."
            raise kind(f"--url {url}: {line.detail}", advice=line.advice + how)


def _not_the_platform(session: Session, url: str) -> ConformanceError:
    """Say that no documented path is found, and how the first of them was answered."""
    name = next(iter(session.contract)).operation_id
    asked = session.routes.url(name)
    seen = form_of(session.ask(Wire("GET", asked)))
    if seen.status == _THROTTLED:
        advice = "Send fewer requests: --rate 5/s."
        return TargetUnreachable(f"--url {url}: requests are throttled ({seen.described})", advice=advice)
    key = ""
    if seen.status in _REFUSED:
        key = f" A gateway may want a key: opentv-conformance init --url {url} --set 'http.headers.NAME=${{KEY}}'."
    return UsageError(
        f"--url {url}: no service of the platform is found there; its documented paths are answered as paths that do "
        f"not exist are ({seen.described})",
        advice=f"Check host, port and path: the first request went to {asked}. If services have URLs of their own, "
        f"give --url once for each.{key}",
    )
