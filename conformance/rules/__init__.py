"""Rules: pure functions that judge any exchange, whoever made it.

A rule takes one exchange and the context of the run, and yields judgements. It names one requirement id
of a family; `judge` translates it to the id of the exchange's own operation. A rule never raises for
anything that a target may send.
"""

from conformance.rules.base import Context, Rule, rule
from conformance.rules.judging import all_rules, judge
from conformance.rules.version import rule_versions

__all__ = ["Context", "Rule", "all_rules", "judge", "rule", "rule_versions"]
