from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import NameKind, Schema
from sanctions_exposure.sources.formats import generic
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.own import own_manifest

HEADER = "id,name,kind,schema,countries,dob"


@pytest.fixture(scope="module")
def own(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["own"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,name,kind,schema,countries\n", "line 1: column 'dob' is missing"),
        (f"{HEADER},colour\n", "line 1: unknown column 'colour'"),
        (f"{HEADER},dob\n", "line 1: column 'dob' is there twice"),
        (f"{HEADER}\n1,A,primary,Person,,\n1,B,strongish,Person,,\n", "line 3, column 'kind': 'strongish' is unknown"),
        (f"{HEADER}\n1,A,primary,Starship,,\n", "line 2, column 'schema': 'Starship' is unknown"),
        (f"{HEADER}\n1,A,primary,Person,Atlantis,\n", "line 2, column 'countries': 'Atlantis' cannot be read"),
        (f"{HEADER}\n1,A,primary,Person,,01.02.1958\n", "line 2, column 'dob': '01.02.1958' cannot be read"),
        (f"{HEADER}\n1,A,primary,Person,,\n1,B,weak,Vessel,,\n", "line 3, column 'schema': 'Vessel' contradicts"),
        (f"{HEADER}\n1,,primary,Person,,\n", "line 2, column 'name': is empty"),
        (f"{HEADER}\n1,A,primary\n", "line 2, column 'dob': the row has 3 cells"),
        (f"{HEADER},identifiers\n1,A,primary,Person,,,shoe:43\n", "line 2, column 'identifiers': 'shoe:43'"),
        (f'{HEADER}\n1,"A,primary\n', "line 2: unexpected end of data"),
        ("", "empty"),
    ],
)
def test_fault_names_line_and_column(own: Manifest, text: str, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        generic.parse({"primary": text.encode()}, own)


def test_airplane_is_read_as_aircraft(own: Manifest) -> None:
    parsed = generic.parse({"primary": f"{HEADER}\n1,EP-EXA,primary,Airplane,ir,\n".encode()}, own)

    assert parsed.entities[0].schema is Schema.AIRCRAFT


names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(st.integers(1, 5), names, st.sampled_from(NameKind)), min_size=1, max_size=30))
def test_every_row_becomes_a_name_of_its_entity(rows: list[tuple[int, str, NameKind]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER.split(","), *([key, name, kind, "Person", "", ""] for key, name, kind in rows)])

    parsed = generic.parse({"primary": text.getvalue().encode()}, own_manifest("own"))

    assert {e.id for e in parsed.entities} == {str(key) for key, _, _ in rows}
    found = {(int(e.id), n.kind) for e in parsed.entities for n in e.names}
    assert found == {(key, kind) for key, _, kind in rows}
    assert parsed.names <= len(rows)
