"""Passwords, details and challenges that are not compared, or not wholly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.making import leaving_out, overriding
from conformance.reference.faults.operations import DAS, NMP, SIGNONS, STB
from conformance.reference.state import Device

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.reference.hdm import Hdm
    from conformance.reference.state import User
    from conformance.reference.wire import Call

KIND = "credentials"
REMEMBERED = 64
PASSWORDS = {person.username: person.password for person in (seed.USER_A, seed.USER_B)}

# Passwords at HDM


def _lenient_password(accepts: Callable[[str, str], bool]) -> Callable[..., Any]:
    """Accepts what `accepts(given, right)` does, for the users of the seed."""

    def replacement(original: Callable[[str, str], Awaitable[User]], service: Hdm) -> Callable[..., Awaitable[User]]:
        async def check_password(username: str, password: str) -> User:
            user = service.database.user("opf", username)
            if user is not None and username in PASSWORDS and accepts(password, PASSWORDS[username]):
                return user
            return await original(username, password)

        return check_password

    return replacement


for _name, _summary, _accepts in (
    ("any-password", "A user's password is not compared.", lambda given, right: True),
    (
        "password-by-its-start",
        "Of a password the first 8 characters count.",
        lambda given, right: given[:8] == right[:8],
    ),
    ("password-in-any-case", "Case does not count in passwords.", lambda given, right: given.lower() == right.lower()),
    ("password-by-its-length", "Of a password the length counts.", lambda given, right: len(given) == len(right)),
    (
        "password-cut-short",
        "A password may be cut short.",
        lambda given, right: right.startswith(given) and len(given) > 3,
    ),
):
    overriding(_name, KIND, _summary, (NMP,), "hdm", "check_password", _lenient_password(_accepts))


@replaces("hdm", "check_password", NMP, kind=KIND)
def long_password_remembered_by_its_start(
    original: Callable[[str, str], Awaitable[User]], _service: Hdm
) -> Callable[..., Awaitable[User]]:
    """Of a password that was right once, 64 characters count."""
    remembered: dict[str, tuple[str, User]] = {}

    async def check_password(username: str, password: str) -> User:
        start, user = remembered.get(username, ("", None))
        if user is not None and len(password) > REMEMBERED and password[:REMEMBERED] == start:
            return user
        user = await original(username, password)
        remembered[username] = password[:REMEMBERED], user
        return user

    return check_password


def _only_where(condition: Callable[[Call], bool]) -> Callable[..., Any]:
    """No password is compared in requests of one form."""

    def replacement(original: Callable[[Call, str], str], _service: Hdm) -> Callable[[Call, str], str]:
        def mandatory(call: Call, name: str) -> str:
            given = original(call, name)
            if name == "password" and condition(call):
                return PASSWORDS.get(call.query.get("username", ""), given)
            return given

        return mandatory

    return replacement


for _name, _summary, _condition in (
    ("any-password-with-device", "Who names a device needs no password.", lambda call: "deviceId" in call.query),
    ("any-password-without-device", "A first signon needs no password.", lambda call: "deviceId" not in call.query),
    (
        "any-password-in-direct-mode",
        "Who names a gateway and a device needs no password.",
        lambda call: {"deviceId", "smartcardId"} <= set(call.query),
    ),
):
    overriding(_name, KIND, _summary, (NMP,), "hdm", "mandatory", _only_where(_condition))


def _any_user(condition: Callable[[str], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[str, str], Awaitable[User]], service: Hdm) -> Callable[..., Awaitable[User]]:
        async def check_password(username: str, password: str) -> User:
            if service.database.user("opf", username) is None and condition(username):
                user = service.database.user("opf", seed.USER_A.username)
                assert user is not None
                return user
            return await original(username, password)

        return check_password

    return replacement


overriding(
    "any-user",
    KIND,
    "Unknown users sign on as a guest.",
    (NMP,),
    "hdm",
    "check_password",
    _any_user(lambda _name: True),
)
_LOCAL_PART = seed.USER_A.username.partition("@")[0]
for _fault, _summary, _alike in (
    ("user-by-local-part", "Of an e-mail address only what stands before the @ counts.", f"{_LOCAL_PART}@"),
    ("user-by-start", "Whoever's name begins as a user's name does is the user.", _LOCAL_PART),
):
    overriding(
        _fault,
        KIND,
        _summary,
        (NMP,),
        "hdm",
        "check_password",
        _any_user(lambda name, alike=_alike: name.startswith(alike)),  # type: ignore[misc]
    )

# Devices at HDM


@replaces("hdm", "check_device", NMP, kind=KIND)
def any_device(original: Callable[[str, User], None], service: Hdm) -> Callable[[str, User], None]:
    """An unknown deviceId is taken as it is."""

    def check_device(device_id: str, user: User) -> None:
        if service.database.device(device_id) is not None:
            original(device_id, user)

    return check_device


leaving_out(
    "disabled-box-signs-on", "A disabled box signs on at HDM.", SIGNONS, "hdm", "check_device_active", kind=KIND
)
leaving_out(
    "disabled-box-signs-on-at-ias", "A disabled box signs on at IAS.", (DAS,), "ias", "check_device_active", kind=KIND
)

STB_NAMES = {"nuId": "nuid", "casn": "casn", "csadList": "csad_list"}


def _compares(compare: Callable[[str, str, str], bool]) -> Callable[..., Any]:
    """The details of a box are compared by `compare(name, given, right)`."""

    def replacement(original: Callable[..., None], _service: Hdm) -> Callable[[Device, dict[str, str]], None]:
        def check_stb_details(device: Device, details: dict[str, str]) -> None:
            right = {name: str(getattr(device, attribute)) for name, attribute in STB_NAMES.items()}
            if not all(compare(name, details[name], right[name]) for name in right):
                original(device, details)

        return check_stb_details

    return replacement


def _skips(skipped: str) -> Callable[[str, str, str], bool]:
    return lambda name, given, right: name == skipped or given == right


for _name in STB_NAMES:
    overriding(
        f"{_name.lower()}-not-compared",
        KIND,
        f"{_name} is not compared.",
        (STB,),
        "hdm",
        "check_stb_details",
        _compares(_skips(_name)),
    )
for _name, _summary, _compare in (
    ("no-detail-compared", "The smartcard alone opens a box.", lambda name, given, right: True),
    ("details-by-their-length", "Of a detail the length counts.", lambda name, given, right: len(given) == len(right)),
    (
        "details-by-their-start",
        "Of a detail the first 3 characters count.",
        lambda name, given, right: given[:3] == right[:3],
    ),
):
    overriding(_name, KIND, _summary, (STB,), "hdm", "check_stb_details", _compares(_compare))

BOXES = (seed.STB_A, seed.STB_B)
DETAILS_OF_SOME_BOX = {name: {getattr(box, attribute) for box in BOXES} for name, attribute in STB_NAMES.items()}
overriding(
    "details-of-several-boxes",
    KIND,
    "Each detail must be known, but not the same box's.",
    (STB,),
    "hdm",
    "check_stb_details",
    _compares(lambda name, given, right: given in DETAILS_OF_SOME_BOX[name]),
)


@replaces("hdm", "provision_unknown_stb", STB, kind=KIND)
def smartcard_not_compared(original: Callable[..., Device], service: Hdm) -> Callable[[dict[str, str]], Device]:
    """A box whose smartcard is unknown is found by its caSN."""

    def provision_unknown_stb(details: dict[str, str]) -> Device:
        return service.database.device_by_casn(details["casn"]) or original(details)

    return provision_unknown_stb


@replaces("hdm", "stb_details", STB, kind=KIND)
def box_found_by_casn(original: Callable[..., dict[str, str]], service: Hdm) -> Callable[[Call], dict[str, str]]:
    """A box is found by its caSN; smartcardId is ignored."""

    def stb_details(call: Call) -> dict[str, str]:
        details = original(call)
        device = service.database.device_by_casn(details["casn"])
        return {**details, "smartcardId": device.smartcard or ""} if device else details

    return stb_details


@replaces("hdm", "provision_unknown_stb", STB, kind=KIND)
def any_box(_original: Callable[..., Device], _service: Hdm) -> Callable[[dict[str, str]], Device]:
    """Unknown boxes sign on as guests."""

    def provision_unknown_stb(details: dict[str, str]) -> Device:
        return Device(
            "STB-GUEST",
            seed.USER_A.account,
            "stb",
            "ACTIVE",
            "STB_HD",
            None,
            details["nuId"],
            details["casn"],
            details["csadList"],
        )

    return provision_unknown_stb


# Challenges at IAS


def _compares_challenge(accepts: Callable[[str, str], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Device, str], None], _service: Any) -> Callable[[Device, str], None]:
        def check_challenge(device: Device, challenge: str) -> None:
            if not accepts(challenge, device.challenge or ""):
                original(device, challenge)

        return check_challenge

    return replacement


CHALLENGES = {str(box.challenge) for box in (*BOXES, seed.STB_DISABLED)}
for _name, _summary, _accepts in (
    ("any-challenge", "The DAS challenge is not verified.", lambda given, right: True),
    ("challenge-by-its-length", "Of a challenge the length counts.", lambda given, right: len(given) == len(right)),
    (
        "challenge-by-its-start",
        "Of a challenge the first 10 characters count.",
        lambda given, right: given[:10] == right[:10],
    ),
    ("challenge-of-any-box", "A challenge of any box will do.", lambda given, right: given in CHALLENGES),
    (
        "challenge-in-any-case",
        "Case does not count in challenges.",
        lambda given, right: given.lower() == right.lower(),
    ),
):
    overriding(_name, KIND, _summary, (DAS,), "ias", "check_challenge", _compares_challenge(_accepts))
