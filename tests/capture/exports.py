"""The same traffic as different tools export it: what each adds, spells in its own way, and leaves out."""

from __future__ import annotations

import base64
import copy
from urllib.parse import parse_qsl

from tests.capture.traffic import har

_PSEUDO = ({"name": ":method", "value": "GET"}, {"name": ":authority", "value": "127.0.0.1"})


def _each(entries, change):
    entries = copy.deepcopy(entries)
    for number, entry in enumerate(entries):
        change(number, entry)
    return entries


def chrome(entries):
    """HTTP/2's pseudo-headers and lower-case names, members of its own, and the preflight that a browser sends."""

    def change(number, entry):
        entry["_initiator"], entry["_resourceType"], entry["_priority"] = {"type": "script"}, "fetch", "High"
        for message in (entry["request"], entry["response"]):
            message["httpVersion"] = "h2"
            message["headers"] = [{"name": one["name"].lower(), "value": one["value"]} for one in message["headers"]]
        entry["request"]["headers"] = [*_PSEUDO, *entry["request"]["headers"]]
        entry["response"]["_transferSize"] = 700 + number

    changed = _each(entries, change)
    preflight = copy.deepcopy(changed[-1])
    preflight["request"]["method"] = "OPTIONS"
    preflight["response"].update(status=204, content={"size": 0, "mimeType": "x-unknown"})
    socket = copy.deepcopy(changed[0])
    socket["request"]["url"], socket["_webSocketMessages"] = "wss://push.example/live", []
    return har([*changed, preflight, socket])


def chrome_sanitised(entries):
    """Without what Chrome takes for sensitive: cookies and Authorization."""

    def change(_number, entry):
        headers = entry["request"]["headers"]
        entry["request"]["headers"] = [one for one in headers if one["name"].lower() != "authorization"]

    return chrome(_each(entries, change))


def firefox(entries):
    """A local time zone, -1 for sizes that it does not know, and a request that the page gave up."""

    def change(_number, entry):
        entry["startedDateTime"] = entry["startedDateTime"].replace("Z", "+00:00")
        entry["request"]["bodySize"], entry["response"]["bodySize"] = -1, -1
        entry["_securityState"], entry["serverIPAddress"] = "insecure", "127.0.0.1"

    changed = _each(entries, change)
    aborted = copy.deepcopy(changed[0])
    aborted["response"] = {"status": 0, "statusText": "", "headers": [], "content": {}, "bodySize": -1}
    return har([*changed, aborted])


def safari(entries):
    """No response body where it was not looked at, null for what is missing, no Date."""

    def change(_number, entry):
        response = entry["response"]
        response["headers"] = [one for one in response["headers"] if one["name"].lower() != "date"]
        response["content"] = {"mimeType": response["content"]["mimeType"], "size": response["content"]["size"]}
        entry["request"]["postData"] = entry["request"].get("postData")
        entry["_fetchType"] = None

    return har(_each(entries, change))


def charles(entries):
    """Bodies in base64, whatever they are, and a status of its own."""

    def change(_number, entry):
        content = entry["response"]["content"]
        content["text"] = base64.b64encode(content["text"].encode()).decode()
        content["encoding"], entry["_charlesStatus"] = "base64", "COMPLETE"

    return har(_each(entries, change))


def fiddler(entries):
    """A byte order mark, sizes of the compressed body, and text that is only said to be base64."""

    def change(number, entry):
        entry["comment"] = f"[#{number}]"
        content = entry["response"]["content"]
        content["size"], content["encoding"] = len(content["text"]) // 3, "base64"
        entry["timings"] = {"send": -1, "wait": -1, "receive": -1, "dns": -1, "connect": -1}

    return "\ufeff" + har(_each(entries, change))


def insomnia(entries):
    """Forms and queries as parameters without their text, times without fractions."""

    def change(_number, entry):
        entry["time"] = int(entry["time"])
        post = entry["request"].get("postData")
        if post and "urlencoded" in post["mimeType"]:
            post["params"] = [{"name": name, "value": value} for name, value in parse_qsl(post.pop("text"))]

    return har(_each(entries, change))


def playwright(entries):
    """Without bodies (`recordHarContent: omit`)."""

    def change(_number, entry):
        entry["response"]["content"] = {"size": -1, "mimeType": entry["response"]["content"]["mimeType"]}
        entry["_frameref"], entry["_monotonicTime"] = "frame@1", 1.5

    return har(_each(entries, change))


def mitmproxy(entries):
    """Compression counted, an empty list of parameters, another host's traffic in between."""

    def change(_number, entry):
        entry["response"]["content"]["compression"] = 12
        if "postData" in entry["request"]:
            entry["request"]["postData"]["params"] = []

    changed = _each(entries, change)
    other = copy.deepcopy(changed[0])
    other["request"]["url"] = "https://telemetry.example/collect?x=1"
    return har([other, *changed, other])


WHOLE = {
    "chrome": chrome,
    "firefox": firefox,
    "charles": charles,
    "fiddler": fiddler,
    "insomnia": insomnia,
    "mitmproxy": mitmproxy,
}
LOSSY = {"chrome sanitised": chrome_sanitised, "safari": safari, "playwright": playwright}
