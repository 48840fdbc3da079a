"""What the image is made of: every package pinned, with the digests of its files, and in step with pyproject.toml."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.server import ROOT

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: Final = re.findall(r"--extra (\w+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
LOCK: Final = ROOT / "deploy" / "requirements.txt"
BUILD_LOCK: Final = ROOT / "deploy" / "build-requirements.txt"


def locked(path: Path) -> dict[str, tuple[str, int]]:
    """Return version and number of digests of each package in a lock."""
    entries = re.findall(
        r"^([\w.\-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", path.read_text(), re.MULTILINE
    )
    return {canonicalize_name(name): (version, digests.count("--hash")) for name, version, digests in entries}


def direct() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    return [Requirement(one) for one in (*project["dependencies"], *(r for name in EXTRAS for r in extras[name]))]


def test_the_image_has_the_extras_its_deployments_need() -> None:
    assert {"postgres", "queue"} <= set(EXTRAS)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [(LOCK, direct()), (BUILD_LOCK, [Requirement(one) for one in PROJECT["build-system"]["requires"]])],
    ids=["service", "build"],
)
def test_what_we_ask_for_is_locked_in_a_version_we_allow(path: Path, wanted: list[Requirement]) -> None:
    pinned = locked(path)

    wrong = [
        str(one)
        for one in wanted
        if canonicalize_name(one.name) not in pinned or pinned[canonicalize_name(one.name)][0] not in one.specifier
    ]

    assert not wrong, "run make lock"


@pytest.mark.parametrize("path", [LOCK, BUILD_LOCK], ids=lambda path: path.stem)
def test_every_line_of_a_lock_is_a_pin_with_digests_and_no_host_is_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pins = re.findall(r"^\S.*==", text, re.MULTILINE)

    assert len(pins) == len(locked(path)) > 0
    assert not re.search(r"https?:|file:|--(?:extra-)?index-url|--find-links|--trusted-host", text)


def test_what_a_locked_package_needs_itself_is_locked_too() -> None:
    """pip refuses a package without a digest only once it is installed; this is told before."""
    pinned, missing = locked(LOCK), set()

    for name, (version, _) in pinned.items():
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if found.version == version:
            needs = (Requirement(one) for one in found.requires or ())
            missing |= {
                f"{name} needs {one}"
                for one in needs
                if (one.marker is None or one.marker.evaluate({"extra": ""}))
                and canonicalize_name(one.name) not in pinned
            }

    assert not missing


def test_the_bill_of_materials_names_every_package_of_the_image(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"

    subprocess.run(
        [
            sys.executable,
            "-m",
            "cyclonedx_py",
            "requirements",
            "--pyproject",
            ROOT / "pyproject.toml",
            LOCK,
            "-o",
            path,
        ],
        check=True,
        timeout=120,
    )
    bill = json.loads(path.read_text(encoding="utf-8"))

    named = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert named == {name: version for name, (version, _) in locked(LOCK).items()}
    assert bill["metadata"]["component"]["name"] == PROJECT["project"]["name"]
