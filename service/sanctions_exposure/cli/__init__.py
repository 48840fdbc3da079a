"""The command line: ``exposure``."""

from sanctions_exposure.cli.main import main

__all__ = ["main"]
