"""What `peers.py` gives each tool: the contract of a service, with credentials and examples that work."""

from __future__ import annotations

import base64
import random
import uuid
from typing import Any

import httpx
import yaml

from conformance.reference.server import RunningPlatform
from conformance.resources import specs

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEYS = {"hdm": "", "adm": "live.crm_token", "ias": "live.ias_token", "mds": "live.ias_token", "sdp": "credentials.sdp"}


class Live:
    """Values that make requests work, from the target document and from the platform itself."""

    def __init__(self, running: RunningPlatform) -> None:
        self.url, self.document = running.url, running.target_document()
        self._known: dict[str, Any] = {}

    def value(self, path: str) -> Any:
        """The value behind `x-from-target`."""
        if path not in self._known:
            self._known[path] = self._made(path)
        return self._known[path]

    def forget(self, path: str) -> None:
        """The next one is made anew."""
        self._known.pop(path, None)

    def _made(self, path: str) -> Any:
        if path.startswith("live."):
            try:
                return getattr(self, path.removeprefix("live."))()
            except (httpx.HTTPError, KeyError, TypeError, ValueError):
                return "not-to-be-had"
        here: Any = {**self.document, **self.document["subjects"]}
        for step in path.split("."):
            here = here.get(step) if isinstance(here, dict) else None
        return here if here is not None else {"account_template.billingAddress": []}.get(path, "x")

    def _get(self, path: str, **more: Any) -> Any:
        return httpx.get(self.url + path, timeout=5, **more).json()

    def correlation_id(self) -> str:
        return str(uuid.uuid4())

    def device_token(self) -> str:
        return self.hdm_token()

    def hdm_token(self) -> str:
        user = self.document["subjects"]["user"]
        query = {name: user[name] for name in ("username", "password", "deviceId")}
        return str(self._get("/api/authentication/v2/nmpsignontokens", params=query)["token"]["token"])

    def ias_token(self) -> str:
        stb = self.document["subjects"]["stb"]
        body = {name: stb[name] for name in ("casn", "dasChallenge", "scheme")}
        answer = httpx.post(
            f"{self.url}/ias/v3/token/actions/dasSignOnByCasn", json=body, headers={"nv-tenant-id": "nagra"}, timeout=5
        )
        return str(answer.json()["access_token"])

    def broadcast_token(self) -> str:
        headers = {"Authorization": f"Bearer {self.value('live.ias_token')}"}
        return str(self._get("/ias/v3/token/actions/generateUpdateInHomeToken", headers=headers)["updateInHomeToken"])

    def crm_token(self) -> str:
        keycloak = self.document["credentials"]["crm"]["keycloak"]
        form = {name: keycloak[name] for name in ("username", "password", "client_id")} | {"grant_type": "password"}
        path = f"/keycloak/auth/realms/{keycloak['realm']}/protocol/openid-connect/token"
        return str(httpx.post(self.url + path, data=form, headers=FORM, timeout=5).json()["access_token"])

    def email(self) -> str:
        return f"peer-{uuid.uuid4().hex[:12]}@example.test"

    def password_hash(self) -> str:
        return base64.b64encode(random.randbytes(320)).decode()

    def salt(self) -> str:
        return base64.b64encode(random.randbytes(16)).decode()

    def geo_block_exempt(self) -> bool:
        return False

    def header(self, service: str) -> str:
        """The Authorization of a service; empty where it has none."""
        path = KEYS[service]
        if path == "credentials.sdp":
            pair = self.document["credentials"]["sdp"]
            return "Basic " + base64.b64encode(f"{pair['username']}:{pair['password']}".encode()).decode()
        return f"Bearer {self.value(path)}" if path else ""


def described(service: str, live: Live) -> dict[str, Any]:
    """The contract of a service with examples that work, and with every status that the contract tolerates."""
    document: dict[str, Any] = yaml.safe_load((specs() / "openapi" / f"{service}.yaml").read_text())
    transport = yaml.safe_load((specs() / "transport.yaml").read_text())
    document["servers"] = [{"url": live.url}]
    paths = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post", "put") or "x-alternative-of" in operation:
                continue
            place = operation.get("x-path", path)
            if operation.get("x-base") == "ssp_url":
                place = f"/ssp{place}"
            paths.setdefault(place, {})[method] = operation
            of_http = [status for one in ("any_request", "unusual_frame") for status in transport[one]]
            for status in (*operation.get("x-tolerated-statuses", []), *of_http):
                operation["responses"].setdefault(str(status), {"description": "tolerated"})
            for parameter in operation.get("parameters", []):
                found = resolved(document, parameter)
                if "x-from-target" in found:
                    found["example"] = live.value(found["x-from-target"])
            for media in operation.get("requestBody", {}).get("content", {}).values():
                media["example"] = example_of(document, media["schema"], live)
    document["paths"] = paths
    return document


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a local reference points to."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/")]
        node = target
    return node


def example_of(document: dict[str, Any], schema: dict[str, Any], live: Live) -> Any:
    """A body that works."""
    schema = resolved(document, schema)
    made = {}
    for name, member in schema.get("properties", {}).items():
        member = resolved(document, member)
        if name not in schema.get("required", []):
            continue
        path = member.get("x-from-target", "")
        given = live.value(path) if path else member.get("const", (member.get("enum") or [True])[0])
        made[name] = given
    return made


def lowered(node: Any) -> Any:
    """OpenAPI 3.1's lists of types as 3.0 understands them."""
    if isinstance(node, dict):
        made = {name: lowered(value) for name, value in node.items() if not name.startswith("x-")}
        if isinstance(made.get("type"), list):
            kinds = [kind for kind in made["type"] if kind != "null"]
            made = (
                {**made, "nullable": True, "type": kinds[0]}
                if len(kinds) == 1
                else {k: v for k, v in made.items() if k != "type"}
            )
        return made
    return [lowered(item) for item in node] if isinstance(node, list) else node
