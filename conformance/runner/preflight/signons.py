"""Do the subjects sign on, with what the target file gives? A password that is refused is tried once more at most.

Only a documented refusal contradicts the file, and only where another request shows that the target tells right from
wrong: the same signon without a mandatory parameter is answered 400, as documented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.errors import PasswordBudgetSpent
from conformance.model import Exchange, Premise
from conformance.opentv.answers import answer_object
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import hdm, ias
from conformance.session.once import once

BOXES = ("stb", "stb_other_account")
_HDM_REFUSAL = (403,)
_IAS_REFUSALS = (401, 403, 404)


def _verdict(
    prober: Prober,
    premise: Premise,
    exchange: Exchange,
    refusals: tuple[int, ...],
    contrast: Callable[[], Exchange],
    *,
    who: str,
    advice: str,
    known: Callable[[], bool] = lambda: False,
) -> Line:
    """Judge the answer to a signon that should succeed.

    `contrast` sends the same without a mandatory parameter; `known` tells whether another request shows that the file
    is right.
    """
    if exchange.succeeded:
        return prober.says(premise, State.PROVED, f"signs on at {who} ({exchange.status})")
    if exchange.status in refusals and contrast().status == 400 and not known():
        prober.unusable.add(premise.subject)
        return prober.says(
            premise, State.CONTRADICTED, f"{who} refuses its signon with {exchange.status}", advice=advice
        )
    return prober.says(premise, State.NOT_PROVED, f"its signon at {who} is {answered(exchange)}")


def box_at_hdm(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A set top box signs on with its four details."""
    session, name = prober.session, premise.subject
    details = hdm.stb_details(session.target.subject(name))
    hdm.casn_name(prober)
    # What finds out how caSN is spelled has signed this box on: a refusal now is the target's, not the file's.
    found = name == "stb" and "stb-casn-name" not in session.target.readings
    known = found and session.reading_seen("stb-casn-name") is not None
    incomplete = {key: value for key, value in details.items() if key != "nuId"}
    yield _verdict(
        prober,
        premise,
        hdm.stb_signon(prober, details, valid=True),
        _HDM_REFUSAL,
        lambda: hdm.stb_signon(prober, incomplete),
        who="HDM",
        advice="Check smartcardId, nuId, casn and csadList: they must belong to one active device.",
        known=lambda: known,
    )


def box_at_ias(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A set top box signs on with its challenge."""
    name = premise.subject
    exchange = ias.das_sign_on(prober, name, valid=True)
    prober.at_ias[name] = exchange.status
    if exchange.succeeded and not prober.session.target.subject(name).commanded("dasChallenge"):
        again = ias.das_sign_on(prober, name, valid=True)
        if 400 <= again.status < 500 and not again.foreign:
            detail = f"IAS signs the box on with it once, and refuses it the second time ({again.status})"
            advice = "A challenge that may be used once must be made afresh: dasChallenge: {command: [...]}."
            yield prober.says(premise, State.CONTRADICTED, detail, key=f"{name}.dasChallenge", advice=advice)
            prober.unusable.add(name)
            return
    yield _verdict(
        prober,
        premise,
        exchange,
        _IAS_REFUSALS,
        lambda: ias.das_sign_on(prober, name, without=("casn",)),
        who="IAS",
        advice=_IAS_ADVICE.get(exchange.status, ""),
        known=lambda: exchange.status == 403 and _only_its_scheme(prober, name),
    )


def _only_its_scheme(prober: Prober, name: str) -> bool:
    """Tell whether another box signs on, but by the other scheme: then the scheme may be what is refused."""
    target = prober.session.target
    for other in BOXES:
        if other != name and other in target.subjects and ias.scheme_of(prober, other) != ias.scheme_of(prober, name):
            return ias.das_sign_on(prober, other, valid=True).succeeded
    return False


_IAS_ADVICE = {
    401: "Check dasChallenge and scheme. A challenge that may be used once must be made afresh: {command: [...]}.",
    403: "Check tenant, and that the device and its account are active.",
    404: "Check casn and tenant.",
}


def boxes_are_two(prober: Prober, premise: Premise) -> Iterator[Line]:
    """The claims of two boxes name two accounts and two devices."""
    one, two = (ias.sign_on(prober, name).claims for name in BOXES)
    same = [name for name in ("deviceId", "accountId") if one.get(name) and one.get(name) == two.get(name)]
    if same:
        detail = f"IAS gives both boxes the same {' and '.join(same)}"
        yield prober.says(premise, State.CONTRADICTED, detail, advice="Give a box of another account.")
    elif one.get("accountId") and two.get("accountId"):
        yield prober.says(premise, State.PROVED, "IAS gives the boxes two accounts")
    else:
        yield prober.says(premise, State.NOT_PROVED, "the access tokens of the boxes name no account")


def disabled_at_hdm(prober: Prober, premise: Premise) -> Iterator[Line]:
    """HDM refuses a disabled box, as it refuses an unknown one: only a signon that succeeds says something."""
    details = hdm.stb_details(prober.session.target.subject("stb_disabled"))
    exchange = hdm.stb_signon(prober, details)
    if exchange.status == 200 and hdm.token_of(exchange):
        advice = "Give a box that is disabled at HDM."
        yield prober.says(premise, State.CONTRADICTED, f"HDM signs it on ({exchange.status})", advice=advice)
    elif exchange.status in _HDM_REFUSAL:
        detail = f"HDM refuses its signon ({exchange.status}), as it would an unknown box's"
        yield prober.says(premise, State.NOT_PROVED, detail)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"its signon at HDM is {answered(exchange)}")


def disabled_at_ias(prober: Prober, premise: Premise) -> Iterator[Line]:
    """IAS answers 403 for a device that is not active; another refusal may mean an unknown box or a wrong challenge."""
    exchange = ias.das_sign_on(prober, "stb_disabled")
    if exchange.status == 200 and "access_token" in answer_object(exchange):
        advice = "Give a box that is disabled at IAS."
        yield prober.says(premise, State.CONTRADICTED, f"IAS signs it on ({exchange.status})", advice=advice)
    elif exchange.status == 403:
        yield prober.says(premise, State.PROVED, "IAS refuses its signon with 403")
    else:
        yield prober.says(premise, State.NOT_PROVED, f"its signon at IAS is {answered(exchange)}")


def user_at_hdm(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A user signs on with name and password; with all of direct mode where the target has that alone."""
    name = premise.subject
    user = prober.session.target.subject(name)
    query = hdm.user_query(user)
    exchange = hdm.nmp_signon(prober, query, valid=True)
    if exchange.status == 400 and "direct_mode" in prober.session.target.features:
        query = hdm.first_form(prober, name)
        exchange = hdm.nmp_signon(prober, query, valid=True)
    if exchange.status in _HDM_REFUSAL:
        _count_wrong_password(prober, user.text("username"))
    yield _verdict(
        prober,
        premise,
        exchange,
        _HDM_REFUSAL,
        lambda: hdm.nmp_signon(prober, {key: value for key, value in query.items() if key != "password"}),
        who="HDM",
        advice="Check username and password (they were sent at most twice), and that the account is active.",
        known=lambda: "deviceId" in user and "deviceId" not in query and _signs_on_otherwise(prober, name),
    )
    if exchange.succeeded and "deviceId" in user and "deviceId" not in query:
        prober.users.append(name)


def _signs_on_otherwise(prober: Prober, name: str) -> bool:
    """Tell whether the user signs on with the device: then name and password are right. The last try."""
    user = prober.session.target.subject(name)
    taken = hdm.nmp_signon(prober, hdm.device_query(user), valid=True).succeeded
    if not taken:
        _count_wrong_password(prober, user.text("username"))
    return taken


def device_at_hdm(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A user that has just signed on without the device signs on with it.

    A device that is refused contradicts the file where another user's is taken; else the target may refuse all.
    """
    name = premise.subject
    if name not in prober.users:
        # Of direct mode alone, the signon has sent the device.
        said = "its user has signed on with it" if hdm.direct_mode_only(prober) else "its user has not signed on"
        yield prober.says(premise, State.PROVED if "with it" in said else State.NOT_PROVED, said)
        return
    answers = _device_answers(prober)
    exchange = answers[name]
    if exchange.succeeded:
        yield prober.says(premise, State.PROVED, f"signs on at HDM with its user ({exchange.status})")
    elif exchange.status in _HDM_REFUSAL and any(other.succeeded for other in answers.values()):
        advice = "Check that the device is initialised, active, and of this user's account."
        yield prober.says(premise, State.CONTRADICTED, f"HDM refuses the device with {exchange.status}", advice=advice)
    elif exchange.status in _HDM_REFUSAL and (owner := _owner_of_device(prober, name)):
        detail = f"HDM refuses the device with {exchange.status}, and signs subjects.{owner} on with it"
        yield prober.says(premise, State.CONTRADICTED, detail, advice="Were the devices exchanged?")
    else:
        yield prober.says(premise, State.NOT_PROVED, f"the signon with it is {answered(exchange)}")


def _owner_of_device(prober: Prober, name: str) -> str:
    """Return another user who signs on with a user's device; empty if none does."""
    target = prober.session.target
    device = target.subject(name)["deviceId"]
    for other in prober.users:
        query = {**hdm.user_query(target.subject(other)), "deviceId": device}
        if other != name and hdm.nmp_signon(prober, query).succeeded:
            return other
    return ""


@once
def _device_answers(prober: Prober) -> dict[str, Exchange]:
    target = prober.session.target
    return {name: hdm.nmp_signon(prober, hdm.device_query(target.subject(name)), valid=True) for name in prober.users}


def _count_wrong_password(prober: Prober, user: str) -> None:
    """A refused password counts as a wrong one: it may bring the user nearer to a lock."""
    try:
        prober.session.budget.spend_wrong_password(user)
    except PasswordBudgetSpent:
        return
