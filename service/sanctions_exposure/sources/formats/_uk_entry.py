"""One entry of a UK list, gathered from any of its forms: the XML's element names are the words for all of them.

The tables repeat an entry on many rows, one for each name and detail, so whatever is added twice counts once.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from msgspec.structs import replace

from sanctions_exposure.countries import country_code
from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Relation,
    Schema,
)
from sanctions_exposure.sources.formats._text import distinct, merge_names, slip
from sanctions_exposure.sources.formats._uk_acts import Act, earlier
from sanctions_exposure.sources.formats._uk_identifiers import identifiers, numbered, says_more
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_SCHEMA = {"individual": Schema.PERSON, "entity": Schema.ORGANIZATION, "ship": Schema.VESSEL}
# The types in all their spellings, case-folded. Six entries have two primary names: the first is shown.
_PRIMARY = frozenset({"primary name", "prime alias"})
_ALIASES = frozenset({"primary name variation", "alias", "aka", "fka"})
_STRENGTH = {
    "": NameKind.STRONG,
    "good quality": NameKind.STRONG,
    "good quality a.k.a": NameKind.STRONG,
    "low quality": NameKind.WEAK,
    "low quality a.k.a": NameKind.WEAK,
}
_SCRIPTS = {
    "cyrillic": "Cyrl", "cryillic": "Cyrl", "cyrilic": "Cyrl", "russian": "Cyrl", "arabic": "Arab", "persian": "Arab",
    "chinese": "Hani", "georgian": "Geor", "hebrew": "Hebr", "hangul": "Hang", "korean": "Kore", "thai": "Thai",
    "greek": "Grek", "burmese": "Mymr", "armenian": "Armn", "japanese": "Jpan",
}  # fmt: skip
_LANGUAGES = {
    "russian": "ru", "persian": "fa", "persian/farsi": "fa", "farsi": "fa", "arabic": "ar", "belarusian": "be",
    "ukrainian": "uk", "chinese": "zh", "georgian": "ka", "hebrew": "he", "korean": "ko", "bulgarian": "bg",
    "turkish": "tr", "kazakh": "kk", "serbian": "sr", "thai": "th", "burmese": "my", "urdu": "ur", "pashto": "ps",
    "greek": "el", "armenian": "hy", "japanese": "ja",
}  # fmt: skip
# Ownership is text here; direction as in "this entry is … the other".
_RELATIONS = {
    "ParentCompany": "subsidiary-of",
    "Subsidiary": "parent-of",
    "CurrentOwnerOperator": "owned-or-operated-by",
    "PreviousOwnerOperator": "formerly-owned-or-operated-by",
}
_NATIONS = ("Nationality", "CurrentBelievedFlagOfShip")
# What becomes something other than an attribute.
_TAKEN = frozenset({"DOB", *_RELATIONS})
_DOB = re.compile(r"(?:(?P<day>[\dD]{1,2})[/.-])?(?:(?P<month>[\dM]{1,2})[/.-])?(?P<year>[12]\d{3})")


_CITIZEN = re.compile(r"\s+(?:citizen(?:ship)?|nationals?|nationality)$", re.IGNORECASE)
# The lists before 2022 tell a nationality by its adjective.
_DEMONYMS = {
    "afghan": "af", "algerian": "dz", "american": "us", "australian": "au", "bahraini": "bh", "belarusian": "by",
    "belgian": "be", "british": "gb", "burundian": "bi", "canadian": "ca", "central african": "cf", "chadian": "td",
    "chinese": "cn", "congolese": "cd", "cuban": "cu", "dutch": "nl", "egyptian": "eg", "eritrean": "er",
    "ethiopian": "et", "filipino": "ph", "french": "fr", "georgian": "ge", "german": "de", "guinean": "gn",
    "indian": "in", "indonesian": "id", "iranian": "ir", "iraqi": "iq", "israeli": "il", "italian": "it",
    "ivorian": "ci", "jordanian": "jo", "kenyan": "ke", "kuwaiti": "kw", "lebanese": "lb", "libyan": "ly",
    "malaysian": "my", "malian": "ml", "mauritanian": "mr", "moroccan": "ma", "nigerian": "ng", "north korean": "kp",
    "norwegian": "no", "pakistani": "pk", "palestinian": "ps", "qatari": "qa", "russian": "ru", "rwandan": "rw",
    "saudi": "sa", "saudi arabian": "sa", "senegalese": "sn", "serbian": "rs", "singaporean": "sg", "somali": "so",
    "south african": "za", "south sudanese": "ss", "sudanese": "sd", "swedish": "se", "swiss": "ch", "syrian": "sy",
    "tajik": "tj", "tanzanian": "tz", "thai": "th", "tunisian": "tn", "turkish": "tr", "ugandan": "ug",
    "ukrainian": "ua", "uzbek": "uz", "yemeni": "ye", "zimbabwean": "zw",
    "libyan arab jamahiriya": "ly", "libyan arab jamahiriyah": "ly",
}  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One entry while it is being read; dicts keep order and drop what is repeated."""

    id: str
    kind: str
    acts: dict[str, Act] = field(default_factory=dict)  # by regime
    names: dict[tuple[str, str, str], None] = field(default_factory=dict)  # text, type, strength
    others: dict[tuple[str, str, str], None] = field(default_factory=dict)  # text in another script, script, language
    addresses: dict[tuple[str, ...], None] = field(default_factory=dict)  # lines, postal code, country last
    births: dict[tuple[str, str], None] = field(default_factory=dict)  # town, country
    documents: dict[tuple[str, str, str], None] = field(default_factory=dict)  # element, number, what is said of it
    values: dict[str, dict[str, None]] = field(default_factory=dict)  # element -> texts

    def fault(self, what: str) -> ListFormatError:
        """Return the error that names this entry."""
        return ListFormatError(f"{self.id}: {what}")

    def act(self, regime: str, designated: str, measures: str = "", reason: str = "") -> Act:
        """Return the designation under *regime*; of several days of listing the earliest counts."""
        found = self.acts.get(regime)
        if found is None:
            found = self.acts[regime] = Act(regime, designated, measures, reason)
        elif designated != found.designated:
            found.designated = earlier(found.designated, designated)
        return found

    def add(self, element: str, text: str) -> None:
        """Add the text of an element that may be there several times."""
        if text:
            self.values.setdefault(element, {})[text] = None


def full_name(parts: Sequence[str]) -> str:
    """Print the parts of a name in the order of the XML, Name1 to Name6: given names first, family name last."""
    return " ".join(part for part in parts if part)


def parsed(entries: Iterable[Entry], manifest: Manifest, tally: Counter[str], published_on: str) -> ParsedList:
    """Return the list that the entries make.

    Raises:
        ListFormatError: an entry is there twice, has no name, or says what the publisher never says.
    """
    gathered = tuple(entries)
    twice = [key for key, count in Counter(entry.id for entry in gathered).items() if count > 1]
    if twice:
        raise ListFormatError(f"{twice[0]} is there twice")
    found = [(entry, _names(entry, tally)) for entry in gathered]
    shown = [names[0].text.casefold() for _, names in found]
    captions = Counter(shown)
    by_name = {key: (e.id, n[0].text) for key, (e, n) in zip(shown, found, strict=True) if captions[key] == 1}
    told = ("unknown", "birth date kept", "script nobody", "language nobody", "measure nobody")
    entities = tuple(_entity(entry, names, manifest, by_name, tally) for entry, names in found)
    return ParsedList(
        entities=entities,
        published_on=published_on,
        version=published_on[:10],
        notes=(*(f"{key}: {tally[key]}" for key in sorted(tally) if key.startswith(told)), *_places(tally)),
        tally=dict(sorted(tally.items())),
    )


def _places(tally: Counter[str]) -> Iterator[str]:
    """Tell in one line which countries were not recognised: old lists have dozens of spellings."""
    head = "country not recognised: "
    missed = {key.removeprefix(head): count for key, count in tally.items() if key.startswith(head)}
    if missed:
        most = ", ".join(sorted(missed, key=lambda key: (-missed[key], key))[:5])
        yield f"countries not recognised: {sum(missed.values())} in {len(missed)} spellings ({most})"


def _entity(
    entry: Entry,
    names: tuple[ListedName, ...],
    manifest: Manifest,
    by_name: Mapping[str, tuple[str, str]],
    tally: Counter[str],
) -> ListedEntity:
    try:
        schema = _SCHEMA[entry.kind.casefold()]
    except KeyError:
        raise entry.fault(f"unknown type {entry.kind!r}") from None
    addresses = distinct([one for lines in entry.addresses if (one := _address(lines, tally)) is not None])
    nations = [
        _country(piece, tally) for key in _NATIONS for text in entry.values.get(key, ()) for piece in numbered(text)
    ]
    dates, unread = _birth_dates(entry, tally)
    return ListedEntity(
        list=manifest.id,
        id=entry.id,
        schema=schema,
        names=names,
        identifiers=identifiers(entry.documents, entry.values),
        birth_dates=dates,
        countries=distinct([code for code in [*nations, *[one.country for one in addresses]] if code]),
        addresses=addresses,
        designations=_designations(entry, manifest, tally),
        relations=distinct(_relations(entry, by_name)),
        attributes=distinct([*_attributes(entry), *unread]),
    )


# -- names ---------------------------------------------------------------------------------------


def _names(entry: Entry, tally: Counter[str]) -> tuple[ListedName, ...]:
    primary: list[ListedName] = []
    aliases: list[ListedName] = []
    for text, of_type, strength in entry.names:
        kind = _strength(entry, text, strength) if strength else NameKind.STRONG
        word = of_type.casefold()
        if word in _PRIMARY:
            first = not primary
            primary.append(ListedName(text=text, kind=NameKind.PRIMARY if first else kind, type="primary name"))
        elif word in _ALIASES:
            aliases.append(ListedName(text=text, kind=kind, type=word))
        else:
            raise entry.fault(f"unknown type {of_type!r} of name {text!r}")
    if not primary and aliases:  # it happens in the closed list; the first name published stands in
        tally["unknown primary name, first alias shown"] += 1
        first_alias = aliases.pop(0)
        primary.append(replace(first_alias, kind=NameKind.PRIMARY))
    if not primary:
        raise entry.fault("has no name")
    names = merge_names([*primary, *aliases, *_in_other_scripts(entry, tally)])
    tally["names"] += len(entry.names)
    tally["names in other scripts"] += len(entry.others)
    tally["names repeated"] += len(entry.names) + len(entry.others) - len(names)
    return names


def _strength(entry: Entry, text: str, strength: str) -> NameKind:
    try:
        return _STRENGTH[strength.casefold().removesuffix(".")]
    except KeyError:
        raise entry.fault(f"unknown strength {strength!r} of alias {text!r}") from None


def _in_other_scripts(entry: Entry, tally: Counter[str]) -> Iterator[ListedName]:
    for text, script, language in entry.others:
        if script and script.casefold() not in _SCRIPTS:
            tally[f"script nobody knows: {script}"] += 1
        if language and language.casefold() not in _LANGUAGES:
            tally[f"language nobody knows: {language}"] += 1
        yield ListedName(
            text=text,
            kind=NameKind.STRONG,
            type="non-latin script",
            script=_SCRIPTS.get(script.casefold(), ""),
            language=_LANGUAGES.get(language.casefold(), ""),
        )


# -- details -------------------------------------------------------------------------------------


def _birth_dates(entry: Entry, tally: Counter[str]) -> tuple[tuple[ListedDate, ...], list[Attribute]]:
    dates: list[ListedDate] = []
    unread: list[Attribute] = []
    for text in entry.values.get("DOB", ()):
        for piece in numbered(text):
            if found := birth_date(piece):
                dates.append(ListedDate(start=found, text=slip(piece, found)))
            else:
                tally["birth date kept as text"] += 1
                unread.append(Attribute(name="DOB", value=piece))
    return distinct(dates), unread


def birth_date(text: str) -> str:
    """Read a date whose unknown parts are letters or zeros, never more exact than it is; empty where it is none.

    >>> birth_date("dd/mm/1957"), birth_date("00/03/1958"), birth_date("1960"), birth_date("09/05/1963")
    ('1957', '1958-03', '1960', '1963-05-09')
    """
    match = _DOB.fullmatch(text.strip().upper())
    if not match:
        return ""
    day, month, year = match.group("day", "month", "year")
    if day and not month:  # one part before the year is a month
        day, month = None, day
    if not (month and month.isdigit() and 1 <= int(month) <= 12):
        return year
    if not (day and day.isdigit() and int(day)):
        return f"{year}-{int(month):02d}"
    # A day that the month does not have is a slip: the month may still be right.
    real = int(day) <= monthrange(int(year), int(month))[1]
    return f"{year}-{int(month):02d}-{int(day):02d}" if real else f"{year}-{int(month):02d}"


def _address(lines: tuple[str, ...], tally: Counter[str]) -> Address | None:
    text = ", ".join([line for line in lines if line])
    if not text:
        return None
    return Address(text=text, city=lines[-3], country=_country(lines[-1], tally) if lines[-1] else "")


def _country(text: str, tally: Counter[str]) -> str:
    code = _known(text)
    if not code:
        tally[f"country not recognised: {text}"] += 1
    return code


@lru_cache(maxsize=4096)
def _known(text: str) -> str:
    head = text.partition("(")[0].partition(" - ")[0].strip()  # "Afghanistan (since 2009)"
    plain = _CITIZEN.sub("", head).casefold()
    return country_code(text) or country_code(head) or _DEMONYMS.get(plain) or country_code(plain) or ""


# -- the rest ------------------------------------------------------------------------------------


def _designations(entry: Entry, manifest: Manifest, tally: Counter[str]) -> tuple[Designation, ...]:
    try:
        return tuple([act.designation(entry.id, manifest, tally) for act in entry.acts.values()])
    except ValueError as error:
        raise entry.fault(str(error)) from None


def _relations(entry: Entry, by_name: Mapping[str, tuple[str, str]]) -> Iterator[Relation]:
    for element, kind in _RELATIONS.items():
        for text in entry.values.get(element, ()):
            for name in numbered(text):
                found, caption = by_name.get(name.casefold(), ("", name))
                yield Relation(type=kind, target_name=caption, target_id=found)


def _attributes(entry: Entry) -> Iterator[Attribute]:
    for element, texts in entry.values.items():
        if element not in _TAKEN:
            for text in texts:
                yield Attribute(name=element, value=text)
    for town, country in entry.births:
        yield Attribute(name="place of birth", value=", ".join(part for part in (town, country) if part))
    for element, number, more in entry.documents:
        if more or not number or says_more(number):
            yield Attribute(name=element, value=": ".join(part for part in (number, more) if part))
