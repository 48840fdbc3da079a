"""Options of ``exposure check`` from a file: ``[tool.exposure]`` in pyproject.toml, or exposure.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from sanctions_exposure.errors import SettingsError

OWN: Final = "exposure.toml"
SHARED: Final = "pyproject.toml"


def find(folder: Path) -> Path | None:
    """Return the nearest file of options, in *folder* or above it, up to the top of the repository."""
    for place in (folder, *folder.parents):
        if (place / OWN).is_file():
            return place / OWN
        if (place / SHARED).is_file() and _section(_read(place / SHARED)) is not None:
            return place / SHARED
        if (place / ".git").exists():
            return None
    return None


def options(path: Path, parameters: Sequence[click.Parameter]) -> dict[str, Any]:
    """Return the options that *path* sets, by the names click knows them by.

    Raises:
        SettingsError: it cannot be read, or sets what is no option.
    """
    document = _read(path)
    found = _section(document) if path.name == SHARED else document
    known = {parameter.name: parameter for parameter in parameters if parameter.name not in {"config", "api_key"}}
    given = {name.replace("-", "_"): value for name, value in (found or {}).items()}
    if unknown := sorted(given.keys() - known.keys()):
        names = ", ".join(sorted(str(name).replace("_", "-") for name in known))
        raise SettingsError(f"{path}: no such option: {', '.join(unknown)}; there are {names}")
    return {name: _value(path, known[name], value) for name, value in given.items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _section(document: Mapping[str, Any]) -> dict[str, Any] | None:
    found = document.get("tool", {}).get("exposure")
    return found if isinstance(found, dict) else None


def _value(path: Path, parameter: click.Parameter, value: Any) -> Any:
    """Return *value* as click takes it: pairs as A=B, one thing where many may stand as a list of one."""
    several = parameter.nargs == -1 or getattr(parameter, "multiple", False)
    if isinstance(value, dict) and several:
        return list(_pairs(value))
    if several:
        value = value if isinstance(value, list) else [value]
        return [_placed(path, parameter, one) for one in value]
    if isinstance(value, dict | list):
        raise SettingsError(f"{path}: {parameter.name} takes one value")
    # click would read the text "yes" and the number 1 as a flag that is set.
    if getattr(parameter, "is_flag", False) and not isinstance(value, bool):
        raise SettingsError(f"{path}: {parameter.name} is true or false")
    return _placed(path, parameter, value)


def _placed(path: Path, parameter: click.Parameter, value: Any) -> Any:
    """Return a path as it is seen from here: in the file it is written from where the file lies."""
    if not (isinstance(parameter.type, click.Path) and isinstance(value, str)):
        return value
    whole = (path.parent / value).absolute()
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key}={item}" for key, item in value.items())
