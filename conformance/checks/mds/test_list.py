"""mds-channel-lists, "Responses": the channel list, with a token and without."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.mds.listing import control, lists_none, not_accepted, open_to_all
from conformance.session.channels import channel_list, list_services
from conformance.session.forgery import arbitrary, made_up
from conformance.session.ias import access_token


@requirement("MDS-001")
def test_the_channel_list_is_answered_200(check: Check) -> None:
    answer = list_services(check, access_token(check), valid=True)
    check.expect_status("MDS-001", answer, 200, cause="channel list with a valid token")


@requirement("MDS-030")
def test_a_request_without_token_is_refused_or_gets_the_open_list(check: Check) -> None:
    control(check, channel_list(check, access_token(check)), "a valid token")
    answer = list_services(check, None)
    holds = answer.status == 200 or answer.status >= 400
    actual = f"HTTP {answer.status}" if answer.response else answer.failure
    cause = f"channel list without a token: answered {answer.status or 'nothing'}"
    expected = ("an HTTP error", "HTTP 200")
    if check.expect("MDS-030", holds, answer, expected=expected, actual=actual, cause=cause):
        check.reading("mds-without-token", "open" if answer.status == 200 else "refused", answer)


@requirement("MDS-031")
def test_without_a_token_no_in_home_only_channel_is_listed(check: Check) -> None:
    cause = "an in-home-only channel is listed without a token"
    lists_none(check, "MDS-031", channel_list(check, None), cause=cause)


@requirement("MDS-051")
def test_a_refused_token_is_answered_401_or_403(check: Check) -> None:
    control(check, channel_list(check, access_token(check)), "a valid token")
    statuses = (401, 403, 200) if open_to_all(check) else (401, 403)
    for token, cause in ((made_up(), "a made-up token"), (None, "channel list without a token")):
        check.expect_status("MDS-051", list_services(check, token), *statuses, cause=cause)


@requirement("MDS-032")
def test_a_token_that_is_no_token_is_not_accepted(check: Check) -> None:
    control(check, channel_list(check, access_token(check)), "a valid token")
    for token in (made_up(), arbitrary()):
        not_accepted(check, "MDS-032", list_services(check, token), cause="a made-up token")


@requirement("MDS-033")
def test_a_token_that_is_no_token_opens_no_in_home_only_channel(check: Check) -> None:
    cause = "an in-home-only channel is listed for a made-up token"
    for token in (made_up(), arbitrary()):
        lists_none(check, "MDS-033", channel_list(check, token), cause=cause)
