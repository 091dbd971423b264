"""An app that signs on, moves into its home and asks for content, and its traffic as HAR entries, nothing left out."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from conformance.model import Response
from conformance.opentv.broadcast import find_broadcast_token

IAS = "/ias/v3/token/actions"


class App:
    """Sends the requests of an app, and keeps each as an entry of HAR."""

    def __init__(self, document):
        self.document = document
        self.entries = []
        self._client = httpx.Client(
            event_hooks={"response": [self._keep]}, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def _keep(self, response):
        response.read()
        request = response.request
        body = request.content.decode()
        entry = {
            "startedDateTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "time": 12.5,
            "request": {
                "method": request.method,
                "url": str(request.url),
                "httpVersion": "HTTP/1.1",
                "headers": pairs(request.headers),
                "cookies": [],
                "queryString": [{"name": name, "value": value} for name, value in request.url.params.multi_items()],
                "headersSize": -1,
                "bodySize": len(request.content),
            },
            "response": {
                "status": response.status_code,
                "statusText": response.reason_phrase,
                "httpVersion": "HTTP/1.1",
                "headers": pairs(response.headers),
                "cookies": [],
                "content": {
                    "size": len(response.content),
                    "mimeType": response.headers.get("content-type", ""),
                    "text": response.text,
                },
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": len(response.content),
            },
            "cache": {},
            "timings": {"send": 0, "wait": 12.5, "receive": 0},
        }
        if body:
            entry["request"]["postData"] = {"mimeType": request.headers.get("content-type", ""), "text": body}
        self.entries.append(entry)

    def url(self, service, path):
        return self.document["services"][service]["url"] + path

    def sign_on(self, name="stb"):
        stb = self.document["subjects"][name]
        body = {name: stb[name] for name in ("casn", "dasChallenge", "scheme") if name in stb}
        headers = {"nv-tenant-id": self.document["tenant"], "nv-mac-address": stb["macAddress"]}
        answer = self._client.post(self.url("ias", f"{IAS}/dasSignOnByCasn"), json=body, headers=headers)
        return answer.json()["access_token"]

    def broadcast(self, token):
        answer = self.get("ias", f"{IAS}/generateUpdateInHomeToken", token)
        return find_broadcast_token(Response(answer.status_code, tuple(answer.headers.items()), answer.content))

    def update(self, token, broadcast, in_home=True):
        body = {"updateInHomeToken": broadcast, "inHome": in_home}
        url = self.url("ias", f"{IAS}/updateInHomeStatus")
        return self._client.put(url, json=body, headers={"Authorization": f"Bearer {token}"})

    def channels(self, token):
        return self.get("mds", "/metadata/delivery/GLOBAL/btv/services", token)

    def get(self, service, path, token=None, **query):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._client.get(self.url(service, path), headers=headers, params=query)

    def stb_signon(self, **other):
        stb = self.document["subjects"]["stb"]
        query = {name: stb[name] for name in ("smartcardId", "nuId", "casn", "csadList")} | other
        query = {name: value for name, value in query.items() if value is not None}
        return self.get("hdm", "/api/authentication/v2/stbsignontokens", **query)

    def evening(self):
        """Sign on, get and use the token of the home, list the channels."""
        self.stb_signon()
        token = self.sign_on()
        updated = self.update(token, self.broadcast(token)).json()["access_token"]
        self.channels(updated)
        return self


def pairs(headers):
    return [{"name": name, "value": value} for name, value in headers.multi_items()]
