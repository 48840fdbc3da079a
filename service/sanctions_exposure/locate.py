"""Finds the folders of data that travel with the package: ``rules/`` and ``lists/``."""

from __future__ import annotations

from pathlib import Path

from sanctions_exposure.errors import SettingsError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def data_folder(name: str, configured: Path | None = None) -> Path:
    """Return the folder *name*: the configured one, else the wheel's, else the checkout's.

    Raises:
        SettingsError: the configured folder is not there, or no folder is found at all.
    """
    if configured is not None:
        if not configured.is_dir():
            raise SettingsError(f"EXPOSURE_{name.upper()}: {str(configured)!r} is not a folder")
        return configured
    for folder in (_PACKAGE / "_data" / name, _CHECKOUT / name):
        if folder.is_dir():
            return folder
    raise SettingsError(f"no {name}/ folder in the package or the checkout: set EXPOSURE_{name.upper()} to one")
