"""From a target file to a `Target`: checked by the published schema, `${ENV}` filled in, secrets wrapped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from conformance.documents import Document, read_yaml
from conformance.errors import TargetFileError, together
from conformance.model import Json
from conformance.target.addresses import wrong_address
from conformance.target.contradictions import parse_day
from conformance.target.mistakes import mistakes
from conformance.target.model import (
    Condition,
    Credentials,
    Hook,
    HttpSettings,
    Keycloak,
    Safety,
    ServiceAddress,
    Source,
    Subject,
    Target,
    Vouching,
    Waiver,
)
from conformance.target.scalars import fill

_SECRETS = {
    "stb": frozenset({"dasChallenge"}),
    "stb_other_account": frozenset({"dasChallenge"}),
    "stb_disabled": frozenset({"dasChallenge"}),
    "user": frozenset({"password"}),
    "user_other_account": frozenset({"password"}),
    "expired_tokens": frozenset({"hdm", "ias", "crm"}),
    "player": frozenset({"initializationPayload"}),
}


def load_target(path: Path) -> Target:
    """Load a target file.

    Raises:
        TargetFileError: with every mistake of the file, each with file and line.
    """
    return target_from_document(read_yaml(path, TargetFileError))


def target_from_document(
    document: Document,
    *,
    embedded: bool = False,
    sending: bool = True,
    more: Callable[[Document], Iterable[TargetFileError]] = lambda _: (),
) -> Target:
    """Make a target of a document that was read already.

    Args:
        document: the file.
        embedded: it is the file of the embedded platform.
        sending: something will be sent; else no variable need be set, and no file be there.
        more: yields the mistakes that only the register or the contract can show, to be reported with the others.

    Raises:
        TargetFileError: as `load_target`.
    """
    found = mistakes(document, sending=sending)
    if isinstance(document.value, dict):
        found += more(document)
    if found:
        raise together(found)
    return _Loader(document, embedded, sending).target()


class _Loader:
    """Turns the parts of a checked document into facts."""

    def __init__(self, document: Document, embedded: bool, sending: bool) -> None:
        self._document = document
        self._embedded = embedded
        self._sending = sending
        self._folder = document.folder
        self._root = cast("dict[str, Any]", document.value)
        self._mistakes: list[TargetFileError] = []

    def target(self) -> Target:
        found = self._target()
        if self._mistakes:
            raise together(self._mistakes)
        return found

    def _target(self) -> Target:
        root = self._root
        subjects = root.get("subjects") or {}
        template = dict(subjects.get("account_template") or {})
        billing = template.pop("billingAddress", None)
        return Target(
            name=self._text(root["name"], "name"),
            tenant=self._text(root["tenant"], "tenant"),
            services={name: self._service(name, entry) for name, entry in root["services"].items()},
            features=frozenset(name for name, on in (root.get("features") or {}).items() if on),
            readings={
                name: self._text(value, "readings", name) for name, value in (root.get("readings") or {}).items()
            },
            subjects=self._subjects(subjects),
            credentials=self._credentials(root.get("credentials") or {}),
            conditions={n: self._condition(n, c) for n, c in (root.get("conditions") or {}).items()},
            http=self._http(root.get("http") or {}),
            safety=self._safety(root.get("safety") or {}),
            waivers=tuple(self._waiver(i, w) for i, w in enumerate(root.get("waivers") or [])),
            paths={name: self._text(path, "paths", name) for name, path in (root.get("paths") or {}).items()},
            account_template={k: self._source(v, "subjects", "account_template", k) for k, v in template.items()},
            billing_address=billing,
            content={k: self._text(v, "subjects", "content", k) for k, v in (subjects.get("content") or {}).items()},
            channels={
                name: tuple(self._text(v, "subjects", "channels", name, i) for i, v in enumerate(values))
                for name, values in (subjects.get("channels") or {}).items()
            },
            vouched=self._vouched(root.get("subjects_vouched")),
            p95=(root.get("load") or {}).get("p95"),
            pool=replace(self._source(pool, "subjects_pool"), lines=True)
            if (pool := root.get("subjects_pool")) is not None
            else None,
            embedded=self._embedded,
            document=self._document,
        )

    def _where(self, *location: str | int) -> str:
        return self._document.where(location)

    def _source(self, value: Json, *location: str | int) -> Source:
        where = self._where(*location)
        if isinstance(value, dict):
            if "file" in value:
                return Source(file=Path(str(value["file"])), folder=self._folder, where=where)
            command = tuple(str(part) for part in cast("list[Json]", value["command"]))
            return Source(command=command, folder=self._folder, where=where)
        text = value if isinstance(value, str) else self._document.texts.get(location, str(value))
        return Source(value=self._fill(text, where), folder=self._folder, where=where)

    def _fill(self, text: str, where: str) -> str:
        return fill(text, where) if self._sending else text

    def _text(self, value: Json, *location: str | int) -> str:
        """Return what is needed at once; a file or command that fails is reported with the others."""
        try:
            return self._source(value, *location).read()
        except TargetFileError as problem:
            problem.message = f"{'.'.join(map(str, location))}: {problem.message}"
            self._mistakes.append(problem)
            return ""

    def _url(self, value: Json, *location: str | int) -> str:
        """Return an address. One that a command gives is seen here for the first time."""
        text = self._text(value, *location)
        if text and isinstance(value, dict) and (found := wrong_address(location, text)):
            message = f"{'.'.join(map(str, location))} {found[0]}"
            self._mistakes.append(TargetFileError(message, where=self._where(*location), advice=found[1]))
        return text.rstrip("/")

    def _service(self, name: str, entry: dict[str, Json]) -> ServiceAddress:
        place = ("services", name)
        ssp = entry.get("ssp_url")
        return ServiceAddress(
            url=self._url(entry["url"], *place, "url"),
            ssp_url=self._url(ssp, *place, "ssp_url") if ssp is not None else None,
            provider=self._text(entry.get("provider", "GLOBAL"), *place, "provider"),
        )

    def _subjects(self, entries: Mapping[str, Any]) -> dict[str, Subject]:
        return {
            name: Subject(
                name,
                {key: self._source(value, "subjects", name, key) for key, value in values.items()},
                _SECRETS.get(name, frozenset()),
            )
            for name, values in entries.items()
            if name not in ("content", "channels", "account_template") and values
        }

    def _credentials(self, entries: Mapping[str, Any]) -> Credentials:
        crm, sdp = entries.get("crm") or {}, entries.get("sdp") or {}
        keycloak = crm.get("keycloak")
        place = ("credentials", "crm", "keycloak")
        return Credentials(
            crm_token=self._source(crm["token"], "credentials", "crm", "token") if "token" in crm else None,
            keycloak=Keycloak(
                url=self._url(keycloak["url"], *place, "url"),
                realm=self._text(keycloak["realm"], *place, "realm"),
                username=self._text(keycloak["username"], *place, "username"),
                password=self._source(keycloak["password"], *place, "password"),
                client_id=self._text(keycloak["client_id"], *place, "client_id"),
            )
            if keycloak
            else None,
            sdp_username=self._text(sdp["username"], "credentials", "sdp", "username") if sdp else None,
            sdp_password=self._source(sdp["password"], "credentials", "sdp", "password") if sdp else None,
            token_keys={
                kid: self._source(value, "credentials", "token_keys", kid)
                for kid, value in (entries.get("token_keys") or {}).items()
            },
        )

    def _condition(self, name: str, entry: Mapping[str, Any]) -> Condition:
        return Condition(name, *(self._hook(entry[step], "conditions", name, step) for step in ("enter", "leave")))

    def _hook(self, entry: Mapping[str, Any], *place: str | int) -> Hook:
        where = self._where(*place)
        if "command" in entry:
            return Hook(command=tuple(entry["command"]), folder=self._folder, where=where)
        http = entry["http"]
        return Hook(
            method=http.get("method", "POST"),
            url=self._url(http["url"], *place, "http", "url"),
            headers={k: self._source(v, *place, "http", "headers", k) for k, v in (http.get("headers") or {}).items()},
            body=self._text(http.get("body", ""), *place, "http", "body"),
            where=where,
        )

    def _http(self, entry: Mapping[str, Any]) -> HttpSettings:
        verify = entry.get("verify", True)
        if isinstance(verify, str):
            verify = str(self._file(verify, "http", "verify"))
        cert = entry.get("client_cert") or ()
        files = (cert,) if isinstance(cert, str) else tuple(cert)
        default = HttpSettings()
        return HttpSettings(
            timeout=float(entry.get("timeout", default.timeout)),
            verify=verify,
            client_cert=tuple(str(self._file(name, "http", "client_cert")) for name in files),
            client_key_password=self._source(entry["client_key_password"], "http", "client_key_password")
            if entry.get("client_key_password") is not None
            else None,
            proxy=self._url(entry["proxy"], "http", "proxy") if entry.get("proxy") else None,
            rate=entry.get("rate"),
            connections=int(entry.get("connections", default.connections)),
            headers={k: self._source(v, "http", "headers", k) for k, v in (entry.get("headers") or {}).items()},
            where=self._where("http"),
        )

    def _file(self, name: str, *place: str | int) -> Path:
        return self._folder / self._fill(name, self._where(*place))

    @staticmethod
    def _safety(entry: Mapping[str, Any]) -> Safety:
        default = Safety()
        return Safety(
            writes=entry.get("writes", "allow") == "allow",
            max_requests=int(entry.get("max_requests", default.max_requests)),
            wrong_passwords_per_user=int(entry.get("wrong_passwords_per_user", default.wrong_passwords_per_user)),
        )

    def _vouched(self, entry: Mapping[str, Any] | None) -> Vouching | None:
        if not entry:
            return None
        by = self._text(entry["by"], "subjects_vouched", "by")
        return Vouching(by, parse_day(entry["on"]) or date.min)

    def _waiver(self, index: int, entry: Mapping[str, Any]) -> Waiver:
        where = self._where("waivers", index)
        day = parse_day(entry["expires"]) or date.min
        return Waiver(entry["id"], entry["reason"], entry["owner"], entry.get("link", ""), day, where)
