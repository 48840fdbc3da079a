"""Our own API description, believed by a stranger: whatever it allows is asked, and whatever it forbids."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import running

KEY = "f" * 64
AS_ASKED = ["--checks", "all", "--max-examples", "15", "--seed", "1", "--no-color"]
PLAN = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.slow
def test_a_running_service_does_what_its_description_says(tmp_path: Path) -> None:
    found = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert found, "pip install --group dev"

    with running(tmp_path / "data", workers=2, EXPOSURE_API_KEYS=f"desk:screen+review+admin:{KEY}") as served:
        done = subprocess.run(
            [
                found,
                "--config-file",
                PLAN,
                "run",
                f"{served.address}/openapi.json",
                *AS_ASKED,
                "-H",
                f"Authorization: Bearer {KEY}",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        log = served.log.read_text()

    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "incident" not in log
    assert "Traceback" not in log
