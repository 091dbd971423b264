"""Portman, which makes a Postman collection of the contract, and Newman, which runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from peer_tools.contract import FORM, Live, described, lowered, resolved
from peer_tools.found import Found, steady

PORTMAN, NEWMAN = shutil.which("portman") or "", shutil.which("newman") or ""
CONTRACT_TESTS = ("statusSuccess", "contentType", "jsonBody", "schemaValidation", "headersPresent")
REFUSED = "pm.test('A request without it is refused', () => pm.expect(pm.response.code).to.be.within(400, 499));"
EVERYWHERE = "*::/*"

_collections: dict[str, str] = {}


class Named(Live):
    """Postman variables in the place of values, so that one collection serves every platform."""

    def __init__(self, live: Live) -> None:
        self.url, self.live = live.url, live
        self.variables: dict[str, str] = {}

    def value(self, path: str) -> Any:
        """The variable's name; what is no text stays as it is."""
        if path == "live.email":
            # A user name can be taken once, so every request has one of its own.
            return "peer-{{$guid}}@example.test"
        found = self.live.value(path)
        if not isinstance(found, str):
            return found
        name = path.replace(".", "_")
        self.variables[name] = found
        return f"{{{{{name}}}}}"


def portman(service: str, live: Live, folder: Path, _examples: int) -> Found:
    """Assertions that failed, and requests that could not be made."""
    named = Named(live)
    document = described(service, named)
    authorization = live.header(service)
    started = time.monotonic()
    if service not in _collections:
        _collections[service] = collection(document, folder, authorized=bool(authorization))
    suite, values, report = folder / "suite.json", folder / "values.json", folder / "report.json"
    suite.write_text(_collections[service], encoding="utf-8")
    variables = {**named.variables, "baseUrl": live.url, "authorization": authorization}
    values.write_text(
        json.dumps({"name": "platform", "values": [{"key": key, "value": value} for key, value in variables.items()]})
    )
    command = [NEWMAN, "run", str(suite), "--environment", str(values), "--reporters", "json"]
    command += ["--reporter-json-export", str(report), "--timeout-request", "10000"]
    subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=folder)
    run = json.loads(report.read_text(encoding="utf-8"))["run"]
    found = Found(requests=run["stats"]["requests"]["total"], seconds=time.monotonic() - started)
    for failure in run["failures"]:
        error = failure["error"]
        where = failure.get("source", {}).get("name", "")
        found.findings.add(f"{where}: {steady(error.get('test', failure['at']))}: {steady(error['message'])}")
    return found


def collection(document: dict[str, Any], folder: Path, *, authorized: bool) -> str:
    """The collection with its tests, as Portman makes it."""
    spec, config, made = folder / "spec.json", folder / "portman.json", folder / "collection.json"
    config.write_text(json.dumps(settings(document, authorized=authorized)))
    spec.write_text(json.dumps(lowered(with_form_examples(document)) | {"openapi": "3.0.3"}, default=str))
    command = [PORTMAN, "--local", str(spec), "--portmanConfigFile", str(config), "--output", str(made)]
    subprocess.run(command, capture_output=True, timeout=120, check=True, cwd=folder)
    return made.read_text(encoding="utf-8")


def with_form_examples(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a form's example at each field: the converter does not read the form's own."""
    for item in document["paths"].values():
        for operation in item.values():
            form = operation.get("requestBody", {}).get("content", {}).get(FORM["Content-Type"])
            for name, value in form["example"].items() if form else ():
                resolved(document, resolved(document, form["schema"])["properties"][name])["example"] = value
    return document


def settings(document: dict[str, Any], *, authorized: bool) -> dict[str, Any]:
    """Every contract test on every operation, and whatever is mandatory left out once: Portman finds that itself."""
    left_out = {"requiredFields": {"enabled": True}}
    refused = {"extendTests": [{"tests": [REFUSED]}]}
    variations: list[dict[str, Any]] = [
        {
            "openApiOperation": EVERYWHERE,
            "variations": [
                {
                    "name": "without",
                    "fuzzing": [
                        {"requestBody": [left_out], "requestQueryParams": [left_out], "requestHeaders": [left_out]}
                    ],
                    "tests": refused,
                }
            ],
        }
    ]
    header: dict[str, Any] = {"key": "Authorization", "value": "{{authorization}}", "overwrite": True}
    for item in document["paths"].values():
        for operation in item.values():
            if authorized and operation.get("security", document.get("security")):
                removed = {"overwriteRequestHeaders": [{"key": "Authorization", "remove": True}]}
                variations.append(
                    {
                        "openApiOperationId": operation["operationId"],
                        "variations": [{"name": "without Authorization", "overwrites": [removed], "tests": refused}],
                    }
                )
    return {
        "version": 1.0,
        "tests": {
            "contractTests": [
                {"openApiOperation": EVERYWHERE, **{test: {"enabled": True} for test in CONTRACT_TESTS}},
            ],
            "variationTests": variations,
        },
        "overwrites": [{"openApiOperation": EVERYWHERE, "overwriteRequestHeaders": [header]}] if authorized else [],
    }
