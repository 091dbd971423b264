"""One request of each operation that works: the baseline against which one thing is then made wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from conformance.client import Wire
from conformance.errors import ConformanceError, ControlFailed
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


# Of each service one that creates nothing: what tells a target that is down from one that breaks on what is wrong.
CONTROLS = ("stbsignontokens", "dasSignOnByCasn", "isContentAuthorised", "listServices")


def take_controls(sender: Sender) -> None:
    """Send a request that works to each service, so that attribution has a control from the first failure on.

    What does not work, or cannot be sent, is left to the checks.
    """
    session = sender.session
    concerned = session.applicability.services
    for operation in CONTROLS:
        service = session.contract.operation(operation).service
        if service in session.target.services and (concerned is None or service in concerned):
            with suppress(ConformanceError):
                baseline(sender, operation)


def baseline(sender: Sender, operation: str) -> Wire:
    """Return a request of an operation that succeeded in this run.

    Raises:
        CouldNotTest: the target file lacks what the operation needs.
        ControlFailed: no request of the operation succeeds.
    """
    session = sender.session
    if operation not in session.known_good and operation in BASELINES:
        BASELINES[operation](sender)
    if operation not in session.known_good:
        raise ControlFailed(f"no request of {operation} succeeds, so that a refusal would prove nothing")
    return session.known_good[operation]
