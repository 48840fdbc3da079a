"""``exposure rules``: rules in force, and checking a rules folder."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.table import Table
from rich.text import Text

from sanctions_exposure.cli.console import out
from sanctions_exposure.locate import data_folder
from sanctions_exposure.policy import describe_flags, describe_rules, load_ruleset
from sanctions_exposure.settings import Settings


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def rules(context: click.Context, form: str) -> None:
    """Show the rules in force."""
    if context.invoked_subcommand:
        return
    ruleset = load_ruleset(data_folder("rules", Settings.from_env().rules))
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


@rules.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Validate a rules folder; without one, the folder in force."""
    found = folder or data_folder("rules", Settings.from_env().rules)
    ruleset = load_ruleset(found)
    click.echo(f"{found}: {len(ruleset.rules)} rules, {len(ruleset.flags)} flags, {ruleset.id}")
