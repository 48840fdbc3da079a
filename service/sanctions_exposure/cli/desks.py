"""Who answers a check: the data folder, a snapshot file, or a server; all give the documents of the contract."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec
import requests

from sanctions_exposure import __version__
from sanctions_exposure.answer import render, render_entity, render_failure, render_list
from sanctions_exposure.errors import InvalidInput, NotReady, SettingsError
from sanctions_exposure.gate.report import Basis
from sanctions_exposure.model import Json
from sanctions_exposure.wiring.screener import Screener

_TIMEOUT: Final = (10, 120)  # seconds to connect, and to wait for an answer
_AGAIN: Final = (502, 503, 504)
_PATIENCE: Final = 120.0  # seconds a server may ask us to wait in all
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class LocalDesk:
    """Answers from a snapshot of this machine."""

    screener: Screener
    bundle: str = ""
    bundle_sha256: str = ""

    def basis(self) -> Basis:
        """Return which lists, rules and program answer."""
        return Basis(
            snapshot=self.screener.snapshot.id,
            ruleset=self.screener.ruleset.id,
            engine=__version__,
            bundle=self.bundle,
            bundle_sha256=self.bundle_sha256,
        )

    def lists(self) -> Sequence[Mapping[str, Json]]:
        """Return the state of every list."""
        return [render_list(state) for state in self.screener.lists()]

    def rules(self) -> frozenset[str]:
        """Return every rule id and flag code."""
        return _names(self.screener.rules())

    def screen(self, requests: Sequence[Json]) -> Sequence[Mapping[str, Json]]:
        """Return the answers, in order."""
        return [
            render_failure(answer) if isinstance(answer, InvalidInput) else render(answer)
            for answer in self.screener.screen_many(requests)
        ]

    def entity(self, list_id: str, entity_id: str) -> Mapping[str, Json] | None:
        """Return a listed entity."""
        found = self.screener.entity(list_id, entity_id)
        return render_entity(found) if found else None


@dataclass(frozen=True, slots=True)
class ServerDesk:
    """Answers from a server; whatever it does not answer could not be screened."""

    address: str
    session: requests.Session = field(repr=False)

    @classmethod
    def of(cls, address: str, key: str) -> ServerDesk:
        """Return a desk at *address*; *key* goes into the header, never into a report.

        Raises:
            SettingsError: it is no address of the web, or carries a password.
        """
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise SettingsError(f"--server {address!r}: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise SettingsError(f"--server {address!r}: write http://HOST or https://HOST")
        if "@" in parts.netloc:
            raise SettingsError("--server: a password does not belong into an address; give --api-key")
        session = requests.Session()
        session.headers["User-Agent"] = f"sanctions-exposure/{__version__}"
        if key:
            session.headers["Authorization"] = f"ApiKey {key}"
        return cls(address.rstrip("/"), session)

    def basis(self) -> Basis:
        """Return which lists, rules and program answer."""
        snapshot, rules, health = self._get("/v1/lists"), self._get("/v1/rules"), self._get("/healthz")
        return Basis(
            snapshot=str(snapshot["snapshot"]),
            ruleset=str(rules["ruleset"]),
            engine=str(health.get("engine", "")),
            server=self.address,
        )

    def lists(self) -> Sequence[Mapping[str, Json]]:
        """Return the state of every list."""
        return list(self._get("/v1/lists")["lists"])

    def rules(self) -> frozenset[str]:
        """Return every rule id and flag code."""
        return _names(self._get("/v1/rules"))

    def screen(self, requests: Sequence[Json]) -> Sequence[Mapping[str, Json]]:
        """Return the answers, in order."""
        return list(self._screened(requests))

    def _screened(self, requests: Sequence[Json]) -> Iterator[Mapping[str, Json]]:
        for start in range(0, len(requests), _BATCH):
            chunk = requests[start : start + _BATCH]
            answers = self._json("POST", "/v1/screen", {"requests": list(chunk)}).get("screenings")
            if not isinstance(answers, list) or len(answers) != len(chunk):
                raise NotReady(f"{self.address} did not answer every request")
            yield from answers

    def entity(self, list_id: str, entity_id: str) -> Mapping[str, Json] | None:
        """Return a listed entity."""
        path = f"/v1/entities/{quote(list_id, safe='')}/{quote(entity_id, safe='')}"
        response = self._sent("GET", path)
        return None if response.status_code == 404 else self._read(response, path)

    def _get(self, path: str) -> dict[str, Json]:
        return self._json("GET", path)

    def _json(self, method: str, path: str, body: Json = None) -> dict[str, Json]:
        return self._read(self._sent(method, path, body), path)

    def _sent(self, method: str, path: str, body: Json = None) -> requests.Response:
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content else {}
        attempt, waited = 1, 0.0
        while True:
            try:
                response = self.session.request(
                    method, self.address + path, data=content, headers=headers, timeout=_TIMEOUT, allow_redirects=False
                )
            except requests.RequestException as error:
                if attempt == 3:
                    raise NotReady(f"the server {self.address} cannot be reached: {_cause(error)}") from None
            else:
                pause = _pause(response)
                if pause and waited + pause <= _PATIENCE:
                    waited += pause
                    time.sleep(pause)
                    continue
                if response.status_code not in _AGAIN or attempt == 3:
                    return response
            time.sleep(0.3 * attempt)
            attempt += 1

    def _read(self, response: requests.Response, path: str) -> dict[str, Json]:
        try:
            document = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            document = None
        if response.status_code == 200 and isinstance(document, dict):
            return document
        detail = document.get("detail", "") if isinstance(document, dict) else ""
        hint = {401: "give an API key", 403: "the API key may not do that", 429: "the API key comes too often"}.get(
            response.status_code, ""
        )
        said = "; ".join(filter(None, (str(detail), hint)))
        raise NotReady(f"{self.address}{path} answered {response.status_code}: {said or response.reason or 'no JSON'}")


def _pause(response: requests.Response) -> float:
    """Return in how many seconds a server that has its hands full wants to be asked again; 0 where it said nothing."""
    said = response.headers.get("Retry-After", "")
    busy = response.status_code == 429 or (response.status_code == 503 and said in {"1", "2", "3", "4", "5"})
    return float(said) if busy and said.isascii() and said.isdecimal() else 0.0


def _names(rules: Mapping[str, Any]) -> frozenset[str]:
    flags = rules["flags"]
    codes = flags if isinstance(flags, Mapping) else [flag["code"] for flag in flags]
    return frozenset(rule["id"] for rule in rules["rules"]) | frozenset(codes)


def _cause(error: requests.RequestException) -> str:
    return type(error).__name__ if isinstance(error, requests.Timeout) else str(error)[:300]
