"""The same traffic as different tools export it: what each adds, spells in its own way, and leaves out.

Each function takes entries of HAR of which nothing is left out, and returns the text of a file.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Entry: TypeAlias = dict[str, Any]
Export: TypeAlias = Callable[[Iterable[Entry]], str]
_PSEUDO = ({"name": ":method", "value": "GET"}, {"name": ":authority", "value": "127.0.0.1"})


def har(entries: Iterable[Entry]) -> str:
    """Return a HAR file of entries, as text."""
    creator = {"name": "app", "version": "1"}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": list(entries)}})


def _each(entries: Iterable[Entry], change: Callable[[int, Entry], None]) -> list[Entry]:
    copies = copy.deepcopy(list(entries))
    for number, entry in enumerate(copies):
        change(number, entry)
    return copies


def chrome(entries: Iterable[Entry]) -> str:
    """HTTP/2's pseudo-headers and lower-case names, members of its own, and the preflight that a browser sends."""

    def change(number: int, entry: Entry) -> None:
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


def chrome_sanitised(entries: Iterable[Entry]) -> str:
    """Without what Chrome takes for sensitive: cookies and Authorization."""

    def change(_number: int, entry: Entry) -> None:
        headers = entry["request"]["headers"]
        entry["request"]["headers"] = [one for one in headers if one["name"].lower() != "authorization"]

    return chrome(_each(entries, change))


def firefox(entries: Iterable[Entry]) -> str:
    """A local time zone, -1 for sizes that it does not know, and a request that the page gave up."""

    def change(_number: int, entry: Entry) -> None:
        entry["startedDateTime"] = entry["startedDateTime"].replace("Z", "+00:00")
        entry["request"]["bodySize"], entry["response"]["bodySize"] = -1, -1
        entry["_securityState"], entry["serverIPAddress"] = "insecure", "127.0.0.1"

    changed = _each(entries, change)
    aborted = copy.deepcopy(changed[0])
    aborted["response"] = {"status": 0, "statusText": "", "headers": [], "content": {}, "bodySize": -1}
    return har([*changed, aborted])


def safari(entries: Iterable[Entry]) -> str:
    """No response body where it was not looked at, null for what is missing, no Date."""

    def change(_number: int, entry: Entry) -> None:
        response = entry["response"]
        response["headers"] = [one for one in response["headers"] if one["name"].lower() != "date"]
        response["content"] = {"mimeType": response["content"]["mimeType"], "size": response["content"]["size"]}
        entry["request"]["postData"] = entry["request"].get("postData")
        entry["_fetchType"] = None

    return har(_each(entries, change))


def charles(entries: Iterable[Entry]) -> str:
    """Bodies in base64, whatever they are, and a status of its own."""

    def change(_number: int, entry: Entry) -> None:
        content = entry["response"]["content"]
        if content.get("encoding") != "base64":
            content["text"] = base64.b64encode(content["text"].encode()).decode()
        content["encoding"], entry["_charlesStatus"] = "base64", "COMPLETE"

    return har(_each(entries, change))


def fiddler(entries: Iterable[Entry]) -> str:
    """A byte order mark, sizes of the compressed body, and text that is only said to be base64."""

    def change(number: int, entry: Entry) -> None:
        entry["comment"] = f"[#{number}]"
        content = entry["response"]["content"]
        content["size"] = len(content["text"]) // 3
        content.setdefault("encoding", "base64")
        entry["timings"] = {"send": -1, "wait": -1, "receive": -1, "dns": -1, "connect": -1}

    return "\ufeff" + har(_each(entries, change))


def insomnia(entries: Iterable[Entry]) -> str:
    """Forms and queries as parameters without their text, times without fractions."""

    def change(_number: int, entry: Entry) -> None:
        entry["time"] = int(entry["time"])
        post = entry["request"].get("postData")
        if post and "urlencoded" in post["mimeType"]:
            post["params"] = [{"name": name, "value": value} for name, value in parse_qsl(post.pop("text"))]

    return har(_each(entries, change))


def playwright(entries: Iterable[Entry]) -> str:
    """Without bodies (`recordHarContent: omit`)."""

    def change(_number: int, entry: Entry) -> None:
        entry["response"]["content"] = {"size": -1, "mimeType": entry["response"]["content"]["mimeType"]}
        entry["_frameref"], entry["_monotonicTime"] = "frame@1", 1.5

    return har(_each(entries, change))


def mitmproxy(entries: Iterable[Entry]) -> str:
    """Compression counted, an empty list of parameters, another host's traffic in between."""

    def change(_number: int, entry: Entry) -> None:
        entry["response"]["content"]["compression"] = 12
        if "postData" in entry["request"]:
            entry["request"]["postData"]["params"] = []

    changed = _each(entries, change)
    other = copy.deepcopy(changed[0])
    other["request"]["url"] = "https://telemetry.example/collect?x=1"
    return har([other, *changed, other])


WHOLE: dict[str, Export] = {
    "chrome": chrome,
    "firefox": firefox,
    "charles": charles,
    "fiddler": fiddler,
    "insomnia": insomnia,
    "mitmproxy": mitmproxy,
}
LOSSY: dict[str, Export] = {"chrome sanitised": chrome_sanitised, "safari": safari, "playwright": playwright}
