"""ias-das-signon-by-casn, "Response": 401, 403 and 404; ias-sign-in-errors for the causes."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator

from conformance.checks.api import REFUSALS, Check, requirement
from conformance.checks.ias.attempts import devices, sign_on_refused
from conformance.model import Exchange
from conformance.session.forgery import arbitrary, cut_short, with_altered_character
from conformance.session.ias import SCHEMES, das_arguments, das_sign_on, scheme_of, sign_on
from conformance.session.lookalikes import unknown_like
from conformance.target import Secret, reveal


@requirement("DAS-030", "DAS-035")
def test_a_wrong_challenge_is_refused(check: Check) -> None:
    for name in devices(check):
        sign_on(check, name)
        right = reveal(das_arguments(check, name)["dasChallenge"])
        altered = with_altered_character(right, len(right) // 2)
        answer = _signed_on_with(check, name, altered)
        sign_on_refused(check, "DAS-030", answer, *REFUSALS, cause="sign-on with a wrong challenge")
        if answer.status in REFUSALS:
            check.expect_status("DAS-035", answer, 401, cause="sign-on with a wrong challenge")
            check.reading("ias-wrong-challenge", str(answer.status), answer)
        for what, challenge in _spoilt(right):
            answer = _signed_on_with(check, name, challenge)
            # One of these may be refused as ill-formed.
            if answer.succeeded:
                check.expect_status("DAS-030", answer, *REFUSALS, cause=f"sign-on with {what}")


def _signed_on_with(check: Check, name: str, challenge: str) -> Exchange:
    check.session.stream.redactor.learn(challenge)
    return das_sign_on(check, name, changed={"dasChallenge": Secret(challenge)})


def _spoilt(right: str) -> Iterator[tuple[str, str]]:
    """Yield challenges that DAS never gave, and what is wrong with each."""
    for eighth in (5, 7):
        yield "a challenge altered in one place", with_altered_character(right, len(right) * eighth // 8)
    yield "half a challenge", cut_short(right)
    # One in the other case may be as good where it is hexadecimal.
    if not re.fullmatch(r"[0-9A-Fa-f]*", right) and right.swapcase() != right:
        yield "a challenge in the other case", right.swapcase()
    for size in (48, 600):
        yield "a made-up challenge", base64.b64encode(secrets.token_bytes(size)).decode()
    yield "a made-up challenge", arbitrary()


@requirement("DAS-031")
def test_a_device_does_not_sign_on_with_anothers_challenge(check: Check) -> None:
    for own, other in (("stb", "stb_other_account"), ("stb_other_account", "stb")):
        sign_on(check, own)
        sign_on(check, other)
        # The scheme is the challenge's, or the device's own: one of them may be compared before the challenge is.
        for scheme in dict.fromkeys((scheme_of(check, other), scheme_of(check, own))):
            changed = {"dasChallenge": das_arguments(check, other)["dasChallenge"], "scheme": scheme}
            answer = das_sign_on(check, own, changed=changed)
            cause = "sign-on with another account's challenge"
            sign_on_refused(check, "DAS-031", answer, *REFUSALS, cause=cause)


@requirement("DAS-030")
def test_a_device_does_not_sign_on_with_the_challenge_of_a_disabled_one(check: Check) -> None:
    """It may be of the same account."""
    sign_on(check)
    known = check.target.has_subject("stb_disabled.dasChallenge")
    theirs = check.subject("stb_disabled")["dasChallenge"] if known else ""
    if not known or reveal(theirs) == reveal(das_arguments(check, "stb")["dasChallenge"]):
        check.not_observed("the target file has no challenge of a disabled box that another box does not have")
    answer = das_sign_on(check, "stb", changed={"dasChallenge": theirs})
    sign_on_refused(check, "DAS-030", answer, *REFUSALS, cause="sign-on with the challenge of a disabled box")


@requirement("DAS-032")
def test_an_unknown_casn_is_refused(check: Check) -> None:
    sign_on(check)
    casn = unknown_like(das_arguments(check, "stb")["casn"])
    answer = das_sign_on(check, "stb", changed={"casn": casn})
    sign_on_refused(check, "DAS-032", answer, *REFUSALS, cause="sign-on with an unknown casn")
    if answer.status in REFUSALS:
        check.reading("ias-unknown-casn", str(answer.status), answer)


@requirement("DAS-033", "DAS-036")
def test_the_sign_on_of_a_disabled_device_is_refused(check: Check) -> None:
    sign_on(check)
    answer = das_sign_on(check, "stb_disabled")
    sign_on_refused(check, "DAS-033", answer, *REFUSALS, cause="sign-on of a disabled device")
    if answer.status in REFUSALS:
        check.expect_status("DAS-036", answer, 403, cause="sign-on of a disabled device")
        check.reading("ias-disabled-device", str(answer.status), answer)


@requirement("DAS-034")
def test_a_challenge_does_not_sign_on_with_the_other_scheme(check: Check) -> None:
    sign_on(check)
    other = next(scheme for scheme in SCHEMES if scheme != scheme_of(check, "stb"))
    answer = das_sign_on(check, "stb", changed={"scheme": other})
    sign_on_refused(check, "DAS-034", answer, *REFUSALS, cause="sign-on with the scheme of another challenge")
