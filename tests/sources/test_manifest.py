from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError, UnknownList
from sanctions_exposure.sources.manifest import Manifest, find, load_manifest, load_manifests
from sanctions_exposure.sources.own import add_own, own_folder, own_manifest

TEXT = """
id = "example"
title = "Example list"
publisher = "Example ministry"
regime = "ex"
format = "generic"
max_age_hours = 48
[bounds]
entities = [1, 10]
names = [1, 20]
max_shrink = 0.1
[files.primary]
patterns = ["example.csv"]
required = true
fill = { countries = 0.5 }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "example.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_manifest_is_read(tmp_path: Path) -> None:
    manifest = load_manifest(write(tmp_path, TEXT))

    assert (manifest.id, manifest.max_age_hours, manifest.bounds.names) == ("example", 48.0, (1, 20))
    assert manifest.role("primary").fill == {"countries": 0.5}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "Example list"', "", "key 'title' is missing"),
        ('title = "Example list"', "title = 5", "key 'title' must be str, not 5"),
        ('regime = "ex"', 'regime = "ex"\ncolour = "red"', "key 'colour' is unknown"),
        ('regime = "ex"', 'regime = "ex"\nclosed_on = "soon"', "key 'closed_on' is 'soon'"),
        ('"generic"', '"telex"', "key 'format' is 'telex', which nobody knows"),
        ('"generic"', '"_text"', "key 'format' is '_text'"),
        ('id = "example"', 'id = "Example!"', "key 'id' is 'Example!'"),
        ('id = "example"', 'id = "other"', "not the name of the file"),
        ("[1, 10]", "[10, 1]", r"key 'bounds.entities' must be \[least, most\]"),
        ("max_shrink = 0.1", "max_shrink = 3", "key 'bounds.max_shrink' must lie between 0 and 1"),
        ("max_shrink = 0.1", "", "key 'bounds.max_shrink' is missing"),
        ("max_age_hours = 48", "max_age_hours = true", "key 'max_age_hours' must be float"),
        ("countries = 0.5", "shoes = 0.5", "key 'files.primary.fill.shoes' is no fill rate"),
        ("countries = 0.5", "countries = 50", "key 'files.primary.fill.countries' must lie"),
        ("required = true", "", "no file that is required"),
        ('["example.csv"]', "[1]", "key 'files.primary.patterns' must hold only strings"),
        ("[bounds]", "[bounds", "not a readable TOML file"),
    ],
)
def test_fault_names_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = write(tmp_path, TEXT.replace(old, new, 1))

    with pytest.raises(ListFormatError, match=complaint) as caught:
        load_manifest(path)

    assert "example.toml" in str(caught.value)


def test_own_list_survives_being_written(tmp_path: Path, manifests: Mapping[str, Manifest]) -> None:
    manifest = own_manifest("house_list", title="House list")

    add_own(manifest, data=tmp_path, known=manifests)

    assert load_manifests(own_folder(tmp_path)) == {"house_list": manifest}


@pytest.mark.parametrize("list_id", ["x", "Upper", "with-dash", "a" * 65, "../up", ""])
def test_own_list_needs_a_plain_id(list_id: str) -> None:
    with pytest.raises(ListFormatError, match="list id"):
        own_manifest(list_id)


def test_own_list_takes_no_id_of_a_known_one(tmp_path: Path, manifests: Mapping[str, Manifest]) -> None:
    with pytest.raises(ListFormatError, match="'un_sc' is taken"):
        add_own(own_manifest("un_sc"), data=tmp_path, known=manifests)


def test_unknown_list_is_an_error_that_names_the_known_ones(manifests: Mapping[str, Manifest]) -> None:
    with pytest.raises(UnknownList, match="us_ofac_sdn"):
        find(manifests, "nowhere")


TWO_FORMATS = (
    TEXT
    + """
[[formats]]
format = "un_xml"
[formats.files.primary]
patterns = ["example.xml"]
required = true
"""
)


def test_list_may_come_in_several_formats_and_the_first_is_fetched(tmp_path: Path) -> None:
    manifest = load_manifest(write(tmp_path, TWO_FORMATS))

    assert manifest.format == "generic"
    assert [one.format for one in manifest.variants()] == ["generic", "un_xml"]
    assert manifest.in_format("un_xml").role("primary").patterns == ("example.xml",)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"un_xml"', '"telex"', "key 'formats.0.format' is 'telex'"),
        ('"un_xml"', '"generic"', "format 'generic' is there twice"),
        ("[[formats]]", "[[formats]]\ncolour = 1", "key 'formats.0.colour' is unknown"),
        ('["example.xml"]\nrequired = true', '["example.xml"]', "no file that is required"),
    ],
)
def test_fault_in_a_further_format_names_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = write(tmp_path, TWO_FORMATS.replace(old, new, 1))

    with pytest.raises(ListFormatError, match=complaint) as caught:
        load_manifest(path)

    assert "example.toml" in str(caught.value)
