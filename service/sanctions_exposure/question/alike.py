"""Reads many questions of few forms: what one was found to say is not found out again for the next.

Rows of a table differ in a name, an address, a birth date, a reference; schema, country and role are the same again and
again. The first question of a form is read in full, and the next ones of that form differ from it in plain text alone.
What is not plain is read in full, so that the result is always that of `read_subject`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json, Party, Subject
from sanctions_exposure.question.in_name import identifiers_in
from sanctions_exposure.question.limits import Limits
from sanctions_exposure.question.read import read_subject
from sanctions_exposure.question.schemas import is_partial_date

_FREE: Final = frozenset({"name", "address", "birth_date", "reference"})
_FIELDS: Final = tuple(field.name for field in fields(Party))
_FORMS: Final = 4096  # forms that are remembered
_LONGEST: Final = 300  # characters of what a form fixes

Form = tuple[object, ...]


class AlikeReader:
    """Returns for each document what `read_subject` does, faster for the second of a form."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[Form, tuple[Subject, dict[str, Any]]] = {}

    def read(self, document: Json) -> Subject:
        """Check *document* against the contract and return what it asks.

        Raises:
            InvalidInput: with one fault for each place that is wrong.
        """
        form = self._form(document)
        if form is None:
            return read_subject(document, self._limits)
        known = self._known.get(form)
        if known is None:
            subject = read_subject(document, self._limits)
            if len(self._known) >= _FORMS:
                self._known.clear()
            if len(subject.parties) == 1:
                party = subject.parties[0]
                self._known[form] = (subject, {name: getattr(party, name) for name in _FIELDS})
            return subject
        return _filled(*known, document)

    def read_or_say(self, document: Json) -> Subject | InvalidInput:
        """Return what *document* asks or why it cannot be asked; what is an error already stays one."""
        if isinstance(document, InvalidInput):
            return document
        try:
            return self.read(document)
        except InvalidInput as error:
            return error

    def _form(self, document: Json) -> Form | None:
        """Return what a flat question says besides plain text; None where it must be read in full."""
        if type(document) is not dict or "name" not in document or "parties" in document:
            return None
        parts: list[object] = []
        size = 0
        for key, value in document.items():
            if key in _FREE:
                if not self._is_plain(key, value) or (key == "address" and "addresses" in document):
                    return None
                parts.append(key)
            elif type(value) is str:
                parts.append((key, value))
                size += len(value)
            elif type(value) is list and all(type(item) is str for item in value):
                parts.append((key, tuple(value)))
                size += sum(map(len, value)) + len(value)
            else:
                return None
        return tuple(parts) if size <= _LONGEST else None

    def _is_plain(self, key: str, value: Json) -> bool:
        """Whether *value* would be taken as it stands: nothing in it is refused, removed or remarked on."""
        if type(value) is not str or not value or not value.isprintable() or value[0] == " " or value[-1] == " ":
            return False
        if key == "birth_date":
            return len(value) <= 10 and is_partial_date(value)
        if len(value) > self._limits.of_text(key):
            return False
        if key != "name":
            return True
        return (value[0].isalnum() or any(c.isalnum() for c in value)) and not identifiers_in(value)


def _filled(subject: Subject, party: dict[str, Any], document: dict[str, str]) -> Subject:
    told = party | {"name": document["name"]}
    if "address" in document:
        told["addresses"] = (document["address"],)
    if "birth_date" in document:
        told["birth_date"] = document["birth_date"]
    return replace(subject, parties=(Party(**told),), reference=document.get("reference", ""))
