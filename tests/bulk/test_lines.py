import io

import pytest

from sanctions_exposure.bulk.lines import read_document, read_lines
from sanctions_exposure.errors import InvalidInput


def test_each_line_is_a_request_and_a_broken_one_is_its_own_fault() -> None:
    good, broken, last = read_lines(io.BytesIO(b'{"name": "A"}\n\n{"name": \n{"name": "B"}'))

    assert good == {"name": "A"}
    assert isinstance(broken, InvalidInput)
    assert str(broken).startswith("line 3 is not JSON")
    assert last == {"name": "B"}


@pytest.mark.parametrize(
    ("text", "requests"),
    [(b'{"name": "A"}', [{"name": "A"}]), (b'[{"name": "A"}]', [{"name": "A"}]), (b'{"requests": []}', [])],
)
def test_a_document_is_one_request_or_many(text: bytes, requests: list[dict[str, str]]) -> None:
    assert read_document(text) == requests


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_document(text)
