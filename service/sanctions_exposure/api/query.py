"""The query of an address: a parameter that nobody reads is refused, for one misspelt would ask for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Flask, request
from marshmallow import ValidationError, fields
from werkzeug.exceptions import UnprocessableEntity

from sanctions_exposure.model import Json

_OURS: Final = "/v1/"  # elsewhere others have said what may be asked
_LONGEST: Final = 100  # characters of a name that are told


class Words(fields.List[str]):
    """A parameter that may stand several times, each with one word or several parted by commas.

    Args:
        known: the words there are; any, where it is left out.
    """

    def __init__(self, known: Sequence[str] | None = None, **said: Any) -> None:
        about = {"enum": [*known]} if known else {"minLength": 1}  # for the description; several in one say so in words
        super().__init__(fields.String(metadata=about), load_default=(), **said)
        self._known = known

    def _deserialize(
        self, value: Json, attr: str | None, data: Mapping[str, Json] | None, **said: Any
    ) -> list[str | None]:
        given = super()._deserialize(value, attr, data, **said)
        found = list(dict.fromkeys(word for one in given for part in str(one).split(",") if (word := part.strip())))
        if self._known is not None and (unknown := sorted(set(found) - set(self._known))):
            raise ValidationError(f"{', '.join(map(repr, unknown))}: there are {', '.join(self._known)}")
        if not found:
            raise ValidationError("is blank: leave it out, or say something")
        return [*found]


def register(app: Flask, known: Mapping[str, frozenset[str]]) -> None:
    """Let *app* refuse parameters that are not *known* of the view that is called."""

    def refuse_unknown() -> None:
        endpoint = request.endpoint
        if endpoint is None or not request.query_string or not request.path.startswith(_OURS):
            return
        if unknown := sorted(set(request.args) - known.get(endpoint, frozenset())):
            refused = UnprocessableEntity()
            refused.data = {  # type: ignore[attr-defined]  # as those of webargs, which say what is wrong with a known one
                "messages": {"query": {name[:_LONGEST]: ["Unknown parameter."] for name in unknown}}
            }
            raise refused

    app.before_request(refuse_unknown)
