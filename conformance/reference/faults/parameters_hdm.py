"""Mandatory parameters of HDM that a server does without."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from conformance.reference import seed
from conformance.reference.faults.making import CallChange, calling, calls
from conformance.reference.faults.operations import INITIALISE, NMP, STB
from conformance.reference.wire import FORM_TYPE

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.state import Device
    from conformance.reference.wire import Call

KIND = "parameter not required"
STB_DETAILS = {"smartcardId": "smartcard", "nuId": "nuid", "casn": "casn", "csadList": "csad_list"}


def _box(call: Call, platform: Platform) -> Device | None:
    smartcard, casn = call.query.get("smartcardId", ""), call.query.get("casn", "")
    return platform.database.device_by_smartcard(smartcard) or platform.database.device_by_casn(casn)


def _fill_from_box(name: str, *, empty: bool) -> CallChange:
    def change(call: Call, platform: Platform) -> None:
        lacks = call.query.get(name) == "" if empty else name not in call.query
        box = _box(call, platform) if lacks else None
        if box is not None:
            call.query[name] = str(getattr(box, STB_DETAILS[name]))

    return change


for _name in STB_DETAILS:
    calling(
        f"stb-without-{_name.lower()}",
        KIND,
        f"A box signs on without {_name}.",
        (STB,),
        _fill_from_box(_name, empty=False),
    )
    calling(
        f"stb-with-empty-{_name.lower()}",
        KIND,
        f"An empty {_name} is not compared.",
        (STB,),
        _fill_from_box(_name, empty=True),
    )


@calls(STB, kind=KIND)
def stb_without_anything(call: Call, _platform: Platform) -> None:
    """A box signs on without any parameter."""
    if not call.query:
        box = seed.STB_A
        call.query = {name: str(getattr(box, attribute)) for name, attribute in STB_DETAILS.items()}


PEOPLE = {person.username: person for person in (seed.USER_A, seed.USER_B)}
OWNERS = {person.device: person for person in PEOPLE.values()}


def _password_for(*, empty: bool, device: bool | None) -> CallChange:
    def change(call: Call, _platform: Platform) -> None:
        lacks = call.query.get("password") == "" if empty else "password" not in call.query
        person = PEOPLE.get(call.query.get("username", ""))
        if lacks and person is not None and device in (None, "deviceId" in call.query):
            call.query["password"] = person.password

    return change


def _user_for(*, empty: bool, device: bool) -> CallChange:
    def change(call: Call, _platform: Platform) -> None:
        lacks = call.query.get("username") == "" if empty else "username" not in call.query
        people = [person for person in PEOPLE.values() if person.password == call.query.get("password")]
        owner = OWNERS.get(call.query.get("deviceId", ""))
        if lacks and ("deviceId" in call.query) == device and (people or owner):
            person = owner or people[0]
            call.query |= {"username": person.username, "password": call.query.get("password", person.password)}

    return change


for _name, _summary, _change in (
    ("nmp-without-password", "A user signs on without a password.", _password_for(empty=False, device=False)),
    ("nmp-device-without-password", "With a deviceId no password is needed.", _password_for(empty=False, device=True)),
    ("nmp-with-empty-password", "An empty password opens every account.", _password_for(empty=True, device=None)),
    ("nmp-without-username", "The password alone names the user.", _user_for(empty=False, device=False)),
    ("nmp-device-without-username", "The deviceId names the user.", _user_for(empty=False, device=True)),
    (
        "nmp-with-empty-username",
        "For an empty user name the password names the user.",
        _user_for(empty=True, device=False),
    ),
):
    calling(_name, KIND, _summary, (NMP,), _change)

# initialiseDevice: by name or by position, in the query or in a form

PLAYER = {
    "playerversion": (("playerVersion", "arg0"), "1.0"),
    "playertype": (("playerType", "arg1"), "UNKNOWN"),
    "payload": (("initializationPayload", "arg2"), "AAAA"),
}


def _fill_player(names: tuple[str, str], default: str, *, empty: bool) -> CallChange:
    def change(call: Call, _platform: Platform) -> None:
        fields = dict(call.fields)
        name = names[0] if "playerVersion" in fields or "playerType" in fields else names[1]
        if fields.get(name) == "" if empty else name not in fields:
            _set_field(call, name, default)

    return change


def _set_field(call: Call, name: str, value: str) -> None:
    if call.method == "GET":
        call.query[name] = value
        return
    fields = dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))
    call.headers["content-type"] = FORM_TYPE
    call.body = urlencode({**fields, name: value}).encode()


for _key, (_names, _default) in PLAYER.items():
    calling(
        f"initialise-without-{_key}",
        KIND,
        f"A device is initialised without {_names[0]}.",
        INITIALISE,
        _fill_player(_names, _default, empty=False),
    )
calling(
    "initialise-with-empty-payload",
    KIND,
    "A device is initialised with empty player data.",
    INITIALISE,
    _fill_player(*PLAYER["payload"], empty=True),
)


def _fill_token(*, empty: bool) -> CallChange:
    def change(call: Call, platform: Platform) -> None:
        token = call.fields.get("token")
        if token == "" if empty else token is None:
            issued = platform.hdm.issue_token(seed.USER_A.account, None, seed.USER_A.username)
            _set_field(call, "token", issued.token)

    return change


calling(
    "initialise-without-token", KIND, "A device is initialised without a token.", INITIALISE, _fill_token(empty=False)
)
calling(
    "initialise-with-empty-token", KIND, "An empty token initialises a device.", INITIALISE, _fill_token(empty=True)
)
