"""Posts to hosts that were allowed by name, and to nothing that such a name might lead to besides."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sanctions_exposure.errors import InvalidInput

_LONGEST_URL: Final = 2000
_SECONDS: Final = 20.0  # for a whole attempt, however slowly the answer drips
_CONNECT: Final = 5.0


class NotPosted(Exception):  # noqa: N818 - reads as what it says
    """Nobody took it; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Where may be posted to."""

    hosts: Sequence[str] = ()  # only at public addresses, only encrypted
    private_hosts: Sequence[str] = ()  # also at addresses of one's own network, also unencrypted

    def check(self, url: str) -> None:
        """Do nothing where *url* may be posted to.

        Raises:
            InvalidInput: it may not; says which setting would allow it.
        """
        found = _parsed(url)
        host = (found.hostname or "").lower()
        if host in self.private_hosts:
            return
        if host not in self.hosts:
            raise InvalidInput(f"callbacks to {host!r} are not allowed here (EXPOSURE_CALLBACK_HOSTS)")
        if found.scheme != "https":
            raise InvalidInput("a callback is posted to https only")


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Allowed) -> int:
    """Post JSON and return the status of the answer, which is not read; a redirect is not followed.

    The name is resolved once, and the address found good is the one connected to. Proxies are not used.

    Raises:
        NotPosted: nobody answered, in time, at an address that is allowed.
    """
    try:
        allowed.check(url)
    except InvalidInput as error:
        raise NotPosted(str(error)) from None
    found = _parsed(url)
    host = str(found.hostname).lower()
    port = found.port or (443 if found.scheme == "https" else 80)
    connection = _Pinned(found.scheme, host, port, _address(host, port, private=host in allowed.private_hosts))
    deadline = threading.Timer(_SECONDS, connection.cut)
    deadline.daemon = True
    deadline.start()
    try:
        path = (found.path or "/") + (f"?{found.query}" if found.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        said = f"no whole answer within {_SECONDS:g} seconds" if connection.was_cut else _said(error)
        raise NotPosted(said) from None
    finally:
        deadline.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever its name resolves to in the next moment."""

    def __init__(self, scheme: str, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self._scheme, self._address = scheme, address
        self.default_port = 443 if scheme == "https" else 80  # what need not stand in the Host header
        self.was_cut = False

    def connect(self) -> None:
        """Connect, and prove who is there by the name."""
        plain = socket.create_connection((self._address, self.port), _CONNECT)
        plain.settimeout(_SECONDS)
        self.sock = plain
        if self._scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """Break off."""
        self.was_cut = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def _parsed(url: str) -> SplitResult:
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        raise InvalidInput("the callback is no URL") from None
    if len(url) > _LONGEST_URL or not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url):
        raise InvalidInput(f"a callback is a URL of at most {_LONGEST_URL} printable ASCII characters")
    if found.scheme not in {"http", "https"} or not found.hostname:
        raise InvalidInput("a callback is an http or https URL with a host")
    if found.username is not None or found.password is not None or found.fragment:
        raise InvalidInput("a callback holds no user name, no password and no fragment")
    return found


def _address(host: str, port: int, *, private: bool) -> str:
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotPosted(f"nobody knows the host {host!r}") from None
    usable = [one for one in found if private or _is_public(one)]
    if not usable:
        raise NotPosted(f"{host!r} is at an address that is not public (EXPOSURE_CALLBACK_PRIVATE_HOSTS)")
    return usable[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"no trust in its certificate: {error.reason}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
