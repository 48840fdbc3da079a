"""What runs the service elsewhere, judged by the tools of its kind: no container engine or cluster is needed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from sanctions_exposure import __version__
from sanctions_exposure.settings import NAMES
from support.server import ROOT, Server

DEPLOY: Final = ROOT / "deploy"
UNIT: Final = DEPLOY / "systemd" / "sanctions-exposure.service"
MANIFESTS: Final = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
DOCUMENTS: Final = [d for path in MANIFESTS for d in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
COMPOSE: Final = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
FILES: Final = [ROOT / "Dockerfile", ROOT / "compose.yaml", UNIT, *MANIFESTS]


def judged(tool: str, *arguments: str | Path) -> str:
    """Run a linter and return what it says; skip, and say so, where it is not installed."""
    found = shutil.which(tool, path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_dockerfile_passes_hadolint() -> None:
    assert judged("hadolint", ROOT / "Dockerfile") == ""


def test_compose_keeps_to_its_specification() -> None:
    judged("check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_manifests_keep_to_the_schemas_of_kubernetes(path: Path) -> None:
    assert "passed" in judged("kubernetes-validate", "--strict", path)


def test_yaml_is_written_as_people_expect() -> None:
    judged("yamllint", "--strict", "-c", ROOT / ".yamllint.yaml", ROOT / "compose.yaml", DEPLOY)


def test_the_unit_is_understood_by_systemd_and_exposes_little(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/exposure/bin/exposure", sys.executable))

    judged("systemd-analyze", "verify", unit)
    judged("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)  # of 100; most services have 96


# -- what no schema knows ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"EXPOSURE_[A-Z_]+", path.read_text(encoding="utf-8")))

    assert named <= NAMES


def pods() -> Iterator[dict[str, Any]]:
    for document in DOCUMENTS:
        if document["kind"] == "Deployment":
            yield document["spec"]["template"]["spec"]
        if document["kind"] == "CronJob":
            yield document["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_pods_run_without_rights_and_cannot_write_their_own_files() -> None:
    found = list(pods())

    assert len(found) == 2
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False
        # A service named "exposure" would set EXPOSURE_PORT=tcp://… in every pod, and no such value is a port.
        assert pod["enableServiceLinks"] is False
        for container in pod["containers"]:
            said = container["securityContext"]
            assert said["readOnlyRootFilesystem"]
            assert not said["allowPrivilegeEscalation"]
            assert said["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()
            assert container["image"] == f"sanctions-exposure:{__version__}"


def test_the_refresh_writes_what_the_service_reads() -> None:
    service, refresh = pods()

    def lists(pod: dict[str, Any]) -> tuple[str, bool]:
        (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "lists"]
        (volume,) = [one for one in pod["volumes"] if one["name"] == "lists"]
        env = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
        assert mount["mountPath"] == env["EXPOSURE_DATA"]
        return volume["persistentVolumeClaim"]["claimName"], mount.get("readOnly", False)

    assert lists(service) == ("exposure-lists", True)
    assert lists(refresh) == ("exposure-lists", False)


def test_probes_ask_what_the_service_answers(server: Server) -> None:
    (service, _) = pods()
    (container,) = service["containers"]

    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}

    assert paths == {"/healthz", "/readyz"}
    assert {server.ask(path).status for path in paths} == {200}


def test_every_grace_is_longer_than_the_service_needs_to_drain() -> None:
    (service, _) = pods()
    unit = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE))
    drains = 20  # graceful_timeout of api/serve.py

    assert service["terminationGracePeriodSeconds"] > drains + 5  # the sleep before it
    assert int(unit["TimeoutStopSec"].removesuffix("s")) > drains
    assert int(COMPOSE["services"]["exposure"]["stop_grace_period"].removesuffix("s")) > drains
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_compose_locks_the_service_down_and_publishes_it_to_this_machine_only() -> None:
    service = COMPOSE["services"]["exposure"]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert {name for name, one in COMPOSE["services"].items() if "ports" in one} == {"exposure"}
