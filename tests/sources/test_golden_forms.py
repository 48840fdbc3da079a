"""Whole lists in every form of OFAC, the EU and the UK against golden files.

They change only in a commit that says why.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

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
