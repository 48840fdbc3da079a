"""Policy: rules as data, read into a frozen ruleset, and the pure function that applies them to facts."""

from sanctions_exposure.policy.cases import CaseResult, run_cases
from sanctions_exposure.policy.describe import describe_corridors, describe_flags, describe_rules
from sanctions_exposure.policy.evaluate import evaluate
from sanctions_exposure.policy.parse import check, load_ruleset
from sanctions_exposure.policy.ruleset import Ruleset

__all__ = [
    "CaseResult",
    "Ruleset",
    "check",
    "describe_corridors",
    "describe_flags",
    "describe_rules",
    "evaluate",
    "load_ruleset",
    "run_cases",
]
