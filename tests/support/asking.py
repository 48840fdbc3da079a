"""A screening without lists: the answer says back what was asked, so that rows can be told apart."""

from collections.abc import Sequence
from datetime import date

from sanctions_exposure.bulk.cells import Result
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Flag, Json, Outcome, RuleRef, Screening, Severity
from sanctions_exposure.question import read_subject


class Echo:
    """Screens by repeating the name; counts the questions it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, documents: Sequence[Json]) -> list[Result]:
        self.asked += len(documents)
        return [_answer(document) for document in documents]


def _answer(document: Json) -> Result:
    try:
        subject = read_subject(document)
    except InvalidInput as error:
        return error
    name = subject.parties[0].name if subject.parties else "no party"
    flag = Flag(
        code="SAID",
        title="Said",
        severity=Severity.HIGH,
        score=80,
        subject="/parties/0",
        explanation=name,
        action="",
        rule=RuleRef(id="said", version=1),
        evidence=({"type": "match", "matched_name": name, "list": "l", "entity_id": "7"},),
    )
    return Screening(
        reference=subject.reference,
        as_of=date(2026, 1, 1),
        outcome=Outcome.REVIEW,
        severity=Severity.HIGH,
        score=80,
        flags=(flag,),
        parties=(),
        lists=(),
        snapshot="s",
        ruleset="r",
        engine="0",
        warnings=(),
    )
