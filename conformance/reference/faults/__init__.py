"""The seam for faults: named, documented deviations, one or several at a time, apart from the platform's own code.

A fault does one of three things, or several: it *replaces* one method of one service that is marked `@decision` or
`@action`, it changes requests before a service sees them, or it changes answers before they are written. Every module
of this package is read when a fault is first looked up, and registers its faults with the three decorators below::

    @replaces("ias", "verify_signature", kind="check left out")
    def unverified_signature(original, service):
        'Signatures are not verified.'
        def verify_signature(token): ...
        return verify_signature

The fault's name is the function's, with dashes; its docstring says what is wrong. A fault counts how often it *acted*: a replaced decision when its
result differs from the original's, a replaced action when it is called, a filter when what it returns differs from
what it got.
A fault that never acted proves nothing about the suite that did not see it.
"""

from conformance.reference.faults.active import ActiveFault, ActiveFaults, activate, readings_for
from conformance.reference.faults.fault import (
    AnswerFilter,
    CallFilter,
    Fault,
    IncompatibleFaults,
    Replacement,
    UnknownFault,
    alters_answers,
    alters_calls,
    catalogue,
    find,
    find_plain,
    register,
    replaces,
)

__all__ = [
    "ActiveFault",
    "ActiveFaults",
    "AnswerFilter",
    "CallFilter",
    "Fault",
    "IncompatibleFaults",
    "Replacement",
    "UnknownFault",
    "activate",
    "alters_answers",
    "alters_calls",
    "catalogue",
    "find",
    "find_plain",
    "readings_for",
    "register",
    "replaces",
]
