"""``exposure keys``: who may ask a service that asks for keys."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Final

import click
from rich.table import Table

from sanctions_exposure.access import Role, check_name, check_rate
from sanctions_exposure.cli.console import out
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.keys import Keys
from sanctions_exposure.wiring.keyring import Keyring

_UNITS: Final = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_SPAN: Final = re.compile(r"([1-9]\d{0,4})([hdwy])")


class _Span(click.ParamType[float]):
    """A length of time such as 90d, in seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = _SPAN.fullmatch(str(value))
        if not found:
            self.fail(f"{value!r} is no span of time: write 12h, 90d, 4w or 1y", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.group()
def keys() -> None:
    """API keys of the service; a running one takes them up within a second."""


@keys.command()
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    default=[Role.SCREEN.value],
    show_default=True,
    help="screen: ask and read; review: also decide; admin: also change lists (repeatable).",
)
@click.option("--expires", type=_Span(), metavar="SPAN", help="12h, 90d, 4w, 1y.  [never]")
@click.option("--rate", metavar="N/UNIT", help="Requests a second, minute, hour or day.  [EXPOSURE_RATE]")
def create(name: str, roles: tuple[str, ...], expires: float | None, rate: str | None) -> None:
    """Make a key for NAME and show it, once."""
    settings = Settings.from_env()
    database, paced = _database(settings), check_rate(rate) if rate else ""
    made, token = Keys(database).create(check_name(name), map(Role, roles), rate=paced, lasts=expires)
    Keyring.of(settings, database).asked()  # leaves the mark that there are keys, should the database be gone one day
    click.echo(f"Key {made.id} of {made.name}, {_roles(made.roles)}, {_until(made.expires_at)}.", err=True)
    click.echo("Keep it now: it is not stored, and cannot be shown again.", err=True)
    click.echo(token)


@keys.command()
@click.argument("key")
def revoke(key: str) -> None:
    """Let a KEY, by its id or name, open nothing any more."""
    found = Keys(_database(Settings.from_env())).revoke(key)
    click.echo(f"Key {found.id} of {found.name} is revoked.")


@keys.command("list")
def show() -> None:
    """List the keys; what opens the door is not among it."""
    settings, now = Settings.from_env(), time.time()
    table = Table("Id", "Name", "Roles", "State", "Until", "Rate", "Made", box=None, pad_edge=False)
    stored = Keys(_database(settings)).all()
    for key in (*settings.api_keys, *stored):
        made = _day(key.created_at) if key.created_at else "in the settings"
        table.add_row(
            key.id, key.name, _roles(key.roles), key.state(now), _until(key.expires_at), key.rate or "common", made
        )
    out().print(table if table.row_count else "There is no key: whoever reaches the service on this machine may ask.")


def _database(settings: Settings) -> Database:
    return Database(settings.database_url, settings.data)


def _roles(roles: frozenset[Role]) -> str:
    return "+".join(sorted(roles))


def _until(moment: float | None) -> str:
    return "no end" if moment is None else f"until {_day(moment)}"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
