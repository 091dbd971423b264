"""The ASGI application: routes, and the way of a request through fault and service."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from conformance.reference import edge
from conformance.reference.control import Control
from conformance.reference.faults import activate, readings_for
from conformance.reference.hdm import BASE, FIRST_VERSION
from conformance.reference.platform import Platform
from conformance.reference.service import Operation, Service
from conformance.reference.settings import Settings
from conformance.reference.state import locked
from conformance.reference.wire import Answer, Call, Refusal, parse_fields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

LARGEST_BODY = 8 * 1024 * 1024
# So often, and after so many seconds, a request tries again that found the database locked.
LOCKED_TRIES, LOCKED_S = 100, 0.05
PREFIXES = {
    "hdm": "/hdm",
    "initialise": "/hdm",
    "ias": "/identity",
    "in_home": "/identity",
    "adm": "/operator",
    "keycloak": "/operator",
    "sdp": "/sdp",
    "mds": "/catalogue",
    "control": "",
}

USERNAME, CASN = re.compile(rb"(^|&)username="), re.compile(rb"(^|&)caSn=")
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

logger = logging.getLogger(__name__)


class Nobody(Service):
    """Stands in where a path belongs to no service."""

    name = "nobody"

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        return []


class FirstVersion:
    """HDM's signon as its version 1 spells it, served as version 2's: one path for boxes and users."""

    def __init__(self, platform: Platform, endpoints: dict[str, Endpoint]) -> None:
        self.platform = platform
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands a request on to the signon of version 2 that it means."""
        name = "nmpsignontokens" if USERNAME.search(scope["query_string"]) else "stbsignontokens"
        spelled = b"caSn" if self.platform.reads("stb-casn-name") == "caSn" else b"casn"
        query = CASN.sub(lambda found: found[1] + spelled + b"=", scope["query_string"])
        await self.endpoints[name]({**scope, "path": f"{BASE}/{name}", "query_string": query}, receive, send)


class Endpoint:
    """One path: which operation serves which method."""

    def __init__(self, platform: Platform, service: Service) -> None:
        self.platform = platform
        self.service = service
        self.operations: dict[str, Operation] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        call = Call("", scope["method"], scope["path"], {}, headers_of(scope), b"", str(scope.get("client")))
        answer = await self.answer(call, scope, receive)
        await self.write(edge.dress(answer, call, self.service), send)

    async def answer(self, call: Call, scope: Scope, receive: Receive) -> Answer:
        """The answer to a call, refusals and our own mistakes included."""
        if self.platform.settings.latency:
            await asyncio.sleep(self.platform.settings.latency)
        if call.method == "OPTIONS" and (self.operations or "access-control-request-method" in call.headers):
            return Answer(status=204, headers=self.preflight(call), content_type="")
        operation = self.operations.get("GET" if call.method == "HEAD" else call.method)
        if operation is None and self.platform.fault is not None:
            operation = self.platform.fault.serves(call, self.operations)
        try:
            if operation is None:
                raise self.no_such_operation()
            call.operation = operation.id
            call.query = parse_fields(scope["query_string"])
            call.body = await read_body(receive)
            self.check_correlation_id(call)
            return await self.serve_unlocked(call, operation)
        except Refusal as refusal:
            return edge.refused(refusal, self.service, call)
        except Exception:
            logger.exception("%s %s", call.method, call.path)
            return Answer(status=500, data={"message": "The platform made a mistake."})

    async def serve_unlocked(self, call: Call, operation: Operation) -> Answer:
        """The answer of `serve`; while another process has the database locked, this request waits, and no other."""
        for _ in range(LOCKED_TRIES):
            try:
                return await self.serve(call, operation)
            except sqlite3.OperationalError as error:
                if not locked(error):
                    raise
            await asyncio.sleep(LOCKED_S)
        return Answer(status=503, data={"message": "The database is locked by another process."})

    async def serve(self, call: Call, operation: Operation) -> Answer:
        """The service's answer, with the fault before and behind it."""
        fault = self.platform.fault
        if fault is None:
            return await self.served(call, operation)
        return await fault.answer(call, lambda passed: self.served(passed, operation), self.platform)

    async def served(self, call: Call, operation: Operation) -> Answer:
        """The service's answer; a refusal is one, too."""
        try:
            answer: Answer = await getattr(self.service, operation.served_by)(call)
        except Refusal as refusal:
            return edge.refused(refusal, self.service, call)
        return answer

    def check_correlation_id(self, call: Call) -> None:
        """400 for an x-correlation-id that this platform does not take."""
        given = call.headers.get("x-correlation-id")
        if given is not None and self.service.reads("correlation-id-form") == "uuid" and not UUID.fullmatch(given):
            raise Refusal(400, "x-correlation-id is not a UUID.")

    def no_such_operation(self) -> Refusal:
        """A refusal for a path that nobody serves, or for a method: 404 and 405, or what the readings say."""
        if not self.operations:
            return Refusal(int(self.service.reads("unknown-paths")), "There is nothing here.")
        status = int(self.service.reads("other-methods"))
        return Refusal(status, "This method is not allowed.", headers={"allow": self.allowed()})

    def allowed(self) -> str:
        """The methods of this path."""
        methods = [*self.operations, "OPTIONS"]
        return ", ".join(methods + ["HEAD"] * ("GET" in methods))

    def preflight(self, call: Call) -> dict[str, str]:
        """What a browser asks before it sends a token."""
        headers = {"allow": self.allowed()}
        if "origin" in call.headers:
            # A refusal of a method, too, is read only by who may send it.
            method = call.headers.get("access-control-request-method", "OPTIONS")
            allowed = self.allowed()
            headers["access-control-allow-methods"] = (
                allowed if method in allowed.split(", ") else f"{allowed}, {method}"
            )
            asked = call.headers.get("access-control-request-headers", "")
            if asked:
                headers["access-control-allow-headers"] = asked
        return headers

    async def write(self, answer: Answer, send: Send) -> None:
        """Puts an answer on the wire."""
        if answer.delay:
            await asyncio.sleep(answer.delay)
        content = answer.content()
        headers = edge.wire_headers(answer, self.service, len(content))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content[: len(content) - answer.cut]})


def create_app(settings: Settings | None = None, *, beside: Platform | None = None) -> Starlette:
    """The application of one platform; `app.state.platform` is the platform itself.

    `beside` another platform, it has that one's accounts, tokens and conditions.
    """
    chosen = settings or Settings()
    platform = Platform(chosen, readings_for(chosen.faults, chosen.readings), beside)
    if chosen.faults:
        platform.fault = activate(chosen.faults, platform)
    services: list[Service] = [*platform.services]
    if platform.settings.control_key is not None:
        services.append(Control(platform, platform.settings.control_key))
    endpoints: dict[str, Endpoint] = {}
    for service in services:
        for operation in service.operations():
            for path in operation.paths:
                endpoint = endpoints.setdefault(base_path(platform, service.name) + path, Endpoint(platform, service))
                endpoint.operations[operation.method] = operation
    routes = [Route(path, endpoint) for path, endpoint in endpoints.items()]
    hdm = base_path(platform, "hdm")
    signons = {one.id: endpoints[hdm + one.paths[0]] for one in platform.hdm.operations()}
    routes.append(Route(hdm + FIRST_VERSION, FirstVersion(platform, signons)))
    # What is not found below the paths of HDM and SDP is refused in their own form.
    for service in (platform.hdm, platform.initialise, platform.sdp):
        for path in dict.fromkeys(path for operation in service.operations() for path in operation.paths):
            folder = base_path(platform, service.name) + "/" + path.split("/")[1]
            routes.append(Route(f"{folder}/{{path:path}}", Endpoint(platform, service)))
    routes.append(Route("/{path:path}", Endpoint(platform, Nobody(platform))))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        if beside is None:
            platform.close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.platform = platform
    return app


def base_path(platform: Platform, service: str) -> str:
    """Where a service's paths start."""
    return PREFIXES[service] if platform.reads("service-bases") == "separate" else ""


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers; of a repeated one the first counts."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


async def read_body(receive: Receive) -> bytes:
    """The request's body; 413 where it is larger than anything that makes sense here."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise Refusal(413, "The body is too large.", headers={"connection": "close"})
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
