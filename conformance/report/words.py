"""The words and signs for outcomes, levels, services and features, the same in every report."""

from __future__ import annotations

from conformance.report.views import OutcomeWord

# In the order in which a reader wants them: what hurts first.
OUTCOMES = (
    OutcomeWord("failed", "✕", "failed", "the target breaks a binding requirement"),
    OutcomeWord("error", "!", "error", "the suite or the network failed, not the target's answer"),
    OutcomeWord("warned", "△", "warned", "a recommendation, or something that only an example shows, is not kept"),
    OutcomeWord("could_not_test", "?", "could not test", "claimed, but what it needs is missing or did not work"),
    OutcomeWord("waived", "~", "waived", "broken, and accepted by a waiver of the target file"),
    OutcomeWord("passed", "✓", "passed", "evaluated at least once, and held"),
    OutcomeWord("not_observed", "○", "not observed", "nothing in this run could have shown a breach; proves nothing"),
    OutcomeWord("not_declared", "–", "not declared", "the target does not claim it"),
    OutcomeWord("left_out", "∅", "left out", "not selected for this run"),
)
OUTCOME = {entry.key: entry for entry in OUTCOMES}

BINDING = {"yes": "binding", "no": "warns only"}
REFERENCE_PLATFORM = "the reference platform that ships with the suite"

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
