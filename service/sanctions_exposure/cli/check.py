"""``exposure check``: the gate of a pipeline."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from sanctions_exposure.cli import configuration
from sanctions_exposure.cli.desks import LocalDesk, ServerDesk
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.errors import ExposureError, NotReady, SettingsError
from sanctions_exposure.gate import ignore
from sanctions_exposure.gate.check import NEVER, Checked, Desk, Task
from sanctions_exposure.gate.check import check as run
from sanctions_exposure.gate.files import Meaning
from sanctions_exposure.gate.formats import FORMATS, markdown, text
from sanctions_exposure.gate.report import Gate, Report
from sanctions_exposure.model import Json, Severity
from sanctions_exposure.question.schemas import REGIMES
from sanctions_exposure.settings import CHECK_PREFIX, Settings
from sanctions_exposure.wiring.bundle import opened_bundle
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.writing import refuse_input, telling, written

_LOG: Final = logging.getLogger(__name__)
_FAIL_ON: Final = [*(s.value for s in reversed(Severity) if s is not Severity.NONE), NEVER]
_SUMMARY_BYTES: Final = 1 << 20  # GitHub refuses a larger summary of a step


class _Words(click.ParamType[str]):
    """A text that may stand several times; in an environment variable, one to a line or separated by commas."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [part.strip() for part in rv.replace("\n", ",").split(",") if part.strip()]


class _FilePath(click.Path):
    """A path; in an environment variable, one to a line."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return [line.strip() for line in rv.splitlines() if line.strip()]


_WORDS: Final = _Words()
_PATH: Final = _FilePath(path_type=Path)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


def _configured(context: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    found = path or configuration.find(Path.cwd())
    if found:
        context.default_map = configuration.options(found, context.command.params)
    return found


@click.command(context_settings={"auto_envvar_prefix": CHECK_PREFIX.rstrip("_"), "show_default": True})
@click.argument("files", nargs=-1, type=_PATH, envvar=f"{CHECK_PREFIX}FILES")
@click.option(
    "--config",
    type=_FILE,
    is_eager=True,
    expose_value=True,
    callback=_configured,
    help="File of options.  [exposure.toml, or [tool.exposure] of pyproject.toml, here or above]",
)
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    default="medium",
    help="Exit 1 when something is that severe or worse; medium is all that is not clear.",
)
@click.option(
    "--fail-on-rule",
    "fail_on_rule",
    multiple=True,
    type=_WORDS,
    metavar="RULE",
    help="Exit 1 for this rule or flag whatever its severity; may hold * (repeatable).",
)
@click.option(
    "--warn-rule",
    "warn_rule",
    multiple=True,
    type=_WORDS,
    metavar="RULE",
    help="Only warn for this rule or flag (repeatable).",
)
@click.option(
    "--regimes",
    multiple=True,
    type=_WORDS,
    metavar="REGIME",
    help="Whose lists matter: us, eu, uk, un … (repeatable, or separated by commas)",
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The law of that day.  [today]")
@click.option(
    "--map",
    "map",
    multiple=True,
    type=_WORDS,
    metavar="THEIRS=OURS",
    help="Read a column or key as another (repeatable).",
)
@click.option(
    "--ignore-field",
    multiple=True,
    type=_WORDS,
    metavar="KEY",
    help="Key of JSON or YAML objects that is not for us (repeatable).",
)
@click.option("--exclude", multiple=True, type=_WORDS, metavar="GLOB", help="Leave these files out (repeatable).")
@click.option(
    "--changed-only", metavar="GITRANGE", help="Only rows added or changed since BASE; also BASE..HEAD, BASE...HEAD."
)
@click.option("--format", "format", type=click.Choice(list(FORMATS)), default="text", help="Of standard output.")
@click.option("--output", multiple=True, type=_WORDS, metavar="FORMAT=PATH", help="Write a report too (repeatable).")
@click.option("--quiet", is_flag=True, help="Nothing on standard output.")
@click.option("--ignore-file", type=_FILE, help=f"Accepted findings.  [{ignore.DEFAULT} where it is]")
@click.option(
    "--max-ignore-days",
    type=click.IntRange(1, 3650),
    default=ignore.MOST_DAYS,
    help="How far ahead an accepted finding may expire.",
)
@click.option(
    "--explain-ignore",
    is_flag=True,
    help="Say what each accepted finding does, and how to write one, instead of the report.",
)
@click.option("--baseline", type=_FILE, help="Findings that stood already do not stop the pipeline.")
@click.option("--create-baseline", type=_FILE, help="Write what is found now as a baseline.")
@click.option(
    "--require-list",
    multiple=True,
    type=_WORDS,
    metavar="ID",
    help="Lists that must be there instead of the core lists of the regimes (repeatable).",
)
@click.option(
    "--max-list-age",
    type=click.FloatRange(0, min_open=True),
    metavar="HOURS",
    help="Older lists are too old.  [as each list's manifest says]",
)
@click.option("--allow-stale", is_flag=True, help="Use lists that are too old; every report says so.")
@click.option("--snapshot", type=_FILE, help="Screen against this file of `exposure lists bundle`, and nothing else.")
@click.option("--snapshot-sha256", metavar="HEX", help="The digest that file must have.")
@click.option("--server", metavar="URL", help="Ask this server instead of the lists of this machine.")
@click.option("--api-key", metavar="KEY", show_default=False, help=f"For the server; better in {CHECK_PREFIX}API_KEY.")
@click.pass_context
def check(context: click.Context, /, files: tuple[Path, ...], **options: Any) -> None:
    """Check FILES or folders of them (CSV, NDJSON, JSON, YAML, XLSX) and let the exit code say what came of it.

    0: nothing at or above the gate. 1: findings. 2: usage, configuration or unreadable input. 3: could not be screened
    as it should be: a list is missing or too old, the server does not answer. 4: some rows were rejected.
    Every option is also an environment variable: EXPOSURE_CHECK_FAIL_ON, EXPOSURE_CHECK_OUTPUT …
    """
    _refuse_unknown(context.command.params)
    if not files:
        raise click.UsageError("give files or folders to check")
    task, outputs = _task(files, options), _outputs(options["output"])
    for path in (*(path for _, path in outputs), *filter(None, (options["create_baseline"],))):
        refuse_input(path, files)
    with ExitStack() as held, _no_bug_is_a_finding():
        checked = run(task, _desks(held, options))
    if checked.baseline:
        _write(options["create_baseline"], checked.baseline.document())
    _say(checked, task, options, outputs)
    context.exit(Exit(checked.report.exit_code))


def _refuse_unknown(parameters: Sequence[click.Parameter]) -> None:
    known = {f"{CHECK_PREFIX}{str(parameter.name).upper()}" for parameter in parameters}
    if unknown := sorted(name for name in os.environ if name.startswith(CHECK_PREFIX) and name not in known):
        raise SettingsError(f"{', '.join(unknown)}: no such option; there are {', '.join(sorted(known))}")


@contextmanager
def _no_bug_is_a_finding() -> Iterator[None]:
    """Python ends a process with 1 on an error nobody expected, and 1 means findings: say 3."""
    try:
        yield
    except ExposureError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary of the process
        _LOG.exception("a fault of ours")
        raise NotReady(f"nothing can be said of these files: {type(error).__name__}: {error}") from None


# -- what is asked -----------------------------------------------------------------------------------


def _task(files: tuple[Path, ...], options: Mapping[str, Any]) -> Task:
    regimes = _regimes(options["regimes"])
    as_of = options["as_of"].date() if options["as_of"] else None
    common: dict[str, Json] = {"regimes": list(regimes)} if regimes else {}
    common |= {"as_of": as_of.isoformat()} if as_of else {}
    default = Path(ignore.DEFAULT)
    ignored = options["ignore_file"] or (default if default.is_file() else None)
    return Task(
        files=files,
        root=Path.cwd(),
        now=datetime.now(UTC),
        as_of=as_of,
        exclude=options["exclude"],
        meaning=Meaning(
            mapping=_pairs(options["map"], "--map", "THEIRS=OURS"),
            ignored=frozenset(options["ignore_field"]),
            common=common,
        ),
        gate=Gate(
            fail_on=options["fail_on"],
            fail_on_rules=options["fail_on_rule"],
            warn_rules=options["warn_rule"],
            regimes=regimes,
            require_lists=options["require_list"],
            max_list_age=options["max_list_age"],
            allow_stale=options["allow_stale"],
            changed_only=options["changed_only"] or "",
            ignore_file=ignored.as_posix() if ignored else "",
            baseline=options["baseline"].as_posix() if options["baseline"] else "",
            configuration=_shown(options["config"]),
        ),
        ignore_file=ignored,
        baseline=options["baseline"],
        make_baseline=options["create_baseline"] is not None,
        most_days=options["max_ignore_days"],
    )


def _shown(path: Path | None) -> str:
    if path is None:
        return ""
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


def _regimes(given: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for one in given for part in one.split(",") if part.strip()))
    if unknown := sorted(set(found) - set(REGIMES)):
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(REGIMES)}", param_hint="--regimes")
    return found


def _pairs(given: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        left, equals, right = pair.rpartition("=") if option == "--map" else pair.partition("=")
        if not (equals and left.strip() and right.strip()):
            raise click.BadParameter(f"{pair!r} is not {form}", param_hint=option)
        found[left.strip()] = right.strip()
    return found


def _outputs(given: tuple[str, ...]) -> list[tuple[str, Path]]:
    found = []
    for pair in given:
        ((form, path),) = _pairs((pair,), "--output", "FORMAT=PATH").items()
        if form not in FORMATS:
            raise click.BadParameter(f"{form!r}: there are {', '.join(FORMATS)}", param_hint="--output")
        if not Path(path).parent.is_dir():
            raise click.BadParameter(f"{path}: its folder is not there", param_hint="--output")
        found.append((form, Path(path)))
    return found


def _desks(held: ExitStack, options: Mapping[str, Any]) -> Iterator[Desk]:
    """Yield who answers; nothing is opened before it is asked for."""
    server, snapshot = options["server"], options["snapshot"]
    if server and snapshot:
        raise SettingsError("--server and --snapshot: one of them answers, not both")
    settings = Settings.from_env()
    if server:
        yield ServerDesk.of(server, options["api_key"] or "")
    elif snapshot:
        bundle, screener = held.enter_context(
            opened_bundle(snapshot, settings, sha256=options["snapshot_sha256"] or "")
        )
        yield LocalDesk(screener, snapshot.as_posix(), bundle.sha256)
    else:
        yield LocalDesk(_local(settings))


def _local(settings: Settings) -> Screener:
    try:
        return Screener.open(settings)
    except OSError as error:
        raise NotReady(f"the data folder {settings.data} cannot be read: {error.strerror}") from None


# -- what is said ------------------------------------------------------------------------------------


def _say(checked: Checked, task: Task, options: Mapping[str, Any], outputs: list[tuple[str, Path]]) -> None:
    report, form = checked.report, options["format"]
    for kind, path in outputs:
        _write(path, FORMATS[kind](report).encode("utf-8", "replace"))
    if form == "github" or any(kind == "github" for kind, _ in outputs):
        _summarise(report)
    if options["explain_ignore"]:
        _print(ignore.explanation(checked.judged, report.findings, task.now.date()))
    elif not options["quiet"]:
        _print(text(report, colour=_coloured()) if form == "text" else FORMATS[form](report))
    if (options["quiet"] or options["explain_ignore"]) and report.problems:
        click.echo("\n".join(f"exposure: {problem}" for problem in report.problems), err=True)


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _print(said: str) -> None:
    try:
        # Names are in every script, whatever encoding a build agent's console has.
        sys.stdout.buffer.write(said.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; the exit code must still be the gate's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(path: Path, document: bytes) -> None:
    with written(path) as stream, telling(path):
        stream.write(document)


def _summarise(report: Report) -> None:
    """Append the Markdown report to the summary of the step, when GitHub runs us."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    said = markdown(report).encode("utf-8", "replace")
    try:
        with Path(path).open("ab") as stream:
            if stream.tell() + len(said) <= _SUMMARY_BYTES:
                stream.write(said)
    except OSError as error:
        raise SettingsError(f"GITHUB_STEP_SUMMARY {path}: cannot be written: {error.strerror}") from None
