import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.load.crowd import Crowd
from conformance.model import Response
from conformance.opentv.tokens import make_jwt
from conformance.target import Source, Subject
from conformance.target.pool import Household


def household(number, account, **values):
    user = Subject("user", {name: Source(value=text) for name, text in values.items()})
    return Household(number, user, None, account)


ADA = household(0, "a-1", username="ada@example.test", deviceId="NMP-4410A7", smartcardId="038110046612")
BO = household(1, "b-2", username="bo@example.test", deviceId="NMP-9921B3", smartcardId="038110052297")
TWIN = household(2, "b-2", username="twin@example.test", deviceId="NMP-9921B4")


def crossings(value, *, member=0, crowd=(ADA, BO, TWIN), headers=()):
    made = Crowd(crowd)
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    response = Response(200, (("Content-Type", "application/json"), *headers), body)
    return [(one.what, one.owner.number) for one in made.crossings(made.members[member], response)]


def base64_of(text):
    return base64.b64encode(json.dumps({"padding": "0123456789", "device": text}).encode()).decode()


PLACES = {
    "member": lambda text: {"a": [{"b": text}]},
    "inside a text": lambda text: {"message": f"user={text}; ok"},
    "in capitals": lambda text: {"a": text.upper()},
    "claim of a token": lambda text: {"access_token": make_jwt({"alg": "HS256"}, {"accountId": text}, b"k" * 32)},
    "base64": lambda text: {"opaque": base64_of(text)},
    "hexadecimal": lambda text: {"opaque": f"{text:>12}".encode().hex()},
    "not JSON": lambda text: f"<p>{text}</p>".encode(),
}


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(["bo@example.test", "NMP-9921B3"]))
def test_what_is_of_another_account_is_found_wherever_an_answer_has_it(place, identifier):
    assert [owner for _, owner in crossings(PLACES[place](identifier))] == [1]


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(["ada@example.test", "NMP-4410A7", "nobody@example.test"]))
def test_what_is_ones_own_or_nobodys_is_no_crossing(place, identifier):
    assert crossings(PLACES[place](identifier)) == []


@given(st.text("0123456789abcdef-", max_size=12), st.text("0123456789abcdef-", max_size=12))
def test_an_identifier_that_goes_on_is_another_one(before, after):
    found = crossings({"a": f"{before}nmp-9921b3{after}"})
    assert bool(found) == (not before and not after)


def test_a_number_counts_only_under_its_own_name():
    assert crossings({"smartcardId": "038110052297"}) == [("smartcardId", 1)]
    assert crossings({"smartcard_id": "038110052297"}) == [("smartcardId", 1)]
    assert crossings({"requestId": "038110052297", "text": "038110052297"}) == []


def test_a_header_that_names_another_user_is_a_crossing():
    assert crossings({}, headers=(("X-User", "bo@example.test"),)) == [("username", 1)]


def test_households_of_one_account_may_know_each_other():
    assert crossings({"deviceId": "NMP-9921B4"}, member=1) == []


def test_without_accounts_in_the_target_file_nothing_is_called_anothers():
    pair = (household(0, "", username="ada@example.test"), household(1, "", username="bo@example.test"))
    assert crossings({"a": "bo@example.test"}, crowd=pair) == []


def test_what_two_accounts_share_in_the_target_file_says_nothing():
    pair = (household(0, "a-1", deviceId="NMP-0000A1"), household(1, "b-2", deviceId="NMP-0000A1"))
    assert crossings({"deviceId": "NMP-0000A1"}, crowd=pair) == []


def test_a_short_account_id_may_be_another_services():
    pair = (household(0, "1001", accountId="1001"), household(1, "1002", accountId="1002"))
    assert crossings({"accountId": "1002"}, crowd=pair) == []


def test_only_the_last_tokens_of_a_member_are_looked_for():
    crowd = Crowd([ADA, BO])
    first, second = crowd.members
    tokens = [f"token-{number:02d}-abcdef" for number in range(20)]
    for token in tokens:
        crowd.issued(second, [token])
    answers = [crowd.crossings(first, Response(200, (), json.dumps({"t": one}).encode())) for one in tokens]
    assert [bool(one) for one in answers] == [False] * 12 + [True] * 8


def test_a_member_is_leased_to_one_user_at_a_time():
    crowd = Crowd([ADA, BO, TWIN], [BO, TWIN])
    leased = [crowd.lease(), crowd.lease(), crowd.lease()]
    assert [one and one.number for one in leased] == [1, 2, None]
    crowd.release(leased[0])
    assert crowd.lease() is leased[0]
