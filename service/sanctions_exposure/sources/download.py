"""Brings one file of a publisher to the disk over HTTP, or says why it cannot be had.

What a server says is believed only as far as it can be checked: it may redirect, but neither to a file nor into a
private network; it may send much and slowly, but not more and longer than the terms allow.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.util import Retry

from sanctions_exposure import __version__
from sanctions_exposure.errors import ListUnavailable
from sanctions_exposure.outward import PrivateAddress, PublicAdapter, is_private

# Some publishers refuse whatever does not look like a browser; the second half is who we are.
_AGENT: Final = f"Mozilla/5.0 (compatible; sanctions-exposure/{__version__})"
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DETOUR: Final = "redirects into a private network, which is not followed"
_CHUNK: Final = 256 * 1024
_PAGES: Final = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long and how often we ask, and how much we take."""

    connect: float = 10.0  # seconds until a connection must stand
    read: float = 60.0  # seconds of silence; the EU's server thinks for a while
    total: float = 900.0  # seconds for one file
    retries: int = 3
    pause: float = 1.0  # seconds before the first retry; each further one waits twice as long
    size: int = 1 << 30  # bytes, unpacked
    redirects: int = 5

    def allowing(self, size: int) -> Terms:
        """Return these terms for a file that may have *size* bytes, if that is more."""
        return replace(self, size=max(self.size, size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """By what a publisher recognises the version of a file that we hold."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)

    def headers(self) -> Mapping[str, str]:
        """Return the headers that ask for the file only if it is another one."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}


class _BrokenOffError(Exception):
    """The body ended before its time, which another attempt may mend."""


def download(url: str, target: Path, *, terms: Terms, known: Validators | None = None) -> Validators | None:
    """Write the document at *url* to *target*.

    Args:
        url: where it is.
        target: a file that does not exist yet; it is gone again when the document cannot be had.
        terms: our patience.
        known: of the version we hold already.

    Returns:
        What to show next time; None when the document is still the one we hold, and nothing was written.

    Raises:
        ListUnavailable: it cannot be had; never quotes the query of the address, which may hold a token.
        OSError: *target* cannot be written.
    """
    until = time.monotonic() + terms.total
    with _session(terms, HTTPAdapter) as session:
        for tried in range(terms.retries + 1):
            try:
                return _once(session, url, target, terms=terms, known=known or Validators(), until=until)
            except _BrokenOffError as error:
                if tried == terms.retries:
                    raise ListUnavailable(f"{shown(url)}: {error}") from None
            except requests.RequestException as error:
                raise ListUnavailable(f"{shown(url)}: {_why(error)}") from None
            time.sleep(terms.pause * 2**tried)
    raise AssertionError  # the last attempt returns or raises


def shown(url: str) -> str:
    """Return an address as it may be told: without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _session(terms: Terms, adapter: type[HTTPAdapter]) -> requests.Session:
    # A server may ask for any pause before the next attempt: ours is kept, and the next refresh is soon enough.
    retry = Retry(
        total=terms.retries,
        backoff_factor=terms.pause,
        backoff_jitter=terms.pause / 2,
        status_forcelist=_TRY_AGAIN,
        allowed_methods={"GET"},
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter(max_retries=retry))
    session.headers["User-Agent"] = _AGENT
    return session


def _once(  # noqa: PLR0913 - one attempt needs all that the download was told
    session: requests.Session, url: str, target: Path, *, terms: Terms, known: Validators, until: float
) -> Validators | None:
    with _answer(session, url, terms, known) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED and known:
            return None
        if response.status_code != HTTPStatus.OK:
            raise ListUnavailable(f"{shown(url)}: answered with status {response.status_code}")
        _save(response, target, url=url, terms=terms, until=until)
        return Validators(
            etag=response.headers.get("ETag", ""), last_modified=response.headers.get("Last-Modified", "")
        )


def _answer(session: requests.Session, url: str, terms: Terms, known: Validators) -> requests.Response:
    """Ask, and follow redirects one by one: the last address is never kept, since it may be valid for minutes only."""
    at = url
    for turn in range(terms.redirects + 1):
        if turn == 1 and not _is_private(url):
            # What the publisher names is none of our choosing: from here on only the public network is entered.
            session = _session(terms, PublicAdapter)
        response = _asked(session, url, at, terms, known)
        if response.status_code not in _REDIRECTS:
            return response
        response.close()
        at = urljoin(at, response.headers.get("Location", ""))
        _refuse_detour(url, at)
    raise ListUnavailable(f"{shown(url)}: redirects more than {terms.redirects} times")


def _asked(session: requests.Session, start: str, at: str, terms: Terms, known: Validators) -> requests.Response:
    try:
        return session.get(
            at, headers=dict(known.headers()), stream=True, timeout=(terms.connect, terms.read), allow_redirects=False
        )
    except PrivateAddress:
        raise ListUnavailable(f"{shown(start)}: {_DETOUR}") from None


def _refuse_detour(start: str, target: str) -> None:
    """Refuse a redirect to where the source as configured is not: to a file, off TLS, into a private network."""
    first, then = urlsplit(start), urlsplit(target)
    if then.scheme not in {"http", "https"} or not then.hostname:
        raise ListUnavailable(f"{shown(start)}: redirects to {then.scheme or 'nothing'}, which is not followed")
    if first.scheme == "https" and then.scheme == "http":
        raise ListUnavailable(f"{shown(start)}: redirects away from TLS, which is not followed")
    if _is_private(target) and not _is_private(start):
        raise ListUnavailable(f"{shown(start)}: {_DETOUR}")


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return is_private(host)
    except ValueError:
        pass
    if select_proxy(url, get_environ_proxies(url)):
        return False  # the proxy resolves names, and decides where it goes
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False  # no name of ours: the connection will say so
    return any(map(is_private, found))


def _save(response: requests.Response, target: Path, *, url: str, terms: Terms, until: float) -> None:
    try:
        with target.open("wb") as file:
            for chunk in _believed(response, url, terms, until):
                file.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _believed(response: requests.Response, url: str, terms: Terms, until: float) -> Iterator[bytes]:
    """Yield the body as long as it may be a list, and neither too large nor too slow."""
    size, promised = 0, response.headers.get("Content-Length", "")
    too_large = ListUnavailable(f"{shown(url)}: larger than {terms.size} bytes")
    if promised.isdecimal() and int(promised) > terms.size:
        raise too_large
    for chunk in _chunks(response, url):
        if not size and chunk.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_PAGES):
            raise ListUnavailable(f"{shown(url)}: answered with a web page")
        size += len(chunk)
        if size > terms.size:
            raise too_large
        if time.monotonic() > until:
            raise ListUnavailable(f"{shown(url)}: not complete after {terms.total:g} seconds")
        yield chunk
    if not size:
        raise ListUnavailable(f"{shown(url)}: answered with nothing")


def _chunks(response: requests.Response, url: str) -> Iterator[bytes]:
    """Yield bytes as they arrive: whoever waits for a whole chunk can be kept waiting byte by byte."""
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except DecodeError:
        raise ListUnavailable(f"{shown(url)}: sent what cannot be unpacked") from None
    except HTTPError as error:
        raise _BrokenOffError(f"broke off: {_why(error)}") from None


_REASONS: Final = (  # by the name of the innermost error; urllib3 has a class for each
    ("SSLError", "its certificate was not accepted"),
    ("ProxyError", "the proxy does not answer"),
    ("ConnectTimeoutError", "does not answer"),
    ("ReadTimeoutError", "stopped answering"),
    ("NameResolutionError", "its name is not known"),
    ("IncompleteRead", "fewer bytes came than were promised"),
    ("ResponseError", "keeps failing"),
)


def _why(error: BaseException) -> str:
    """Say in a few words what went wrong: the texts of requests quote the whole address."""
    chain = list(_causes(error))
    names = {type(one).__name__ for one in chain}
    for name, reason in _REASONS:
        if name in names:
            return reason
    errors = [one.strerror for one in chain if isinstance(one, OSError) and one.strerror]
    return (errors[-1] if errors else type(error).__name__).lower()


def _causes(error: object, depth: int = 10) -> Iterator[BaseException]:
    if not isinstance(error, BaseException) or not depth:
        return
    yield error
    inner = (getattr(error, "reason", None), error.__cause__, error.__context__, *error.args)
    for one in inner:
        yield from _causes(one, depth - 1)
