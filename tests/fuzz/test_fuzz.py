"""Hostile input for every reader; what was ever found stays a case.

A finding is kept as ``found/<target>/<what it was>``.  ``FUZZ_EXAMPLES`` says how many documents each target gets; for
a long hunt by hand, ``python tests/fuzz/guided.py TARGET`` lets coverage guide it.
"""

import os
import random
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import FOUND, TARGETS, attempt

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "60"))
CASES: Final = sorted(path for path in FOUND.rglob("*") if path.is_file())
# What breaks readers: ends of text, also in other alphabets, numbers that are none, what other formats begin with.
WORDS: Final = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\r",
        b"\n",
        b"\x85",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b'"',
    ),
    *(
        b"'",
        b";",
        b",",
        b"\t",
        b"|",
        b"=",
        b"<",
        b">",
        b"&",
        b"&#0;",
        b"]]>",
        b"<![CDATA[",
        b"<!DOCTYPE a [",
        b"%",
        b"{",
    ),
    *(
        b"}",
        b"[",
        b"]",
        b":",
        b"- ",
        b"!!python/object:os.system ",
        b"&a [*a]",
        b"*a",
        b"---\n",
        b"null",
        b"NaN",
        b"1e999",
    ),
    *(b"-1", b"0", b"9" * 400, b"2026-02-30", b"0000-00-00", b"1948-05", b"\xc2\xad", b"\xe2\x80\xae", b"\xe2\x80\x8d"),
    *("İ".encode(), "ﬁ".encode(), "①".encode(), "𝕏".encode(), "à́́́́".encode(), "㌀".encode(), "²".encode(), "٣".encode()),
    *(
        b"[" * 2000,
        b"(" * 500,
        b"a " * 500,
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"Infinity",
        b"\\u0000",
        b"\\ud800",
        b"~",
        b"/",
    ),
)


@st.composite
def mutated(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Return a good document after some changes, or bytes that never were one."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    document = bytearray(draw(st.sampled_from(seeds)))
    chance = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311
    for _ in range(draw(st.integers(1, 6))):
        at, size = chance.randrange(len(document) + 1), int(chance.expovariate(1 / 20)) + 1
        match chance.randrange(6):
            case 0:
                document[at : at + size] = b""
            case 1:
                document[at:at] = document[at : at + size] * chance.choice((1, 2, 50))
            case 2 if at < len(document):
                document[at] ^= 1 << chance.randrange(8)
            case 3:
                other = chance.randrange(len(document) + 1)
                document[at:at] = document[other : other + size]
            case _:
                document[at : at + chance.choice((0, 0, 1, size))] = chance.choice(WORDS)
    return bytes(document)


@pytest.mark.slow
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_document_breaks_a_reader(target: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False)
    @given(mutated(TARGETS[target].seeds))
    def hunt(document: bytes) -> None:
        attempt(target, document)

    hunt()


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_good_document_is_read(target: str) -> None:
    for seed in TARGETS[target].seeds:
        TARGETS[target].run(seed)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_is_read_or_refused(path: Path) -> None:
    attempt(path.parent.name, path.read_bytes())
