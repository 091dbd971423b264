"""A second, independent reading of the five documents: plain http.server, its own data, its own habits.

It shares nothing with the reference platform, so that the suite cannot be right about one implementation only. A
profile changes its habits; every profile is conformant, unless `fault` names a deviation.
"""

import base64
import gzip
import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY, KID = b"k" * 20 + b"0123456789ab", "7001"
TENANT = "cable-west"
SDP_USER, SDP_PASSWORD = "drm-manager", "Pq7.long-Desk"
CRM_TOKEN = "opaque-crm-" + "a1B2" * 8

BOXES = {
    "90017755": {
        "nuId": "N-77.01",
        "casn": "0000123401",
        "csadList": "AA01BB02",
        "acc": "W-1001",
        "dev": "d-1001-1",
        "das": "das.alpha.c2VjcmV0",
        "scheme": "WIDEVINE",
        "ok": True,
    },
    "90018866": {
        "nuId": "N-88.02",
        "casn": "0000123402",
        "csadList": "AA01BB03",
        "acc": "W-2002",
        "dev": "d-2002-1",
        "das": "das.beta.c2VjcmV0Mg",
        "scheme": "CONNECT",
        "ok": True,
    },
    "90019977": {
        "nuId": "N-99.03",
        "casn": "0000123403",
        "csadList": "AA01BB04",
        "acc": "W-1001",
        "dev": "d-1001-9",
        "das": "das.gamma.c2VjcmV0Mw",
        "scheme": "CONNECT",
        "ok": False,
    },
}
USERS = {
    "mara": {"password": "Tulip~Boat.19", "acc": "W-1001", "devices": {"pad-1"}},
    "nils": {"password": "Anchor!Hill-22", "acc": "W-2002", "devices": {"pad-2"}},
}
GATEWAYS = {"555000111": "W-1001"}
GRANTS = {"movie-a": {"W-1001", "W-2002"}, "match-live": {"W-1001"}}
CHANNELS = {"ch-1": False, "ch-2": False, "ch-3": True}


class No(Exception):
    def __init__(self, status, code="", headers=()):
        self.status, self.code, self.headers = status, code, dict(headers)


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt(claims, key=KEY):
    head = b64(json.dumps({"kid": KID, "alg": "HS256", "typ": "JWT"}).encode())
    body = b64(json.dumps(claims).encode())
    sign = b64(hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest())
    return f"{head}.{body}.{sign}"


def xor_stream(key, nonce, data):
    out, counter = b"", 0
    while len(out) < len(data):
        out += hashlib.sha256(key + nonce + counter.to_bytes(4, "big")).digest()
        counter += 1
    return bytes(a ^ b for a, b in zip(data, out, strict=False))


class Platform:
    """State and decisions; `profile` holds the habits."""

    def __init__(self, profile=None, fault=""):
        self.habits = {
            "errors": "empty",
            "single_session": False,
            "lockout": 0,
            "token": "hex",
            "casn": "casn",
            "expiry_ms": 600_000,
            "init": "positional",
            "init_base": "/qsp/gateway/http/js",
            "ias": "/ias/v3",
            "bearer": True,
            "envelope_minimal": True,
            "broadcast": "text",
            "foreign": 200,
            "no_token_false": 200,
            "no_auth": 400,
            "bad_auth": 401,
            "unknown_casn": 404,
            "wrong_tenant": 403,
            "duplicate": 409,
            "encoding": "base64",
            "blank": [],
            "sdp_spelling": "s",
            "sdp_numbers": "table",
            "sdp_error": 403,
            "window": "keyDeliveryWindow",
            "mds_open": False,
            "mds_limit": 2,
            "throttle": 0,
            "mac": False,
            "crm_missing": 401,
            "sdp_correlation": False,
            "keepalive": True,
            "date": False,
            "unknown_content": "no",
            "init_refusal": 400,
            "nulls": False,
            "alg": "HS256",
            "chunked": False,
            "gzip": False,
            "flaky": 0,
            "access_s": 900,
            "fresh_jti": False,
        } | (profile or {})
        self.fault = fault
        self.rsa = rsa.generate_private_key(65537, 2048) if self.habits["alg"] == "RS256" else None
        self.tokens, self.wrong, self.accounts, self.count = {}, {}, {}, 0
        self.lock = threading.RLock()

    # HDM
    def issue(self, acc, dev, user):
        with self.lock:
            if self.habits["single_session"]:
                for token in [t for t, v in self.tokens.items() if v[:3] == (acc, dev, user)]:
                    del self.tokens[token]
            raw = os.urandom(24)
            token = raw.hex() if self.habits["token"] == "hex" else base64.b64encode(raw).decode().replace("+", "!")
            until = time.time() * 1000 + self.habits["expiry_ms"]
            self.tokens[token] = (acc, dev, user, until)
        inner = {"resultCode": "0", "requestId": str(uuid.uuid4()), "token": token, "result": None}
        return 200, {"expiry": int(until), "token": inner, "zone": "b"}

    def known(self, token):
        found = self.tokens.get(token)
        return found if found and found[3] > time.time() * 1000 else None

    def stb(self, q, h, body):
        casn = q.get(self.habits["casn"]) if self.habits["casn"] != "both" else q.get("casn", q.get("caSn"))
        if not (q.get("smartcardId") and q.get("nuId") and casn and q.get("csadList")):
            raise No(400)
        box = BOXES.get(q["smartcardId"])
        mine = box and (box["nuId"], box["casn"], box["csadList"]) == (q["nuId"], casn, q["csadList"])
        if not mine or not box["ok"]:
            raise No(403)
        return self.issue(box["acc"], box["dev"], None)

    def nmp(self, q, h, body):
        if not q.get("username") or not q.get("password"):
            raise No(400)
        name = q["username"]
        with self.lock:
            user = USERS.get(name) or self.accounts.get(name)
            locked = self.habits["lockout"] and self.wrong.get(name, 0) >= self.habits["lockout"]
        if not user or locked or not self.matches(user, q["password"]):
            with self.lock:
                self.wrong[name] = self.wrong.get(name, 0) + 1
            raise No(403)
        if "deviceId" in q and q["deviceId"] not in user["devices"]:
            raise No(403)
        if q.get("smartcardId") and "deviceId" in q and q["smartcardId"] not in GATEWAYS:
            raise No(503)
        return self.issue(user["acc"], q.get("deviceId"), name)

    def matches(self, user, password):
        if "password" in user:
            return hmac.compare_digest(user["password"].encode(), password.encode("utf-8", "replace"))
        made = hashlib.pbkdf2_hmac("sha1", password.encode("utf-8", "replace"), user["salt"], 20000, len(user["hash"]))
        return hmac.compare_digest(made, user["hash"])

    def init(self, q, h, body, get):
        names = (
            ("arg0", "arg1", "arg2")
            if self.habits["init"] == "positional"
            else ("playerVersion", "playerType", "initializationPayload")
        )
        if not all(q.get(n) for n in names) or not q.get("token"):
            raise No(self.habits["init_refusal"])
        known = self.known(q["token"])
        if not known:
            raise No(403, "gate")
        form = {"requestId": str(uuid.uuid4()), "token": q["token"], "resultCode": "0"}
        text = q[names[2]]
        ok = re.fullmatch(r"[A-Za-z0-9_-]+={0,2}" if get else r"[A-Za-z0-9+/]+={0,2}", text)
        result = {"downloadURL": None, "masterVersion": None, "status": "OK" if ok else "INTERNAL_ERROR"}
        if ok:
            result["response"] = base64.b64encode(b"device " + os.urandom(8)).decode()
        return 200, form | {"result": result}

    # ADM
    def create(self, q, h, body, store):
        auth = h.get("authorization", "")
        if not auth:
            raise No(self.habits["crm_missing"])
        if auth != f"Bearer {CRM_TOKEN}":
            raise No(403)
        data = self.json(body)
        if not h.get("nv-tenant-id"):
            raise No(400)
        if h["nv-tenant-id"] != TENANT:
            raise No(404)
        names = ["accountProfileId", "npvrProfileName", "pvrStatus", "signonId", "password", "salt"]
        if not all(isinstance(data.get(n), str) and data[n] for n in names) or "geoBlockExempt" not in data:
            raise No(400)
        if data["pvrStatus"] not in ("ENABLED", "DISABLED") or "billingAddress" not in data:
            raise No(400)
        address = data["billingAddress"]
        if address in ("", []) and address != self.habits["blank"]:
            raise No(400)
        try:
            salt = base64.b64decode(data["salt"], validate=True)
            value = (
                bytes.fromhex(data["password"])
                if self.habits["encoding"] == "hex"
                else base64.b64decode(data["password"], validate=True)
            )
        except ValueError:
            raise No(400) from None
        if len(value) != 320:
            raise No(400)
        with self.lock:
            given = data.get("_id")
            taken = data["signonId"] in self.accounts or any(a["acc"] == given for a in self.accounts.values())
            if taken and store == "opf":
                if self.habits["duplicate"] != 201:
                    raise No(self.habits["duplicate"])
                return 201, {"_id": given or "again"}
            name = str(given or uuid.uuid4())
            if store == "opf":
                self.accounts[data["signonId"]] = {"acc": name, "hash": value, "salt": salt, "devices": set()}
        return 201, {"_id": name, "status": "ACTIVE"}

    # IAS
    def claims(self, box, in_home=False):
        now = int(time.time())
        base = {
            "tenantId": TENANT,
            "accountId": box["acc"],
            "deviceId": box["dev"],
            "inHome": in_home,
            "ver": "1.0",
            "accountProfileId": "GOLD",
            "sessionControl": {"maxSessions": 2, "sessionControlEnabled": False},
        }
        access = base | {
            "typ": "DevAuthN",
            "exp": now + self.habits["access_s"],
            "fixed_exp": now + 86400,
            "deviceProfileId": "BOX",
            "onNetwork": False,
            "geoBlockExempt": True,
            "blockingInformation": {},
            "filteringInformation": {"country": "germany"},
        }
        if self.habits["nulls"]:
            access |= dict.fromkeys(
                (
                    "userId",
                    "jti",
                    "deviceProfileFeatures",
                    "playoutDeviceClass",
                    "parentalControl",
                    "currentUserProfile",
                    "watermarking",
                    "deviceInformation",
                    "cacheKey",
                )
            )
        if self.habits["fresh_jti"]:
            access["jti"] = uuid.uuid4().hex
        return access, base | {"typ": "RefreshAuthN", "exp": now + 7200, "fixed_exp": now + 86400}

    def das(self, q, h, body):
        data = self.json(body)
        if not data.get("casn") or not data.get("dasChallenge"):
            raise No(400)
        if not h.get("nv-tenant-id"):
            raise No(400)
        if h["nv-tenant-id"] != TENANT:
            raise No(self.habits["wrong_tenant"])
        if data.get("scheme") not in ("CONNECT", "WIDEVINE"):
            raise No(400)
        if self.habits["mac"] and not h.get("nv-mac-address"):
            raise No(400)
        box = next((b for b in BOXES.values() if b["casn"] == data["casn"]), None)
        if box is None:
            raise No(self.habits["unknown_casn"])
        if data["dasChallenge"] != box["das"] or data["scheme"] != box["scheme"]:
            raise No(401)
        if not box["ok"]:
            raise No(403, "20004")
        access, refresh = self.claims(box)
        answer = {
            "token_type": "bearer",
            "access_token": self.jwt(access),
            "refresh_token": self.jwt(refresh),
            "accountId": box["acc"],
            "client_id": box["dev"],
            "expires_in": self.habits["access_s"],
        }
        if not self.habits["envelope_minimal"]:
            if self.habits["nulls"]:
                answer |= {"parentalControl": None, "currentUserProfileId": None}
            answer |= {"refresh_expires_in": 7200, "fixed_refresh_expires_in": 86400, "currentUserProfileId": "p"}
        return 200, answer

    def jwt(self, claims):
        if self.habits["alg"] == "RS256":
            return pyjwt.encode(claims, self.rsa, "RS256", headers={"kid": "rsa-1"})
        return jwt(claims)

    def access(self, h):
        auth = h.get("authorization", "")
        if not auth:
            raise No(self.habits["no_auth"])
        kind, _, token = auth.partition(" ")
        if self.habits["bearer"] is False:
            token = auth
        elif kind.lower() != "bearer":
            raise No(self.habits["bad_auth"])
        return self.verified(token)

    def verified(self, token):
        try:
            head, body, sign = token.split(".")
            if self.habits["alg"] == "RS256":
                claims = pyjwt.decode(token, self.rsa.public_key(), ["RS256"])
                if claims.get("typ") != "DevAuthN":
                    raise ValueError
                return claims
            good = hmac.new(KEY, f"{head}.{body}".encode(), hashlib.sha256).digest()
            claims = json.loads(unb64(body))
            if json.loads(unb64(head)).get("alg") != "HS256" or not hmac.compare_digest(good, unb64(sign)):
                raise ValueError
        except (ValueError, TypeError, AttributeError, pyjwt.PyJWTError):
            raise No(self.habits["bad_auth"]) from None
        if not isinstance(claims, dict) or claims.get("typ") != "DevAuthN" or claims.get("exp", 0) < time.time():
            raise No(self.habits["bad_auth"])
        return claims

    def generate(self, q, h, body):
        claims = self.access(h)
        if not claims.get("accountId") or not claims.get("tenantId"):
            raise No(400)
        plain = json.dumps([claims["tenantId"], claims["accountId"]]).encode()
        nonce = os.urandom(12)
        sealed = nonce + xor_stream(KEY, nonce, plain)
        token = b64(sealed + hmac.new(KEY, sealed, hashlib.sha256).digest()[:16])
        form = self.habits["broadcast"]
        return 200, token.encode() if form == "text" else token if form == "string" else {"homeBeacon": token}

    def update(self, q, h, body):
        claims = self.access(h)
        data = self.json(body)
        flag, token = data.get("inHome"), data.get("updateInHomeToken")
        if not isinstance(flag, bool):
            raise No(400)
        if not token and (flag or self.habits["no_token_false"] == 400):
            raise No(400)
        in_home = False
        if flag:
            in_home = self.opens(token) == [claims.get("tenantId"), claims.get("accountId")]
            if not in_home and self.habits["foreign"] == 400:
                raise No(400)
        claims = claims | {"inHome": in_home}
        if self.habits["fresh_jti"]:
            claims |= {"jti": uuid.uuid4().hex, "fixed_exp": claims["fixed_exp"] + 5, "iat": int(time.time())}
        return 200, {"access_token": self.jwt(claims)}

    def opens(self, token):
        try:
            raw = unb64(token)
            sealed, tag = raw[:-16], raw[-16:]
            if not hmac.compare_digest(hmac.new(KEY, sealed, hashlib.sha256).digest()[:16], tag):
                return None
            return json.loads(xor_stream(KEY, sealed[:12], sealed[12:]))
        except (ValueError, TypeError, AttributeError):
            return None

    # SDP, MDS
    def licence(self, q, h, body):
        expected = "Basic " + base64.b64encode(f"{SDP_USER}:{SDP_PASSWORD}".encode()).decode()
        if h.get("authorization") != expected:
            raise No(401, headers={"WWW-Authenticate": "Basic"})
        if self.habits["sdp_correlation"] and not h.get("x-correlation-id"):
            raise No(400, "sdp")
        known = self.known(q.get("token", ""))
        if not known or not q.get("arg0"):
            return self.habits["sdp_error"], {"resultCode": "85102" if not known else "11", "result": "not valid"}
        result = {"isAuthorized": "NOT_AUTHORIZED"}
        if self.habits["nulls"]:
            result |= {"accountNumber": None, "usageRules": None, "additionalInfo": None, self.habits["window"]: None}
        if known[0] in GRANTS.get(q["arg0"], ()):
            now = int(time.time() * 1000)
            show = (lambda v: v) if self.habits["sdp_numbers"] == "table" else str
            result = {
                "isAuthorized": "AUTHORIZED",
                "accountNumber": "no-" + known[0],
                self.habits["window"]: None,
                "usageRules": {
                    "expiryDate": show(now + 3_600_000),
                    "isStorageAllowed": False,
                    "licenseExpiryDuration": 60,
                    "consumptionWindow": 48,
                },
            }
            if self.habits["nulls"]:
                result["usageRules"] |= {"viewingNumber": None, "startDate": None, "isViewingWindowFloating": None}
                result["additionalInfo"] = None
            if q["arg0"] == "match-live":
                result[self.habits["window"]] = {"beginDate": show(now - 1000), "endDate": show(now + 99_000)}
        return 200, {"resultCode": "0", "result": result}

    def services(self, q, h, body):
        in_home = False
        if h.get("authorization") or not self.habits["mds_open"]:
            token = h.get("authorization", "").partition(" ")[2]
            if not token:
                raise No(401)
            try:
                in_home = self.verified(token).get("inHome") is True
            except No:
                # 400 for a bad token is a way to read the in-home page, not MDS's.
                raise No(self.habits["bad_auth"] if self.habits["bad_auth"] != 400 else 401) from None
        found = [c for c, private in CHANNELS.items() if in_home or not private]
        limit = int(q["limit"]) if q.get("limit", "").isdigit() else self.habits["mds_limit"]
        start = int(q["offset"]) if q.get("offset", "").isdigit() else 0
        entries = [{"technical": {"NetworkLocation": "", "id": c}, "editorial": {"title": c.upper()}} for c in found]
        return 200, {"services": entries[start : start + limit], "total_records": len(found)}

    @staticmethod
    def json(body):
        try:
            data = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise No(400) from None
        if not isinstance(data, dict):
            raise No(400)
        return data

    def route(self, method, path):
        sdp = "isContentAuthorised" if self.habits["sdp_spelling"] == "s" else "isContentAuthorized"
        init = f"{self.habits['init_base']}/NmpExtendedService/initializeDevice"
        table = {
            ("GET", "/auth-gw/api/authentication/v2/stbsignontokens"): self.stb,
            ("GET", "/auth-gw/api/authentication/v2/nmpsignontokens"): self.nmp,
            ("GET", init): lambda q, h, b: self.init(q, h, b, True),
            ("POST", init): lambda q, h, b: self.init(q | dict(parse_qsl(b.decode("latin-1"))), h, b, False),
            ("POST", "/adm/v1/accounts/preHashedPassword"): lambda q, h, b: self.create(q, h, b, "opf"),
            ("POST", "/security/adm/v1/accounts/preHashedPassword"): lambda q, h, b: self.create(q, h, b, "ssp"),
            ("POST", f"{self.habits['ias']}/token/actions/dasSignOnByCasn"): self.das,
            ("GET", f"{self.habits['ias']}/token/actions/generateUpdateInHomeToken"): self.generate,
            ("PUT", f"{self.habits['ias']}/token/actions/updateInHomeStatus"): self.update,
            ("GET", f"/hue-gateway/gateway/http/js/mdrmService/{sdp}"): self.licence,
            ("GET", "/metadata/delivery/WEST/btv/services"): self.services,
        }
        return table.get((method, path)), any(p == path for _, p in table)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "x"
    sys_version = ""

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(timestamp)

    def handle_any(self):
        platform = self.server.platform
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        query = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True, errors="replace"):
            query.setdefault(name, value)
        headers = {k.lower(): v for k, v in self.headers.items()}
        with platform.lock:
            platform.count += 1
            throttled = platform.habits["throttle"] and platform.count % platform.habits["throttle"] == 0
        action, path_known = platform.route(self.command, unquote(parts.path))
        status, data, more = 404, None, {}
        try:
            if platform.habits["flaky"] and platform.count % platform.habits["flaky"] == 0:
                raise No(503)
            if throttled:
                raise No(429, headers={"Retry-After": "0"})
            if action is None:
                raise No(405 if path_known else 404)
            status, data = action(query, headers, body)
        except No as no:
            status, more = no.status, no.headers
            data = self.error(platform.habits["errors"], no)
        if isinstance(data, bytes):
            content, kind = data, "text/plain"
        else:
            content = b"" if data is None else json.dumps(data).encode()
            kind = "application/json;charset=UTF-8"
        self.send_response_only(status)
        if platform.habits["date"]:
            self.send_header("Date", self.date_time_string())
        for name, value in more.items():
            self.send_header(name, value)
        if platform.habits["gzip"] and content and "gzip" in headers.get("accept-encoding", ""):
            content = gzip.compress(content)
            self.send_header("content-encoding", "gzip")
        if platform.habits["chunked"] and content:
            self.send_header("transfer-encoding", "chunked")
            half = len(content) // 2
            content = (
                b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (content[:half], content[half:]) if p) + b"0\r\n\r\n"
            )
        else:
            self.send_header("content-length", str(len(content)))
        if content:
            self.send_header("content-type", kind)
        if not platform.habits["keepalive"]:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @staticmethod
    def error(shape, no):
        if no.code == "gate":
            return {"resultCode": "99999:403", "localeMessage": "none", "requestId": 7, "result": "no"}
        if no.code == "sdp":
            return {"resultCode": "17", "result": "bad"}
        return {
            "empty": None,
            "text": b"refused",
            "json": {"message": "no", "code": no.status, "errorCode": 7},
            "list": ["refused"],
            "hal": {"error": {"status": no.status}},
        }[shape]

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any


class Running:
    """The platform on the loopback interface, and its target file as a document."""

    def __init__(self, profile=None, fault=""):
        self.platform = Platform(profile, fault)

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.platform = self.platform
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def target(self):
        def box(card):
            b = BOXES[card]
            return {
                "smartcardId": card,
                "nuId": b["nuId"],
                "casn": b["casn"],
                "csadList": b["csadList"],
                "dasChallenge": b["das"],
                "scheme": b["scheme"],
                "macAddress": f"02:00:00:00:00:{card[-2:]}",
            }

        return {
            "version": 1,
            "name": "independent",
            "tenant": TENANT,
            "services": {
                "hdm": {"url": f"{self.url}/auth-gw"},
                "ias": {"url": self.url},
                "adm": {"url": self.url, "ssp_url": f"{self.url}/security"},
                "sdp": {"url": self.url},
                "mds": {"url": self.url, "provider": "WEST"},
            },
            "features": {
                "in_home_detection": True,
                "dynamic_provisioning": False,
                "direct_mode": False,
                "ssp": True,
                "live_ppv_license": True,
                "created_accounts_sign_on": True,
            },
            "subjects": {
                "stb": box("90017755"),
                "stb_other_account": box("90018866"),
                "stb_disabled": box("90019977"),
                "user": {"username": "mara", "password": USERS["mara"]["password"], "deviceId": "pad-1"},
                "user_other_account": {"username": "nils", "password": USERS["nils"]["password"], "deviceId": "pad-2"},
                "gateway": {"smartcardId": "555000111"},
                "gateway_unprovisioned": {"smartcardId": "555000999"},
                "content": {"authorized": "movie-a", "not_authorized": "movie-z", "live_ppv": "match-live"},
                "channels": {"in_home_only": ["ch-3"], "everywhere": ["ch-1", "ch-2"]},
                "player": {"playerVersion": "5.2", "playerType": "web", "initializationPayload": "cGxheWVyIGRhdGE="},
                "account_template": {
                    "accountProfileId": "GOLD",
                    "npvrProfileName": "NPVR",
                    "email_domain": "west.test",
                },
            },
            "credentials": {
                "crm": {"token": CRM_TOKEN},
                "sdp": {"username": SDP_USER, "password": SDP_PASSWORD},
                "token_keys": {KID: base64.b64encode(KEY).decode()},
            },
        }


if __name__ == "__main__":
    import sys

    import yaml

    with Running(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}) as running:
        print(yaml.safe_dump(running.target()), flush=True)
        print("nonce", secrets.token_hex(2), file=sys.stderr)
        threading.Event().wait()
