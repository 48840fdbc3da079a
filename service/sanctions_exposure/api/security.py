"""Who may call what: a key in a header, its role, and nothing of it in an address.

Every route needs the role ``screen`` unless its view says otherwise, so that a route somebody adds is closed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar, cast

from flask import Flask, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from sanctions_exposure.access import PREFIX, ApiKey, Role
from sanctions_exposure.wiring.keyring import Keyring

_KEY: Final = "sanctions_exposure.keyring"
_OPENED: Final = "sanctions_exposure.opened"
_NEEDS: Final = "_exposure_role"
_OPEN: Final = frozenset({"home", "api-docs.openapi_json"})  # of the framework, so nothing can be written on them
_OPEN_BLUEPRINTS: Final = frozenset({"swagger_ui"})
# A key in an address stands in every log between the caller and us, so it is burnt, even next to a good one.
_IN_QUERY: Final = frozenset({"api_key", "apikey", "api-key", "token", "access_token", "x-api-key"})
_SCHEME: Final = re.compile(r"(?:(bearer|apikey) +)?([\x21-\x7e]+)", re.IGNORECASE)

View = TypeVar("View", bound=Callable[..., object])


def open_to_all(view: View) -> View:
    """Let *view* answer whoever calls."""
    setattr(view, _NEEDS, None)
    return view


def needs(role: Role) -> Callable[[View], View]:
    """Let a view answer only keys that have *role*."""

    def marked(view: View) -> View:
        setattr(view, _NEEDS, role)
        return view

    return marked


def register(app: Flask, keyring: Keyring, opened: Iterable[str] = ()) -> None:
    """Ask callers of *app* for keys, but not where the settings *opened* an endpoint."""
    app.extensions[_KEY] = keyring
    app.extensions[_OPENED] = _OPEN | frozenset(opened)
    app.before_request(_admit)


def caller() -> ApiKey | None:
    """Return the key of who calls; None where nobody is asked for one."""
    return cast("ApiKey | None", g.get("caller"))


def owner() -> str:
    """Return whose anything is that this request makes: the name of its key, empty where nobody is asked for one.

    The name, not the key, so that a key may be renewed under it.
    """
    key = caller()
    return key.name if key else ""


def may_have(whose: str) -> bool:
    """Say whether who calls may have what a request of *whose* made: its own, what is nobody's, and an admin all."""
    key = caller()
    return key is None or not whose or key.name == whose or key.may(Role.ADMIN)


def is_open() -> bool:
    """Say whether what is called answers whoever calls, or is not there at all."""
    endpoint = request.endpoint
    return endpoint is None or role_for(current_app, endpoint) is None


def role_for(app: Flask, endpoint: str) -> Role | None:
    """Return the role that *endpoint* needs; None when it is open."""
    if endpoint in app.extensions[_OPENED] or endpoint.partition(".")[0] in _OPEN_BLUEPRINTS:
        return None
    return cast("Role | None", getattr(app.view_functions[endpoint], _NEEDS, Role.SCREEN))


def _admit() -> None:
    endpoint = request.endpoint
    if endpoint is None:
        return  # nothing is there to be protected
    role = role_for(current_app, endpoint)
    keyring = cast("Keyring", current_app.extensions[_KEY])
    if role is None or not keyring.asked():
        return
    if request.query_string and _in_query():
        raise _refused("a key does not belong into an address, where logs keep it: revoke it, and send a header")
    key = keyring.find(_token())
    if key is None:
        raise _refused("nobody knows this key")
    if (state := key.state(time.time())) != "active":
        raise _refused(f"this key {_since(key, state)}")
    g.caller = key
    if not key.may(role):
        raise Forbidden(f"this needs a key with the role {role}; {key.name} has {', '.join(sorted(key.roles))}")


def _in_query() -> bool:
    given = request.args.items(multi=True)
    return any(name.lower() in _IN_QUERY or value.startswith(PREFIX) for name, value in given)


def _token() -> str:
    header, other = request.headers.get("Authorization", ""), request.headers.get("X-API-Key", "").strip()
    found = {other} if other else set[str]()
    if header:
        said = _SCHEME.fullmatch(header.strip())
        if not said:
            raise _refused("Authorization: write 'Bearer KEY' or 'ApiKey KEY'")
        found.add(said[2])
    if not found:
        raise _refused("send an API key: 'Authorization: Bearer KEY', 'Authorization: ApiKey KEY' or 'X-API-Key: KEY'")
    if len(found) > 1:
        raise _refused("two different keys were sent: send one")
    return found.pop()


def _since(key: ApiKey, state: str) -> str:
    at = key.revoked_at if state == "revoked" else key.expires_at
    moment = datetime.fromtimestamp(at or 0, UTC).isoformat(timespec="seconds")
    return f"was revoked at {moment}" if state == "revoked" else f"expired at {moment}"


def _refused(detail: str) -> Unauthorized:
    return Unauthorized(detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "sanctions-exposure"}))
