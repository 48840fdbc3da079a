"""``exposure lists snapshots|pin|unpin|prune|diff``: what was published when, and what changed in between."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from sanctions_exposure.cli.console import out
from sanctions_exposure.cli.tables import changes_document, changes_text, snapshot_table
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources import retention
from sanctions_exposure.sources.changes import compare
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
@click.argument("list_id", metavar="ID")
@click.argument("before", metavar="[A]", required=False)
@click.argument("after", metavar="[B]", required=False)
@_FORM
def diff(list_id: str, before: str | None, after: str | None, form: str) -> None:
    """Show what changed in a list: since it changed last, since snapshot A, or between snapshots A and B."""
    library = _library()
    first, second = _folders(library, list_id, before, after)
    changes = compare(list_id, first, second)
    if form == "json":
        click.echo(_json(changes_document(list_id, first.name, second.name, changes)))
    else:
        out().print(changes_text(list_id, first.name, second.name, changes))


def _folders(library: Library, list_id: str, before: str | None, after: str | None) -> tuple[Path, Path]:
    if before is None:
        return retention.earlier(library, list_id)
    current = library.current_id()
    return retention.folder_of(library, before), retention.folder_of(library, after or current or "")
