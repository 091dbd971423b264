"""ias-in-home-detection, "Overview", step 6: what is listed in the home, and what out of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.checks.mds.listing import control, everywhere, in_home_only, lists_all, lists_none
from conformance.session.channels import channel_list, list_services
from conformance.session.ias import (
    home_tokens,
    in_home_token,
    sign_on,
    superseded_tokens_work,
    update,
    updated_token,
)

NOT_MODIFIED = 304
IN_HOME, OUT = "a token of inHome true", "a token of inHome false"
HIDDEN = "an in-home-only channel is not listed for a token of inHome true"
SHOWN = "an in-home-only channel is listed for a token of inHome false"


@requirement("MDS-010")
def test_in_the_home_in_home_only_channels_are_listed(check: Check) -> None:
    found = channel_list(check, in_home_token(check, "stb", in_home=True), valid=True)
    lists_all(check, "MDS-010", found, in_home_only(check), who=IN_HOME, cause=HIDDEN)


@requirement("MDS-011", "MDS-012")
def test_the_other_channels_are_always_listed(check: Check) -> None:
    for requirement_id, in_home, who in (("MDS-011", True, IN_HOME), ("MDS-012", False, OUT)):
        found = channel_list(check, in_home_token(check, "stb", in_home=in_home), valid=True)
        cause = f"a channel that can be watched everywhere is not listed for {who}"
        lists_all(check, requirement_id, found, everywhere(check), who=who, cause=cause)


@requirement("MDS-013")
def test_out_of_the_home_in_home_only_channels_are_left_out(check: Check) -> None:
    found = channel_list(check, in_home_token(check, "stb", in_home=False), valid=True)
    if lists_none(check, "MDS-013", found, cause=SHOWN):
        signed = sign_on(check)
        if signed.claims.get("inHome") is False:
            lists_none(check, "MDS-013", channel_list(check, signed.bearer), cause=SHOWN)


@requirement("MDS-014", "MDS-021")
def test_the_list_is_filtered_and_not_refused(check: Check) -> None:
    answer = list_services(check, in_home_token(check, "stb", in_home=True), valid=True)
    check.expect_status("MDS-021", answer, 200, cause="channel list with an updated token")
    answer = list_services(check, in_home_token(check, "stb", in_home=False), valid=True)
    check.expect_status("MDS-014", answer, 200, cause=f"channel list with {OUT}")


@requirement("MDS-016", "MDS-017")
def test_lists_in_and_out_of_the_home_are_not_exchanged(check: Check) -> None:
    for flag in (True, False, True, False, False, True):
        found = channel_list(check, in_home_token(check, "stb", in_home=flag), valid=True)
        if flag:
            cause = "after a request with inHome false, an in-home-only channel is not listed for one with true"
            lists_all(check, "MDS-017", found, in_home_only(check), who=IN_HOME, cause=cause)
        else:
            cause = "after a request with inHome true, an in-home-only channel is listed for one with false"
            lists_none(check, "MDS-016", found, cause=cause)
    # Where a device's new token ends the one before it, two at a moment are those of two devices.
    alone = superseded_tokens_work(check) or "stb_other_account" not in check.target.subjects
    out = "stb" if alone else "stb_other_account"
    tokens = {True: in_home_token(check, "stb", in_home=True), False: in_home_token(check, out, in_home=False)}
    order = (True, False) * 4
    with ThreadPoolExecutor(max_workers=len(order)) as pool:
        lists = list(pool.map(lambda flag: channel_list(check, tokens[flag], valid=True), order))
    cause = "lists requested at the same moment are exchanged"
    for flag, found in zip(order, lists, strict=True):
        if flag:
            lists_all(check, "MDS-017", found, in_home_only(check), who=IN_HOME, cause=cause)
        else:
            lists_none(check, "MDS-016", found, cause=cause)


@requirement("MDS-018")
def test_the_flag_of_the_token_counts(check: Check) -> None:
    token, broadcast = home_tokens(check)
    before = updated_token(check, update(check, token, broadcast, False, valid=True))
    updated = updated_token(check, update(check, before, broadcast, True, valid=True))
    lists_all(
        check,
        "MDS-018",
        channel_list(check, updated),
        in_home_only(check),
        who="the token after an update",
        cause=HIDDEN,
    )
    cause = "after an update to true, an in-home-only channel is listed for an earlier token of inHome false"
    lists_none(check, "MDS-018", channel_list(check, before), cause=cause)


@requirement("MDS-022")
def test_a_list_of_the_home_is_not_called_current_out_of_it(check: Check) -> None:
    found = channel_list(check, in_home_token(check, "stb", in_home=True), valid=True)
    control(check, found, IN_HOME)
    tag = found.exchange.response.header("etag") if found.exchange.response else None
    if not any(found.lists(channel) for channel in in_home_only(check)):
        check.lacks("no in-home-only channel is listed for a token of inHome true: see MDS-010")
    answer = found.exchange
    if tag:
        answer = list_services(check, in_home_token(check, "stb", in_home=False), headers={"If-None-Match": tag})
    check.expect(
        "MDS-022",
        answer.status != NOT_MODIFIED,
        answer,
        expected="the list without the channels that can only be watched in the home",
        actual="HTTP 304",
        cause="for a token of inHome false, the list of the home is called current",
    )


@requirement("MDS-019")
def test_one_accounts_update_opens_nothing_for_another(check: Check) -> None:
    for own, other in (("stb", "stb_other_account"), ("stb_other_account", "stb")):
        channel_list(check, in_home_token(check, own, in_home=True), valid=True)
        found = channel_list(check, in_home_token(check, other, in_home=False), valid=True)
        cause = "after another account's update to true, an in-home-only channel is listed for a token of inHome false"
        lists_none(check, "MDS-019", found, cause=cause)


@requirement("MDS-020")
def test_the_filter_works_for_another_account(check: Check) -> None:
    found = channel_list(check, in_home_token(check, "stb_other_account", in_home=True), valid=True)
    cause = "an in-home-only channel is not listed for another account's token of inHome true"
    lists_all(check, "MDS-020", found, in_home_only(check), who=IN_HOME, cause=cause)
