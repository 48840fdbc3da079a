"""``exposure lists``: which lists there are, and loading them from files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from sanctions_exposure.answer import render_list
from sanctions_exposure.cli.console import list_table, out
from sanctions_exposure.model import ListRecord
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring import ListDesk, Screener

_FROM = click.Path(exists=True, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def lists(context: click.Context, form: str) -> None:
    """Show every list: loaded or not, how old, how large."""
    if context.invoked_subcommand:
        return
    screener = Screener.open()
    if form == "json":
        document = {"snapshot": screener.snapshot.id, "lists": [render_list(state) for state in screener.lists()]}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    console = out()
    console.print(list_table(screener.lists()))
    console.print(f"\nSnapshot {screener.snapshot.id} in {screener.settings.data}", style="dim")


@lists.command()
@click.argument("list_id", metavar="ID")
@click.option(
    "--from", "path", type=_FROM, required=True, help="The publisher's file, or a folder that holds its files."
)
@click.option("--allow-shrink", is_flag=True, help="I have looked: it may be smaller or older than the one in use.")
def refresh(list_id: str, path: Path, *, allow_shrink: bool) -> None:
    """Load a list we know from the publisher's files."""
    _tell(ListDesk.of(Settings.from_env()).refresh(list_id, path, datetime.now(UTC), allow_shrink=allow_shrink))


@lists.command()
@click.argument("list_id", metavar="ID")
@click.option("--format", "list_format", default="generic", show_default=True, help="How the file is written.")
@click.option("--from", "path", type=_FROM, required=True, help="The CSV file.")
@click.option("--title", default="", help="How reports call it.")
def add(list_id: str, list_format: str, path: Path, title: str) -> None:
    """Load a list of your own, or load it again."""
    desk = ListDesk.of(Settings.from_env())
    _tell(desk.add(list_id, path, datetime.now(UTC), list_format=list_format, title=title))


def _tell(record: ListRecord) -> None:
    click.echo(f"{record.id}: {record.entities:,} entries, {record.names:,} names, version {record.version}")
    for note in record.notes:
        click.echo(f"  note: {note}")
