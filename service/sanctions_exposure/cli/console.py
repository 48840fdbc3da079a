"""How answers look to a person: colours, tables, one screening on one page."""

from __future__ import annotations

from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sanctions_exposure.model import Flag, ListState, ListStateName, Outcome, Screening, Severity

STYLES: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
    Severity.NONE: "green",
}
_OUTCOMES: Final = {
    Outcome.BLOCK: "bold white on red",
    Outcome.REVIEW: "bold black on yellow",
    Outcome.CLEAR: "bold white on green",
    Outcome.ERROR: "bold white on magenta",
}
_STATES: Final = {
    ListStateName.FRESH: "green",
    ListStateName.STALE: "yellow",
    ListStateName.MISSING: "red",
    ListStateName.QUARANTINED: "red",
}


def out() -> Console:
    """Return the console of answers; a pipe gets lines that are not cut at eighty columns."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def err() -> Console:
    """Return the console of progress and remarks."""
    return Console(stderr=True, highlight=False)


def page(screening: Screening) -> RenderableType:
    """Return one screening as a page a person reads from top to bottom."""
    head = Text.assemble(
        (f" {screening.outcome.upper()} ", _OUTCOMES[screening.outcome]),
        (f"  {screening.severity}", STYLES[screening.severity]),
        f"  score {screening.score}  as of {screening.as_of.isoformat()}",
    )
    parts: list[RenderableType] = [head]
    for flag in screening.flags:
        parts += [Text(), _flag(flag)]
    if not screening.flags:
        parts += [Text(), Text("No rule found anything.")]
    if remarks := [warning for warning in screening.warnings if not _about_lists(warning, screening.lists)]:
        parts += [Text(), Text("Remarks", style="bold"), *(_bullet(remark) for remark in remarks)]
    return Group(*parts, Text(), *_basis(screening))


def _flag(flag: Flag) -> RenderableType:
    title = Text.assemble(
        (f"{flag.severity.upper()} {flag.score}", STYLES[flag.severity]),
        ("  " + flag.title, "bold"),
        (f"  {flag.code}  {flag.subject}", "dim"),
    )
    lines: list[RenderableType] = [Text(flag.explanation), Text(flag.action, style="italic")]
    if flag.would_settle:
        lines += [Text("What would settle it:"), *(_bullet(each) for each in flag.would_settle)]
    for source in flag.sources:
        said = ", ".join(filter(None, (source.title, source.section, source.publisher, source.date)))
        lines.append(Text(f"Source: {said}", style="dim"))
    return Group(title, Padding(Group(*lines), (0, 0, 0, 2)))


def _bullet(text: str) -> RenderableType:
    return Padding(Text(f"• {text}"), (0, 0, 0, 2))


def _about_lists(warning: str, lists: tuple[ListState, ...]) -> bool:
    return any(warning.startswith(f"List {s.id} ") for s in lists if s.state is not ListStateName.FRESH)


def _basis(screening: Screening) -> list[RenderableType]:
    used = [s for s in screening.lists if s.state is not ListStateName.MISSING]
    missing = [s.id for s in screening.lists if s.state is ListStateName.MISSING]
    stale = [s.id for s in used if s.state is ListStateName.STALE]
    doubted = [s.id for s in used if s.state is ListStateName.QUARANTINED]
    lines = [
        Text(
            "Screened against: " + (", ".join(f"{s.id} ({s.version}, {s.entities} entries)" for s in used) or "nothing")
        ),
    ]
    if stale:
        lines.append(Text(f"Older than they may be: {', '.join(stale)}", style="yellow"))
    if doubted:
        lines.append(
            Text(f"In the last good version, since the next one is in quarantine: {', '.join(doubted)}", "red")
        )
    if missing:
        lines.append(Text(f"Never loaded, so not screened against: {', '.join(missing)}", style="red"))
        lines.append(
            Text(
                "Load them with: exposure lists refresh, or one from files: exposure lists refresh ID --from FOLDER",
                style="dim",
            )
        )
    lines.append(
        Text(f"Snapshot {screening.snapshot}  ruleset {screening.ruleset[:19]}  engine {screening.engine}", "dim")
    )
    return list(lines)


def list_table(states: tuple[ListState, ...]) -> Table:
    """Return the lists as a table."""
    table = Table("List", "State", "Version", "Published", "Entries", "Names", "Age", "Title", box=None, pad_edge=False)
    for column in (4, 5, 6):
        table.columns[column].justify = "right"
    for state in states:
        table.add_row(
            state.id,
            Text(state.state.value, style=_STATES[state.state]),
            state.version or "–",
            state.published_on[:10] or "–",
            f"{state.entities:,}" if state.entities else "–",
            f"{state.names:,}" if state.names else "–",
            "–" if state.age_hours is None else f"{state.age_hours:g} h",
            Text(state.title),
        )
    return table
