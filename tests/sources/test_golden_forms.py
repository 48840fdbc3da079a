"""Whole lists in every form of OFAC, the EU and the UK against golden files.

They change only in a commit that says why.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from support.archives import ods, xlsx

TESTS = Path(__file__).parents[1]
CASES = {
    "ofac_xml": ("us_ofac_sdn", "ofac_forms/sdn.xml"),
    "ofac_enhanced": ("us_ofac_sdn", "ofac_forms/sdn_enhanced.xml"),
    "ofac_advanced": ("us_ofac_sdn", "ofac_forms/sdn_advanced.xml"),
    "eu_fsf_xml": ("eu_fsf", "eu_fsf/eu_fsf.xml"),
    "eu_fsf_csv_1_1": ("eu_fsf", "eu_fsf/eu_fsf_1_1.csv"),
    "eu_fsf_csv_1_0": ("eu_fsf", "eu_fsf/eu_fsf_1_0.csv"),
    "uk_sl_xml": ("uk_sl", "uk_sl/UK-Sanctions-List.xml"),
    "uk_sl_csv": ("uk_sl", "uk_sl/UK-Sanctions-List.csv"),
    "uk_sl_ods": ("uk_sl", "uk_sl/content.xml"),
    "uk_ofsi_csv": ("uk_ofsi", "uk_ofsi/ConList.csv"),
    "uk_ofsi_xlsx": ("uk_ofsi", "uk_ofsi/ConList.csv"),
}


def packed(form: str, content: bytes) -> bytes:
    """Make of a readable fixture the document that a publisher would serve."""
    if form.endswith("_ods"):
        return ods(content)
    if form.endswith("_xlsx"):
        return xlsx(list(csv.reader(io.StringIO(content.decode("utf-8")))))
    return content


@pytest.mark.parametrize("form", sorted(CASES))
def test_parsed_list_is_the_golden_one(form: str, manifests: Mapping[str, Manifest]) -> None:
    list_id, fixture = CASES[form]
    document = packed(form, (TESTS / "fixtures" / fixture).read_bytes())

    parsed = parser(form)({"primary": document}, manifests[list_id])

    rendered = msgspec.json.format(msgspec.json.encode(parsed), indent=2).decode() + "\n"
    assert rendered == (TESTS / "golden" / f"{form}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["ofac_xml", "ofac_enhanced", "ofac_advanced", "eu_fsf_xml", "uk_sl_xml"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_no_element_can_break_the_parser(form: str, manifests: Mapping[str, Manifest], data: st.DataObject) -> None:
    """A document with something left out or overwritten becomes a list or an error that says what is wrong."""
    list_id, fixture = CASES[form]
    root = etree.fromstring((TESTS / "fixtures" / fixture).read_bytes())
    element = data.draw(st.sampled_from(list(root.iter("*"))[1:]))
    said = data.draw(st.sampled_from(["", "99", "2003-13-01", "zz", "(1) 2 (3)", "\u202e"]))
    match data.draw(st.sampled_from(["left out", "text", "attributes"])):
        case "left out":
            element.getparent().remove(element)
        case "text":
            element.text = said
        case _:
            for name in element.attrib:
                element.set(name, said)

    with suppress(ListFormatError):
        parsed = parser(form)({"primary": etree.tostring(root)}, manifests[list_id])

        assert all(entity.names and entity.designations for entity in parsed.entities)
