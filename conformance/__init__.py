"""Conformance suite for the OpenTV Platform's signon, account, in-home and licence-authorisation APIs."""

__version__ = "0.1.0"
