"""What records write around the name of a ship or the mark of an aircraft: what it is, its flag, a voyage, a maker."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanctions_exposure.countries import country_code

_SORTS = "motor|oil|steam|sailing|fishing|research|products?|chemical|crude|gas|bulk|container|dry|general|cargo|reefer"
_CRAFT = "vessel|tanker|ship|carrier|barge|tug|yacht|boat|ferry|bulker|freighter|trawler|dredger"
_MARKED = "aircraft|airplane|plane|jet|helicopter|tail|registration|registered|reg|mark"
_BEFORE = re.compile(
    rf"^(?:(?:the )?(?:(?:{_SORTS})\s+){{0,2}}(?:{_CRAFT})|(?:{_MARKED})(?:\s+(?:no|number|mark))?"
    r"|[a-z]{1,3}/[a-z]{1,2})(?!\w)[\s.:-]+(?=\S)",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"\s+(?:(?:{_SORTS})\s+){{0,2}}(?:{_CRAFT})$", re.IGNORECASE)
_FLAG = re.compile(r"[\s,;(/-]+flag(?:ged)?(?!\w).*$", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*[(\[]([^()\[\]]+)[)\]]")
_VOYAGE = re.compile(r"[\s,/]+(?:v|voy|voyage|vyg)(?!\w)[\s.:#-]*(?:no[\s.]*)?\d{1,5}\s?[a-z]{0,2}$", re.IGNORECASE)
# Makers of aircraft; the mark stands after the type.
_MAKER = re.compile(
    r"^(?:airbus|boeing|bombardier|gulfstream|embraer|antonov|ilyushin|tupolev|sukhoi|yakovlev|dassault|cessna|learjet"
    r"|challenger|falcon|hawker|beechcraft|fokker|lockheed|mcdonnell douglas|atr|saab|mil|kamov|bell|an|il|tu|yak|mi)"
    r"(?!\w).*\s(?=(?:[a-z]{1,2}|\d[a-z]|[a-z]\d)-?[a-z\d]{3,6}$)",
    re.IGNORECASE,
)

WORDS = frozenset(f"{_CRAFT}|{_MARKED}|flag|flagged".split("|"))


def without_record(text: str) -> Iterator[str]:
    """Yield the name of a ship or the mark of an aircraft without what records write around it.

    >>> list(without_record("Motor Vessel ZELMIRA")), list(without_record("ZELMIRA V.023E"))
    (['ZELMIRA'], ['ZELMIRA'])
    """
    for before in (_BEFORE, _MAKER):
        if found := before.match(text):
            yield text[found.end() :]
    for after in (_AFTER, _FLAG, _VOYAGE):
        if (found := after.search(text)) and found.start():
            yield text[: found.start()]
    if (found := _BRACKETED.search(text)) and country_code(found[1]):
        yield _BRACKETED.sub("", text)
