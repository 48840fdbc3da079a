"""``exposure lists``: which lists there are, and how they get in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from sanctions_exposure.answer import render_list
from sanctions_exposure.cli.bundle import bundle
from sanctions_exposure.cli.console import list_table, out
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.cli.snapshots import diff, pin, prune, snapshots, unpin
from sanctions_exposure.cli.tables import look_table, submission_text
from sanctions_exposure.model import Json, ListRecord, ListStateName
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.review import summary
from sanctions_exposure.sources.round import Look
from sanctions_exposure.sources.standing import Outcome
from sanctions_exposure.wiring.lists import ListDesk, Meant
from sanctions_exposure.wiring.screener import Screener

_FROM = click.Path(exists=True, path_type=Path)


def _said(_: click.Context, __: click.Parameter, value: str) -> str:
    said = " ".join(value.split())
    if not said:
        raise click.BadParameter("must say something")
    return said


def _json(document: Json) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def lists(context: click.Context, form: str) -> None:
    """Show every list: loaded or not, how old, how large."""
    if context.invoked_subcommand:
        return
    screener = Screener.open()
    if form == "json":
        click.echo(
            _json(
                {
                    "snapshot": screener.snapshot.id,
                    "lists": [render_list(state) for state in screener.lists()],
                    "pending": [summary(one) for one in screener.desk.pending()],
                }
            )
        )
        return
    console = out()
    console.print(list_table(screener.lists()))
    for state in screener.lists():
        if state.note and (state.tried_at or state.state is not ListStateName.MISSING):
            console.print(f"{state.id}: {state.note}", style="yellow", markup=False)
    for one in screener.desk.pending():
        console.print(f"{one.list}: {one.id} waits for a review", style="yellow", markup=False)
    console.print(f"\nSnapshot {screener.snapshot.id} in {screener.settings.data}", style="dim")


@lists.command()
@click.argument("list_ids", metavar="[ID]...", nargs=-1)
@click.option("--from", "path", type=_FROM, help="The publisher's file, or a folder that holds its files.")
@click.option("--allow-shrink", is_flag=True, help="With --from: it may be smaller or older than the one in use.")
@click.option("--due", is_flag=True, help="Only those whose time has come, for a timer that calls this often.")
@click.option("--quiet", is_flag=True, help="Say nothing but what went wrong, in lines for a log.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def refresh(  # noqa: PLR0913 - one parameter an option
    list_ids: tuple[str, ...], path: Path | None, form: str, *, allow_shrink: bool, due: bool, quiet: bool
) -> int:
    """Fetch lists from their publishers, all that are on or those named; or load one from files.

    A list that fails leaves the one in use where it is, and the others alone.  Exit code 3: some list failed or is in
    quarantine, also with --from; 2: the file that --from names cannot be read.
    """
    desk, now = ListDesk.of(Settings.from_env()), datetime.now(UTC)
    if path is not None:
        if len(list_ids) != 1 or due:
            raise click.UsageError("--from loads exactly one list: name its id")
        _tell(desk.refresh(list_ids[0], path, now, allow_shrink=allow_shrink))
        return Exit.OK
    if allow_shrink:
        raise click.UsageError("--allow-shrink goes with --from; for a list in quarantine: exposure lists accept")
    wanted = tuple(one for one in desk.due(now) if not list_ids or one in list_ids) if due else list_ids
    looks = desk.refresh_all(wanted) if wanted or not due else ()
    failed = [look for look in looks if look.outcome in {Outcome.FAILED, Outcome.QUARANTINED}]
    if quiet:
        for look in failed:
            # The reason for a quarantine may quote a name on the list; `exposure lists` tells it.
            click.echo(f"list {look.list} {look.outcome}{f': {look.reason}' if _is_loggable(look) else ''}", err=True)
    elif form == "json":
        click.echo(_json({"lists": [_look(look) for look in looks]}))
    else:
        out().print(look_table(looks) if looks else "No list is due." if due else "No list is on.")
    return Exit.NOT_SCREENED if failed else Exit.OK


def _is_loggable(look: Look) -> bool:
    return look.outcome is Outcome.FAILED


def _look(look: Look) -> dict[str, Json]:
    record = look.record
    known = {"version": record.version, "entities": record.entities, "names": record.names} if record else {}
    return {"id": look.list, "outcome": look.outcome, "reason": look.reason} | known


@lists.command()
@click.argument("list_id", metavar="ID")
@click.option("--reason", required=True, callback=_said, help="Why this list is right.")
@click.option("--by", required=True, callback=_said, help="Who says so.")
@click.option("--submission", default="", help="Only if this is what waits: its id, as `exposure lists pending` tells.")
@click.option("--sha256", default="", help="Only if this is what waits or is in quarantine: the digest over its files.")
def accept(list_id: str, reason: str, by: str, submission: str, sha256: str) -> None:
    """Use the list that waits for a review or is in quarantine; who said so and why is kept for ever."""
    desk, now = ListDesk.of(Settings.from_env()), datetime.now(UTC)
    _tell(desk.accept(list_id, by=by, reason=reason, now=now, meant=Meant(submission=submission, sha256=sha256)))


@lists.command()
@click.argument("list_id", metavar="ID")
@click.option("--format", "list_format", default="generic", show_default=True, help="How the file is written.")
@click.option("--from", "place", required=True, help="The CSV file, or the URL it is fetched from now and ever after.")
@click.option("--title", default="", help="How reports call it.")
@click.option("--review", is_flag=True, help="Check that it can be read, and use it once a person has accepted it.")
@click.option("--by", default="", help="With --review: who hands it in.")
def add(  # noqa: PLR0913 - one parameter an option
    list_id: str, list_format: str, place: str, title: str, by: str, *, review: bool
) -> None:
    """Load a list of your own, or load it again."""
    desk, now = ListDesk.of(Settings.from_env()), datetime.now(UTC)
    if by and not review:
        raise click.UsageError("--by goes with --review")
    if review:
        found = desk.submit(list_id, Path(place), now, by=by, list_format=list_format, title=title)
        out().print(submission_text(found))
        click.echo(f"It waits for a review: exposure lists accept {list_id} --by NAME --reason TEXT")
        return
    _tell(desk.add(list_id, place, now, list_format=list_format, title=title))


@lists.command()
@click.argument("list_id", metavar="[ID]", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def pending(list_id: str | None, form: str) -> None:
    """Show the lists that wait for a review, and what would change if they were accepted."""
    found = [one for one in ListDesk.of(Settings.from_env()).pending() if list_id in {None, one.list}]
    if form == "json":
        click.echo(_json({"pending": [msgspec.to_builtins(one) for one in found]}))
    elif not found:
        click.echo("Nothing waits for a review.")
    for one in found if form == "text" else ():
        out().print(submission_text(one))


@lists.command()
@click.argument("list_id", metavar="ID")
@click.option("--submission", default="", help="Only if this is what waits: its id, as `exposure lists pending` tells.")
def discard(list_id: str, submission: str) -> None:
    """Forget the list that waits for a review; the one in use stays."""
    click.echo(f"{list_id}: {ListDesk.of(Settings.from_env()).discard(list_id, submission).id} is forgotten")


def _tell(record: ListRecord) -> None:
    click.echo(f"{record.id}: {record.entities:,} entries, {record.names:,} names, version {record.version}")
    for note in record.notes:
        click.echo(f"  note: {note}")


for command in (bundle, diff, snapshots, pin, unpin, prune):
    lists.add_command(command)
