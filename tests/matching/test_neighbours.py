"""Edits of many pairs at once are those that the library counts one by one."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from sanctions_exposure.matching.arrays import Strings
from sanctions_exposure.matching.neighbours import _one_edit

# Few letters, so that words meet; up to twice as long as what is compared in one step.
WORD = st.text(alphabet="abc", min_size=1, max_size=34)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two words that mostly differ by a slip or two, at the same place or far apart."""
    word = draw(WORD)
    other = list(word)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(other)))
        kept = other[at + draw(st.integers(0, 1)) :]
        other = [*other[:at], *draw(st.sampled_from(["", "a", "b", "z"])), *kept]
        if draw(st.booleans()) and at + 1 < len(other):
            other[at], other[at + 1] = other[at + 1], other[at]
    return word, "".join(other) or "a"


@given(st.lists(pairs(), min_size=1, max_size=8))
@example([("abcabcabcabcabcabcab", "abcabcabcabcabcabzzb")])  # two slips behind the sixteenth letter: was an IndexError
@example([("aaaaaaaaaaaaaaaabc", "aaaaaaaaaaaaaaaacb")])
def test_edits_of_many_pairs_are_those_of_one_by_one(found: list[tuple[str, str]]) -> None:
    asked, listed = Strings.of([a for a, _ in found]), Strings.of([b for _, b in found])
    every = np.arange(len(found))

    edits = _one_edit(asked, every, listed, every)

    assert edits.tolist() == [min(OSA.distance(a, b), 2) for a, b in found]
