"""Where files lie: paths, and addresses such as ``s3://bank/customers/`` for those who reach them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

_WILD: Final = frozenset("*?[")
_STANDARD: Final = "-"  # input or output


def sources(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[Path | str, ...]:
    """Return what is to be read: paths as ``Path``, which are there, addresses and patterns as text.

    Raises:
        click.BadParameter: a path is not there.
    """
    del context, parameter
    return tuple(_place(text, must_exist=True) for text in given)


def target(context: click.Context, parameter: click.Parameter, given: str | None) -> Path | str | None:
    """Return where answers go: a path as ``Path``, an address as text."""
    del context, parameter
    return None if given is None else _place(given, must_exist=False)


def _place(text: str, *, must_exist: bool) -> Path | str:
    path = Path(text)
    if "://" in text or (must_exist and not path.exists() and not _WILD.isdisjoint(text)):
        return text
    if must_exist and text != _STANDARD and not path.exists():
        raise click.BadParameter(f"{text!r} does not exist.")
    return path


def one_file(place: Path | str, hint: str) -> Path:
    """Return *place* where it is a path of a file, or may become one.

    Raises:
        click.BadParameter: it is a folder, an address or a pattern.
    """
    if isinstance(place, str):
        raise click.BadParameter(f"{place} is reached with --cluster only.", param_hint=hint)
    if place.is_dir():
        raise click.BadParameter(f"{place} is a directory; --cluster reads and writes them.", param_hint=hint)
    return place
