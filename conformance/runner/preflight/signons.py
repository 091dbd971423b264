"""Do the subjects sign on, with what the target file gives? A password that is refused is tried once more at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.errors import PasswordBudgetSpent
from conformance.model import Exchange
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import hdm, ias

BOXES = ("stb", "stb_other_account")
USERS = ("user", "user_other_account")
_HDM_REFUSAL = (403,)
_IAS_REFUSALS = (401, 403, 404)


def signon_lines(prober: Prober) -> list[Line]:
    """Sign on every subject that should sign on, at every service that knows it."""
    target = prober.session.target
    lines: list[Line] = []

    def look(subject: str, one: Callable[[Prober, str], Iterator[Line]]) -> None:
        if subject in target.subjects:
            lines.extend(prober.lines(lambda: one(prober, subject), "subjects", subject))

    for name in BOXES:
        if "hdm" in target.services:
            look(name, _box_at_hdm)
        if "ias" in target.services:
            look(name, _box_at_ias)
    for name in USERS:
        if "hdm" in target.services:
            look(name, _user)
    lines += prober.lines(lambda: _devices(prober), "subjects")
    if "stb_disabled" in target.subjects:
        lines.append(prober.line(State.SKIPPED, "its signon is to be refused", "subjects", "stb_disabled"))
    return lines


def _verdict(
    prober: Prober,
    exchange: Exchange,
    refusals: tuple[int, ...],
    contrast: Callable[[], Exchange],
    *,
    who: str,
    advice: str,
    place: tuple[str, ...],
    known: Callable[[], bool] = lambda: False,
) -> Line:
    """Judge the answer to a signon that should succeed.

    `contrast` sends the same without a mandatory parameter: a target that answers this with 400, as documented,
    and the whole with a refusal, has looked at the values and does not know them. A target that refuses both
    alike refuses everything, and that is for the checks; so is a refusal of what another request (`known`) shows
    to be right.
    """
    if exchange.succeeded:
        return prober.line(State.OK, f"signs on at {who} ({exchange.status})", *place)
    if exchange.status in refusals and contrast().status == 400 and not known():
        return prober.line(State.WRONG, f"{who} refuses its signon with {exchange.status}", *place, advice=advice)
    return prober.line(State.UNCLEAR, f"its signon at {who} is {answered(exchange)}; the checks will tell", *place)


def _box_at_hdm(prober: Prober, name: str) -> Iterator[Line]:
    session = prober.session
    details = hdm.stb_details(session.target.subject(name))
    hdm.casn_name(prober)
    # The search for the caSN's name has signed on with these details.
    found = name == "stb" and "stb-casn-name" not in session.target.readings
    known = found and session.reading_seen("stb-casn-name") is not None
    incomplete = {key: value for key, value in details.items() if key != "nuId"}
    session = prober.session
    exchange = hdm.stb_signon(prober, details, valid=True)
    # What finds out how caSN is spelled has signed this box on: a refusal now is the target's, not the file's.
    worked = name == "stb" and "stb-casn-name" not in session.target.readings and session.reading_seen("stb-casn-name")
    yield _verdict(
        prober,
        exchange,
        () if worked else _HDM_REFUSAL,
        lambda: hdm.stb_signon(prober, incomplete),
        who="HDM",
        advice="Check smartcardId, nuId, casn and csadList: they must belong to one active device.",
        place=("subjects", name),
        known=lambda: known,
    )


def _box_at_ias(prober: Prober, name: str) -> Iterator[Line]:
    exchange = ias.das_sign_on(prober, name, valid=True)
    yield _verdict(
        prober,
        exchange,
        _IAS_REFUSALS,
        lambda: ias.das_sign_on(prober, name, without=("casn",)),
        who="IAS",
        advice=_IAS_ADVICE.get(exchange.status, ""),
        place=("subjects", name),
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


def _user(prober: Prober, name: str) -> Iterator[Line]:
    user = prober.session.target.subject(name)
    query = hdm.user_query(user)
    exchange = hdm.nmp_signon(prober, query, valid=True)
    if exchange.status == 400 and "direct_mode" in prober.session.target.features:
        query = hdm.first_form(prober, name)
        exchange = hdm.nmp_signon(prober, query, valid=True)
    if exchange.status in _HDM_REFUSAL:
        _count_wrong_password(prober, user.text("username"))
    line = _verdict(
        prober,
        exchange,
        _HDM_REFUSAL,
        lambda: hdm.nmp_signon(prober, {key: value for key, value in query.items() if key != "password"}),
        who="HDM",
        advice="Check username and password (they were sent at most twice), and that the account is active.",
        place=("subjects", name),
        known=lambda: "deviceId" in user and "deviceId" not in query and _signs_on_otherwise(prober, name),
    )
    yield line
    if line.state is State.OK and "deviceId" in user and "deviceId" not in query:
        prober.users.append(name)


def _signs_on_otherwise(prober: Prober, name: str) -> bool:
    """Tell whether the user signs on with the device: then name and password are right. The last try."""
    user = prober.session.target.subject(name)
    taken = hdm.nmp_signon(prober, hdm.device_query(user), valid=True).succeeded
    if not taken:
        _count_wrong_password(prober, user.text("username"))
    return taken


def _devices(prober: Prober) -> Iterator[Line]:
    """Judge the signons with the device: the same users have just signed on without it.

    A device that is refused is a mistake of the file where another user's is taken; else the target may refuse all.
    """
    target = prober.session.target
    answers = {
        name: hdm.nmp_signon(prober, hdm.device_query(target.subject(name)), valid=True) for name in prober.users
    }
    some_taken = any(exchange.succeeded for exchange in answers.values())
    for name, exchange in answers.items():
        place = ("subjects", name, "deviceId")
        if exchange.succeeded:
            yield prober.line(State.OK, f"signs on at HDM with its device ({exchange.status})", *place)
        elif exchange.status in _HDM_REFUSAL and some_taken:
            advice = "Check that the device is initialised, active, and of this user's account."
            yield prober.line(State.WRONG, f"HDM refuses the device with {exchange.status}", *place, advice=advice)
        else:
            detail = f"the signon with its device is {answered(exchange)}; the checks will tell"
            yield prober.line(State.UNCLEAR, detail, *place)


def _count_wrong_password(prober: Prober, user: str) -> None:
    """A refused password counts as a wrong one: it may bring the user nearer to a lock."""
    try:
        prober.session.spend_wrong_password(user)
    except PasswordBudgetSpent:
        return
