"""Turns a rules folder into a Ruleset, or says which file and key is wrong."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sanctions_exposure.errors import RulesError
from sanctions_exposure.policy.documents import (
    read_bands,
    read_calibration,
    read_flags,
    read_outcomes,
    read_profiles,
    read_rule,
    read_thresholds,
)
from sanctions_exposure.policy.lines import with_line
from sanctions_exposure.policy.lookups import build_tables
from sanctions_exposure.policy.rows import Cited
from sanctions_exposure.policy.ruleset import Profile, Rule, Ruleset, Threshold
from sanctions_exposure.policy.tables import TABLES, RawTables, read_table

T = TypeVar("T")
_FIXED: Final = ("flags.toml", "thresholds.toml")
BALANCED: Final = "balanced"  # the thresholds as they stand; needs no entry in the folder
_MAX_BYTES: Final = 1 << 20  # a rule is read by a person; a megabyte of it is a mistake
_RULE_FILE: Final = re.compile(r"[a-z][a-z0-9-]*\.toml")


def load_ruleset(folder: Path, profile: str = BALANCED) -> Ruleset:
    """Read every rule, flag, threshold and table of *folder*; *profile* sets the thresholds it names.

    Raises:
        RulesError: something is unknown, missing, doubled or malformed; the message names file and key.
    """
    parts = _Parts.of(folder)
    flags = parts.read("flags.toml", read_flags)
    codes = frozenset(flags)
    tables = build_tables(_tables(parts.contents), flags=codes)
    rules = tuple(parts.read(name, partial(read_rule, flags=codes)) for name in parts.rules)
    _check_rules(rules, codes)
    profiles = parts.read("thresholds.toml", read_profiles)
    return Ruleset(
        id=_digest(parts.contents, profile),
        rules=tuple(sorted(rules, key=lambda r: r.id)),
        flags=flags,
        thresholds=_chosen(parts.read("thresholds.toml", read_thresholds), profiles, profile),
        bands=parts.read("thresholds.toml", read_bands),
        outcomes=parts.read("thresholds.toml", read_outcomes),
        tables=tables,
        profiles=profiles,
        calibration=parts.read("thresholds.toml", read_calibration),
    )


def _chosen(
    thresholds: Mapping[str, Threshold], profiles: Mapping[str, Profile], profile: str
) -> Mapping[str, Threshold]:
    if profile == BALANCED:
        return thresholds
    if profile not in profiles:
        raise RulesError(f"thresholds.toml: profile.{profile}: is missing; there are {', '.join(sorted(profiles))}")
    found = profiles[profile]
    return {**thresholds, **{n: Threshold(value=v, reason=found.reason) for n, v in found.thresholds.items()}}


def check(folder: Path) -> tuple[str, ...]:
    """Return everything that is wrong with *folder*, one sentence a fault with file, line and key; nothing when sound.

    Where `load_ruleset` stops at the first fault, this goes on to the next file.
    """
    faults: list[str] = []
    try:
        parts = _Parts.of(folder)
        flags = frozenset(parts.read("flags.toml", read_flags))
    except RulesError as error:
        return (str(error),)
    found: list[Callable[[], object]] = [
        partial(parts.read, name, partial(read_rule, flags=flags)) for name in parts.rules
    ]
    fixed = (read_thresholds, read_bands, read_outcomes, read_profiles, read_calibration)
    found += [partial(parts.read, "thresholds.toml", read) for read in fixed]
    found.append(lambda: build_tables(_tables(parts.contents), flags=flags))
    for part in found:
        try:
            part()
        except RulesError as error:
            faults.append(str(error))
    if not faults:
        try:
            load_ruleset(folder)  # what only shows between files: a flag that nobody raises
        except RulesError as error:
            faults.append(str(error))
    return tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The files of a rules folder: their bytes, and the TOML ones read."""

    contents: Mapping[str, bytes]
    documents: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, folder: Path) -> _Parts:
        contents = dict(_contents(folder))
        documents = {name: _toml(name, data) for name, data in contents.items() if name.endswith(".toml")}
        for name in _FIXED:
            if name not in documents:
                raise RulesError(f"{name}: is missing from {folder.name}/")
        return cls(contents=contents, documents=documents)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(name for name in self.documents if name not in _FIXED)

    def read(self, name: str, reader: Callable[[str, Mapping[str, Any]], T]) -> T:
        """Read one document; a fault in it gets its line."""
        try:
            return reader(name, self.documents[name])
        except RulesError as error:
            raise with_line(error, name, self.contents[name].decode("utf-8")) from None


def _contents(folder: Path) -> Iterable[tuple[str, bytes]]:
    if not folder.is_dir():
        raise RulesError(f"{folder}: no such rules folder")
    # Folders are people's: what is neither a rule nor a table (a README, an editor's leftover) is not read.
    for path in sorted((*folder.glob("*.toml"), *folder.glob("tables/*.csv"))):
        name = path.relative_to(folder).as_posix()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RulesError(f"{name}: {error.strerror}") from error
        if path.suffix == ".toml" and len(data) > _MAX_BYTES:
            raise RulesError(f"{name}: larger than {_MAX_BYTES} bytes")
        if path.suffix == ".toml" and not _RULE_FILE.fullmatch(name):
            raise RulesError(f"{name}: a rule file is named in lower case letters, digits and hyphens")
        yield name, data


def _toml(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesError(f"{name}: {error}") from error


def _tables(contents: Mapping[str, bytes]) -> RawTables:
    found = {Path(name).stem: data for name, data in contents.items() if name.startswith("tables/")}
    if unknown := sorted(found.keys() - TABLES.keys()):
        raise RulesError(f"tables/{unknown[0]}.csv: unknown table")
    if missing := sorted(TABLES.keys() - found.keys()):
        raise RulesError(f"tables/{missing[0]}.csv: is missing")
    by_name: dict[str, tuple[Cited, ...]] = {n: read_table(n, found[n], row) for n, row in TABLES.items()}
    return RawTables(by_name=by_name)


def _check_rules(rules: Iterable[Rule], flags: frozenset[str]) -> None:
    raised: set[str] = set()
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise RulesError(f"{rule.id}.toml: id: {rule.id!r} stands already in {seen[rule.id]}")
        seen[rule.id] = f"{rule.id}.toml"
        raised.add(rule.flag)
    if idle := sorted(flags - raised):
        raise RulesError(f"flags.toml: {idle[0]}: no rule raises this flag")


def _digest(contents: Mapping[str, bytes], profile: str) -> str:
    digest = hashlib.sha256(b"" if profile == BALANCED else f"profile {profile}\0".encode())
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode())
        digest.update(contents[name])
    return f"sha256:{digest.hexdigest()}"
