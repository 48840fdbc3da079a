"""A lists folder of two small lists that are fetched from a publisher of ours, beside the curated set."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGIMES = {"xa_one": "jp", "xb_two": "ch"}
HEADER = "id,name,kind,schema,countries,dob\n"
_MANIFEST = """
id = "{id}"
title = "Invented list {id}"
publisher = "Invented ministry"
regime = "{regime}"
format = "generic"
max_age_hours = 48
{more}
[bounds]
entities = [2, 1000]
names = [2, 1000]
max_shrink = 0.2
[files.primary]
patterns = ["{id}.csv"]
url = "{url}"
required = true
"""


def lists_folder(folder: Path, urls: dict[str, str], *, more: str = "") -> Path:
    """Write the folder for EXPOSURE_LISTS; *more* stands in every manifest."""
    (folder / "sources").mkdir(parents=True)
    (folder / "curated").symlink_to(ROOT / "lists" / "curated")
    shutil.copyfile(ROOT / "lists" / "sources" / "curated.toml", folder / "sources" / "curated.toml")
    for list_id, url in urls.items():
        text = _MANIFEST.format(id=list_id, url=url, more=more, regime=REGIMES[list_id])
        (folder / "sources" / f"{list_id}.toml").write_text(text, encoding="utf-8")
    return folder


def content(*names: str) -> bytes:
    """Return a list in the generic format, one organisation a name."""
    rows = (f"{n},{name},primary,Organization,,\n" for n, name in enumerate(names))
    return (HEADER + "".join(rows)).encode()
