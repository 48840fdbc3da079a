"""The commands in one place, and the one table from errors to exit codes."""

from __future__ import annotations

import logging
import os
import select
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

import click

from sanctions_exposure import __version__
from sanctions_exposure.answer import reason
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.errors import (
    ExposureError,
    InvalidInput,
    ListBusy,
    ListQuarantined,
    ListUnavailable,
    NotReady,
    StorageUnavailable,
)
from sanctions_exposure.logs import configure

_EXITS: Final = (
    ((NotReady, ListBusy, ListQuarantined, ListUnavailable, StorageUnavailable), Exit.NOT_SCREENED),
    (ExposureError, Exit.USAGE),
)


_COMMANDS: Final = ("check", "explain", "keys", "lists", "rules", "screen", "serve", "tune", "worker")


class _Commands(click.Group):
    """Imports a command when it is asked for: a gate waits for pandas as little as for the web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as Click calls it
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"sanctions_exposure.cli.{cmd_name}"), cmd_name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Click would end with 1, a finding, where whoever read our output has seen enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise (_ReaderGoneError if _is_unread() else NotReady)(
                f"what was to be written could not be: {error.strerror}"
            ) from None


class _ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


def _is_unread() -> bool:
    """Whether standard output is a pipe that nobody reads: a pipe to somewhere else may have broken."""
    if sys.stdout is None:
        return False
    asked = select.poll()
    asked.register(sys.stdout.fileno(), 0)
    return any(said & (select.POLLERR | select.POLLHUP) for _, said in asked.poll(0))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exposure")
def commands() -> None:
    """Tell whether a party, shipment or payment is exposed to sanctions, and why."""


def main() -> None:
    """Run a command; whatever is outside our error tree is a bug and leaves its traceback."""
    if os.environ.get("EXPOSURE_LOG") == "json":
        configure("json", "warning")
    else:
        logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
        # What it retries, we say once in our own words when it gives up.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        code = _flushed(commands.main(standalone_mode=False))
    except ExposureError as error:
        said = reason(error) if isinstance(error, InvalidInput) else str(error)
        click.echo(f"exposure: {said}", err=True)
        code = next(exit_code for kind, exit_code in _EXITS if isinstance(error, kind))
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except (_ReaderGoneError, BrokenPipeError):
        # Whoever read our output has seen enough; Python must not complain again while it shuts down.
        sys.stdout = None
        code = Exit.OK
    except OSError as error:  # a disk that is full, a folder that is not there: no finding, as Python's own 1 would say
        click.echo(f"exposure: {error}", err=True)
        sys.stdout = None
        code = Exit.USAGE
    with suppress(OSError):
        _flushed(code)
        sys.exit(code if isinstance(code, int) else Exit.OK)
    sys.stdout = None  # Python would try once more while it shuts down, and end with 120
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _flushed(code: object) -> object:
    """Return *code*, once everything said is out; whoever reads may have gone after the last line they wanted."""
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stdout = None
    return code
