"""The parser of the curated set, on an invented one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Attribute,
    Confidence,
    DesignationStatus,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Relation,
    Schema,
    Source,
)
from sanctions_exposure.sources.formats.curated import parse
from sanctions_exposure.sources.manifest import load_manifest

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "curated"
MANIFEST = load_manifest(ROOT / "lists" / "sources" / "curated.toml")
FILES = {role.role: (FIXTURE / role.patterns[0]).read_bytes() for role in MANIFEST.files}
CELLS = [
    (table, column)
    for table in FILES
    for column in next(csv.reader(io.StringIO(FILES[table].decode("utf-8"))))
    if table != "about"
]


def edited(table: str, column: str, value: str, *, row: int = 0) -> Mapping[str, bytes]:
    """Return the fixture with one cell changed; *row* 0 is the first below the header."""
    reader = csv.DictReader(io.StringIO(FILES[table].decode("utf-8")))
    rows = list(reader)
    rows[row][column] = value
    return {**FILES, table: written(list(reader.fieldnames or ()), rows)}


def written(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def entity(entity_id: str, files: Mapping[str, bytes] = FILES) -> ListedEntity:
    return next(one for one in parse(files, MANIFEST).entities if one.id == entity_id)


def test_the_primary_name_comes_first_wherever_it_stands_in_the_table() -> None:
    names = entity("quill-works").names

    assert names == (
        ListedName(text="Quill Works", kind=NameKind.PRIMARY, type="name"),
        ListedName(text="QW Toys", kind=NameKind.STRONG, type="aka"),
        ListedName(text="Завод Квилл", kind=NameKind.STRONG, type="native", script="Cyrl"),
        ListedName(text="QW", kind=NameKind.WEAK, type="aka"),
    )


def test_an_entity_may_be_known_by_a_weak_word_only() -> None:
    heron = entity("grey-heron")

    assert [name.kind for name in heron.names] == [NameKind.WEAK]


def test_facts_of_an_entity_keep_their_place_and_words() -> None:
    works = entity("quill-works")

    assert (works.list, works.schema, works.countries) == ("curated", Schema.COMPANY, ("by", "ru"))
    assert works.themes == ("toy-rails", "toy-ships")
    assert works.identifiers == (Identifier(type="registration", value="000000001", country="by", label="by_tax"),)
    assert works.attributes == (
        Attribute(name="caption", value="Quill Works (QW)"),
        Attribute(name="listing_status", value="listed"),
        Attribute(name="article_basis", value="named"),
        Attribute(name="article_sections", value="Toys;Trade"),
        Attribute(name="confidence", value="verified"),
        Attribute(name="note", value="Makes quills, not ink."),
        Attribute(name="identifier_note", value="000000001: serves for tax too"),
        Attribute(name="programme_confidence", value="US TOYS;QUILLS: recalled"),
    )


def test_a_place_keeps_its_locode_and_subtype_as_attributes() -> None:
    dock = entity("puddle-dock")

    assert Attribute(name="unlocode", value="IRPUD") in dock.attributes
    assert Attribute(name="subtype", value="Facility") in dock.attributes


def test_a_birth_date_may_be_a_range_of_months() -> None:
    odo = entity("odo-quill")

    assert odo.birth_dates == (ListedDate(start="1965-03", end="1965-04", text="March or April 1965"),)


def test_a_relation_names_its_target_by_caption_and_id() -> None:
    rail = entity("tin-rail")

    assert rail.relations == (Relation(type="operated-by", target_name="Quill Works (QW)", target_id="quill-works"),)


def test_each_programme_of_a_listing_is_a_designation() -> None:
    ofac = [one for one in entity("quill-works").designations if one.list_name == "SDN"]

    assert [one.programme for one in ofac] == ["TOYS", "QUILLS"]
    assert {(one.regime, one.authority, one.reference, one.listed_on) for one in ofac} == {
        ("us", "OFAC", "1", "2030-02-03")
    }


def test_a_recalled_date_does_not_make_the_listing_recalled() -> None:
    ofac = entity("quill-works").designations[0]

    assert ofac.listed_on_confidence is Confidence.RECALLED
    assert ofac.confidence is Confidence.VERIFIED


def test_a_recalled_listing_is_recalled_in_every_part() -> None:
    gone = entity("quill-works").designations[-1]

    assert gone.source is not None
    assert {gone.confidence, gone.listed_on_confidence, gone.source.confidence} == {Confidence.RECALLED}


def test_a_regulation_is_cited_down_to_the_entry() -> None:
    eu = entity("quill-works").designations[2]

    assert eu.list_name == "Annex II.B of Regulation (EU) No 0/2030"
    assert eu.measures == ("Asset freeze",)
    assert eu.source == Source(
        title="Regulation (EU) No 0/2030, consolidated text",
        publisher="Council of the EU",
        date="2031-03-01",
        section="Annex II.B, entry 7",
        url="https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32030R0000",
    )


def test_a_delisting_says_until_when() -> None:
    gone = entity("quill-works").designations[-1]

    assert (gone.status, gone.listed_on, gone.until) == (DesignationStatus.DELISTED, "", "2031-02")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("restricted", DesignationStatus.RESTRICTED),
        ("prohibited-use", DesignationStatus.RESTRICTED),
        ("export-denial", DesignationStatus.RESTRICTED),
        ("operator-listed", DesignationStatus.RESTRICTED),
        ("advisory", DesignationStatus.ADVISORY),
        ("sector-exposure", DesignationStatus.ADVISORY),
        ("named-in-reason", DesignationStatus.ADVISORY),
        ("heads-listed", DesignationStatus.ADVISORY),
    ],
)
def test_a_status_word_has_one_meaning_and_is_kept(word: str, status: DesignationStatus) -> None:
    rail = entity("tin-rail", edited("listings", "status", word, row=3)).designations[0]

    assert rail.status is status
    assert word in {rail.status.value, *rail.measures}


def test_a_listing_only_seen_in_an_old_file_is_listed_but_not_certain() -> None:
    heron = entity("grey-heron").designations[0]

    assert heron.status is DesignationStatus.LISTED
    assert heron.confidence is Confidence.RECALLED
    assert heron.measures == ("listed-as-of 2029-01",)
    assert heron.source is not None
    assert heron.source.confidence is Confidence.VERIFIED


def test_the_version_is_the_one_people_wrote() -> None:
    parsed = parse(FILES, MANIFEST)

    assert (parsed.version, parsed.published_on) == ("2031-04", "")
    assert parsed.tally["listings"] == 6


def test_what_a_spreadsheet_does_to_a_file_changes_nothing() -> None:
    saved = {table: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n") + b",,\r\n" for table, text in FILES.items()}

    assert parse(saved, MANIFEST) == parse(FILES, MANIFEST)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("names", "entity_id", "nobody"),
        ("identifiers", "entity_id", "nobody"),
        ("birth_dates", "entity_id", "nobody"),
        ("listings", "entity_id", "nobody"),
        ("relations", "entity_id", "nobody"),
        ("relations", "target", "nobody"),
        ("relations", "type", ""),
        ("entities", "id", "Quill Works"),
        ("entities", "schema", "Ship"),
        ("entities", "caption", ""),
        ("entities", "themes", "toy-trains"),
        ("entities", "themes", ""),
        ("entities", "countries", "BY;XX"),
        ("entities", "countries", "Belarus"),
        ("entities", "listing_status", "perhaps"),
        ("entities", "article_basis", "guessed"),
        ("entities", "confidence", ""),
        ("entities", "identity_confidence", "low"),
        ("names", "text", ""),
        ("names", "kind", "good"),
        ("names", "type", "nickname"),
        ("names", "script", "Latn"),
        ("identifiers", "type", "phone"),
        ("identifiers", "value", ""),
        ("identifiers", "label", ""),
        ("identifiers", "country", "BY;RU"),
        ("birth_dates", "start", ""),
        ("birth_dates", "start", "March 1965"),
        ("birth_dates", "end", "1965-13"),
        ("listings", "jurisdiction", "FR"),
        ("listings", "jurisdiction", "us"),
        ("listings", "status", "wanted"),
        ("listings", "date", "03/02/2030"),
        ("listings", "date", "2030-02-30"),
        ("listings", "until", "soon"),
        ("listings", "source_date", "31-01-2031"),
        ("listings", "confidence", "sure"),
        ("listings", "date_confidence", "sure"),
        ("listings", "programme_confidence", "sure"),
        ("listings", "source", ""),
        ("names", "recorded_on", ""),
        ("names", "recorded_on", "April"),
        ("themes", "editor", ""),
        ("about", "key", "colour"),
        ("about", "value", ""),
    ],
)
def test_a_wrong_cell_is_named_by_table_line_and_column(table: str, column: str, value: str) -> None:
    files = edited(table, column, value)

    with pytest.raises(ListFormatError) as caught:
        parse(files, MANIFEST)

    assert str(caught.value).startswith(f"{table}.csv line 2, column '{column}': ")


def test_two_entities_may_not_share_an_id() -> None:
    with pytest.raises(ListFormatError, match=r"entities\.csv line 3, column 'id': stands in line 2 already"):
        parse(edited("entities", "id", "quill-works", row=1), MANIFEST)


def test_a_weak_word_may_not_be_strong_as_well_in_any_case() -> None:
    with pytest.raises(ListFormatError, match=r"names\.csv line 5, column 'text': is both a weak and a strong name"):
        parse(edited("names", "text", "qw toys", row=3), MANIFEST)


def test_a_second_primary_name_is_refused() -> None:
    with pytest.raises(ListFormatError, match="second primary name"):
        parse(edited("names", "kind", "primary"), MANIFEST)


def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(ListFormatError, match="same name twice"):
        parse(edited("names", "text", "QW Toys", row=2), MANIFEST)


def test_an_entity_without_a_name_is_refused() -> None:
    nameless = b"\n".join(FILES["names"].splitlines()[:-1])

    with pytest.raises(ListFormatError, match=r"entities\.csv line 6, column 'id': has no row in names\.csv"):
        parse({**FILES, "names": nameless}, MANIFEST)


@pytest.mark.parametrize("table", sorted(FILES))
def test_every_table_is_needed(table: str) -> None:
    files = {name: text for name, text in FILES.items() if name != table}

    with pytest.raises(ListFormatError, match=rf"^{table}\.csv: "):
        parse(files, MANIFEST)


@pytest.mark.parametrize("table", sorted(FILES))
def test_an_unknown_column_is_named(table: str) -> None:
    lines = FILES[table].splitlines()
    more = b"\n".join([lines[0] + b",mood", *(line + b"," for line in lines[1:])])

    with pytest.raises(ListFormatError, match=rf"^{table}\.csv line 1: .*mood"):
        parse({**FILES, table: more}, MANIFEST)


def test_a_row_with_a_cell_too_many_is_named() -> None:
    with pytest.raises(ListFormatError, match=r"^themes\.csv line 4: 7 cells under 6 columns"):
        parse({**FILES, "themes": FILES["themes"] + b"a,b,c,d,e,f,g\n"}, MANIFEST)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b'key,value\n"title,x', b'key,value\n"a"b,c\n'])
def test_a_file_that_is_no_csv_in_utf_8_is_refused(text: bytes) -> None:
    with pytest.raises(ListFormatError, match=r"^about\.csv: not a CSV table"):
        parse({**FILES, "about": text}, MANIFEST)


@settings(deadline=None)
@given(st.sampled_from(CELLS), st.text())
def test_no_cell_can_break_the_parser(cell: tuple[str, str], value: str) -> None:
    files = edited(*cell, value.replace("\x00", "").encode("utf-8", "ignore").decode())

    try:
        parsed = parse(files, MANIFEST)
    except ListFormatError as error:
        assert str(error).startswith(tuple(f"{table}.csv" for table in FILES))  # noqa: PT017
    else:
        assert len(parsed.entities) == 5
