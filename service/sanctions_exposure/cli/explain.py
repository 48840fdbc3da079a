"""``exposure explain``: how two names compare, token by token."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from sanctions_exposure.cli.console import out
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Schema
from sanctions_exposure.question import PARTY_SCHEMAS, read_name_query


@click.command()
@click.argument("name")
@click.argument("other")
@click.option("--schema", type=click.Choice(PARTY_SCHEMAS), help="What bears the names; unknown if left out.")
def explain(name: str, other: str, schema: str | None) -> None:
    """Compare two names, token by token, without any list."""
    first, second = read_name_query(name).names[0], read_name_query(other).names[0]
    found = compare(first, second, Schema(schema) if schema else None)
    table = Table("Asked", "Compared with", "How", "Similarity", box=None, pad_edge=False)
    for pair in found.alignment:
        table.add_row(Text(pair.query or "–"), Text(pair.listed or "–"), pair.how, f"{pair.similarity:.2f}")
    console = out()
    console.print(Text(f"Score {found.score:.2f}", style="bold"))
    console.print(table)
    for feature, value in sorted(found.features.items()):
        console.print(
            Text(f"{feature}: {value:.2f}" if isinstance(value, float) else f"{feature}: {value}", style="dim")
        )
