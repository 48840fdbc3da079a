"""What a match rests on, word by word, for a reader; and the comparison of two names without any list."""

from __future__ import annotations

from operator import attrgetter

from sanctions_exposure.matching.normalise import Kind, Name, normalise
from sanctions_exposure.matching.readings import asked_as, listed_as
from sanctions_exposure.matching.score import Match, match, words_of
from sanctions_exposure.model import Alignment, Comparison, Schema

_QUERY = attrgetter("query")


def explain(q: Name, d: Name, found: Match) -> tuple[Alignment, ...]:
    """Return the alignment of *found*: words met, words left over, what normalising took off."""
    out = []
    used_q = used_d = 0
    for met in sorted(found.meetings, key=_QUERY):
        left, right = met.query, met.listed
        used_q |= left
        used_d |= right
        similarity = round(met.similarity, 2)
        out.append(Alignment(query=words_of(q, left), listed=words_of(d, right), how=met.how, similarity=similarity))
    rest_q, rest_d = q.full & ~used_q, d.full & ~used_d
    if rest_q or rest_d:
        both = "contradicted" if "contradiction" in found.notes else "left_over"
        out += [_alone(w.text, "", both) for i, w in enumerate(q.words) if rest_q >> i & 1]
        out += [_alone("", w.text, both) for j, w in enumerate(d.words) if rest_d >> j & 1]
    if q.dropped or d.dropped:
        out += _dropped(q, d)
    return tuple(out)


def _alone(query: str, listed: str, how: str) -> Alignment:
    return Alignment(query=query, listed=listed, how=how, similarity=0.0)


def _dropped(q: Name, d: Name) -> tuple[Alignment, ...]:
    """Return what normalising took off both names, legal forms of one class side by side."""
    right = list(d.dropped)
    out = []
    for text, what in q.dropped:
        how = "title" if what == "title" else "legal_form"
        if same := next((r for r in right if r[1] == what), None):
            right.remove(same)
            out.append(Alignment(query=text, listed=same[0], how=how, similarity=1.0))
        else:
            out.append(_alone(text, "", how))
    out += [_alone("", text, "title" if what == "title" else "legal_form") for text, what in right]
    return tuple(out)


_KINDS: dict[Schema | None, tuple[Kind, ...]] = {
    None: (Kind.PERSON, Kind.ORGANISATION, Kind.VESSEL),
    Schema.PERSON: (Kind.PERSON,),
    Schema.LEGAL_ENTITY: (Kind.ORGANISATION, Kind.PERSON),
    Schema.COMPANY: (Kind.ORGANISATION,),
    Schema.ORGANIZATION: (Kind.ORGANISATION,),
    Schema.PUBLIC_BODY: (Kind.ORGANISATION,),
    Schema.VESSEL: (Kind.VESSEL,),
    Schema.AIRCRAFT: (Kind.VESSEL,),
    Schema.PAYMENT_SYSTEM: (Kind.ORGANISATION,),
    Schema.PRODUCT: (Kind.ORGANISATION,),
    Schema.PROGRAMME: (Kind.ORGANISATION,),
}


def kinds_of(schema: Schema | None) -> tuple[Kind, ...]:
    """Return by which rules a name of this schema may be read; an unknown one by all."""
    return _KINDS[schema]


def compare(query: str, listed: str, schema: Schema | None = None) -> Comparison:
    """Compare two names without any list, in every reading of both; an unknown schema takes the best kind."""
    best: tuple[float, Match, Name, Name] | None = None
    for kind in kinds_of(schema):
        for asked in asked_as(query, kind):
            for reading in listed_as(listed, kind):
                q, d = normalise(asked.text, kind), normalise(reading, kind)
                found = match(q, d)
                score = round(found.score * asked.certainty, 4)
                if best is None or score > best[0]:
                    best = (score, found, q, d)
    assert best is not None  # noqa: S101 - every schema has a kind and every name a reading
    score, found, q, d = best
    features: dict[str, float | str] = {"name": found.score} | dict.fromkeys(found.notes, "yes")
    return Comparison(score=score, features=features, alignment=explain(q, d, found))
