"""Faults that act on some occasions: one request in ten, from the fifth, after a refusal, for one account, together."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from conformance.reference import RunningPlatform, default_settings
from conformance.reference.faults import catalogue
from conformance.selftest import load_faults

from .caller import calling


def test_every_tenth_time_is_one_in_ten_of_the_requests_on_which_the_fault_shows():
    with calling(faults=("nuid-not-compared-every-tenth-time",)) as caller:
        answers = []
        for _ in range(20):
            assert caller.sign_on_stb().status_code == 200
            answers.append(caller.sign_on_stb(nuId="3A7F0091C4D3").status_code)
    assert [number for number, status in enumerate(answers, 1) if status == 200] == [10, 20]


def test_after_a_refusal_only_the_next_request_is_concerned():
    with calling(faults=("boxes-refused-after-a-refusal",)) as caller:
        assert caller.sign_on_stb().status_code == 200
        assert caller.sign_on_stb(nuId="3A7F0091C4D3").status_code == 403
        assert caller.sign_on_stb().status_code == 404
        assert caller.control("fault").json()["acted"] == 1


def test_a_fault_of_the_second_account_leaves_the_first_alone():
    with calling(faults=("nuid-not-compared-for-the-second-account",)) as caller:
        assert caller.sign_on_stb(nuId="3A7F0091C4D3").status_code == 403
        other = caller.subjects["stb_other_account"]
        assert caller.sign_on_stb(**{**other, "nuId": "3A7F0102E8B7"}).status_code == 200


def test_a_fault_of_overlapping_requests_does_not_act_on_one_alone():
    with RunningPlatform(default_settings(faults=("boxes-refused-when-requests-overlap",))) as platform:
        box = platform.target_document()["subjects"]["stb"]
        query = {name: box[name] for name in ("smartcardId", "nuId", "casn", "csadList")}
        path = f"{platform.url}/api/authentication/v2/stbsignontokens"

        def sign_on(_number):
            return httpx.get(path, params=query).status_code

        assert [sign_on(number) for number in range(3)] == [200, 200, 200]
        with ThreadPoolExecutor(6) as pool:
            together = list(pool.map(sign_on, range(12)))
    assert 404 in together


def test_a_fault_on_some_occasions_must_break_what_the_fault_itself_breaks_unless_it_says_otherwise():
    expected = load_faults()
    derived = [fault for fault in catalogue().values() if fault.base]
    assert len(derived) > 100
    assert all(expected[fault.name].requirements for fault in derived)
    assert expected["any-user-every-tenth-time"].requirements == expected["any-user"].requirements
