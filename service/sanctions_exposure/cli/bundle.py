"""``exposure lists bundle``: the snapshot in use as one pinned file."""

from __future__ import annotations

from pathlib import Path

import click

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.bundle import write_bundle
from sanctions_exposure.wiring.screener import Screener


@click.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [exposure-<snapshot>.zip, here]"
)
def bundle(output: Path | None) -> None:
    """Write the lists in use as one file, for `exposure check --snapshot`; a pipeline caches or commits it."""
    screener = Screener.open(Settings.from_env())
    snapshot = screener.snapshot.id
    path = output or Path(f"exposure-{snapshot}.zip")
    try:
        written = write_bundle(screener.settings.data, snapshot, path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"{path}: snapshot {written.snapshot}, {path.stat().st_size:,} bytes, sha256 {written.sha256}")
    for one in written.record.lists:
        click.echo(f"  {one.id} {one.version}: {one.entities:,} entries")
