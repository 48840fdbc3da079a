"""Runs ``exposure check`` as a process, and publishes invented lists for it to rest on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sanctions_exposure.matching.index import build_index
from sanctions_exposure.model import (
    Designation,
    Identifier,
    ListedEntity,
    ListedName,
    ListRecord,
    NameKind,
    Schema,
)
from sanctions_exposure.sources.publish import Library, NewList
from support.lists import on_disk
from support.server import COMMAND, environment

# Where the wheel is tested, this names its command.
INSTALLED = os.environ.get("GATE_TEST_COMMAND", "")
EXPOSURE = [INSTALLED] if INSTALLED else COMMAND

CORE = {"us_ofac_sdn": "us", "us_ofac_cons": "us", "eu_fsf": "eu", "uk_sl": "uk", "un_sc": "un"}
LISTED = "Vexorin Plumbatic Works"
CLEAN = "Quorvane Blixtrop Bakery"
GOOD_ROW, BAD_ROW = f"A,{CLEAN},fr", f"B,{LISTED},ae"
# Nobody is called as these are.
NAMES = {
    "us_ofac_sdn": (("1001", LISTED), ("1002", "Zybrantine Oquelle Shipping")),
    "us_ofac_cons": (("2001", "Drobnik Yaskeval Bank"),),
    "eu_fsf": (("EU.1.1", "Quillora Thessmark"),),
    "uk_sl": (("ZZZ0001", "Ombrival Castorene"),),
    "un_sc": (("6900001", "Jaxomir Felldrun"),),
}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def surroundings(**settings: str) -> dict[str, str]:
    """Return the environment of a command: these settings, and nothing of a pipeline that runs the tests."""
    found = {k: v for k, v in environment(**settings).items() if not k.startswith("GITHUB_") or k in settings}
    if INSTALLED:
        del found["PYTHONPATH"]
    return found


def run(
    *arguments: str, cwd: Path, data: Path | None = None, env: Mapping[str, str] | None = None, group: str = "check"
) -> Done:
    """Run ``exposure check`` in the folder *cwd*."""
    settings = ({"EXPOSURE_DATA": str(data)} if data else {}) | dict(env or {})
    done = subprocess.run(
        [*EXPOSURE, *group.split(), *arguments],
        cwd=cwd,
        env=surroundings(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def publish(
    data: Path,
    names: Mapping[str, Sequence[tuple[str, str]]] = NAMES,
    *,
    hours: Mapping[str, float] | None = None,
    reason: str = "",
) -> None:
    """Publish invented lists under the ids of the core lists; *hours* says how old one is."""
    now = datetime.now(UTC)
    lists = [
        _list(one, entries, now - timedelta(hours=(hours or {}).get(one, 1)), reason) for one, entries in names.items()
    ]
    Library(data).publish(lists, build_index=build_index, built_at=now)


def _list(list_id: str, entries: Sequence[tuple[str, str]], retrieved: datetime, reason: str) -> NewList:
    regime = CORE[list_id]
    entities = [
        ListedEntity(
            list=list_id,
            id=entity_id,
            schema=Schema.COMPANY,
            names=(ListedName(text=name, kind=NameKind.PRIMARY),),
            identifiers=(Identifier(type="registration", value=f"REG{entity_id}"),),
            designations=(
                Designation(
                    regime=regime,
                    authority="Office of Inventions",
                    list_name=list_id,
                    programme="INVENTED",
                    listed_on="2024-01-01",
                    reason=reason,
                ),
            ),
        )
        for entity_id, name in entries
    ]
    record = ListRecord(
        id=list_id,
        title=f"Invented list {list_id}",
        publisher="Office of Inventions",
        regime=regime,
        format="generic",
        version=retrieved.date().isoformat(),
        retrieved_at=retrieved.isoformat(timespec="seconds"),
        entities=len(entities),
        names=len(entities),
        max_age_hours=96,
    )
    return on_disk(record, entities, {})


def table(folder: Path, *rows: str, header: str = "reference,name,country", name: str = "suppliers.csv") -> Path:
    """Write a CSV file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def ignore_entry(**fields: str) -> str:
    """Return an entry of an ignore file, complete unless a field is blanked."""
    whole = {
        "entity": "us_ofac_sdn:1001",
        "rule": "",
        "subject": LISTED,
        "reason": "Another company of that name, see ticket 7",
        "approved_by": "a.reviewer@example.org",
        "expires": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(),
        "list_fingerprint": "sha256:" + "0" * 64,
    } | fields
    lines = [f'{key}: "{value}"' for key, value in whole.items() if value]
    return "version: 1\nignore:\n  - " + "\n    ".join(lines) + "\n"
