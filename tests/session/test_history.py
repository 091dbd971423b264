"""What a run remembers of its accounts: whose password is known, because they were created with the hash of it."""

from __future__ import annotations

import pytest

from conformance.session.history import History

RIGHT, OTHER = ("hash", "salt"), ("another hash", "salt")


@pytest.fixture
def history():
    found = History()
    found.hashed("ada@example.test", "plain", RIGHT)
    return found


def test_an_account_that_was_created_with_the_hash_of_its_password_is_known(history):
    assert history.passwords() == {}
    history.created("ada@example.test", RIGHT)
    assert history.passwords() == {"ada@example.test": "plain"}


def test_an_account_that_was_created_with_another_hash_is_not_known(history):
    history.created("ada@example.test", OTHER)
    assert history.passwords() == {}


@pytest.mark.parametrize("order", [(RIGHT, OTHER), (OTHER, RIGHT)])
def test_an_account_that_was_created_with_two_hashes_is_not_known(history, order):
    for digest in order:
        history.created("ada@example.test", digest)
    assert history.passwords() == {}


def test_the_same_creation_again_changes_nothing(history):
    for _ in range(2):
        history.created("ada@example.test", RIGHT)
    assert history.passwords() == {"ada@example.test": "plain"}


def test_an_account_of_unknown_password_is_not_known(history):
    history.created("bo@example.test", RIGHT)
    assert history.passwords() == {}


def test_an_account_for_which_a_wrong_password_was_refused_is_left_out(history):
    history.created("ada@example.test", RIGHT)
    history.refused({"username": "ada@example.test", "password": "plain"})
    assert history.passwords() == {"ada@example.test": "plain"}
    history.refused({"username": "Ada@example.test", "password": "another"})
    assert history.passwords() == {}


def test_an_account_whose_id_is_asked_for_again_is_left_out(history):
    history.created("ada@example.test", RIGHT)
    history.account_of("id", "ada@example.test", "1")
    history.asked_again("id")
    assert history.passwords() == {}


def test_a_signon_id_is_new_once(history):
    assert history.names_first("ada@example.test")
    assert not history.names_first("ADA@example.test")
