"""What a procurement system is to do with an order: one word, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sanctions_exposure.gate.coverage import problems, waivers
from sanctions_exposure.gate.files import Item
from sanctions_exposure.gate.findings import findings_of, row_result
from sanctions_exposure.gate.report import Finding, ListUse
from sanctions_exposure.model import Json

# In rising order of what stops an order. A block found on some lists is a block, whatever others would have said; but
# what is clear or to be reviewed by lists that are not all there is not known.
DECISIONS: Final = ("clear", "review", "error", "block")


def decide(request: Json, answer: Mapping[str, Json], lists: Sequence[ListUse]) -> dict[str, Json]:
    """Return the decision on one order by its screening.

    Args:
        request: what was asked, for the names in the reasons.
        answer: the screening, or why there is none, as the contract has them.
        lists: what the decision must rest on.
    """
    item = Item(file="", row=1, line=1, request=request)
    reasons = [_flag(finding) for finding in findings_of(item, answer, lambda *_: None)]
    lacking = problems(lists)
    reasons += [{"kind": "list", "explanation": f"{said}: a decision cannot rest on it"} for said in lacking]
    reasons += list(_faults(answer))
    decision = str(answer["outcome"])
    if lacking and decision != "block":
        decision = "error"
    row = row_result(item, answer)
    return {
        "reference": row.reference,
        "decision": decision,
        "severity": row.severity.value,
        "score": row.score,
        "subject": row.name,
        "reasons": reasons,
        "warnings": [*waivers(lists), *answer.get("warnings", ())],
        **{key: answer[key] for key in ("as_of", "snapshot", "ruleset", "engine", "screened_at") if key in answer},
        "screening": answer.get("id", ""),
    }


def worst(decisions: Sequence[str]) -> str:
    """Return the decision on many orders together."""
    return max(decisions, key=DECISIONS.index, default="clear")


def _flag(finding: Finding) -> dict[str, Json]:
    return {
        "kind": "flag",
        "code": finding.code,
        "rule": finding.rule,
        "rule_version": finding.rule_version,
        "title": finding.title,
        "severity": finding.severity.value,
        "score": finding.score,
        "subject": finding.subject,
        "name": finding.name,
        "entities": [match.entity for match in finding.matches],
        "regimes": list(finding.regimes),
        "explanation": finding.explanation,
        "action": finding.action,
    }


def _faults(answer: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    error = answer.get("error")
    if error:
        found = error.get("errors") or [{"pointer": "", "detail": error["title"]}]
        yield from ({"kind": "input", "pointer": f["pointer"], "explanation": f["detail"]} for f in found)
