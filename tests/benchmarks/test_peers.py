"""What the compared tools are given. None of them runs here."""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
DOCUMENT: dict[str, Any] = {
    "security": [{"bearer": []}],
    "paths": {
        "/{realm}/accounts": {
            "post": {
                "operationId": "create",
                "parameters": [
                    {"name": "realm", "in": "path", "required": True, "example": "nagra"},
                    {"name": "tenant", "in": "header", "required": True, "example": "t"},
                    {"name": "page", "in": "query", "example": "1"},
                ],
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {"$ref": "#/components/schemas/Account"},
                            "example": {"email": "a@example.test"},
                        }
                    }
                },
            }
        },
        "/open": {"get": {"operationId": "open", "security": []}},
    },
    "components": {
        "schemas": {
            "Account": {
                "required": ["email"],
                "properties": {"email": {"type": "string", "x-from-target": "live.email"}},
            }
        }
    },
}


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package as the benchmark imports it."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import peer_tools.contract
    import peer_tools.drift
    import peer_tools.found
    import peer_tools.portman
    import peer_tools.prism

    yield peer_tools
    for name in [name for name in sys.modules if name.partition(".")[0] == "peer_tools"]:
        del sys.modules[name]


@pytest.fixture
def live(tools: Any) -> Any:
    """Values without a platform behind them."""
    made = tools.contract.Live.__new__(tools.contract.Live)
    made.url, made.document, made._known = "http://127.0.0.1:9", {"tenant": "t", "subjects": {}}, {}
    return made


def test_the_proxy_sees_each_mandatory_part_left_out_once(tools: Any, live: Any) -> None:
    """What works comes first; what is optional, and the path, are never left out."""
    sent = list(tools.prism.traffic(DOCUMENT, live, "Bearer x"))
    create = [one for one in sent if one.path == "/nagra/accounts"]

    assert [one.what for one in create] == ["working", "without tenant", "without email", "without Authorization"]
    assert all(one.form and one.query == {"page": "1"} for one in create)
    assert create[0].headers == {"Authorization": "Bearer x", "tenant": "t"}
    assert create[1].headers == {"Authorization": "Bearer x"}
    assert create[2].body == {}
    assert create[3].headers == {"tenant": "t"}


def test_no_account_is_asked_for_twice(tools: Any, live: Any) -> None:
    """A second account of the same user would be refused for another reason than the one that is tried."""
    emails = [one.body["email"] for one in tools.prism.traffic(DOCUMENT, live, "") if one.body]

    assert 2 == len(emails) == len(set(emails))


def test_portman_leaves_authorization_out_where_the_document_asks_for_it(tools: Any) -> None:
    """An operation without security has no such variation, and a service without credentials none at all."""
    with_it = tools.portman.settings(DOCUMENT, authorized=True)["tests"]["variationTests"]
    without_it = tools.portman.settings(DOCUMENT, authorized=False)

    assert [one["openApiOperationId"] for one in with_it if "openApiOperationId" in one] == ["create"]
    assert len(without_it["tests"]["variationTests"]) == 1
    assert without_it["overwrites"] == []


def test_one_collection_serves_every_platform(tools: Any, live: Any) -> None:
    """Text becomes a variable whose value Newman gets; a user name is a new one in every request."""
    named = tools.portman.Named(live)

    assert named.value("tenant") == "{{tenant}}"
    assert named.variables == {"tenant": "t"}
    assert named.value("account_template.billingAddress") == []
    assert "{{$guid}}" in named.value("live.email")


def test_a_form_has_its_example_at_each_field(tools: Any) -> None:
    """The converter behind Portman makes values up where only the whole form has an example."""
    document = tools.portman.with_form_examples(copy.deepcopy(DOCUMENT))

    assert document["components"]["schemas"]["Account"]["properties"]["email"]["example"] == "a@example.test"


def test_a_finding_is_the_same_on_every_run(tools: Any) -> None:
    """Ports and times go, statuses stay."""
    assert tools.found.steady("at 41547\n found  403") == "at N found 403"


def test_drift_and_judge_get_every_request_of_the_traffic_and_nothing_is_left_out(tools: Any, tmp_path: Path) -> None:
    """The suite's own `judge` holds nothing against the faultless platform, and sees what a fault leaves out."""
    from conformance.reference.server import RunningPlatform, default_settings

    seen = {}
    for name, faults in (("faultless", ()), ("faulty", ("updateInHomeStatus.access_token.missing",))):
        (tmp_path / name).mkdir()
        with RunningPlatform(default_settings(faults=faults)) as running:
            live = tools.contract.Live(running)
            document = tools.contract.described("ias", live)
            wanted = len(list(tools.prism.traffic(document, live, live.header("ias"))))
            found = tools.drift.judge("ias", live, tmp_path / name, 0)
        assert found.requests == wanted
        seen[name] = found.findings
    assert seen == {"faultless": set(), "faulty": {"UPD-002: access_token is missing"}}
