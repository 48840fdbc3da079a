"""Our own worked examples, end to end: the curated set, real matching, our rules; a third are innocent lookalikes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.answer import render
from sanctions_exposure.wiring.screener import Screener

FOLDER = Path(__file__).parent / "cases" / "examples"
EXAMPLES: list[dict[str, Any]] = [
    {**example, "file": path.stem}
    for path in sorted(FOLDER.glob("*.toml"))
    for example in tomllib.loads(path.read_text(encoding="utf-8"))["example"]
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e['file']}: {e['title']}" for e in EXAMPLES])
def test_example_gets_the_flags_it_names_and_no_others_it_rules_out(
    screener: Screener, example: dict[str, Any]
) -> None:
    screening = screener.screen(example["request"])

    worst: dict[str, str] = {}
    for flag in screening.flags:  # worst first
        worst.setdefault(flag.code, str(flag.severity))
    assert {code: worst.get(code) for code in example["flags"]} == example["flags"]
    assert not set(worst).intersection(example["must_not"])
    assert screening.severity == example["severity"]


def test_there_are_sixty_examples_and_a_third_are_innocent() -> None:
    innocent = [e for e in EXAMPLES if e["innocent"]]

    assert len(EXAMPLES) >= 60
    assert 3 * len(innocent) >= len(EXAMPLES)
    assert all(e["severity"] in {"none", "info", "low"} for e in innocent)
    assert all(e["why"].endswith(".") for e in EXAMPLES)


def _resolve(document: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901); a KeyError or IndexError says that it leads nowhere."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _pointers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "input" and isinstance(below, str):
                yield below
            else:
                yield from _pointers(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _pointers(below)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e['file']}: {e['title']}" for e in EXAMPLES])
def test_every_pointer_leads_into_the_request_and_every_source_is_dated(
    screener: Screener, example: dict[str, Any]
) -> None:
    answer = render(screener.screen(example["request"]))

    for flag in answer["flags"]:
        for pointer in (flag["subject"], *_pointers(flag["evidence"])):
            _resolve(example["request"], pointer)
        assert flag["sources"]
        assert all(source.get("publisher") and source.get("date") for source in flag["sources"])
