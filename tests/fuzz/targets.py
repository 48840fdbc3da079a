"""Everything that reads what others wrote, each as one function of bytes.

A target may return, or raise an error of ours, which names what is wrong.  Anything else is a finding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from sanctions_exposure.bulk.lines import read_document, read_lines
from sanctions_exposure.bulk.table import Reading, Table
from sanctions_exposure.errors import ExposureError, InvalidInput
from sanctions_exposure.gate.files import Meaning, read_items
from sanctions_exposure.gate.flat_orders import read_orders
from sanctions_exposure.gate.ubl import read_order
from sanctions_exposure.gate.yaml_reading import read_yaml
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Json
from sanctions_exposure.question import read_name_query, read_subject
from sanctions_exposure.question.places import read_route
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.formats import dater, parser, recogniser
from sanctions_exposure.sources.manifest import Bounds, load_manifests
from sanctions_exposure.sources.own import own_manifest
from sanctions_exposure.wiring.screener import Screener
from support.archives import ods, xlsx
from support.documents import NATIONAL, document_of

ROOT: Final = Path(__file__).parents[2]
FIXTURES: Final = ROOT / "tests" / "fixtures"
FOUND: Final = Path(__file__).parent / "found"
FORMS: Final = {
    "ofac_xml": ("us_ofac_sdn", "ofac_forms/sdn.xml"),
    "ofac_enhanced": ("us_ofac_sdn", "ofac_forms/sdn_enhanced.xml"),
    "ofac_advanced": ("us_ofac_sdn", "ofac_forms/sdn_advanced.xml"),
    "ofac_csv": ("us_ofac_sdn", "ofac_csv/sdn.csv"),
    "eu_fsf_xml": ("eu_fsf", "eu_fsf/eu_fsf.xml"),
    "eu_fsf_csv_1_1": ("eu_fsf", "eu_fsf/eu_fsf_1_1.csv"),
    "eu_fsf_csv_1_0": ("eu_fsf", "eu_fsf/eu_fsf_1_0.csv"),
    "uk_sl_xml": ("uk_sl", "uk_sl/UK-Sanctions-List.xml"),
    "uk_sl_csv": ("uk_sl", "uk_sl/UK-Sanctions-List.csv"),
    "uk_sl_ods": ("uk_sl", "uk_sl/content.xml"),
    "uk_ofsi_csv": ("uk_ofsi", "uk_ofsi/ConList.csv"),
    "uk_ofsi_xlsx": ("uk_ofsi", "uk_ofsi/ConList.csv"),
    "un_xml": ("un_sc", "un_xml/consolidated.xml"),
    "generic": ("own", "generic/own.csv"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader and what a good document of its kind looks like."""

    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def lists() -> Iterator[tuple[str, Target]]:
    """Yield the reader of every format of lists."""
    manifests = load_manifests(ROOT / "lists" / "sources") | {"own": own_manifest("own")}
    known = {form: (list_id, _packed(form, (FIXTURES / path).read_bytes())) for form, (list_id, path) in FORMS.items()}
    known |= {form: (list_id, document_of(form)) for form, list_id in NATIONAL.items()}
    for form, (list_id, seed) in known.items():
        manifest = manifests[list_id]
        bounds = Bounds(entities=(0, 1000), names=(0, 1000), max_shrink=1.0)
        fitting = replace(
            manifest, format=form, bounds=bounds, files=tuple(replace(f, fill={}) for f in manifest.files)
        )

        def run(document: bytes, form: str = form, fitting: object = fitting) -> None:
            for look in (recogniser(form), dater(form)):
                if look is not None:
                    look(document)
            parsed = parser(form)({"primary": document}, fitting)  # type: ignore[arg-type]
            assert all(entity.names for entity in parsed.entities)
            msgspec.json.encode(parsed.entities)

        yield f"list-{form}", Target(run=run, seeds=(seed,))


def _packed(form: str, content: bytes) -> bytes:
    if form.endswith("_ods"):
        return ods(content)
    if form.endswith("_xlsx"):
        return xlsx(list(csv.reader(io.StringIO(content.decode("utf-8")))))
    return content


REQUEST: Final = (
    b'{"reference": "PO-1", "as_of": "2026-11-22", "regimes": ["us"], "parties": [{"name": "OJSC BelAZ", "schema":'
    b' "Company", "countries": ["by"], "birth_date": "1948-05", "identifiers": [{"type": "lei", "value": "1"}],'
    b' "owners": [{"name": "Exemplar", "share": 51.0}]}], "route": ["Astrakhan, RU", {"locode": "IRBAZ", "mode": "sea",'
    b' "vessel": {"name": "Exemplar", "imo": "8422670"}}, "Bandar Abbas"], "goods": [{"hs_code": "8407.10", "origin":'
    b' "ir"}], "payment": {"currency": "RUB", "rail": "Mir", "banks": ["Exemplar Bank"]}}'
)
TABLE: Final = (
    b"reference;name;country;imo;route;hs_codes;aliases\r\n"
    b'1;"OJSC ""BelAZ""";by;8422670;RU Astrakhan > IRBAZ > Nhava Sheva;8407.10, 88.02;\xd0\x91\xd0\xb5\xd0\xbb\r\n'
    b"2;Exemplar;DE;;;;\r\n"
)
YAML: Final = (
    b"requests:\n  - name: OJSC BelAZ\n    country: by\n    aliases: [a, b]\n"
    b"  - {name: 'x', goods: [{hs_code: '01'}]}\n"
)


def texts() -> Iterator[tuple[str, Target]]:
    """Yield the readers of what people and programs ask."""
    names = ("OJSC BelAZ", "БелАЗ", "Müller, José", "ابو محمد", "株式会社", "A.B.C. (Holding) d/b/a X / Y")
    yield "name", Target(run=_name, seeds=tuple(name.encode() for name in names))
    routes = ("RU Astrakhan > IRBAZ > Bandar Abbas > Nhava Sheva", "IKA-SVO", "Bandar Abbas, IR")
    yield "route", Target(run=_route, seeds=tuple(route.encode() for route in routes))
    yield "hs-code", Target(run=_goods, seeds=(b"8407.10", b"88.02", b"8542310000"))
    yield "request", Target(run=lambda b: [_asked(one) for one in read_document(b)], seeds=(REQUEST,))
    yield "lines", Target(run=lambda b: [_asked(one) for one in read_lines(io.BytesIO(b))], seeds=(REQUEST + b"\n{}",))


def files() -> Iterator[tuple[str, Target]]:
    """Yield the readers of files: tables, orders, and what the gate finds in a repository."""
    yield "table", Target(run=partial(_table, guess=True), seeds=(TABLE, TABLE.decode().encode("utf-16")))
    yield "table-plain", Target(run=partial(_table, guess=False), seeds=(TABLE.replace(b";", b","),))
    yield "ubl", Target(run=lambda b: _asked(read_order(b)), seeds=((FIXTURES / "orders" / "order.xml").read_bytes(),))
    erp = (FIXTURES / "orders" / "erp.csv").read_bytes()
    yield "erp", Target(run=lambda b: [_asked(one) for one in read_orders(b)], seeds=(erp,))
    yield "yaml", Target(run=lambda b: read_yaml(b, "a.yaml"), seeds=(YAML,))
    book = xlsx(list(csv.reader(io.StringIO(TABLE.decode()), delimiter=";")))
    for suffix, seed in {"csv": TABLE, "ndjson": REQUEST, "json": REQUEST, "yaml": YAML, "xlsx": book}.items():
        yield f"gate-{suffix}", Target(run=partial(_gate, name=f"a.{suffix}"), seeds=(seed,))


def _asked(request: Json | InvalidInput) -> None:
    """Read a request, and screen it where it can be read; each is refused for itself, like a row."""
    if not isinstance(request, InvalidInput):
        with suppress(ExposureError):
            read_subject(request)
        msgspec.json.encode([one for one in _screener().screen_many([request]) if not isinstance(one, InvalidInput)])


def _name(text: bytes) -> None:
    name = text.decode("utf-8", "surrogateescape")
    read_name_query(name)
    found = compare(name, "OJSC BelAZ")
    assert 0.0 <= found.score <= 1.0


def _route(text: bytes) -> None:
    _asked({"route": read_route(text.decode("utf-8", "surrogateescape"))})


def _goods(text: bytes) -> None:
    _asked({"goods": [{"hs_code": text.decode("utf-8", "surrogateescape")}]})


def _table(text: bytes, *, guess: bool) -> None:
    for request in Table(io.BytesIO(text), Reading(guess=guess)).requests():
        if not isinstance(request, InvalidInput):
            with suppress(ExposureError):
                read_subject(request)


def _gate(text: bytes, *, name: str) -> None:
    for item in read_items(text, name, Meaning(), lambda _: None):
        if not isinstance(item.request, InvalidInput):
            with suppress(ExposureError):
                read_subject(item.request)


_HELD: Final[list[tuple[Screener, TemporaryDirectory[str]]]] = []


def _screener() -> Screener:
    if not _HELD:
        folder = TemporaryDirectory()
        _HELD.append((Screener.open(Settings(data=Path(folder.name))), folder))
    return _HELD[0][0]


TARGETS: Final = dict([*lists(), *texts(), *files()])


def attempt(target: str, document: bytes) -> None:
    """Give *document* to a target; what it refuses with an error of ours is well."""
    with suppress(ExposureError):
        TARGETS[target].run(document)
