"""The words and signs for outcomes, levels, services and features, the same in every report."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from conformance.documents import read_yaml
from conformance.errors import RegisterError
from conformance.model import Requirement
from conformance.report.views import OutcomeWord
from conformance.resources import specs

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


def fails_from(entry: Requirement) -> str:
    """Say from when on a requirement that is a preview fails a target; empty where it is in force."""
    return f"fails from edition {entry.fails_from} on" if entry.fails_from else ""


@lru_cache(maxsize=1)
def _sources() -> dict[str, dict[str, str]]:
    return cast("dict[str, dict[str, str]]", read_yaml(specs() / "sources.yaml", RegisterError).value)


def source_words(document: str) -> str:
    """Return a source's title, with its version where that is known (specs/sources.yaml)."""
    entry = _sources().get(document)
    if entry is None:
        return document
    return f"{entry['title']} ({entry['version']})" if "version" in entry else entry["title"]


def source_address(document: str) -> str:
    """Return where a source is published; empty where that is not known."""
    return _sources().get(document, {}).get("address", "")
