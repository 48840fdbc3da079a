"""``exposure rules``: rules in force, and checking a rules folder."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.table import Table
from rich.text import Text

from sanctions_exposure.cli.console import out
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.errors import RulesError
from sanctions_exposure.locate import data_folder
from sanctions_exposure.policy import check as check_folder
from sanctions_exposure.policy import describe_flags, describe_rules, load_ruleset, run_cases
from sanctions_exposure.settings import Settings


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def rules(context: click.Context, form: str) -> None:
    """Show the rules in force."""
    if context.invoked_subcommand:
        return
    settings = Settings.from_env()
    ruleset = load_ruleset(data_folder("rules", settings.rules), settings.profile)
    if form == "json":
        document = {"ruleset": ruleset.id, "rules": describe_rules(ruleset), "flags": describe_flags(ruleset)}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    table = Table("Rule", "Version", "From", "Flag", "What it looks for", box=None, pad_edge=False)
    for rule in ruleset.rules:
        state = "" if rule.enabled else " (switched off)"
        table.add_row(rule.id, str(rule.version), rule.effective.isoformat(), rule.flag, Text(rule.summary + state))
    console = out()
    console.print(table)
    console.print(f"\nRuleset {ruleset.id}", style="dim")


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@rules.command()
@click.argument("folder", required=False, type=_FOLDER)
def check(folder: Path | None) -> None:
    """Validate a rules folder; without one, the folder in force."""
    found = folder or data_folder("rules", Settings.from_env().rules)
    if faults := check_folder(found):
        raise RulesError("\n".join(faults))
    ruleset = load_ruleset(found)
    click.echo(f"{found}: {len(ruleset.rules)} rules, {len(ruleset.flags)} flags, {ruleset.id}")


@rules.command()
@click.argument("folder", required=False, type=_FOLDER)
@click.option("--cases", type=_FOLDER, help="Folder of case files; else `cases` in the rules folder, else tests/cases.")
@click.pass_context
def test(context: click.Context, folder: Path | None, cases: Path | None) -> None:
    """Run the cases beside the rules and say which rule does not do what its case says."""
    found = folder or data_folder("rules", Settings.from_env().rules)
    beside = cases or _cases_beside(found)
    results = list(run_cases(load_ruleset(found), beside))
    failed = [r for r in results if r.fault]
    for result in failed:
        click.echo(f"{result.rule}: {f'“{result.title}”: ' if result.title else ''}{result.fault}", err=True)
    click.echo(f"{beside}: {len(results)} cases, {len(failed)} failed")
    if failed:
        context.exit(Exit.FINDINGS)


def _cases_beside(folder: Path) -> Path:
    for place in (folder / "cases", folder.parent / "tests" / "cases"):
        if place.is_dir():
            return place
    raise RulesError(f"{folder}: no cases stand beside the rules; name their folder with --cases")
