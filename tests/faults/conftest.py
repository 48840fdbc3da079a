import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanctions_exposure.locate import data_folder
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.screener import Screener

OWN = "id,name,kind,schema,countries,dob\n1,{},primary,Organization,,\n"


class Publication:
    """A data folder into which lists of our own are published."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._file = folder / "own.csv"
        Screener.open(Settings(data=self.data))

    def publish(self, name: str) -> str:
        """Publish a list that names one party, and return the snapshot's id."""
        self._file.write_text(OWN.format(name), encoding="utf-8")
        desk = ListDesk(self.data, data_folder("lists"))
        desk.add("ours", self._file, datetime.now(UTC), list_format="generic")
        return self.in_use()

    def in_use(self) -> str:
        return (self.data / "CURRENT").read_text(encoding="ascii").strip()

    def damage(self, snapshot: str) -> None:
        entities = self.data / "snapshots" / snapshot / "entities.jsonl"
        entities.write_bytes(entities.read_bytes().replace(b"BelAZ", b"Bel_Z", 1))


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    return Publication(tmp_path)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write there: by its permissions, or for root, who may write everywhere, by a mount."""
    if not shutil.which("mount"):
        pytest.skip("there is no mount")
    bound = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
    if bound.returncode:
        folder.chmod(0o555)
        if _can_write(folder):
            pytest.skip("this user may write everywhere and mount nothing")
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _can_write(folder: Path) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    (folder / "probe").unlink()
    return True
