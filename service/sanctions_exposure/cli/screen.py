"""``exposure screen``: one question for a person, or files of them for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from sanctions_exposure.answer import render
from sanctions_exposure.bulk.cells import Tally
from sanctions_exposure.bulk.table import Reading
from sanctions_exposure.cli.cluster import screen_on_cluster
from sanctions_exposure.cli.console import out, page
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.cli.files import Task, screen_files
from sanctions_exposure.cli.places import one_file, sources, target
from sanctions_exposure.cli.portfolio import screen_since
from sanctions_exposure.errors import NotReady
from sanctions_exposure.model import Json, Severity
from sanctions_exposure.question import PARTY_SCHEMAS, row_document
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.writing import telling, written

_SEVERITIES = [severity.value for severity in Severity if severity is not Severity.NONE]
_FORMS = ["table", "json", "ndjson", "csv", "parquet"]
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_OF_FILES = ("encoding", "delimiter", "quote", "sheet", "workers", "resume")
# Options that ask about one subject, and the column of the contract each is.
_ONE = {
    "name": "name", "country": "country", "schema": "schema", "birth_date": "birth_date", "address": "address",
    "imo": "imo", "route": "route", "hs": "hs_codes", "goods": "goods", "currency": "currency", "rail": "payment_rail",
    "bank": "bank",
}  # fmt: skip


@click.command()
@click.argument("files", nargs=-1, callback=sources)
@click.option("--name", help="Name of a party.")
@click.option("--country", help="Its country: ISO code or name.")
@click.option("--schema", type=click.Choice(PARTY_SCHEMAS), help="What it is.")
@click.option("--birth-date", help="1963, 1963-05 or 1963-05-09.")
@click.option("--address", help="Its address, on one line.")
@click.option("--imo", help="IMO number of a vessel.")
@click.option("--route", help="Stops: 'RU Astrakhan > IRBAZ > Nhava Sheva'.")
@click.option("--hs", help="HS codes, separated by semicolons.")
@click.option("--goods", help="Descriptions of goods, separated by semicolons.")
@click.option("--currency", help="Currency of the payment: RUB, or a pair RUB/IRR.")
@click.option("--rail", help="How it is paid: Mir, SPFS, SWIFT …")
@click.option("--bank", help="A bank of the payment.")
@click.option("--as-of", help="The law of that day: 2026-11-22.  [today]")
@click.option("--regime", "regimes", multiple=True, help="Only this regime's lists: us, eu, uk, un … (repeatable)")
@click.option("--format", "form", type=click.Choice(_FORMS), help="[table on a terminal]")
@click.option("--output", metavar="FILE", callback=target, help="Write there instead; with --cluster, a folder.")
@click.option("--map", "mappings", multiple=True, metavar="THEIRS=OURS", help="Read a column as another (repeatable).")
@click.option("--no-guess", is_flag=True, help="Understand no column by a name that is not ours.")
@click.option("--encoding", help="Of a CSV file: utf-8, utf-16, cp1252, cp1251 …  [found out]")
@click.option("--delimiter", help="A character, or comma, semicolon, tab, bar.  [found out]")
@click.option("--quote", help="The character around cells; blank for none.  [found out]")
@click.option("--sheet", help="Which sheet of a workbook, where several hold rows.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that screen.")
@click.option("--resume", is_flag=True, help="Go on with --output where a run that was killed had come.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Exit 1 when something is that severe or worse.")
@click.option("--cluster", metavar="ADDRESS", help="Screen on the Dask cluster of this scheduler: tcp://host:8786.")
@click.option("--since", metavar="SNAPSHOT", help="Screen only what can have changed since this snapshot.")
@click.option("--previous", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The answers of then.")
@click.pass_context
def screen(context: click.Context, /, files: tuple[Path | str, ...], **options: Any) -> None:
    """Screen FILES (CSV, TSV, NDJSON, JSON, Parquet, XLSX; - for standard input), or one subject given by options."""
    given = {column: options[option] for option, column in _ONE.items() if options[option]}
    if bool(files) == bool(given):
        raise click.UsageError("give files, or options that describe one subject, such as --name")
    common = {"as_of": options["as_of"], "regimes": list(options["regimes"])}
    common = {key: value for key, value in common.items() if value}
    if given:
        _refuse_of_files(options)
    mapping, output = _mapping(options["mappings"]), options["output"]
    if options["cluster"] or options["since"]:
        tally = _portfolio(files, options, mapping, common)
    else:
        task = Task(
            files=tuple(one_file(place, "FILES") for place in files),
            form=options["form"],
            output=output and one_file(output, "--output"),
            reading=_reading(options, mapping),
            workers=options["workers"],
            resume=options["resume"],
            sheet=options["sheet"],
            common=common,
        )
        screener = Screener.open()
        try:
            tally = _one(screener, row_document(given), task) if given else screen_files(screener, task)
        except BrokenPipeError:
            if options["fail_on"]:
                raise NotReady(
                    "whoever read the answers left before all was screened: --fail-on knows no more"
                ) from None
            raise
    context.exit(_exit_code(tally, options["fail_on"]))


def _refuse_of_files(options: dict[str, Any]) -> None:
    """Refuse what says how files are read: of one question it would change nothing, unseen."""
    beyond = _said_of_files(options)
    beyond += [f"--{name}" for name, key in (("map", "mappings"), ("no-guess", "no_guess")) if options[key]]
    if beyond:
        raise click.UsageError(f"{', '.join(beyond)}: of FILES, not of one question")


def _said_of_files(options: dict[str, Any]) -> list[str]:
    given = {name: options[name] for name in _OF_FILES} | {"workers": options["workers"] > 1}
    return [f"--{name}" for name, value in given.items() if value not in (None, False)]


def _portfolio(
    files: tuple[Path | str, ...], options: dict[str, Any], mapping: dict[str, str], common: dict[str, Json]
) -> Tally:
    output = options["output"]
    if options["cluster"] and options["since"]:
        raise click.UsageError("--cluster screens everything; --since is for one machine: give one of them")
    if beyond := _said_of_files(options):
        raise click.UsageError(f"{', '.join(beyond)}: not with --cluster or --since")
    if not files or output is None or options["form"]:
        raise click.UsageError("--cluster and --since take FILES and --output, which has the form of the files")
    screener = Screener.open()
    if options["cluster"]:
        return screen_on_cluster(screener, files, output, options["cluster"], mapping=mapping, common=common)
    if len(files) > 1:
        raise click.UsageError("--since takes one file")
    return screen_since(
        screener,
        one_file(files[0], "FILES"),
        one_file(output, "--output"),
        since=options["since"],
        previous=options["previous"],
        mapping=mapping,
        common=common,
    )


def _reading(options: dict[str, Any], mapping: dict[str, str]) -> Reading:
    return Reading(
        mapping=mapping,
        encoding=options["encoding"],
        delimiter=_DELIMITERS.get(options["delimiter"], options["delimiter"]),
        quote=options["quote"],
        guess=not options["no_guess"],
    )


def _exit_code(tally: Tally, fail_on: str | None) -> Exit:
    if fail_on and tally.worst.rank >= Severity(fail_on).rank:
        return Exit.FINDINGS
    return Exit.REJECTED if tally.rejected else Exit.OK


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not (equals and theirs and ours):
            raise click.BadParameter(f"{pair!r} is not THEIRS=OURS", param_hint="--map")
        found[theirs.strip()] = ours.strip()
    return found


def _one(screener: Screener, request: dict[str, Json], task: Task) -> Tally:
    if task.form in {"csv", "ndjson", "parquet"} or (task.output and task.form != "json"):
        raise click.UsageError("one question is answered as a table or, with --output too, as --format json")
    found = screener.screen({**task.common, **request})
    tally = Tally()
    tally.add(found.outcome, found.severity)
    if task.form != "json":
        out().print(page(found))
        return tally
    document = msgspec.json.format(msgspec.json.encode(render(found)), indent=2)
    if task.output:
        with written(task.output) as stream, telling(task.output):
            stream.write(document + b"\n")
    else:
        click.echo(document)
    return tally
