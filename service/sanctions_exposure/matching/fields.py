"""What stands in a name field beside the name: other parties, labels, addresses, dates, numbers.

Systems that hand names on have one field for all of it.  Each part that may be a name is given back as text, to be
asked beside the whole; nothing is ever taken from the whole itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanctions_exposure.countries import country_code
from sanctions_exposure.matching import craft
from sanctions_exposure.matching.inner_forms import divided, has_inner_form, is_form
from sanctions_exposure.matching.normalise import Kind

# Lines of SWIFT fields 50F and 59F: the name may go on over several.
_LINES = re.compile(r"(?:^|[\s|])1/\s*(.*?)\s*(?=[\s|]+[1-8]/|$)", re.DOTALL)
_SEPARATOR = re.compile(r"\s*[;|\n]\s*|\s+(?:and/or|or|или|oder)\s+", re.IGNORECASE)

# Between two names of one party, or two parties.
_OTHERWISE = (
    r"a\.?k\.?a|a/k/a|f\.?k\.?a|f/k/a|n\.?k\.?a|n/k/a|d\.?b\.?a|d/b/a|t/a|alias|also known as|formerly known as"
    r"|formerly|previously known as|previously|known as|doing business as|trading as|operating as|on behalf of"
    r"|o\.?b\.?o|o/b/o|by order of|c/o|in care of|fbo|f/b/o|for (?:the )?(?:benefit|account) of|attn|attention|n[eé]e"
)
_BETWEEN = re.compile(rf"[\s,;:(\[/-]*(?<![\w.])(?:{_OTHERWISE})(?!\w)[\s.:,)\]]*", re.IGNORECASE)
_EX = re.compile(r"[\s,;(\[/-]*(?<![\w.])ex(?!\w)[\s.:-]+", re.IGNORECASE)

_LABEL = re.compile(r"^[^:\d]{2,30}:\s*(?=\S{2})")
_ROLES = (
    "beneficiary", "payee", "payer", "remitter", "ordering customer", "consignee", "consignor", "shipper", "buyer",
    "seller", "notify party", "drawee", "applicant", "supplier", "vendor", "customer", "client", "name", "to", "from",
    "sender", "receiver", "recipient", "account holder",
)  # fmt: skip
_ROLE = re.compile(rf"^(?:{'|'.join(_ROLES)})(?:'s)?(?: name)?\s+[-\u2013\u2014]\s+(?=\S)", re.IGNORECASE)
_ROLE_ALONE = re.compile(rf"^(?:{'|'.join(_ROLES[:11])})\s+(?=\S)", re.IGNORECASE)

_MAIL = re.compile(r"\S+@\S+\.\w+")
_LEADING = re.compile(r"^[\s(#№/]*(?:n[or]?[.:°\s]+)?\d[\d-]*\s*(?:[.):/-]+\s*|\s+)(?=[\w.])", re.IGNORECASE)
# A label, and a number after it.
_NUMBERED = (
    r"d\.?\s?o\.?\s?b|date of birth|born|geb|b(?=\.)|passport|pass|inn|инн|ogrn|огрн|kpp|кпп|unp|tel|phone|mob|mobile"
    r"|cell|fax|iban|acct?|account|a/c|ref|reference|inv|invoice|order|contract|id|vat|tax|reg|lei|imo|mmsi|bic|swift|dd"
    r"|dated|date|on|as of"
)
_AFTER_LABEL = re.compile(
    rf"[\s,;:(\[/-]*(?<!\w)(?:{_NUMBERED})(?!\w)[\s.:/]*(?:(?:no|nr|number|on|in|id)(?!\w))?[\s.:#№(+/-]*"
    r"(?:[a-z]{1,4}[\s-]?)?\d",
    re.IGNORECASE,
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"[\s,;(\[-]+(?:\d{{1,2}}(?:st|nd|rd|th)?[\s.-]+(?:{_MONTHS})[a-z]*[\s.,-]+\d{{4}}"
    rf"|(?:{_MONTHS})[a-z]*[\s.]+\d{{1,2}},?\s+\d{{4}})\b",
    re.IGNORECASE,
)
# Six digits or more, as of an account, a telephone, a date: a name has shorter numbers.
_LONG_NUMBER = re.compile(r"[\s,;:(\[#+/-]+(?:[A-Za-z]{1,4}-?)?\d(?:[\s()./-]{0,2}\d){5}")
_SLASHED = re.compile(r"\s+/\S*\d")
_CUT = re.compile(r"\s*[,;|\n]\s*|\s+[-\u2013\u2014]\s+")
# What may stand after a comma and yet be the number of the named one.
_OWN_NUMBER = re.compile(r"\W*(?:no|nr|n|№|number|unit)?[\s.:#№]*\d{1,4}(?:st|nd|rd|th)?\W*", re.IGNORECASE)
_BRACKETS = frozenset("([")
_STREETS = frozenset({
    "street", "road", "avenue", "lane", "boulevard", "ulitsa", "ul", "prospekt", "pereulok", "shosse", "sokak",
    "caddesi", "strasse", "straße", "rue", "calle", "avenida", "улица", "ул", "проспект", "шоссе",
})  # fmt: skip
_STREET_NUMBER = re.compile(
    rf"[\s,]+\d{{1,5}}[a-z]?,?\s+(?:[^\W\d_]+\.?\s+){{0,3}}?(?:{'|'.join(sorted(_STREETS))}|st|rd|ave)(?!\w)",
    re.IGNORECASE,
)
_ROOM = re.compile(
    r"\s+(?:unit|flat|suite|office|floor|apt|apartment|room|building|bldg|block|house|plot|p\.?\s?o\.?\s?box|pob)"
    r"(?!\w)[\s.:#№]*(?:no[\s.:]*)?\d{1,5}[a-z]?\s*,",
    re.IGNORECASE,
)

# Without one of these signs or words nothing above is found: four of five names are told by looking for them.
_SIGNS = re.compile(r"[\d;|:@/\n]|\s[-\u2013\u2014]\s")
_DOTTED = re.compile(r"(?<!\w)(?:[afnd]\.?[kb]\.?a|o\.?b\.?o)(?!\w)")
_LATIN_LETTERS = re.compile("[a-z]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPEAKING = frozenset({
    "or", "oder", "или", "aka", "fka", "nka", "dba", "alias", "known", "formerly", "previously", "as", "behalf", "obo",
    "order", "care", "fbo", "benefit", "account", "attn", "attention", "nee", "née", "beneficiary", "payee", "payer",
    "remitter", "ordering", "consignee", "consignor", "shipper", "buyer", "seller", "notify",
})  # fmt: skip
SPEAKING = {
    Kind.PERSON: _SPEAKING | _STREETS,
    Kind.ORGANISATION: _SPEAKING | _STREETS,
    Kind.VESSEL: _SPEAKING | _STREETS | craft.WORDS | {"ex"},
}


def parts(text: str, kind: Kind) -> Iterator[str]:
    """Yield what may be a name in a field that holds more than one thing.

    >>> list(parts("Beneficiary: Zelmira Trading", Kind.ORGANISATION))
    ['Zelmira Trading']
    >>> list(parts("1/Zelmira Trading 2/12 Dock Road 3/AE/Dubai", Kind.ORGANISATION))[0]
    'Zelmira Trading'
    """
    for part in (part.strip(" ,;:/|([\n-") for part in _parts(text, kind)):
        if _may_be_name(part, kind) and not (kind is Kind.ORGANISATION and is_form(part)):
            yield part


def _parts(text: str, kind: Kind) -> Iterator[str]:
    lower = text.lower()
    words = (_LATIN_LETTERS if text.isascii() else _LETTERS).findall(lower)
    if (
        _SIGNS.search(lower)
        or not SPEAKING[kind].isdisjoint(words)
        or (len(words) > 1 and is_doubled(words))
        or ("." in lower and _DOTTED.search(lower))
        or (kind is Kind.VESSEL and not _BRACKETS.isdisjoint(text))
    ):
        yield from _told_apart(text, kind)
    if kind is Kind.ORGANISATION and has_inner_form(words, lower):
        yield from divided(text)


def _told_apart(text: str, kind: Kind) -> Iterator[str]:
    if "1/" in text and (lines := _LINES.findall(text)):
        yield " ".join(lines)
    pieces = _SEPARATOR.split(text)
    if len(pieces) > 1:
        yield from pieces
        if len(pieces) > 2:
            yield " ".join(pieces[:2])  # a name that goes on in the second line
    for between in (_BETWEEN, _EX) if kind is Kind.VESSEL else (_BETWEEN,):
        if len(pieces := between.split(text)) > 1:
            yield from pieces
    for before in (_LABEL, _ROLE, _ROLE_ALONE):
        if found := before.match(text):
            yield text[found.end() :]
    if (half := _half(text)) is not None:
        yield half
    yield from _without_numbers(text)
    if kind is Kind.VESSEL:
        yield from craft.without_record(text)


def _without_numbers(text: str) -> Iterator[str]:
    """Yield *text* without an address, a date, a number of the record, a mail address, an item's number before it."""
    if "@" in text and (found := _MAIL.search(text)):
        rest = _MAIL.sub(" ", text).strip()
        yield rest or re.sub(r"[._+-]+", " ", found[0].partition("@")[0])
    if any(map(str.isdigit, text)):
        if found := _LEADING.match(text):
            yield text[found.end() :]
        ends = (p.search(text) for p in (_AFTER_LABEL, _DATE, _LONG_NUMBER, _SLASHED, _STREET_NUMBER, _ROOM))
        if at := [end.start() for end in ends if end and end.start()]:
            yield text[: min(at)]
    if (cut := _address_from(text)) is not None:
        yield text[:cut]


def _address_from(text: str) -> int | None:
    """Return where what follows a comma, a dash or a line's end has a number that is not the name's, or a street."""
    cuts = list(_CUT.finditer(text))
    for at, cut in enumerate(cuts):
        piece = text[cut.end() : cuts[at + 1].start() if at + 1 < len(cuts) else len(text)]
        numbered = any(map(str.isdigit, piece)) and not _OWN_NUMBER.fullmatch(piece)
        if numbered or not _STREETS.isdisjoint(_LETTERS.findall(piece.lower())):
            return cut.start()
    return None


def _half(text: str) -> str | None:
    """Return one of two names that *text* is, both the same."""
    words = text.split()
    half, odd = divmod(len(words), 2)
    if odd or not half:
        return None
    first = " ".join(words[:half])
    return first if first.casefold().strip(" ,;-") == " ".join(words[half:]).casefold().strip(" ,;-") else None


def is_doubled(words: list[str]) -> bool:
    """Whether the second half of *words* begins as the first one does."""
    return not len(words) & 1 and len(words) > 1 and words[0] == words[len(words) >> 1]


def _may_be_name(part: str, kind: Kind) -> bool:
    """Whether *part* has letters enough for a name, and is no country."""
    letters = sum(map(str.isalpha, part))
    return (
        letters > (kind is not Kind.VESSEL)
        and sum(map(str.isalnum, part)) >= 3
        and not (len(part) < 40 and country_code(part))
    )
