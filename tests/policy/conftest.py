"""Opens the rules as they ship; facts are built from the short notation of tests/cases, hits made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import Ruleset, load_ruleset
from sanctions_exposure.policy.cases import make_facts as build_facts

RULES = Path(__file__).parents[2] / "rules"
MakeFacts = Callable[..., Facts]


@pytest.fixture(scope="session")
def rules_folder() -> Path:
    return RULES


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return load_ruleset(RULES)


@pytest.fixture(scope="session")
def make_facts() -> MakeFacts:
    """Facts from keywords: ``parties``, ``route``, ``vessel``, ``goods``, ``payment``, ``regimes``, ``as_of``."""
    return build_facts
