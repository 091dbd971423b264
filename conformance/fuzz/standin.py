"""Values in place of a target's, for what can be known of a case before there is a target."""

from __future__ import annotations

import base64
import hashlib

from conformance.contract import Contract, Operation
from conformance.fuzz.assess import Assessment, Truth, assess
from conformance.fuzz.case import Case
from conformance.fuzz.render import Dialect, render, truth_values
from conformance.model import Json

FEATURES = frozenset({"direct_mode", "in_home_detection", "ssp", "live_ppv_license", "created_accounts_sign_on"})


class StandIn:
    """Made-up values, the same at every time and everywhere."""

    def get(self, path: str, change: str) -> Json:
        """Return the value of a placeholder."""
        if path == "live.geo_block_exempt":
            return False
        if path == "account_template.billingAddress":
            return []
        if path == "auth" or path.startswith("credentials."):
            return f"Standin {self._text(path + change)}"
        return self._text(path) if not change else self._text(f"{path} {change}")

    @staticmethod
    def _text(seed: str) -> str:
        return base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")


def assessed(contract: Contract, operation: Operation, case: Case) -> Assessment:
    """Return what is wrong with a case, as far as that does not depend on the target."""
    values = StandIn()
    truth = Truth(
        truth_values(operation, lambda path: values.get(path, "")),
        {},
        ("Authorization", str(values.get("auth", ""))),
        FEATURES,
    )
    return assess(contract, operation, render(case, operation, Dialect("http://stand.in/"), values), truth)
