"""Requests to the outside that end up where they were meant to: never, by a detour, inside our own network.

A name is looked up twice, by whoever checks it and by whoever connects, and may be answered differently each time.  So
the address that counts is the one a connection was made to, looked at before the first byte is sent.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class PrivateAddress(Exception):  # noqa: N818 - reads as what it says
    """A connection would have led into a private network."""


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only. Where a proxy is used it is the proxy that decides where it goes."""

    def init_poolmanager(self, *args: Any, **said: Any) -> None:
        """Let the pools make connections that look where they lead."""
        super().init_poolmanager(*args, **said)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def is_private(address: str) -> bool:
    """Say whether an IP address is not one of the public Internet.

    >>> [is_private(one) for one in ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "8.8.8.8")]
    [True, True, True, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return not found.is_global or found.is_multicast


def _looked_at(connected: socket.socket) -> socket.socket:
    if is_private(str(connected.getpeername()[0])):
        connected.close()
        raise PrivateAddress
    return connected


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _looked_at(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _looked_at(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
