"""Countries as people and publishers write them, read into ISO 3166-1 alpha-2 codes in lower case."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import pycountry

# Names that lists and traders use and ISO does not; publishers' own spellings, checked against their files.
_ALSO = {
    "russia": "ru", "iran": "ir", "syria": "sy", "north korea": "kp", "south korea": "kr", "korea north": "kp",
    "korea south": "kr", "dprk": "kp", "burma": "mm", "turkey": "tr", "turkiye": "tr", "uk": "gb",
    "great britain": "gb", "england": "gb", "scotland": "gb", "uae": "ae", "emirates": "ae", "usa": "us",
    "u s a": "us", "united states of america": "us", "america": "us", "czech republic": "cz", "ivory coast": "ci",
    "cote d ivoire": "ci", "cape verde": "cv", "swaziland": "sz", "macedonia": "mk",
    "north macedonia the republic of": "mk", "moldova": "md", "venezuela": "ve", "bolivia": "bo", "tanzania": "tz",
    "vietnam": "vn", "laos": "la", "brunei": "bn", "taiwan": "tw", "palestine": "ps", "palestinian": "ps",
    "west bank": "ps", "region gaza": "ps", "gaza": "ps", "kosovo": "xk", "macau": "mo", "macao": "mo",
    "the gambia": "gm", "gambia the": "gm", "bahamas the": "bs", "the bahamas": "bs",
    "congo democratic republic of the": "cd", "democratic republic of the congo": "cd",
    "democratic republic of congo": "cd", "drc": "cd", "congo republic of the": "cg", "republic of the congo": "cg",
    "congo kinshasa": "cd", "congo brazzaville": "cg", "holland": "nl", "vatican": "va", "holy see": "va",
    "cabo verde": "cv", "east timor": "tl", "micronesia": "fm", "russian fed": "ru", "islamic republic of iran": "ir",
    "belorussia": "by", "byelorussia": "by", "bosnia": "ba", "democratic people s republic of korea": "kp",
    "republic of korea": "kr", "st lucia": "lc", "st kitts and nevis": "kn", "saint vincent and the grenadines": "vc",
    "st vincent and the grenadines": "vc", "trinidad": "tt", "virgin islands british": "vg",
    "virgin islands u s": "vi", "british virgin islands": "vg", "hong kong sar": "hk", "curacao": "cw",
    "reunion": "re", "netherlands antilles": "an", "state of palestine": "ps", "occupied palestinian territories": "ps",
    "united kingdom of great britain and northern ireland": "gb", "syrian arab republic": "sy",
    "the netherlands": "nl", "philippines the": "ph", "sudan the": "sd", "people s republic of china": "cn",
    "россия": "ru", "российская федерация": "ru", "беларусь": "by", "белоруссия": "by", "иран": "ir", "индия": "in",
    "китай": "cn", "казахстан": "kz", "турция": "tr", "украина": "ua", "азербайджан": "az", "туркменистан": "tm",
    "армения": "am", "грузия": "ge", "ایران": "ir", "روسیه": "ru", "هند": "in", "سوريا": "sy", "إيران": "ir",
}  # fmt: skip


def _key(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


@cache
def _by_name() -> dict[str, str]:
    table: dict[str, str] = {}
    for country in pycountry.countries:
        code = country.alpha_2.lower()
        for attribute in ("name", "official_name", "common_name"):
            if value := getattr(country, attribute, None):
                table[_key(value)] = code
                if "," in value:  # "Iran, Islamic Republic of" is also said the other way round
                    head, _, tail = value.partition(",")
                    table[_key(f"{tail} {head}")] = code
    return table | {_key(name): code for name, code in _ALSO.items()}


@cache
def _by_code() -> dict[str, str]:
    table = {"xk": "xk", "xkx": "xk", "an": "an", "su": "ru", "uk": "gb"}
    for country in pycountry.countries:
        table[country.alpha_2.lower()] = country.alpha_2.lower()
        table[country.alpha_3.lower()] = country.alpha_2.lower()
    return table


@lru_cache(maxsize=4096)
def country_code(text: str) -> str | None:
    """Return the alpha-2 code, lower case, of a code or a name; None when nothing is known by it.

    >>> country_code("IRN"), country_code("Korea, North"), country_code("Atlantis")
    ('ir', 'kp', None)
    """
    stripped = text.strip()
    if len(stripped) in {2, 3} and (code := _by_code().get(stripped.casefold())):
        return code
    return _by_name().get(_key(stripped))


@cache
def country_name(code: str) -> str:
    """Return the English name of an alpha-2 code, or the code itself, upper case, when ISO has none."""
    if code == "xk":
        return "Kosovo"
    found = pycountry.countries.get(alpha_2=code.upper())
    return str(getattr(found, "common_name", None) or found.name) if found else code.upper()
