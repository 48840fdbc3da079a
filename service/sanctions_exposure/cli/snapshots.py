"""``exposure lists snapshots|pin|unpin|prune|diff``: what was published when, and what changed in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from sanctions_exposure.cli.console import out
from sanctions_exposure.cli.tables import changes_json, changes_lines, snapshot_table
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources import retention
from sanctions_exposure.sources.changes import compare, compare_all
from sanctions_exposure.sources.publish import Library

_FORM = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def _library() -> Library:
    return Library(Settings.from_env().data)


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


@click.command()
@_FORM
def snapshots(form: str) -> None:
    """Show every snapshot, the newest first."""
    found = retention.snapshots(_library())
    if form == "json":
        click.echo(_json({"snapshots": found}))
    else:
        out().print(snapshot_table(found))


@click.command()
@click.argument("snapshot_id", metavar="SNAPSHOT")
def pin(snapshot_id: str) -> None:
    """Keep a snapshot, however old it gets: screenings can be replayed only against their own."""
    retention.pin(_library(), snapshot_id)


@click.command()
@click.argument("snapshot_id", metavar="SNAPSHOT")
def unpin(snapshot_id: str) -> None:
    """Let a snapshot go when it is pruned next."""
    retention.unpin(_library(), snapshot_id)


@click.command()
@click.option("--keep", type=click.IntRange(min=1), required=True, help="How many of the newest stay.")
def prune(keep: int) -> None:
    """Delete old snapshots, but never the one in use nor one that is pinned."""
    for snapshot_id in retention.prune(_library(), keep):
        click.echo(f"deleted {snapshot_id}")


@click.command()
@click.argument("wanted", metavar="(ID | --all) [A [B]]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Compare every list of the two snapshots.")
@_FORM
def diff(wanted: tuple[str, ...], form: str, *, every: bool) -> None:
    """Show what changed in a list, or in all: since it changed last, since snapshot A, or between snapshots A and B."""
    list_id, ids = ("", wanted) if every else (wanted[0] if wanted else "", wanted[1:])
    if not (list_id or every) or len(ids) > 2:
        raise click.UsageError("name a list, or --all, and then two snapshots at most")
    library = _library()
    before, after = _folders(library, list_id, ids)
    if every:
        lines = _all_as_json(before, after) if form == "json" else _all_as_text(before, after)
    else:
        found, names = compare(list_id, before, after), (before.name, after.name)
        head = {"list": list_id, "before": before.name, "after": after.name}
        lines = changes_json(found, head) if form == "json" else changes_lines(list_id, *names, found)
    for line in lines:
        click.echo(line)


def _folders(library: Library, list_id: str, ids: Sequence[str]) -> tuple[Path, Path]:
    if not ids:
        return retention.earlier(library, list_id)
    before, after = (*ids, library.current_id() or "")[:2]
    return retention.folder_of(library, before), retention.folder_of(library, after)


def _all_as_text(before: Path, after: Path) -> Iterator[str]:
    same = []
    for list_id, found in compare_all(before, after):
        if found:
            yield from changes_lines(list_id, before.name, after.name, found)
        else:
            same.append(list_id)
    yield f"Nothing changed in {', '.join(same)}." if same else "Every list changed."


def _all_as_json(before: Path, after: Path) -> Iterator[str]:
    """Yield one object, written as it is found: no list has to fit into memory, nor what changed in it."""
    yield f'{{"before": "{before.name}", "after": "{after.name}", "lists": ['
    same, is_first = [], True
    for list_id, found in compare_all(before, after):
        if found:
            if not is_first:
                yield ","
            yield from changes_json(found, {"list": list_id})
            is_first = False
        else:
            same.append(list_id)
    yield f'], "unchanged": {msgspec.json.encode(same).decode()}}}'
