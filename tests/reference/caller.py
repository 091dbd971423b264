"""A client of the reference platform that knows how each reading wants to be called."""

import asyncio
import base64
import functools
import hashlib
import json
from contextlib import contextmanager

import httpx
import jwt

from conformance.reference import create_app, default_settings
from conformance.reference.readings import default_option
from conformance.reference.target import target_document

STB_DETAILS = ("smartcardId", "nuId", "casn", "csadList")
SIGNON = "/api/authentication/v2/"
INITIALISE = "gateway/http/js/NmpExtendedService/initializeDevice"
URL = "http://platform.test"


class Client:
    """httpx without a network, and without `await`."""

    def __init__(self, app, runner):
        self.app = app
        self.runner = runner
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=URL)

    def request(self, method, path, **rest):
        return self.runner.run(self.http.request(method, path, **rest))

    def __getattr__(self, method):
        return lambda path, **rest: self.request(method.upper(), path, **rest)


async def call_raw(app, method, path, query, headers):
    """A request whose query no client library would send; the answer as httpx has it."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": raw}
    await app(scope, receive, send)
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


class Caller:
    """Calls one platform without a network; subjects come from its own target document."""

    def __init__(self, client, settings):
        self.client = client
        self.settings = settings
        self.platform = client.app.state.platform
        self.document = target_document(self.platform, URL)
        self.subjects = self.document["subjects"]
        self.credentials = self.document["credentials"]

    def reads(self, reading):
        return self.settings.readings.get(reading) or default_option(reading)

    def base(self, service, key="url"):
        return self.document["services"][service][key].removeprefix(URL)

    def call(self, method, path, query, headers):
        return self.client.runner.run(call_raw(self.client.app, method, path, query, headers))

    # HDM

    def sign_on_stb(self, subject="stb", **changes):
        name = "caSn" if self.reads("stb-casn-name") == "caSn" else "casn"
        details = {name if key == "casn" else key: self.subjects[subject][key] for key in STB_DETAILS} | changes
        present = {key: value for key, value in details.items() if value is not None}
        return self.client.get(self.base("hdm") + SIGNON + "stbsignontokens", params=present)

    def sign_on_user(self, subject="user", **changes):
        details = {key: self.subjects[subject][key] for key in ("username", "password", "deviceId")}
        if self.reads("nmp-mode").startswith("direct"):
            details["smartcardId"] = self.subjects["gateway"]["smartcardId"]
        present = {key: value for key, value in (details | changes).items() if value is not None}
        return self.client.get(self.base("hdm") + SIGNON + "nmpsignontokens", params=present)

    def hdm_token(self, subject="stb"):
        return self.sign_on_stb(subject).json()["token"]["token"]

    def initialise(self, method="POST", base=None, **changes):
        player = self.subjects["player"]
        names = ("playerVersion", "playerType", "initializationPayload")
        positions = ("arg0", "arg1", "arg2")
        wanted = positions if self.reads("initialise-parameters") == "positional" else names
        fields = dict(zip(wanted, (player[name] for name in names), strict=True))
        if self.reads("initialise-payload-padding") == "unpadded" and method == "GET":
            fields[wanted[2]] = fields[wanted[2]].rstrip("=")
        fields = {"token": None, **fields, **changes}
        if fields["token"] is None:
            fields["token"] = self.sign_on_user().json()["token"]["token"]
        base = base or ("/qsp/" if self.reads("initialise-base") == "qsp" else "/hue-gateway/")
        where = {"params": fields} if method == "GET" else {"data": fields}
        return self.client.request(method, self.base("hdm") + base + INITIALISE, **where)

    # IAS

    def ias(self, call):
        prefix = "/v3" if self.reads("ias-prefix") == "v3" else "/ias/v3"
        return f"{self.base('ias')}{prefix}/token/actions/{call}"

    def das_sign_on(self, subject="stb", headers=None, **changes):
        box = self.subjects[subject]
        body = {key: box[key] for key in ("casn", "dasChallenge", "scheme")} | changes
        headers = {"nv-tenant-id": "nagra", "nv-mac-address": box["macAddress"]} | (headers or {})
        present = {key: value for key, value in headers.items() if value is not None}
        return self.client.post(self.ias("dasSignOnByCasn"), headers=present, json=body)

    def access_token(self, subject="stb"):
        token = self.das_sign_on(subject).json()["access_token"]
        return token if isinstance(token, str) else self.platform.ias_key.sign(token)

    def authorization(self, token):
        return {"authorization": token if self.reads("ias-authorization-form") == "bare" else f"Bearer {token}"}

    def generate(self, token):
        return self.client.get(self.ias("generateUpdateInHomeToken"), headers=self.authorization(token))

    def broadcast_token(self, token):
        answer = self.generate(token)
        option = self.reads("broadcast-token-field")
        if option == "text":
            return answer.text
        if option == "string":
            return answer.json()
        if option == "nested":
            return answer.json()["data"]["updateInHomeToken"]
        return answer.json()[option]

    def update(self, token, in_home, broadcast):
        body = {"updateInHomeToken": broadcast, "inHome": in_home}
        body = {key: value for key, value in body.items() if value is not None}
        return self.client.put(self.ias("updateInHomeStatus"), headers=self.authorization(token), json=body)

    # The others

    def crm_token(self):
        return (
            self.crm_answer()["access_token"]
            if "keycloak" in self.credentials["crm"]
            else self.credentials["crm"]["token"]
        )

    def crm_answer(self):
        given = self.credentials["crm"]["keycloak"]
        form = {"grant_type": "password", **{key: given[key] for key in ("username", "password", "client_id")}}
        path = given["url"].removeprefix(URL) + "/keycloak/auth/realms/nagra/protocol/openid-connect/token"
        return self.client.post(path, data=form).json()

    def new_account(self, name="new@example.test", plain="plain-Pass.1", **changes):
        length = 40 if self.reads("pbkdf2-length") == "bits" else 320
        hashed = hash_of(plain)[:length]
        body = {
            "accountProfileId": "DEFAULT",
            "npvrProfileName": "NPVR_100H",
            "billingAddress": {"text": "", "null": None}.get(self.reads("blank-billing-address"), []),
            "pvrStatus": "ENABLED",
            "signonId": name,
            "password": hashed.hex() if self.reads("password-encoding") == "hex" else base64.b64encode(hashed).decode(),
            "salt": base64.b64encode(b"16-bytes-of-salt").decode(),
            "geoBlockExempt": False,
        } | changes
        return {key: value for key, value in body.items() if value is not ...}

    def create(self, body, store="opf", headers=None):
        base = self.base("adm") if store == "opf" else self.base("adm", "ssp_url")
        token = self.crm_token()
        given = {"authorization": f"Bearer {token}", "nv-tenant-id": "nagra"}
        if store == "ssp" and self.reads("ssp-authorization") == "nv-authorizations":
            given["nv-authorizations"] = token
        present = {key: value for key, value in (given | (headers or {})).items() if value is not None}
        return self.client.post(f"{base}/adm/v1/accounts/preHashedPassword", headers=present, json=body)

    def licence(self, content="authorized", token=None, auth=..., **changes):
        spelling = "isContentAuthorized" if self.reads("sdp-path-spelling") == "z" else "isContentAuthorised"
        path = f"{self.base('sdp')}/hue-gateway/gateway/http/js/mdrmService/{spelling}"
        fields = {"token": self.hdm_token() if token is None else token, "arg0": self.subjects["content"].get(content)}
        fields = {key: value for key, value in (fields | changes).items() if value is not None}
        auth = ("mdrm", self.credentials["sdp"]["password"]) if auth is ... else auth
        return self.client.get(
            path, params=fields, auth=auth, headers={"x-correlation-id": "0b8e9f6a-3d51-4c8e-9a57-6f1f5d2f6a10"}
        )

    def services(self, token=None, **params):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        path = self.base("mds") + "/metadata/delivery/GLOBAL/btv/services"
        return self.client.get(path, headers=headers, params=params)

    def control(self, path, method="GET", key=...):
        headers = {"x-control-key": self.settings.control_key if key is ... else key}
        return self.client.request(method, f"/control/{path}", headers=headers)


@functools.cache
def hash_of(plain):
    return hashlib.pbkdf2_hmac("sha1", plain.encode(), b"16-bytes-of-salt", 20_000, 320)


def claims_of(answer):
    """The claims of an answer's access token, unverified."""
    token = answer.json()["access_token"]
    return jwt.decode(token, options={"verify_signature": False}) if isinstance(token, str) else token


def channel_ids(answer):
    """The ids of a channel list, wherever they stand, each once."""
    ids = [
        place["id"]
        for entry in answer.json()["services"]
        for place in (entry, entry.get("technical", {}), entry.get("editorial", {}))
        if "id" in place
    ]
    return list(dict.fromkeys(ids))


def compact(answer):
    """Everything of an answer that a client sees."""
    return answer.status_code, dict(answer.headers), answer.content


def payload_of(text):
    """JSON behind base64."""
    return json.loads(base64.b64decode(text))


@contextmanager
def calling(readings=None, **changes):
    """A caller of a fresh platform."""
    settings = default_settings(readings=readings or {}, **changes)
    with asyncio.Runner() as runner:
        client = Client(create_app(settings), runner)
        yield Caller(client, settings)
        runner.run(client.http.aclose())
        client.app.state.platform.close()
