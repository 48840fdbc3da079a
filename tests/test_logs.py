"""What a log line tells, and what it must not."""

import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.logs import REQUEST_ID, JsonLines, PlainLines

CANARY = "Zanzibarine Quillfeather"


def record(message: str, error: BaseException | None = None, **fields: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("sanctions_exposure.test", logging.ERROR, "file.py", 7, message, (), info)
    made.fields = fields
    return made


def raised() -> Exception:
    try:
        {}[CANARY]
    except KeyError as error:
        return error
    raise AssertionError


@pytest.fixture
def request_id() -> Iterator[str]:
    token = REQUEST_ID.set("abc-1")
    yield "abc-1"
    REQUEST_ID.reset(token)


def test_a_line_for_machines_is_one_object_with_the_id_of_its_request(request_id: str) -> None:
    line = json.loads(JsonLines().format(record("answered", status=200)))

    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "error",
        "logger": "sanctions_exposure.test",
        "message": "answered",
        "request_id": request_id,
        "status": 200,
    }


@pytest.mark.parametrize("form", [JsonLines(), PlainLines()])
def test_an_error_is_told_by_kind_and_place_but_not_in_its_words(form: logging.Formatter) -> None:
    said = form.format(record("incident", raised()))

    assert "KeyError" in said
    assert "test_logs.py" in said
    assert CANARY not in said


def test_at_debug_level_its_words_are_told_too() -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    try:
        said = JsonLines().format(record("incident", raised()))
    finally:
        root.setLevel(before)

    assert CANARY in said


@given(st.text())
def test_nothing_that_is_logged_can_begin_a_line_of_its_own(text: str) -> None:
    machine, plain = JsonLines().format(record(text, field=text)), PlainLines().format(record(text, field=text))

    assert len(machine.splitlines()) == 1 or json.loads(machine)["message"] == text
    assert "\n" not in machine
    assert len(plain.splitlines()) == 1
