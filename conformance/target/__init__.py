"""The target file: what is tested, with which subjects and credentials, and what may be sent to it."""

from conformance.target.load import load_target, target_from_document
from conformance.target.model import (
    Condition,
    Credentials,
    Hook,
    HttpSettings,
    Keycloak,
    Safety,
    ServiceAddress,
    Source,
    Subject,
    Target,
    Vouching,
    Waiver,
)
from conformance.target.secret import Secret, Value, reveal

__all__ = [
    "Condition",
    "Credentials",
    "Hook",
    "HttpSettings",
    "Keycloak",
    "Safety",
    "Secret",
    "ServiceAddress",
    "Source",
    "Subject",
    "Target",
    "Value",
    "Vouching",
    "Waiver",
    "load_target",
    "reveal",
    "target_from_document",
]
