"""Settings, read from the environment once, in one function, and passed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from environs import Env, EnvError, validate

from sanctions_exposure.access import ApiKey, check_rate, read_keys
from sanctions_exposure.errors import SettingsError
from sanctions_exposure.question import Limits, TableLimits

_PREFIX = "EXPOSURE_"
_OF_THE_TESTS = frozenset({"EXPOSURE_TEST_DATA", "EXPOSURE_TEST_POSTGRES", "EXPOSURE_TEST_REDIS"})
# Options of `exposure check`; the command line knows their names and refuses those that are none.
CHECK_PREFIX = "EXPOSURE_CHECK_"


def _data_default() -> Path:
    return Path(platformdirs.user_data_dir("sanctions-exposure", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set from outside."""

    data: Path = field(default_factory=_data_default)  # EXPOSURE_DATA: folder of snapshots
    rules: Path | None = None  # EXPOSURE_RULES: a rules folder of one's own
    lists: Path | None = None  # EXPOSURE_LISTS: manifests and curated rows of one's own
    profile: str = "balanced"  # EXPOSURE_PROFILE: named thresholds of rules/thresholds.toml
    sources: Path | None = None  # EXPOSURE_SOURCES: TOML file on where each list comes from; else sources.toml in data
    refresh: bool = True  # EXPOSURE_REFRESH: whether the service looks at the publishers by itself
    keep_snapshots: int = 0  # EXPOSURE_KEEP_SNAPSHOTS: how many of them a refresh leaves; 0: all
    eu_token: str = field(default="", repr=False)  # EXPOSURE_EU_TOKEN: of one's own, for the EU's list
    fetch_seconds: int = 900  # EXPOSURE_FETCH_SECONDS: for one list
    fetch_bytes: int = 2**30  # EXPOSURE_FETCH_BYTES: of one file, unpacked
    fetch_retries: int = 3  # EXPOSURE_FETCH_RETRIES
    database_url: str = field(default="", repr=False)  # EXPOSURE_DATABASE_URL: PostgreSQL; empty: SQLite in data
    callback_hosts: tuple[str, ...] = ()  # EXPOSURE_CALLBACK_HOSTS: that decisions may be posted to
    callback_private_hosts: tuple[str, ...] = ()  # EXPOSURE_CALLBACK_PRIVATE_HOSTS: of one's own network
    callback_secrets: tuple[str, ...] = field(default=(), repr=False)  # EXPOSURE_CALLBACK_SECRET: what signs them
    queue_url: str = field(default="", repr=False)  # EXPOSURE_QUEUE_URL: wakes workers of several machines
    job_workers: int = 1  # EXPOSURE_JOB_WORKERS: processes of the service that work on jobs
    job_folder: Path | None = None  # EXPOSURE_JOB_FOLDER: of inputs and results; else jobs in data
    job_hours: int = 168  # EXPOSURE_JOB_HOURS: how long a job is kept after it ended
    job_lease: int = 30  # EXPOSURE_JOB_LEASE: seconds after which a worker of another machine counts as gone
    max_jobs: int = 1000  # EXPOSURE_MAX_JOBS: that wait
    host: str = "127.0.0.1"  # EXPOSURE_HOST: address to listen on
    port: int = 8080  # EXPOSURE_PORT
    workers: int = 2  # EXPOSURE_WORKERS: processes that answer
    api_keys: tuple[ApiKey, ...] = field(default=(), repr=False)  # EXPOSURE_API_KEYS: beside those that were created
    anonymous: bool = False  # EXPOSURE_ANONYMOUS: nobody is asked for a key, wherever the service listens
    metrics: str = "key"  # EXPOSURE_METRICS: who may read them: key (where keys are asked), open, off
    required_lists: tuple[str, ...] = ()  # EXPOSURE_REQUIRED_LISTS: not ready while one is missing or too old
    rate: str = "6000/minute"  # EXPOSURE_RATE: of a key that has none of its own; "none": no limit
    rate_store: str = field(default="", repr=False)  # EXPOSURE_RATE_STORE: redis://…, for several machines
    max_heavy: int = 2  # EXPOSURE_MAX_HEAVY: batches and orders that one worker answers at once
    traces: bool = False  # EXPOSURE_TRACES: OpenTelemetry; OTEL_* says where to
    log: str = "auto"  # EXPOSURE_LOG: json, text, or auto: text on a terminal
    log_level: str = "info"  # EXPOSURE_LOG_LEVEL
    max_body: int = 16 * 2**20  # EXPOSURE_MAX_BODY: bytes of a request's body
    max_batch: int = 1000  # EXPOSURE_MAX_BATCH: requests in one body
    limits: Limits = field(default_factory=Limits)  # EXPOSURE_MAX_PARTIES, EXPOSURE_MAX_NAME, …: of one request
    table: TableLimits = field(default_factory=TableLimits)  # EXPOSURE_MAX_TABLE_BYTES, _ROWS …: of one CSV file

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment.

        Raises:
            SettingsError: a name that starts with ``EXPOSURE_`` is unknown, or its value is malformed.
        """
        _refuse_unknown(os.environ)
        env = Env(prefix=_PREFIX)
        base, limits = cls(), Limits()
        try:
            return cls(
                data=env.path("DATA", base.data, validate=_not_blank),
                rules=env.path("RULES", None, validate=_not_blank),
                lists=env.path("LISTS", None, validate=_not_blank),
                profile=env.str("PROFILE", base.profile, validate=validate.Length(min=1)),
                sources=env.path("SOURCES", None, validate=_not_blank),
                refresh=env.bool("REFRESH", base.refresh),
                keep_snapshots=env.int("KEEP_SNAPSHOTS", base.keep_snapshots, validate=validate.Range(0, 100_000)),
                eu_token=env.str("EU_TOKEN", base.eu_token),
                fetch_seconds=env.int("FETCH_SECONDS", base.fetch_seconds, validate=validate.Range(1, 86_400)),
                fetch_bytes=env.int("FETCH_BYTES", base.fetch_bytes, validate=validate.Range(1024, 2**40)),
                fetch_retries=env.int("FETCH_RETRIES", base.fetch_retries, validate=validate.Range(0, 20)),
                database_url=env.str("DATABASE_URL", base.database_url, validate=_database),
                callback_hosts=_words(env.str("CALLBACK_HOSTS", ""), lower=True),
                callback_private_hosts=_words(env.str("CALLBACK_PRIVATE_HOSTS", ""), lower=True),
                callback_secrets=_words(env.str("CALLBACK_SECRET", "")),
                queue_url=env.str("QUEUE_URL", base.queue_url, validate=_queue),
                job_workers=env.int("JOB_WORKERS", base.job_workers, validate=validate.Range(0, 64)),
                job_folder=env.path("JOB_FOLDER", None, validate=_not_blank),
                job_hours=env.int("JOB_HOURS", base.job_hours, validate=validate.Range(1, 100_000)),
                job_lease=env.int("JOB_LEASE", base.job_lease, validate=validate.Range(1, 3600)),
                max_jobs=env.int("MAX_JOBS", base.max_jobs, validate=validate.Range(1, 1_000_000)),
                host=env.str("HOST", base.host, validate=validate.Length(min=1)),
                port=env.int("PORT", base.port, validate=validate.Range(0, 65535)),
                workers=env.int("WORKERS", base.workers, validate=validate.Range(1, 64)),
                api_keys=read_keys(env.str("API_KEYS", "")),
                anonymous=env.bool("ANONYMOUS", base.anonymous),
                metrics=env.str("METRICS", base.metrics, validate=validate.OneOf(("key", "open", "off"))),
                required_lists=tuple(env.str("REQUIRED_LISTS", "").replace(",", " ").split()),
                rate=_rate(env.str("RATE", base.rate)),
                rate_store=env.str("RATE_STORE", base.rate_store, validate=_redis),
                max_heavy=env.int("MAX_HEAVY", base.max_heavy, validate=validate.Range(1, 1000)),
                traces=env.bool("TRACES", base.traces),
                log=env.str("LOG", base.log, validate=validate.OneOf(("auto", "json", "text"))),
                log_level=env.str("LOG_LEVEL", base.log_level, validate=validate.OneOf(LOG_LEVELS)),
                max_body=env.int("MAX_BODY", base.max_body, validate=validate.Range(1024, 2**30)),
                max_batch=env.int("MAX_BATCH", base.max_batch, validate=validate.Range(1, 100_000)),
                limits=Limits(**{name.lower(): _count(env, name, limits) for name in _LIMITS}),
                table=TableLimits(**{name.lower(): _of_table(env, name) for name in _OF_TABLES}),
            )
        except EnvError as error:
            # environs names the variable in its message.
            raise SettingsError(str(error)) from None


LOG_LEVELS = ("debug", "info", "warning", "error")
_LIMITS = ("PARTIES", "STOPS", "GOODS", "ITEMS", "NAME", "TEXT", "DEPTH")
_OF_TABLES = {"BYTES": 2**50, "ROWS": 10**12, "COLUMNS": 10**6, "CELL": 131_072, "ROW": 2**30}  # at most
NAMES = frozenset(
    _PREFIX + name
    for name in (
        "DATA",
        "RULES",
        "LISTS",
        "PROFILE",
        "SOURCES",
        "REFRESH",
        "KEEP_SNAPSHOTS",
        "EU_TOKEN",
        "FETCH_SECONDS",
        "FETCH_BYTES",
        "FETCH_RETRIES",
        "DATABASE_URL",
        "CALLBACK_HOSTS",
        "CALLBACK_PRIVATE_HOSTS",
        "CALLBACK_SECRET",
        "QUEUE_URL",
        "JOB_WORKERS",
        "JOB_FOLDER",
        "JOB_HOURS",
        "JOB_LEASE",
        "MAX_JOBS",
        "HOST",
        "PORT",
        "WORKERS",
        "API_KEYS",
        "ANONYMOUS",
        "METRICS",
        "REQUIRED_LISTS",
        "RATE",
        "RATE_STORE",
        "MAX_HEAVY",
        "TRACES",
        "LOG",
        "LOG_LEVEL",
        "MAX_BODY",
        "MAX_BATCH",
        *(f"MAX_{n}" for n in _LIMITS),
        *(f"MAX_TABLE_{n}" for n in _OF_TABLES),
    )
)


def _words(text: str, *, lower: bool = False) -> tuple[str, ...]:
    """Return what commas and blanks part."""
    return tuple((text.lower() if lower else text).replace(",", " ").split())


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    ours = (name for name in environ if name.startswith(_PREFIX) and not name.startswith(CHECK_PREFIX))
    unknown = sorted(name for name in ours if name not in NAMES | _OF_THE_TESTS)
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: no such setting; there are {', '.join(sorted(NAMES))}")


def _count(env: Env, name: str, defaults: Limits) -> int:
    default: int = getattr(defaults, name.lower())
    return env.int(f"MAX_{name}", default, validate=validate.Range(1, 1_000_000))


def _of_table(env: Env, name: str) -> int:
    default: int = getattr(TableLimits(), name.lower())
    return env.int(f"MAX_TABLE_{name}", default, validate=validate.Range(1, _OF_TABLES[name]))


# The value holds a password, so no message may show it.
_database = validate.Regexp(
    r"(?:postgres(?:ql)?(?:\+psycopg)?|sqlite)://.+|", error="must be postgresql://… or sqlite:////path/to/file"
)
_queue = validate.Regexp(
    r"(?:rediss?|postgres(?:ql)?(?:\+psycopg)?)://.+|", error="must be redis://host:port/0 or postgresql://…"
)
_redis = validate.Regexp(r"rediss?://.+|", error="must be redis://host:6379/0 or rediss://…")
# Path("") is ".": an empty variable would quietly mean the current folder.
_not_blank = validate.NoneOf([Path(), Path(" ")], error="must name a folder")


def _rate(said: str) -> str:
    try:
        return said if said == "none" else check_rate(said)
    except SettingsError as error:
        raise SettingsError(f"EXPOSURE_RATE: {error}; none: no limit") from None
