"""Measures names, screening and speed with every engine that is installed, and writes the tables into ``docs/``.

    make bench                            everything but growth and completeness, on 2,000 queries
    make bench BENCH="--all"              everything, on all queries; an hour
    python benchmarks/run.py names screening --sample 1000 --dry

Figures of one run may be compared with each other, never with those of another machine or day.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import calibration
import completeness
import growth
import names
import pathological
import questions
import report
import screening
from engines import NOMENKLATURA, OURS, SCAN, THRESHOLDS, installed
from measures import Screened
from sanctions_exposure.locate import data_folder
from sanctions_exposure.policy import load_ruleset

DOCS = Path(__file__).resolve().parents[1] / "docs"
SIZES = (50_000, 250_000, 1_000_000)
STEPS = (0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95)
REVIEW = "name-review"
ORACLE = 900  # questions; fewer by far show what they happen to meet


@dataclass
class Session:
    """One run: what is asked, of whom, and what was measured so far."""

    asked: questions.Questions
    engines: tuple[str, ...]
    single: int
    sizes: tuple[int, ...]
    sections: dict[str, str] = field(default_factory=dict)  # of the pages, by the name of their marks
    _screened: list[screening.Run] | None = None

    @property
    def screened(self) -> list[screening.Run]:
        """The screening of all queries by all engines, done once a session."""
        if self._screened is None:
            self._screened = screening.run(
                self.asked.entities, list(self.asked.queries), self.engines, single=self.single, attributes=False
            )
        return self._screened

    def ours(self) -> Screened:
        """Our own answers against the answer sheet."""
        return next(r for r in self.screened if r.engine == OURS).judged(self.asked.queries)


def run_names(session: Session) -> None:
    """Pairs of names, and of records where the questions hold any."""
    for name, pairs in (("names", session.asked.pairs), ("records", session.asked.records)):
        rows = [
            (
                r.scorer, r.auc, r.best.f1, r.best.threshold, r.own.f1, r.own.precision, r.own.recall,
                f"{r.disputed_wrong}/{r.beyond_dispute}", r.microseconds,
            )
            for r in names.run(pairs, session.engines)
        ]  # fmt: skip
        head = (
            "scorer",
            "AUC",
            "best F1",
            "at",
            "F1 at own",
            "precision",
            "recall",
            "sure ones wrong",
            "µs a pair",
        )
        said = f"{len(pairs)} pairs, {sum(p.same for p in pairs)} of them the same party.\n\n"
        session.sections[name] = said + report.table(head, rows) if rows else "No labelled records here."


def run_screening(session: Session) -> None:
    """All queries by all engines; then once more with birth date and country."""
    queries = session.asked.queries
    session.sections["screening"] = _accuracy(session.screened, queries)
    session.sections["speed"] = _speed(session.screened, len(queries))
    with_more = screening.run(session.asked.entities, list(queries), session.engines, single=50, attributes=True)
    session.sections["attributes"] = _accuracy(with_more, queries)
    session.sections["kinds"] = _kinds(session)


def _accuracy(runs: list[screening.Run], queries: tuple[questions.Query, ...]) -> str:
    head = ("engine", "threshold", "recall@5", "false positives", "alerts", "AUC", "recall@5 at 1 %", "at 5 %",
            "false positives at 90 % recall", "at 95 %", "recall@5 without threshold")  # fmt: skip
    rows = []
    for run in runs:
        found, own = run.judged(queries), run.threshold
        at90, at95 = found.at_recall(0.90), found.at_recall(0.95)
        rows.append((
            run.engine, own, report.percent(found.recall(own)), report.percent(found.false_positives(own)),
            found.alerts(own), found.auc(),
            report.percent(found.recall(found.at_false_positives(0.01))),
            report.percent(found.recall(found.at_false_positives(0.05))),
            report.percent(None if at90 is None else found.false_positives(at90)),
            report.percent(None if at95 is None else found.false_positives(at95)),
            report.percent(found.recall(0.0)),
        ))  # fmt: skip
    return f"{_counted(queries)}\n\n{report.table(head, rows)}"


def _counted(queries: tuple[questions.Query, ...]) -> str:
    return f"{len(queries):,} queries, {sum(bool(q.expected) for q in queries):,} of them listed."


def _speed(runs: list[screening.Run], count: int) -> str:
    head = ("engine", "build, s", "µs a query, all at once", "one query: p50, µs", "p95", "p99", "private MB",
            "bulk, ours = 1", "one query, ours = 1")  # fmt: skip
    ours = next((r for r in runs if r.engine == OURS), runs[0])
    rows = []
    for run in runs:
        p50, p95, p99 = screening.microseconds(run)
        rows.append((
            run.engine, run.build, run.batch / count * 1e6, p50, p95, p99, run.memory,
            run.batch / ours.batch, p50 / screening.microseconds(ours)[0],
        ))  # fmt: skip
    return report.table(head, rows)


def _kinds(session: Session, share: float = 0.01) -> str:
    """Return recall by what was done to the name, each engine where it lets the same share of strangers through."""
    queries = session.asked.queries
    judged = {r.engine: r.judged(queries) for r in session.screened}
    rows: list[tuple[report.Cell, ...]] = []
    for kind in sorted({q.kind for q in queries if q.expected}):
        where = np.array([q.kind == kind for q in queries])
        shares = [report.percent(j.recall(j.at_false_positives(share), 5, where)) for j in judged.values()]
        rows.append((kind, int(where.sum()), *shares))
    return report.table(("what was done to the name", "queries", *judged), rows)


def run_thresholds(session: Session) -> None:
    """What each step of the threshold does, and the two profiles."""
    found = session.ours()
    profiles = _profiles()
    rows = []
    for step in sorted({*STEPS, *profiles}):
        name = f"{step:.2f}" + (f" ({profiles[step]})" if step in profiles else "")
        rows.append((
            name, report.percent(found.recall(step)), report.percent(found.false_positives(step)), found.alerts(step),
        ))  # fmt: skip
    head = ("threshold", "recall@5", "false positives", "alerts a stranger")
    session.sections["thresholds"] = f"{_counted(session.asked.queries)}\n\n{report.table(head, rows)}"


def _profiles() -> dict[float, str]:
    """Return the review threshold of each profile, and its name."""
    ruleset = load_ruleset(data_folder("rules"))
    usual = ruleset.thresholds[REVIEW].value
    return {profile.thresholds.get(REVIEW, usual): name for name, profile in ruleset.profiles.items()}


def run_calibration(session: Session) -> None:
    """How often a hit of a given score is right, and whether the probability told of it holds."""
    curve = load_ruleset(data_folder("rules")).calibration
    assert curve is not None  # noqa: S101 - our own rules hold one
    session.sections["calibration"] = (
        f"{_counted(session.asked.queries)}\n\n{calibration.tables(session.ours(), curve)}"
    )


def run_growth(session: Session) -> None:
    """Lists of up to a million names, or five."""
    everything = questions.load(0).queries
    rows = [growth.measure(session.asked.entities, everything, size) for size in session.sizes]
    head = ("names", "build, s", "open, ms", "mapped MB", "private MB a worker", "one query: p50, ms", "p99",
            "bulk, rows a second", "of customers")  # fmt: skip
    session.sections["growth"] = report.table(
        head,
        [(f"{r.names:,}", r.build, r.open * 1e3, r.mapped, r.private, r.p50, r.p99, r.rows, r.customers) for r in rows],
    )


def run_completeness(session: Session) -> None:
    """The index against comparing everything."""
    cutoffs, rows = tuple(sorted(_profiles(), reverse=True)), []
    queries = questions.sample(session.asked.queries, ORACLE, seed=5)
    for cutoff, c in zip(cutoffs, completeness.measure(session.asked.entities, queries, cutoffs), strict=True):
        found, best = c.found / max(c.wanted, 1), c.best_found / max(c.with_any, 1)
        rows.append((f"{cutoff:.2f}", c.queries, c.wanted, report.percent(found), c.with_any, report.percent(best)))
        for query, name, score in c.missed[:10]:
            print(f"  missed at {cutoff}: {query!r} – {name!r} {score}")
    head = ("threshold", "queries", "names above", "found", "queries with any", "best one found")
    session.sections["completeness"] = report.table(head, rows)


def run_pathological(session: Session) -> None:
    """Questions made to be slow."""
    rows = [(r.what, r.cold, r.warm) for r in pathological.measure(session.asked.entities)]
    session.sections["pathological"] = report.table(("question", "first time, ms", "again, ms"), rows)


TASKS: dict[str, Callable[[Session], None]] = {
    "names": run_names, "screening": run_screening, "thresholds": run_thresholds, "calibration": run_calibration,
    "pathological": run_pathological, "completeness": run_completeness, "growth": run_growth,
}  # fmt: skip
USUAL = ("names", "screening", "thresholds", "calibration", "pathological")


def _conditions(session: Session) -> str:
    versions = installed()
    missing = [name for name in (SCAN, NOMENKLATURA) if name not in versions]
    total = sum(len(e.names) for e in session.asked.entities)
    lines = [
        f"- Run on {report.today()}: {report.machine()}; every engine on one core, in a process of its own.",
        f"- Questions: {session.asked.source}; {total:,} names of {len(session.asked.entities):,} listed entities.",
        "- Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
    ]
    return "\n".join(lines + [f"- {name} is not installed here and was not measured." for name in missing])


def _chosen(arguments: argparse.Namespace) -> Iterator[str]:
    wanted = arguments.tasks or (TASKS if arguments.all else USUAL)
    yield from (name for name in TASKS if name in wanted)


def main() -> None:
    """Run the chosen measurements and write their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--all", action="store_true", help="every task, on all queries")
    parser.add_argument("--sample", type=int, default=2_000, help="queries drawn at random; 0 for all (default 2000)")
    parser.add_argument("--single", type=int, default=200, help="queries also asked one at a time")
    parser.add_argument("--only", action="store_true", help="leave the peers out")
    parser.add_argument("--huge", action="store_true", help="growth up to five million names")
    parser.add_argument("--dry", action="store_true", help="print the tables, write nothing")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.tasks) - TASKS.keys()):
        parser.error(f"no such task: {unknown[0]}")
    session = Session(
        asked=questions.load(0 if arguments.all else arguments.sample),
        engines=(OURS,) if arguments.only else tuple(name for name in THRESHOLDS if name in installed()),
        single=arguments.single,
        sizes=(*SIZES, 5_000_000) if arguments.huge else SIZES,
    )
    session.sections["conditions"] = _conditions(session)
    for name in _chosen(arguments):
        print(f"measuring {name}", flush=True)
        TASKS[name](session)
        _tell(session, write=not arguments.dry)


def _tell(session: Session, *, write: bool) -> None:
    """Print what was measured since the last time and put it into the pages: what comes later may fail."""
    for section, content in session.sections.items():
        print(f"\n{section}\n{content}\n", flush=True)
        page = DOCS / ("matching.md" if section == "calibration" else "benchmarks.md")
        if write:
            report.write(page, {section: content})
    session.sections.clear()


if __name__ == "__main__":
    main()
