"""OFAC publishes one list in four forms: they must become the same entries wherever they say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import ListedEntity, NameKind, Relation
from sanctions_exposure.sources.fetch import choose_format
from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.reading import read_path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "ofac_forms"
XML = {"ofac_xml": "sdn.xml", "ofac_enhanced": "sdn_enhanced.xml", "ofac_advanced": "sdn_advanced.xml"}
# Said by some forms alone: memberships, legal acts, remarks on documents, and facts that only ENHANCED has room for.
OWN_ATTRIBUTES = {"sanctions list", "Legal authority", "Document", "Document not valid"}

View = Callable[[ListedEntity], Any]


def read(manifest: Manifest, path: Path) -> ParsedList:
    chosen = choose_format(manifest, path)
    files = {role: document.content for role, document in read_path(chosen, path).items()}
    return parser(chosen.format)(files, chosen)


@pytest.fixture(scope="module")
def sdn(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["us_ofac_sdn"]


@pytest.fixture(scope="module")
def forms(sdn: Manifest) -> Mapping[str, dict[str, ListedEntity]]:
    """The entries of the same list by form and number."""
    paths = {"ofac_csv": FIXTURE} | {form: FIXTURE / name for form, name in XML.items()}
    return {form: {one.id: one for one in read(sdn, path).entities} for form, path in paths.items()}


def latin_names(entity: ListedEntity) -> set[tuple[str, NameKind, str]]:
    return {(name.text, name.kind, name.type) for name in entity.names if not name.script}


SAME: Mapping[str, View] = {
    "schema": lambda entity: entity.schema,
    "caption": lambda entity: entity.caption,
    "names": latin_names,
    "identifiers": lambda entity: set(entity.identifiers),
    "birth dates": lambda entity: set(entity.birth_dates),
    "countries": lambda entity: set(entity.countries),
    # The city is left out: where the CSV's one field for it holds a province only, it looks like a city.
    "addresses": lambda entity: {(a.text, a.country) for a in entity.addresses if a.text.isascii()},
    "programmes": lambda entity: {d.programme for d in entity.designations},
    "statuses": lambda entity: {(d.regime, d.status, d.list_name, d.reference) for d in entity.designations},
    "related entries": lambda entity: {(r.target_name, r.target_id) for r in entity.relations},
    "attributes": lambda entity: {(a.name, a.value) for a in entity.attributes if a.name not in OWN_ATTRIBUTES},
}


@pytest.mark.parametrize("form", sorted(XML))
@pytest.mark.parametrize("what", sorted(SAME))
def test_every_form_says_the_same(forms: Mapping[str, dict[str, ListedEntity]], form: str, what: str) -> None:
    view = SAME[what]

    assert {key: view(one) for key, one in forms[form].items()} == {
        key: view(one) for key, one in forms["ofac_csv"].items()
    }


def test_only_the_newer_forms_tell_scripts(forms: Mapping[str, dict[str, ListedEntity]]) -> None:
    scripts = {
        form: {(n.text, n.kind, n.script) for one in entries.values() for n in one.names if n.script}
        for form, entries in forms.items()
    }

    assert scripts["ofac_csv"] == scripts["ofac_xml"] == set()
    assert scripts["ofac_enhanced"] == scripts["ofac_advanced"] == {
        ("ПРИМЕР ОВЕРСИЗ", NameKind.STRONG, "Cyrl"),
        ("پریمر اگزمپلوف", NameKind.STRONG, "Arab"),
    }  # fmt: skip


def test_only_the_newer_forms_tell_what_a_relation_is(forms: Mapping[str, dict[str, ListedEntity]]) -> None:
    kinds = {form: [r.type for key in sorted(one) for r in one[key].relations] for form, one in forms.items()}

    assert kinds["ofac_csv"] == kinds["ofac_xml"] == ["linked-to", "linked-to", "linked-to"]
    assert kinds["ofac_enhanced"] == kinds["ofac_advanced"] == ["leader-of", "owned-by", "acting-for"]


def test_only_the_newer_forms_tell_since_when_and_how(forms: Mapping[str, dict[str, ListedEntity]]) -> None:
    said = {
        form: {(d.listed_on, d.measures) for one in entries.values() for d in one.designations}
        for form, entries in forms.items()
    }

    assert said["ofac_csv"] == said["ofac_xml"] == {("", ())}
    assert said["ofac_enhanced"] == said["ofac_advanced"] == {("2029-12-31", ("Block",))}


def test_number_of_a_forged_document_is_kept_and_marked(forms: Mapping[str, dict[str, ListedEntity]]) -> None:
    for form in ("ofac_enhanced", "ofac_advanced"):
        person = forms[form]["202"]

        assert "EX-1" in {one.value for one in person.identifiers}
        assert ("Document not valid", "National ID No. EX-1") in {(a.name, a.value) for a in person.attributes}


@pytest.mark.parametrize(
    ("form", "published_on"),
    [("ofac_xml", "2030-02-03"), ("ofac_enhanced", "2030-02-03T15:59:26-04:00"), ("ofac_advanced", "2030-02-03")],
)
def test_date_comes_from_inside_the_document(sdn: Manifest, form: str, published_on: str) -> None:
    parsed = read(sdn, FIXTURE / XML[form])

    assert (parsed.published_on, parsed.version) == (published_on, "2030-02-03")


def test_old_namespace_is_read_like_the_new_one(sdn: Manifest) -> None:
    document = (FIXTURE / "sdn.xml").read_bytes()
    old = document.replace(
        b"https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML",
        b"http://tempuri.org/sdnList.xsd",
    )

    parse = parser("ofac_xml")

    assert parse({"primary": old}, sdn).entities == parse({"primary": document}, sdn).entities


def test_relation_into_the_other_list_keeps_what_the_form_has(sdn: Manifest) -> None:
    enhanced = (FIXTURE / "sdn_enhanced.xml").read_bytes().replace(b'entityId="202"', b'entityId="999"')
    advanced = (FIXTURE / "sdn_advanced.xml").read_bytes().replace(b'To-ProfileID="202"', b'To-ProfileID="999"')

    by_name = parser("ofac_enhanced")({"primary": enhanced}, sdn).entities[0].relations
    by_number = parser("ofac_advanced")({"primary": advanced}, sdn).entities[0].relations

    assert by_name == (Relation(type="leader-of", target_name="EXAMPLEV, Primer Testovich"),)
    assert by_number == (Relation(type="leader-of", target_name="OFAC entry 999"),)


def test_label_and_relation_nobody_knows_are_kept_and_noted(sdn: Manifest) -> None:
    document = (FIXTURE / "sdn_enhanced.xml").read_bytes()
    document = document.replace(b">Website<", b">Mood<").replace(b">Leader or official of<", b">Admirer of<")

    parsed = parser("ofac_enhanced")({"primary": document}, sdn)

    company = parsed.entities[0]
    assert ("Mood", "www.example.test") in {(a.name, a.value) for a in company.attributes}
    assert company.relations[0].type == "admirer-of"
    assert any("Mood" in note for note in parsed.notes)
    assert any("Admirer of" in note for note in parsed.notes)


def test_place_that_is_not_there_is_counted_and_the_party_kept(sdn: Manifest) -> None:
    document = (FIXTURE / "sdn_advanced.xml").read_bytes().replace(b'<Location ID="1">', b'<Location ID="77">')

    parsed = parser("ofac_advanced")({"primary": document}, sdn)

    assert len(parsed.entities) == 4
    assert "dangling references to a location: 1" in parsed.notes


BOMB = b"""<?xml version="1.0"?><!DOCTYPE %s [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]><%s>&b;</%s>"""


@pytest.mark.parametrize(
    ("form", "old", "new", "complaint"),
    [
        ("ofac_xml", b"<category>weak<", b"<category>feeble<", "entry 201: unknown alias category 'feeble'"),
        ("ofac_xml", b"<type>f.k.a.<", b"<type>w.k.a.<", "entry 201: unknown alias type 'w.k.a.'"),
        ("ofac_xml", b"<sdnType>Vessel<", b"<sdnType>Balloon<", "entry 203: unknown type 'Balloon'"),
        ("ofac_xml", b"<uid>204<", b"<uid>203<", "entry 203: is there twice"),
        ("ofac_xml", b"<uid>204<", b"<uid>x<", "uid is missing or no number"),
        ("ofac_xml", b"<lastName>EP-EXA</lastName>", b"", "entry 204: has no name"),
        ("ofac_xml", b"sdnEntry>", b"csdnEntry>", "unknown element 'csdnEntry'"),
        ("ofac_xml", b"sdnList", b"otherList", "outermost element is 'otherList'"),
        ("ofac_enhanced", b">A.K.A.</alias", b">W.K.A.</alias", "entry 201: unknown alias type 'W.K.A.'"),
        ("ofac_enhanced", b">Cyrillic<", b">Runes<", "entry 201: unknown script 'Runes'"),
        ("ofac_enhanced", b"<isLowQuality>true<", b"<isLowQuality>maybe<", "isLowQuality is 'maybe'"),
        ("ofac_enhanced", b">Aircraft</entityType", b">Balloon</entityType", "entry 204: unknown type 'Balloon'"),
        ("ofac_enhanced", b'<entity id="204">', b'<entity id="203">', "entry 203: is there twice"),
        ("ofac_enhanced", b"entities>", b"parties>", "unknown element 'parties'"),
        ("ofac_advanced", b'LowQuality="true"', b'LowQuality="maybe"', "LowQuality is 'maybe'"),
        ("ofac_advanced", b">A.K.A.</AliasType", b">W.K.A.</AliasType", "entry 201: unknown alias type 'W.K.A.'"),
        ("ofac_advanced", b">Cyrillic<", b">Runes<", "entry 201: unknown script 'Runes'"),
        ("ofac_advanced", b'PartySubTypeID="2"', b'PartySubTypeID="9"', "entry 204: PartySubType '9'"),
        ("ofac_advanced", b">Aircraft</Party", b">Balloon</Party", "unknown kind of party 'Balloon'"),
        ("ofac_advanced", b'CountryID="', b'CountryID="9', "Country '9"),
        ("ofac_advanced", b"DistinctParties>", b"Parties>", "unknown element 'Parties'"),
    ],
)
def test_what_ofac_never_emits_is_refused(sdn: Manifest, form: str, old: bytes, new: bytes, complaint: str) -> None:
    document = (FIXTURE / XML[form]).read_bytes()

    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": document.replace(old, new)}, sdn)


ROOTS = {"ofac_xml": b"sdnList", "ofac_enhanced": b"sanctionsData", "ofac_advanced": b"Sanctions"}


@pytest.mark.parametrize("form", sorted(XML))
@pytest.mark.parametrize(
    ("hostile", "complaint"),
    [(b"", "empty"), (b"\n<html><body>Sign in</body></html>", "web page"), (b"nothing like it", "not XML")],
)
def test_document_that_is_no_list_is_refused(sdn: Manifest, form: str, hostile: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": hostile}, sdn)


@pytest.mark.parametrize("form", sorted(XML))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_with_entities_is_refused(sdn: Manifest, form: str, encoding: str) -> None:
    bomb = (BOMB % (ROOTS[form], ROOTS[form], ROOTS[form])).decode().encode(encoding)

    with pytest.raises(ListFormatError, match="DOCTYPE"):
        parser(form)({"primary": bomb}, sdn)


@pytest.mark.parametrize("form", sorted(XML))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_document_is_refused(sdn: Manifest, form: str, share: float) -> None:
    document = (FIXTURE / XML[form]).read_bytes()

    with pytest.raises(ListFormatError, match="not whole"):
        parser(form)({"primary": document[: int(len(document) * share)]}, sdn)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("list_id", "name", "entries", "names"),
    [
        ("us_ofac_cons", "ofac/xml_classic/consolidated_20250328.xml", 443, 1_579),
        ("us_ofac_cons", "ofac/xml_classic/consolidated_20220602.xml", 449, 1_588),
        ("us_ofac_sdn", "ofac/xml_classic/sdn_excerpt.xml", 4, 17),
        ("us_ofac_cons", "ofac_advanced/cons_enhanced_20250110.xml.gz", 443, 1_624),
        ("us_ofac_sdn", "ofac_advanced/sdn_enhanced_IRGC_20240828.xml.gz", 293, 930),
        ("us_ofac_sdn", "ofac_advanced/sdn_enhanced_YEMEN_20240524.xml", 10, 56),
        ("us_ofac_cons", "ofac_advanced/cons_advanced_20200317.xml.gz", 375, 1_290),
        ("us_ofac_sdn", "ofac_advanced/sdn_advanced_excerpt_20240223.xml", 37, 116),
    ],
)
def test_real_file_is_read_whole(  # noqa: PLR0917 - a row of the table above
    manifests: Mapping[str, Manifest], real: Path, list_id: str, name: str, entries: int, names: int
) -> None:
    parsed = read(manifests[list_id], real / name)

    assert len(parsed.entities) == entries
    assert parsed.names + parsed.tally["names empty or repeated"] == names
    assert not [note for note in parsed.notes if "nobody knows" in note]


def differences(one: ParsedList, other: ParsedList, what: str) -> set[str]:
    """The entries both have and say something else of."""
    view = SAME[what]
    ours, theirs = ({entity.id: entity for entity in parsed.entities} for parsed in (one, other))
    return {key for key in ours.keys() & theirs.keys() if view(ours[key]) != view(theirs[key])}


@pytest.mark.realdata
def test_real_classic_and_enhanced_of_one_winter_differ_in_three_entries(
    manifests: Mapping[str, Manifest], real: Path
) -> None:
    cons = manifests["us_ofac_cons"]
    classic = read(cons, real / "ofac" / "xml_classic" / "consolidated_20250328.xml")
    enhanced = read(cons, real / "ofac_advanced" / "cons_enhanced_20250110.xml.gz")

    found = {what: differences(classic, enhanced, what) for what in SAME}

    # Between January and March OFAC gave two companies' numbers another country, and one person a risk.
    assert found.pop("identifiers") == {"17013", "18784"}
    assert found.pop("attributes") == {"9659"}
    assert not any(found.values()), found


@pytest.mark.realdata
def test_real_csv_of_december_2025_differs_from_march_only_where_ofac_changed_it(
    manifests: Mapping[str, Manifest], real: Path
) -> None:
    cons = manifests["us_ofac_cons"]
    csv = read(cons, real / "ofac" / "cons_csv_202512")
    classic = read(cons, real / "ofac" / "xml_classic" / "consolidated_20250328.xml")

    found = {what: differences(csv, classic, what) for what in SAME}

    # In between eleven companies came under another programme, and one lost one.
    changed = found["programmes"]
    assert len(changed) == 12
    # A nested pair of double quotes, which the CSV cannot hold, is the one difference that is the form's own.
    assert found["names"] - changed == {"22391"}
    assert found["identifiers"] <= changed
    assert found["addresses"] <= changed
    assert not found["birth dates"]
    assert not found["countries"]
    assert not found["schema"]
    assert not found["statuses"]
    assert not found["related entries"]


@pytest.mark.realdata
def test_real_advanced_of_2020_has_the_relations_of_2025_by_number(
    manifests: Mapping[str, Manifest], real: Path
) -> None:
    cons = manifests["us_ofac_cons"]
    advanced = read(cons, real / "ofac_advanced" / "cons_advanced_20200317.xml.gz")
    enhanced = read(cons, real / "ofac_advanced" / "cons_enhanced_20250110.xml.gz")
    later = {entity.id: entity for entity in enhanced.entities}
    common = [entity for entity in advanced.entities if entity.id in later]

    same = [
        {r.target_id for r in entity.relations} == {r.target_id for r in later[entity.id].relations}
        for entity in common
    ]

    # Nearly five years lie between them: names and programmes moved on, who belongs to whom hardly.
    assert len(common) == 366
    assert same.count(False) == 2
    assert not differences(advanced, enhanced, "birth dates")
    assert not differences(advanced, enhanced, "schema")
