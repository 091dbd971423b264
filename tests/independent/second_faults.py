"""Ways in which the second platform can be wrong, each with the operation that a finding must name."""

import base64
import json
import time

from tests.independent import second_platform as sp

HDM1, HDM2, ADM, SSP = "stbsignontokens", "nmpsignontokens", "createAccount", "createAccountOnSsp"
INI_GET, INI_POST = "initialiseDeviceByGet", "initialiseDeviceByPost"
DAS, GEN, UPD = "dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus"
SDP, MDS = "isContentAuthorised", "listServices"
METHODS = {HDM1: "stb", HDM2: "nmp", DAS: "das", GEN: "generate", UPD: "update", SDP: "licence", MDS: "services"}

FAULTS = {}


def fault(operation, name):
    def add(function):
        FAULTS[name] = (operation, function)
        return function

    return add


def after(operation, name, change, when=lambda status, data: True):
    """An alteration of an operation's answers."""

    def install(platform):
        original = getattr(platform, METHODS.get(operation, "create" if operation in (ADM, SSP) else "init"))

        def altered(q, h, body, *rest):
            status, data = original(q, h, body, *rest)
            applies = when(status, data)
            if operation in (ADM, SSP) and rest != ("opf" if operation == ADM else "ssp",):
                applies = False
            if operation in (INI_GET, INI_POST) and rest != (operation == INI_GET,):
                applies = False
            return change(status, data) if applies else (status, data)

        setattr(platform, original.__name__, altered)

    FAULTS[name] = (operation, install)


def refusal(operation, name, old, new):
    """Another status for a refusal."""

    def install(platform):
        method = METHODS.get(operation, "create" if operation in (ADM, SSP) else "init")
        original = getattr(platform, method)

        def altered(q, h, body, *rest):
            try:
                return original(q, h, body, *rest)
            except sp.No as no:
                if no.status == old:
                    no.status = new
                raise

        setattr(platform, method, altered)

    FAULTS[name] = (operation, install)


def put(path, value):
    """Return a change that sets (or, with `...`, removes) a member."""

    def change(status, data):
        data = json.loads(json.dumps(data))
        place = data
        for key in path[:-1]:
            place = place[key]
        if value is ...:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value(place.get(path[-1])) if callable(value) else value
        return status, data

    return change


def claims(operation, name, change, token="access_token"):
    """An alteration of a token's claims, signed as ever."""

    def altered(status, data):
        body = json.loads(sp.unb64(data[token].split(".")[1]))
        change(body)
        return status, data | {token: sp.jwt(body)}

    after(operation, name, altered)


for op in (HDM1, HDM2):
    after(op, f"{op}-201", lambda s, d: (201, d))
    after(op, f"{op}-expiry-seconds", put(["expiry"], lambda v: v // 1000))
    after(op, f"{op}-expiry-past", put(["expiry"], lambda v: v - 86_400_000))
    after(op, f"{op}-expiry-string", put(["expiry"], str))
    after(op, f"{op}-expiry-missing", put(["expiry"], ...))
    after(op, f"{op}-token-empty", put(["token", "token"], ""))
    after(op, f"{op}-token-null", put(["token", "token"], None))
    after(op, f"{op}-code-number", put(["token", "resultCode"], 0))
    after(op, f"{op}-request-id-number", put(["token", "requestId"], 5))
    after(op, f"{op}-flat", lambda s, d: (s, d["token"] | {"expiry": d["expiry"]}))
    refusal(op, f"{op}-400-422", 400, 422)
    refusal(op, f"{op}-403-401", 403, 401)
    refusal(op, f"{op}-403-500", 403, 500)
refusal(HDM2, "nmp-503-404", 503, 404)
for op in (ADM, SSP):
    after(op, f"{op}-200", lambda s, d: (200, d))
    after(op, f"{op}-id-number", put(["_id"], 17))
    after(op, f"{op}-id-renamed", lambda s, d: (s, {"id": d["_id"]}))
    refusal(op, f"{op}-403-401", 403, 401)
    refusal(op, f"{op}-404-400", 404, 400)
    refusal(op, f"{op}-400-500", 400, 500)
for op in (INI_GET, INI_POST):
    after(op, f"{op}-code-number", put(["resultCode"], 0))
    after(op, f"{op}-no-response", put(["result", "response"], ...), lambda s, d: d["result"]["status"] == "OK")
    after(op, f"{op}-status-bool", put(["result", "status"], True))
    after(op, f"{op}-unwrapped", lambda s, d: (s, {**d, **d["result"], "result": None}))
after(DAS, "das-201", lambda s, d: (201, d))
for key in ("access_token", "refresh_token", "client_id", "accountId", "token_type", "expires_in"):
    after(DAS, f"das-no-{key}", put([key], ...))
after(DAS, "das-expires-ms", put(["expires_in"], lambda v: v * 1000))
after(DAS, "das-expires-string", put(["expires_in"], str))
after(DAS, "das-foreign-account", put(["accountId"], "W-2002"), lambda s, d: d["accountId"] == "W-1001")
after(DAS, "das-type-mac", put(["token_type"], "MAC"))
refusal(DAS, "das-401-403", 401, 403)
refusal(DAS, "das-403-401", 403, 401)
refusal(DAS, "das-400-404", 400, 404)
for name, change in {
    "typ": lambda c: c.update(typ="AuthN"),
    "no-ver": lambda c: c.pop("ver"),
    "exp-ms": lambda c: c.update(exp=c["exp"] * 1000),
    "exp-past": lambda c: c.update(exp=c["exp"] - 90_000),
    "exp-string": lambda c: c.update(exp=str(c["exp"])),
    "fixed-before": lambda c: c.update(fixed_exp=c["exp"] - 10),
    "tenant": lambda c: c.update(tenantId="other"),
    "no-account": lambda c: c.pop("accountId"),
    "home-string": lambda c: c.update(inHome="false"),
    "no-home": lambda c: c.pop("inHome"),
    "device-number": lambda c: c.update(deviceId=7),
    "network-text": lambda c: c.update(onNetwork="no"),
    "no-profile": lambda c: c.pop("accountProfileId"),
    "session-list": lambda c: c.update(sessionControl=[]),
}.items():
    claims(DAS, f"das-access-{name}", change)
    if name != "network-text":
        claims(DAS, f"das-refresh-{name}", change, "refresh_token")
    if name != "exp-past":
        claims(UPD, f"upd-{name}", change)
claims(DAS, "das-refresh-other-device", lambda c: c.update(deviceId="d-other"), "refresh_token")
claims(DAS, "das-jti-constant", lambda c: c.update(jti="1"))
claims(UPD, "upd-geo-flipped", lambda c: c.update(geoBlockExempt=not c["geoBlockExempt"]))
claims(UPD, "upd-always-home", lambda c: c.update(inHome=True))
claims(UPD, "upd-never-home", lambda c: c.update(inHome=False))
refusal(UPD, "upd-400-422", 400, 422)
refusal(GEN, "gen-400-401", 400, 401)
after(UPD, "upd-object", put(["access_token"], lambda v: {"jwt": v}))
after(
    SDP,
    "sdp-not-authorized-case",
    put(["result", "isAuthorized"], lambda v: v.lower()),
    lambda s, d: "isAuthorized" in d["result"],
)
AUTHORIZED = lambda s, d: isinstance(d["result"], dict) and d["result"]["isAuthorized"] == "AUTHORIZED"  # noqa: E731
after(SDP, "sdp-no-account", put(["result", "accountNumber"], ...), AUTHORIZED)
after(SDP, "sdp-account-number", put(["result", "accountNumber"], 5), AUTHORIZED)
after(SDP, "sdp-same-account", put(["result", "accountNumber"], "no-W-1001"), AUTHORIZED)
after(SDP, "sdp-expiry-seconds", put(["result", "usageRules", "expiryDate"], lambda v: int(v) // 1000), AUTHORIZED)
after(SDP, "sdp-storage-string", put(["result", "usageRules", "isStorageAllowed"], "true"), AUTHORIZED)
after(SDP, "sdp-code-number", put(["resultCode"], 0), lambda s, d: d["resultCode"] == "0")
after(SDP, "sdp-bool-result", lambda s, d: (s, d | {"result": True}), lambda s, d: d["resultCode"] == "0")
after(
    SDP,
    "sdp-rules-when-not",
    put(["result", "usageRules"], {}),
    lambda s, d: s == 200 and d["result"]["isAuthorized"] == "NOT_AUTHORIZED",
)
after(SDP, "sdp-error-no-result", put(["result"], ...), lambda s, d: d["resultCode"] != "0")
after(SDP, "sdp-error-code-number", put(["resultCode"], 85102), lambda s, d: d["resultCode"] != "0")
after(
    SDP,
    "sdp-error-as-success",
    lambda s, d: (200, {"resultCode": "0", "result": {"isAuthorized": "NOT_AUTHORIZED"}}),
    lambda s, d: d["resultCode"] == "85102",
)
after(
    SDP,
    "sdp-window-reversed",
    lambda s, d: (
        s,
        json.loads(json.dumps(d).replace("beginDate", "x").replace("endDate", "beginDate").replace('"x"', '"endDate"')),
    ),
    AUTHORIZED,
)
after(SDP, "sdp-202", lambda s, d: (202, d), lambda s, d: s == 200)
after(MDS, "mds-list", lambda s, d: (s, d["services"]))
after(MDS, "mds-206", lambda s, d: (206, d))


@fault(MDS, "mds-no-filter")
def _(platform):
    original = platform.services

    def services(q, h, body):
        original(q, h, body)
        saved, sp.CHANNELS = sp.CHANNELS, dict.fromkeys(sp.CHANNELS, False)
        try:
            return original(q, h, body)
        finally:
            sp.CHANNELS = saved

    platform.services = services


@fault(MDS, "mds-unverified")
def _(platform):
    platform.services = _with_unverified(platform, platform.services)


def _with_unverified(platform, original):
    def call(*args):
        saved = platform.verified
        platform.verified = lambda token: json.loads(sp.unb64(token.split(".")[1]))
        try:
            return original(*args)
        except (ValueError, IndexError):
            raise sp.No(401) from None
        finally:
            platform.verified = saved

    return call


@fault(GEN, "gen-unverified")
def _(platform):
    platform.generate = _with_unverified(platform, platform.generate)


@fault(UPD, "upd-unverified")
def _(platform):
    platform.update = _with_unverified(platform, platform.update)


@fault(GEN, "gen-readable")
def _(platform):
    platform.generate = lambda q, h, b: (
        200,
        base64.b64encode(json.dumps([c := platform.access(h), c["accountId"]]).encode()),
    )


@fault(GEN, "gen-same-token")
def _(platform):
    platform.generate = lambda q, h, b: (platform.access(h) and 200, b"constant-token-for-everybody-00112233")


@fault(UPD, "upd-any-broadcast")
def _(platform):
    platform.opens = lambda token: _Equal()


class _Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


@fault(UPD, "upd-tenant-only")
def _(platform):
    original = sp.Platform.opens
    platform.opens = lambda token: _First(original(platform, token))


class _First(list):
    def __init__(self, value):
        super().__init__(value or [None])

    def __eq__(self, other):
        return self[0] == other[0]

    __hash__ = None


@fault(UPD, "upd-flag-ignored")
def _(platform):
    original = platform.update
    platform.update = lambda q, h, b: original(q, h, json.dumps(sp.Platform.json(b) | {"inHome": True}).encode())


@fault(UPD, "upd-flag-string")
def _(platform):
    original = platform.update

    def update(q, h, b):
        data = sp.Platform.json(b)
        if isinstance(data.get("inHome"), str):
            data["inHome"] = data["inHome"] == "true"
        return original(q, h, json.dumps(data).encode())

    platform.update = update


@fault(UPD, "upd-flag-default")
def _(platform):
    original = platform.update
    platform.update = lambda q, h, b: original(q, h, json.dumps({"inHome": False} | sp.Platform.json(b)).encode())


@fault(UPD, "upd-sticks")
def _(platform):
    seen = set()
    original = platform.update

    def update(q, h, b):
        status, data = original(q, h, b)
        body = json.loads(sp.unb64(data["access_token"].split(".")[1]))
        if body["inHome"]:
            seen.add(body["deviceId"])
        elif body["deviceId"] in seen:
            data = {"access_token": sp.jwt(body | {"inHome": True})}
        return status, data

    platform.update = update


@fault(MDS, "mds-cache")
def _(platform):
    original, cache = platform.services, {}

    def services(q, h, b):
        answer = original(q, h, b)
        key = json.dumps(q)
        at, old = cache.get(key, (0, None))
        if time.time() - at > 3:
            cache[key] = (time.time(), answer)
            return answer
        return old

    platform.services = services


@fault(HDM2, "nmp-any-password")
def _(platform):
    platform.matches = lambda user, password: True


@fault(HDM2, "nmp-prefix-password")
def _(platform):
    original = platform.matches
    platform.matches = lambda user, password: (
        user["password"][:6] == password[:6] if "password" in user else original(user, password)
    )


@fault(HDM2, "nmp-case-password")
def _(platform):
    original = platform.matches
    platform.matches = lambda user, password: (
        user["password"].lower() == password.lower() if "password" in user else original(user, password)
    )


@fault(HDM2, "nmp-any-device")
def _(platform):
    original = platform.nmp
    platform.nmp = lambda q, h, b: original({k: v for k, v in q.items() if k != "deviceId"}, h, b)


@fault(HDM2, "nmp-foreign-device")
def _(platform):
    original = platform.nmp

    def nmp(q, h, b):
        known = any(q.get("deviceId") in user["devices"] for user in sp.USERS.values())
        return original({k: v for k, v in q.items() if k != "deviceId"} if known else q, h, b)

    platform.nmp = nmp


for missing in ("nuId", "casn", "csadList", "smartcardId"):

    def _install(platform, missing=missing):
        original = platform.stb

        def stb(q, h, b):
            box = next((b for b in sp.BOXES.values() if b["casn"] == q.get("casn")), None) or sp.BOXES.get(
                q.get("smartcardId")
            )
            if missing not in q and box:
                card = next(c for c, b in sp.BOXES.items() if b is box)
                q = q | {missing: card if missing == "smartcardId" else box[missing]}
            return original(q, h, b)

        platform.stb = stb

    FAULTS[f"stb-without-{missing}"] = (HDM1, _install)

for ignored in ("nuId", "casn", "csadList"):

    def _install2(platform, ignored=ignored):
        original = platform.stb

        def stb(q, h, b):
            box = sp.BOXES.get(q.get("smartcardId"))
            return original(q | {ignored: box[ignored]} if box and q.get(ignored) else q, h, b)

        platform.stb = stb

    FAULTS[f"stb-ignores-{ignored}"] = (HDM1, _install2)

for field in (
    "accountProfileId",
    "npvrProfileName",
    "billingAddress",
    "pvrStatus",
    "signonId",
    "password",
    "salt",
    "geoBlockExempt",
):

    def _install3(platform, field=field):
        original = platform.create
        defaults = {
            "billingAddress": [],
            "pvrStatus": "ENABLED",
            "geoBlockExempt": False,
            "salt": "AAAA",
            "password": base64.b64encode(b"0" * 320).decode(),
            "signonId": "x",
            "accountProfileId": "G",
            "npvrProfileName": "N",
        }

        def create(q, h, b, store):
            if b:
                b = json.dumps(
                    {field: defaults[field] + str(time.time()) if field == "signonId" else defaults[field]}
                    | sp.Platform.json(b)
                ).encode()
            return original(q, h, b, store)

        platform.create = create

    FAULTS[f"adm-without-{field}"] = (ADM, _install3)


@fault(ADM, "adm-any-token")
def _(platform):
    original = platform.create
    platform.create = lambda q, h, b, s: original(
        q, h | ({"authorization": f"Bearer {sp.CRM_TOKEN}"} if h.get("authorization") else {}), b, s
    )


@fault(ADM, "adm-any-tenant")
def _(platform):
    original = platform.create
    platform.create = lambda q, h, b, s: original(q, h | {"nv-tenant-id": sp.TENANT}, b, s)


@fault(ADM, "adm-echo")
def _(platform):
    original = platform.create

    def create(q, h, b, s):
        status, data = original(q, h, b, s)
        return status, sp.Platform.json(b) | data

    platform.create = create


@fault(ADM, "adm-ignores-id")
def _(platform):
    original = platform.create
    platform.create = lambda q, h, b, s: original(
        q,
        h,
        json.dumps({k: v for k, v in sp.Platform.json(b).items() if k != "_id"}).encode() if b[:1] == b"{" else b,
        s,
    )


@fault(ADM, "pbkdf2-any-salt")
def _(platform):
    platform.matches_original = platform.matches
    import hashlib

    def matches(user, password):
        if "password" in user:
            return platform.matches_original(user, password)
        return hashlib.pbkdf2_hmac("sha256", password.encode(), user["salt"], 20000, 320) == user["hash"]

    platform.matches = matches


@fault(DAS, "das-any-challenge")
def _(platform):
    original = platform.das

    def das(q, h, b):
        data = sp.Platform.json(b)
        box = next((x for x in sp.BOXES.values() if x["casn"] == data.get("casn")), None)
        if box and data.get("dasChallenge"):
            data["dasChallenge"] = box["das"]
        return original(q, h, json.dumps(data).encode())

    platform.das = das


@fault(DAS, "das-disabled-let-in")
def _(platform):
    original = platform.das

    def das(q, h, b):
        saved = sp.BOXES["90019977"]["ok"]
        sp.BOXES["90019977"]["ok"] = True
        try:
            return original(q, h, b)
        finally:
            sp.BOXES["90019977"]["ok"] = saved

    platform.das = das


for field in ("casn", "dasChallenge", "scheme"):

    def _install4(platform, field=field):
        original = platform.das

        def das(q, h, b):
            data = sp.Platform.json(b)
            box = next(
                (x for x in sp.BOXES.values() if x["casn"] == data.get("casn") or x["das"] == data.get("dasChallenge")),
                None,
            )
            if box and field not in data:
                data[field] = box[{"dasChallenge": "das"}.get(field, field)]
            return original(q, h, json.dumps(data).encode())

        platform.das = das

    FAULTS[f"das-without-{field}"] = (DAS, _install4)


@fault(DAS, "das-any-tenant")
def _(platform):
    original = platform.das
    platform.das = lambda q, h, b: original(q, h | {"nv-tenant-id": sp.TENANT}, b)


@fault(SDP, "sdp-no-auth")
def _(platform):
    original = platform.licence
    basic = "Basic " + base64.b64encode(f"{sp.SDP_USER}:{sp.SDP_PASSWORD}".encode()).decode()
    platform.licence = lambda q, h, b: original(q, h | {"authorization": basic}, b)


@fault(SDP, "sdp-user-only")
def _(platform):
    original = platform.licence
    good = "Basic " + base64.b64encode(f"{sp.SDP_USER}:{sp.SDP_PASSWORD}".encode()).decode()

    def licence(q, h, b):
        try:
            user = base64.b64decode(h.get("authorization", "").partition(" ")[2]).decode().partition(":")[0]
        except ValueError:
            user = ""
        return original(q, h | {"authorization": good} if user == sp.SDP_USER else h, b)

    platform.licence = licence


@fault(SDP, "sdp-everything-granted")
def _(platform):
    original = platform.licence

    def licence(q, h, b):
        status, data = original(q, h, b)
        if status == 200 and data["resultCode"] == "0" and data["result"]["isAuthorized"] != "AUTHORIZED":
            data["result"] = {"isAuthorized": "AUTHORIZED", "accountNumber": "no-W-1001", "usageRules": {}}
        return status, data

    platform.licence = licence


@fault(SDP, "sdp-expired-token")
def _(platform):
    platform.known = lambda token: (
        platform.tokens.get(token) or next((v for k, v in platform.tokens.items() if k[:8] == token[:8]), None)
    )


@fault(SDP, "sdp-cache-by-content")
def _(platform):
    original, cache = platform.licence, {}

    def licence(q, h, b):
        status, data = original(q, h, b)
        if status == 200 and data["resultCode"] == "0":
            return status, cache.setdefault(q.get("arg0"), data)
        return status, data

    platform.licence = licence
