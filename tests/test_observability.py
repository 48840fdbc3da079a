"""Alert rules and the dashboard name metrics, and labels of theirs, that a real service tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from support.server import ROOT, Server

ALERTS: Final = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "dashboard.json"
METRIC: Final = re.compile(r"exposure_[a-z_]+")
SELECTOR: Final = re.compile(r"(exposure_[a-z_]+)\{([^}]*)\}")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [rule["expr"] for rule in rules()] + [target["expr"] for one in panels for target in one["targets"]]


@pytest.fixture(scope="module")
def told(server: Server) -> str:
    """What a service tells that has answered and refused."""
    server.ask("/v1/screen", {"name": "OJSC BelAZ", "country": "by"})
    server.ask("/v1/screen", b"{")
    return server.ask("/metrics").body.decode()


def declared(told: str) -> set[str]:
    """Return every metric, also one that stands at nothing yet."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", told, flags=re.MULTILINE):
        found |= {name} if kind != "histogram" else {f"{name}{end}" for end in ("_bucket", "_sum", "_count")}
    return found | {f"{name}" for name in METRIC.findall(told)}


def test_every_metric_that_is_watched_exists(told: str) -> None:
    known = declared(told) | {"exposure_http_refused_total"}  # told once somebody was refused; see test_limits.py
    known |= {f"exposure_list_refresh_{what}" for what in ("failures", "outcome", "timestamp_seconds")}

    watched = {name for expression in expressions() for name in METRIC.findall(expression)}

    assert watched <= known
    assert len(watched) > 15


def test_every_metric_that_is_told_is_explained_to_operators_and_watched_by_somebody(told: str) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = {name for name, _ in re.findall(r"^# TYPE (\S+) (\S+)$", told, flags=re.MULTILINE)}

    assert {name for name in names if name not in page} == set()
    assert {name for name in names if not any(name in one for one in expressions())} == set()


def test_every_label_that_is_asked_for_exists(told: str) -> None:
    labels = {
        (name, label)
        for name, inside in re.findall(r"^(exposure_[a-z_]+)\{(.*)\} ", told, flags=re.MULTILINE)
        for label in re.findall(r"(\w+)=\"", inside)
    }

    asked = {
        (name, label)
        for expression in expressions()
        for name, inside in SELECTOR.findall(expression)
        for label in re.findall(r"(\w+)(?:=~|!~|!=|=)\"", inside)
    }

    assert asked <= labels
    assert asked


def test_alerts_say_what_happened_and_how_bad_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"].endswith(".")
    assert len({rule["alert"] for rule in rules()}) == len(rules())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool on this machine")
def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    subprocess.run(["promtool", "check", "rules", str(ALERTS)], check=True, cwd=tmp_path)


def test_no_two_panels_lie_on_one_another() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
