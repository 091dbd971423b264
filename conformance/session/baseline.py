"""One request of each operation that works: the baseline against which one thing is then made wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.client import Wire
from conformance.errors import ControlFailed
from conformance.session import channels, creations, hdm, ias, initialise, licences
from conformance.session.sender import Sender

BASELINES: Mapping[str, Callable[[Sender], object]] = {
    "stbsignontokens": lambda sender: hdm.stb_signon(
        sender, hdm.stb_details(sender.session.target.subject("stb")), valid=True
    ),
    "nmpsignontokens": lambda sender: hdm.nmp_signon(sender, hdm.first_form(sender), valid=True),
    "initialiseDeviceByGet": lambda sender: initialise.initialise_freshly(sender, "initialiseDeviceByGet"),
    "initialiseDeviceByPost": lambda sender: initialise.initialise_freshly(sender, "initialiseDeviceByPost"),
    "createAccount": lambda sender: creations.opening(sender, "createAccount"),
    "createAccountOnSsp": lambda sender: creations.opening(sender, "createAccountOnSsp"),
    "dasSignOnByCasn": ias.sign_on,
    "generateUpdateInHomeToken": ias.broadcast_token,
    "updateInHomeStatus": lambda sender: ias.in_home_token(sender, "stb", in_home=True),
    "isContentAuthorised": licences.licence_opening,
    "listServices": lambda sender: channels.list_services(sender, ias.access_token(sender), valid=True),
}


def baseline(sender: Sender, operation: str) -> Wire:
    """Return a request of an operation that succeeded in this run.

    Raises:
        CouldNotTest: the target file lacks what the operation needs.
        ControlFailed: no request of the operation succeeds.
    """
    session = sender.session
    if operation not in session.known_good:
        BASELINES[operation](sender)
    if operation not in session.known_good:
        raise ControlFailed(f"no request of {operation} succeeds, so that a refusal would prove nothing")
    return session.known_good[operation]
