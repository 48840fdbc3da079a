"""How refreshes, snapshots and changes of lists look to a person, and to a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sanctions_exposure.model import Json, ListedEntity
from sanctions_exposure.sources.changes import Changes, Edit, documents, edit
from sanctions_exposure.sources.retention import Kept
from sanctions_exposure.sources.review import Submission
from sanctions_exposure.sources.round import Look
from sanctions_exposure.sources.standing import Outcome

_OUTCOMES: Final = {
    Outcome.PUBLISHED: "green",
    Outcome.UNCHANGED: "green",
    Outcome.QUARANTINED: "red",
    Outcome.FAILED: "red",
}


def look_table(looks: Sequence[Look]) -> RenderableType:
    """Return what came of each list; reasons stand below, where they have room."""
    table = _table("List", "Outcome", "Version", "Entries", "Names", right=(3, 4))
    reasons = []
    for look in looks:
        record = look.record
        counts = (f"{record.entities:,}", f"{record.names:,}") if record else ("–", "–")
        outcome = Text(look.outcome.value, style=_OUTCOMES[look.outcome])
        table.add_row(look.list, outcome, record.version if record else "–", *counts)
        if look.reason:
            stays = f" Version {record.version} stays in use." if record else " There is no version in use."
            reasons.append(Text(f"{look.list}: {look.reason}.{stays}"))
    return Group(table, *([Text(), *reasons] if reasons else []))


def snapshot_table(found: Sequence[Kept]) -> Table:
    """Return the snapshots as a table."""
    table = _table("Snapshot", "Built", "Lists", "Entries", "", right=(2, 3))
    for one in found:
        marks = [word for word, is_so in (("in use", one.current), ("pinned", one.pinned)) if is_so]
        table.add_row(one.id, one.built_at or "damaged", str(one.lists), f"{one.entities:,}", ", ".join(marks))
    return table


def changes_lines(list_id: str, before: str, after: str, changes: Changes) -> Iterator[str]:
    """Yield what changed in a list, one line an entry and one for each thing that changed in it."""
    counts = f"{len(changes.added)} added, {len(changes.removed)} removed, {len(changes.changed)} changed"
    yield f"{list_id} from {before} to {after}: {counts}"
    yield from (f"+ {_called(entity)}" for entity in changes.added)
    yield from (f"- {_called(entity)}" for entity in changes.removed)
    for old, new in changes.changed:
        yield f"~ {_called(new)}"
        yield from _edited(edit(old, new))


def changes_json(changes: Changes, head: Mapping[str, str]) -> Iterator[str]:
    """Yield an object that holds *head* and what changed in a list, one line an entry."""
    yield "{" + ", ".join(f"{_json(key)}: {_json(value)}" for key, value in head.items())
    for what, entries in documents(changes).items():
        lines = _parted(map(_json, entries))
        yield f', "{what}": ['
        yield from (f"  {line}" for line in lines)
        yield "]"
    yield "}"


def _json(document: Json) -> str:
    return msgspec.json.encode(document).decode()


def _parted(texts: Iterator[str]) -> Iterator[str]:
    """Yield *texts* with a comma behind each but the last."""
    last = next(texts, None)
    for text in texts:
        yield f"{last},"
        last = text
    if last is not None:
        yield last


def submission_text(found: Submission) -> Text:
    """Return what a list that waits holds, and what would change with it."""
    by = f" by {found.submitted_by}" if found.submitted_by else ""
    lines = [
        f"{found.list}: {found.entities:,} entries, {found.names:,} names",
        f"  {found.id}, handed in at {found.submitted_at}{by}",
        f"  {found.added} added, {found.removed} removed, {found.changed} changed against "
        + (f"snapshot {found.against}" if found.against else "nothing"),
    ]
    for mark, what in (("+", "added"), ("-", "removed"), ("~", "changed")):
        lines += [f"  {mark} {one['id']} {one['caption']}" for one in found.changes[what]]
    return Text("\n".join([*lines, *(f"  note: {note}" for note in found.notes)]))


def _table(*columns: str, right: Sequence[int]) -> Table:
    table = Table(*columns, box=None, pad_edge=False)
    for at in right:
        table.columns[at].justify = "right"
    return table


def _called(entity: ListedEntity) -> str:
    return f"{entity.id} {entity.caption}"


def _edited(found: Edit) -> list[str]:
    lines = [f"    + {what}: {text}" for what, texts in found.added.items() for text in texts]
    lines += [f"    - {what}: {text}" for what, texts in found.removed.items() for text in texts]
    return [*lines, *([f"    also: {', '.join(found.other)}"] if found.other else [])]
