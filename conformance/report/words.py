"""The words and signs for outcomes, levels, services and features, the same in every report."""

from __future__ import annotations

from conformance.report.views import OutcomeWord

# In the order in which a reader wants them: what hurts first.
OUTCOMES = (
    OutcomeWord("failed", "✕", "failed", "the target breaks a binding requirement"),
    OutcomeWord("error", "!", "error", "the suite or the network failed, not the target's answer"),
    OutcomeWord("warned", "△", "warned", "a recommendation, or something that only an example shows, is not kept"),
    OutcomeWord("could_not_test", "?", "could not test", "claimed, but the target file lacks what the check needs"),
    OutcomeWord("waived", "~", "waived", "broken, and accepted by a waiver of the target file"),
    OutcomeWord("passed", "✓", "passed", "tested, and kept"),
    OutcomeWord("not_declared", "–", "not declared", "the target does not claim it, or this run left it out"),
)
OUTCOME = {entry.key: entry for entry in OUTCOMES}

LEVELS = {"must": "must", "should": "should"}

SERVICES = {
    "hdm": "HDM – signon and device initialisation",
    "adm": "ADM – accounts",
    "ias": "IAS – in-home detection",
    "sdp": "SDP – content authorisation",
    "mds": "MDS – metadata",
}

FEATURES = {
    "in_home_detection": "in-home detection",
    "dynamic_provisioning": "dynamic provisioning",
    "direct_mode": "direct mode",
    "ssp": "SSP",
    "live_ppv_license": "licences of live pay-per-view events",
    "created_accounts_sign_on": "signon of created accounts",
}


def source_words(document: str) -> str:
    """Return a source document's name as a reader knows it."""
    return "every document" if document == "all" else document
