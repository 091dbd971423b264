"""The reference platform judges its callers, and answers them as it does without."""

import threading

import httpx
import pytest

from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.serving import Callers
from tests.capture.traffic import App


@pytest.fixture
def served(tmp_path):
    """Let a client call a platform that judges it; return the results."""

    def by(client, **settings):
        callers, stop, found = Callers(), threading.Event(), []
        with RunningPlatform(default_settings(**settings), around=callers.around) as platform:
            judging = threading.Thread(
                target=lambda: found.append(callers.judge(platform, out=tmp_path / "out", listener=None, stop=stop))
            )
            judging.start()
            client(platform)
            stop.set()
            judging.join()
        return found[0].results

    return by


def test_a_client_that_does_all_right_makes_no_mistake(served):
    results = served(lambda platform: App(platform.target_document()).evening())
    assert (results.mistakes, results.findings) == ((), ())
    assert results.requests["sent"] == 5


def test_what_a_client_does_wrong_is_named_with_its_request(served):
    def client(platform):
        app = App(platform.target_document())
        app.stb_signon(nuId=None)
        token = app.sign_on()
        app.update(token, app.broadcast(token))
        app.broadcast(token)

    assert [(one.operation, one.cause, one.exchange) for one in served(client).mistakes] == [
        ("generateUpdateInHomeToken", "the token that was sent is the one before the last update", "C00005"),
        ("stbsignontokens", "nuId in the query is missing", "C00001"),
    ]


def test_a_fault_that_was_asked_for_is_the_platforms_not_the_clients(served):
    results = served(lambda platform: App(platform.target_document()).evening(), faults=("expiry-in-seconds",))
    assert results.mistakes == ()
    assert [finding.requirement for finding in results.findings] == ["SGN-013"]


def test_a_compressed_body_and_a_request_that_breaks_off_are_taken_as_they_are(served):
    def client(platform):
        App(platform.target_document()).stb_signon()
        httpx.get(f"{platform.url}/nowhere")

    results = served(client, readings={"compression": "gzip"})
    assert results.findings == ()
    assert results.mistakes == ()
