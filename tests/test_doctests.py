"""Every example in a docstring says what happens."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import sanctions_exposure

MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(sanctions_exposure.__path__, "sanctions_exposure.")
    if not m.name.endswith(("__main__", "migrations.env"))  # one runs a command, one is run by Alembic alone
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))

    assert result.failed == 0
