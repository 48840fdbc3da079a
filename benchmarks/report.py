"""Puts measured tables into the documentation, between marks; text around them is written by hand."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

Cell = str | float | int | None


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a Markdown table; its first column is text, the others are figures."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    lines += [" | ".join(_cell(c) for c in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: Cell) -> str:
    if value is None or value != value:  # noqa: PLR0124 - a number that is none differs from itself
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")


def percent(share: float | None) -> str:
    """Return a share as a percentage."""
    return "–" if share is None or share != share else f"{share:.1%}".replace("%", " %")  # noqa: PLR0124


def write(path: Path, sections: Mapping[str, str]) -> None:
    """Replace the marked sections of a page; a section that the page has no marks for is an error."""
    text = path.read_text(encoding="utf-8")
    for name, content in sections.items():
        mark = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
        if not mark.search(text):
            raise SystemExit(f"{path.name} has no place for {name!r}")
        text = mark.sub(lambda found, content=content: f"{found[1]}\n{content}\n\n{found[2]}", text)  # type: ignore[misc]
    path.write_text(text, encoding="utf-8")


def machine() -> str:
    """Return what the figures were measured on."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def today() -> str:
    """Return the day of the run."""
    return datetime.now(UTC).date().isoformat()
