"""What is kept of a run's tokens, which several threads use."""

import time

from conformance.client import Wire
from conformance.session import Sender
from conformance.session.lifetimes import Lifetimes
from conformance.session.once import Results
from conformance.session.tokens import LEAST_LIFE_S, Bare, TokenCache, issuer

_issued = []


@issuer
def numbered(sender):
    _issued.append(f"opaque-token-number-{len(_issued)}")
    return Bare(_issued[-1], float("inf"))


class ForgetfulCache(TokenCache):
    """One whose tokens another thread forgets as soon as they are there."""

    def recall(self, call, sender):
        found = super().recall(call, sender)
        self.forget(call)
        return found


def test_a_request_gets_the_token_that_was_issued_for_it_also_where_another_thread_forgot_it_by_then(session):
    session.tokens = ForgetfulCache(Lifetimes(), Results())
    sender = Sender(session, "one")
    old = Wire("GET", "http://127.0.0.1:9/", (("Authorization", f"Bearer {numbered(sender).text}"),))
    renewed = session.tokens.renewed(sender, old)
    assert renewed is not None
    assert renewed.headers == (("Authorization", f"Bearer {_issued[-1]}"),)
    assert renewed.headers != old.headers


def test_a_signon_that_only_asks_whether_the_target_answers_may_end_tokens_all_the_same(server, session):
    server.answer = lambda path, number, headers: (200, b"{}", {})
    sender = Sender(session, "one")
    old = Wire("GET", "http://127.0.0.1:9/", (("Authorization", f"Bearer {numbered(sender).text}"),))
    assert session.tokens.renewed(sender, old) is None
    session.sending.send(Wire("GET", f"{server.url}/signon"), "stbsignontokens")
    renewed = session.tokens.renewed(sender, old)
    assert renewed is not None
    assert renewed.headers == (("Authorization", f"Bearer {_issued[-1]}"),)


def test_a_signon_whose_answer_was_lost_may_end_tokens_as_well(server, session):
    sender = Sender(session, "one")
    old = Wire("GET", "http://127.0.0.1:9/", (("Authorization", f"Bearer {numbered(sender).text}"),))
    assert session.sending.send(Wire("GET", f"{server.url}/signon"), "stbsignontokens", limit=1e-6).response is None
    assert session.tokens.renewed(sender, old) is not None


def test_a_token_whose_end_nothing_tells_may_have_ended_once_it_is_a_second_old(session, monkeypatch):
    sender = Sender(session, "one")
    old = Wire("GET", "http://127.0.0.1:9/", (("Authorization", f"Bearer {numbered(sender).text}"),))
    assert session.tokens.renewed(sender, old) is None
    now = time.monotonic()
    monkeypatch.setattr("conformance.session.tokens.time.monotonic", lambda: now + LEAST_LIFE_S)
    assert session.tokens.renewed(sender, old) is not None
