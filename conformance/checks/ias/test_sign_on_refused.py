"""ias-das-signon-by-casn, "Response": 401, 403 and 404; P-err for the causes."""

from __future__ import annotations

import re

from conformance.checks.api import REFUSALS, Check, requirement
from conformance.checks.ias.attempts import sign_on_refused
from conformance.session.forgery import cut_short, with_altered_character
from conformance.session.ias import SCHEMES, das_arguments, das_sign_on, scheme_of, sign_on
from conformance.session.lookalikes import unknown_like
from conformance.target import Secret, reveal


@requirement("DAS-030")
def test_a_wrong_challenge_is_answered_401(check: Check) -> None:
    sign_on(check)
    right = reveal(das_arguments(check, "stb")["dasChallenge"])
    altered = with_altered_character(right, len(right) // 2)
    check.session.stream.redactor.learn(altered)
    answer = das_sign_on(check, "stb", changed={"dasChallenge": Secret(altered)})
    sign_on_refused(check, "DAS-030", answer, 401, cause="sign-on with a wrong challenge")
    # Half a challenge may be refused as ill-formed, one in the other case be as good where it is hexadecimal.
    spoilt = {"half a challenge": cut_short(right)}
    if not re.fullmatch(r"[0-9A-Fa-f]*", right) and right.swapcase() != right:
        spoilt["a challenge in the other case"] = right.swapcase()
    for what, challenge in spoilt.items():
        check.session.stream.redactor.learn(challenge)
        answer = das_sign_on(check, "stb", changed={"dasChallenge": Secret(challenge)})
        if answer.succeeded:
            check.expect_status("DAS-030", answer, 401, cause=f"sign-on with {what}")


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
            sign_on_refused(check, "DAS-031", answer, 401, 403, cause=cause)


@requirement("DAS-032")
def test_an_unknown_casn_is_refused(check: Check) -> None:
    sign_on(check)
    casn = unknown_like(das_arguments(check, "stb")["casn"])
    answer = das_sign_on(check, "stb", changed={"casn": casn})
    sign_on_refused(check, "DAS-032", answer, 401, 403, 404, cause="sign-on with an unknown casn")
    if answer.status in (401, 403, 404):
        check.reading("ias-unknown-casn", str(answer.status), answer)


@requirement("DAS-033")
def test_the_sign_on_of_a_disabled_device_is_answered_403(check: Check) -> None:
    sign_on(check)
    answer = das_sign_on(check, "stb_disabled")
    sign_on_refused(check, "DAS-033", answer, 403, cause="sign-on of a disabled device")


@requirement("DAS-034")
def test_a_challenge_does_not_sign_on_with_the_other_scheme(check: Check) -> None:
    sign_on(check)
    other = next(scheme for scheme in SCHEMES if scheme != scheme_of(check, "stb"))
    answer = das_sign_on(check, "stb", changed={"scheme": other})
    sign_on_refused(check, "DAS-034", answer, *REFUSALS, cause="sign-on with the scheme of another challenge")
