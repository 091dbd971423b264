"""How this target wants an operation's requests: found out by the flows of the session, once in a run."""

from __future__ import annotations

from conformance.contract import Operation
from conformance.fuzz.assess import Place, Truth
from conformance.fuzz.render import Dialect, truth_values
from conformance.fuzz.synthetic import SyntheticValues
from conformance.fuzz.values import FuzzSender, TargetValues
from conformance.session import creations, hdm, ias, initialise, licences

INITIALISE = ("initialiseDeviceByGet", "initialiseDeviceByPost")
IN_HOME = ("generateUpdateInHomeToken", "updateInHomeStatus")


def dialect_of(sender: FuzzSender, operation: Operation) -> Dialect:
    """Return how the target wants an operation's requests.

    Raises:
        CouldNotTest: the target lacks what finding out needs.
    """
    name = operation.operation_id
    names: dict[str, str] = {}
    bare, header = False, "Authorization"
    if name == "stbsignontokens":
        names["casn"] = hdm.casn_name(sender)
    elif name in INITIALISE:
        form = initialise.initialise_form(sender, name)
        names.update(zip(initialise.PLAYER_DATA, form.names, strict=True))
    elif name in IN_HOME:
        bare = ias.authorization_form(sender) == "bare"
    elif name == creations.SSP:
        if sender.session.profile.ssp is None:
            creations.opening(sender, name)
        if creations.known_place(sender).authorization == "nv-authorizations":
            bare, header = True, "nv-authorizations"
    elif name == licences.QUESTION and sender.session.profile.question_token is None:
        licences.licence_opening(sender)
    return Dialect(sender.session.routes.url(name), names, bare, header)


def truth_of(
    sender: FuzzSender,
    operation: Operation,
    dialect: Dialect,
    values: TargetValues | SyntheticValues,
    variants: frozenset[str] | None = None,
) -> Truth:
    """Return what makes the operation's requests work on this target."""
    known = truth_values(operation, values.recall)
    credential = str(values.recall("auth")) if operation.security else ""
    if dialect.bare:
        credential = credential.removeprefix("Bearer ")
    features = sender.session.target.features
    silent: set[Place] = set()
    if operation.operation_id == creations.SSP and creations.tenant_in_ssp_path(sender):
        silent.add(("header", "nv-tenant-id"))
    return Truth(known, dialect.names, (dialect.authorisation, credential), features, frozenset(silent), variants)
