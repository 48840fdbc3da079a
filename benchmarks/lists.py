"""How fast lists become a published snapshot, and in how much memory, beside the mere reading of the same files.

    python benchmarks/lists.py            the lists of the data folder that EXPOSURE_DATA names, but the curated set

Their files are taken from the snapshot in use and published into a folder of their own: all of them into an empty one,
then each alone over a version that lacks every tenth entity, then each once more, unchanged.  Processor time of one
core is told, the best of three, of all together also the first of them, and beside it that of ``lxml.etree.iterparse``
or ``csv.reader`` over the same bytes: *plain* is that, *judged* is from the file to entities on the disk that are
believed, *refresh* is that and the snapshot in which this list alone is another one.
"""

from __future__ import annotations

import csv
import gc
import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.index import build_index
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.manifest import Manifest, load_manifests
from sanctions_exposure.sources.own import own_folder
from sanctions_exposure.sources.publish import RAW, Library, NewList
from sanctions_exposure.sources.refresh import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = 3
LACKS = 10  # of so many entities one is missing from the version before


@dataclass(frozen=True)
class Source:
    """One list and its files."""

    manifest: Manifest
    folder: Path

    def loaded(self, data: Path, shop: Path) -> NewList:
        """Return the list, read and judged."""
        files = [*self.folder.iterdir()]
        path = files[0] if len(files) == 1 else self.folder  # its name may say nothing
        return load(self.manifest, path, library=Library(data), shop=shop, retrieved_at=NOW)

    def documents(self) -> Iterator[bytes]:
        """Yield the bytes of its files."""
        return (path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file())


def sources(data: Path, manifests: Mapping[str, Manifest]) -> list[Source]:
    """Return the lists of the snapshot in use that have a manifest, but the curated set."""
    library = Library(data)
    record, folder = library.current_record(), library.current_folder()
    if record is None or folder is None:
        raise SystemExit(f"no lists are loaded into {data}")
    wanted = [one for one in record.lists if one.id in manifests and one.id != "curated"]
    return [Source(manifests[one.id].in_format(one.format), folder / RAW / one.id) for one in wanted]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of *work*."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def read_plainly(documents: Iterator[bytes]) -> None:
    """Go through every element or cell and keep nothing."""
    for document in documents:
        if document.lstrip(b"\xef\xbb\xbf").startswith(b"<"):
            for _, element in etree.iterparse(io.BytesIO(document)):
                element.clear()
        elif not document.startswith(b"PK"):
            for _ in csv.reader(io.StringIO(document.decode("utf-8-sig", "replace"))):
                pass


def thinned(new: NewList, folder: Path) -> NewList:
    """Return a list as it was when some of its entities were not on it yet."""
    lines = new.lines.read_bytes().splitlines(keepends=True)
    kept = [line for at, line in enumerate(lines) if at % LACKS]
    (folder / "lines").write_bytes(b"".join(kept))
    return replace(new, lines=folder / "lines", record=replace(new.record, entities=len(kept), sha256="before"))


def published(data: Path, lists: Sequence[NewList]) -> None:
    """Publish *lists* over what is in use."""
    Library(data).publish(lists, build_index=build_index, built_at=NOW)


def measure(found: Sequence[Source], work: Path) -> Iterator[str]:
    """Yield the rows of the table."""
    columns = ("list", "format", "entities", "names", "plain s", "judged s", "× plain", "a second", "refresh s")
    yield f"| {' | '.join(columns)} |"
    yield "|---|---|" + "--:|" * (len(columns) - 2)
    empty, data = work / "empty", work / "data"
    lists, plain, first, read = [], [], [], []
    for at, one in enumerate(found):
        shops = [work / f"{at}-{turn}" for turn in range(TIMES)]
        times = [seconds(lambda one=one, shop=shop: one.loaded(empty, shop)) for shop in shops]
        first.append(times[0])
        read.append(min(times))
        plain.append(min(seconds(lambda one=one: read_plainly(one.documents())) for _ in range(TIMES)))
        lists.append(one.loaded(empty, work / f"{at}-kept"))
    cold = seconds(lambda: published(data, lists))
    for at, new in enumerate(lists):
        (work / f"{at}-before").mkdir()
        published(data, [thinned(new, work / f"{at}-before")])
        warm = seconds(lambda new=new: published(data, [new]))
        record = new.record
        yield (
            f"| {record.id} | {record.format} | {record.entities:,} | {record.names:,} | {plain[at]:.2f} "
            f"| {read[at]:.2f} | {read[at] / plain[at]:.1f} | {record.entities / read[at]:,.0f} "
            f"| {read[at] + warm:.2f} |"
        )
    total = sum(new.record.entities for new in lists)
    unchanged = seconds(lambda: published(data, lists))
    yield ""
    yield (
        f"All {total:,}: {sum(plain):.2f} s plain, {sum(read):.2f} s judged ({total / sum(read):,.0f} a second; "
        f"the first time, with nothing remembered, {sum(first):.2f} s and {total / sum(first):,.0f}), "
        f"{cold:.2f} s more for the first snapshot with its index ({total / (sum(read) + cold):,.0f} a second in all), "
        f"{unchanged:.2f} s where all come again unchanged; at most "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB."
    )


def main() -> None:
    """Print the table."""
    settings = Settings.from_env()
    manifests = load_manifests(data_folder("lists", settings.lists) / "sources", own_folder(settings.data))
    with tempfile.TemporaryDirectory() as work:
        for row in measure(sources(settings.data, manifests), Path(work)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
