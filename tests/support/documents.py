"""The hand-written document of a format; workbooks are built from the CSV files that describe them."""

from __future__ import annotations

from pathlib import Path

from support.workbook import from_folder, workbook

FIXTURES = Path(__file__).parents[1] / "fixtures"

# Which list comes in which format.
NATIONAL = {
    "us_csl_csv": "us_csl",
    "us_csl_json": "us_csl",
    "us_bis_dpl": "us_bis_dpl",
    "ch_seco_xml": "ch_seco",
    "ca_sema_xml": "ca_sema",
    "au_dfat_xlsx": "au_dfat",
    "jp_mof_xlsx": "jp_mof",
    "opensanctions_ftm": "opensanctions",
    "opensanctions_csv": "opensanctions",
}


def document_of(list_format: str) -> bytes:
    """Return the main document among the fixtures of a format."""
    folder = FIXTURES / list_format
    if list_format.endswith("_xlsx"):
        return workbook(from_folder(folder))
    main: Path = next(path for path in sorted(folder.iterdir()) if "delta" not in path.name)
    return main.read_bytes()
