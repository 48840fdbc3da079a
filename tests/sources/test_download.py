"""Every way in which a publisher's server is known to fail, against a real one."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListUnavailable
from sanctions_exposure.sources import download as module
from sanctions_exposure.sources.checksum import check, stated_digest
from sanctions_exposure.sources.download import Terms, Validators, download, shown
from support import publisher as behave
from support.publisher import Behaviour, Publisher, publishing

BODY = b"<?xml version='1.0'?><list>" + b"x" * 100_000 + b"</list>"
QUICK = Terms(connect=1, read=0.3, total=1.5, retries=1, pause=0.01, size=1 << 20)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as running:
        yield running


def fetch(url: str, folder: Path, *, terms: Terms = QUICK, known: Validators | None = None) -> Validators | None:
    return download(url, folder / "file", terms=terms, known=known)


def test_a_document_arrives_byte_for_byte_with_what_names_its_version(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.document(BODY, ETag='"7"', Last_Modified="Sun, 22 Nov 2026 09:00:00 GMT"))

    got = fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY
    assert got == Validators(etag='"7"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")
    assert "sanctions-exposure" in publisher.asked[0][1]["User-Agent"]


def test_an_unchanged_document_is_not_sent_again(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.versioned(BODY, '"7"'))

    assert fetch(url, tmp_path, known=Validators(etag='"7"')) is None
    assert not (tmp_path / "file").exists()
    assert fetch(url, tmp_path, known=Validators(etag='"6"')) == Validators(etag='"7"')


def test_a_server_that_fails_once_is_asked_again(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.status(500), behave.document(BODY))

    fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY


def test_a_body_that_breaks_off_is_fetched_again(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.truncated(BODY), behave.document(BODY))

    fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY


def test_a_document_in_pieces_arrives_whole(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.in_pieces(BODY), behave.document(BODY))

    fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY
    assert len(publisher.asked) == 1


def test_a_document_whose_last_piece_is_missing_is_fetched_again(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.serve("/list", behave.in_pieces(BODY, whole=False), behave.document(BODY))

    fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY
    assert len(publisher.asked) == 2


def test_redirects_are_followed(publisher: Publisher, tmp_path: Path) -> None:
    publisher.serve("/signed", behave.document(BODY))
    url = publisher.serve("/list", behave.redirect("/signed?signature=1"))

    fetch(url, tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (behave.status(404), "answered with status 404"),
        (behave.status(403), "answered with status 403"),
        (behave.status(204, b""), "answered with status 204"),
        (behave.status(503), "answered with status 503"),
        (behave.hang(1), "stopped answering"),
        (behave.redirect("/list"), "redirects more than 5 times"),
        (behave.redirect("file:///etc/passwd"), "redirects to file"),
        (behave.redirect("ftp://127.0.0.1/list"), "redirects to ftp"),
        (behave.truncated(BODY), "broke off: fewer bytes came than were promised"),
        (behave.document(b""), "answered with nothing"),
        (behave.document(b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>Log in"), "answered with a web page"),
        (behave.document(b"x" * (2 << 20)), "larger than 1048576 bytes"),
        (behave.dripping(BODY, 0.05), "not complete after 1.5 seconds"),
        (behave.document(gzip.compress(bytes(64 << 20)), Content_Encoding="gzip"), "larger than 1048576 bytes"),
        (behave.document(b"no gzip at all", Content_Encoding="gzip"), "cannot be unpacked"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_misbehaving_server_is_told_by_its_fault_and_leaves_nothing(
    publisher: Publisher, tmp_path: Path, behaviour: Behaviour, says: str
) -> None:
    url = publisher.serve("/list", behaviour)
    began = time.monotonic()

    with pytest.raises(ListUnavailable, match=says):
        fetch(url + "?token=secret", tmp_path)

    assert not list(tmp_path.iterdir())
    assert time.monotonic() - began < 60  # it ends, however busy the machine


def test_a_refused_connection_is_told(tmp_path: Path) -> None:
    with pytest.raises(ListUnavailable, match="connection refused"):
        fetch(behave.nobody(), tmp_path)


def test_a_server_without_a_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ListUnavailable, match=r"lists\.invalid/list: its name is not known"):
        fetch("https://lists.invalid/list?token=secret", tmp_path)


def test_no_message_quotes_a_token(publisher: Publisher, tmp_path: Path) -> None:
    publisher.serve("/list", behave.status(404))

    for url in (publisher.url("/list?token=secret"), behave.nobody() + "?token=secret"):
        with pytest.raises(ListUnavailable) as caught:
            fetch(url, tmp_path)
        assert "secret" not in str(caught.value)
    assert shown("https://who:secret@example.org/list?token=secret") == "https://example.org/list"


@pytest.mark.parametrize(
    ("start", "target", "says"),
    [
        ("https://198.41.0.4/list", "http://198.41.0.4/list", "away from TLS"),
        ("http://198.41.0.4/list", "http://127.0.0.1/list", "private network"),
        ("http://198.41.0.4/list", "http://169.254.169.254/latest", "private network"),
        ("http://198.41.0.4/list", "http://[::1]/list", "private network"),
        ("http://198.41.0.4/list", "http://localhost/list", "private network"),
        ("http://198.41.0.4/list", "gopher://198.41.0.4/list", "gopher"),
    ],
)
def test_a_public_source_leads_nobody_into_a_private_network(start: str, target: str, says: str) -> None:
    with pytest.raises(ListUnavailable, match=says):
        module._refuse_detour(start, target)


def test_a_source_inside_may_redirect_inside() -> None:
    module._refuse_detour("http://10.0.0.7/list", "http://10.0.0.8/list")
    module._refuse_detour("http://10.0.0.7/list", "https://198.41.0.4/list")


def test_the_proxy_of_the_environment_is_asked(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.serve("http://lists.invalid/list", behave.document(BODY))  # a proxy is asked for whole addresses
    monkeypatch.setenv("http_proxy", publisher.address)
    monkeypatch.setenv("no_proxy", "")

    fetch("http://lists.invalid/list", tmp_path)

    assert (tmp_path / "file").read_bytes() == BODY


def test_a_digest_is_read_from_an_index_and_from_lines_and_compared(tmp_path: Path) -> None:
    (tmp_path / "list.xml").write_bytes(BODY)
    sha1, sha256 = hashlib.sha1(BODY).hexdigest(), hashlib.sha256(BODY).hexdigest()  # noqa: S324
    index, lines = tmp_path / "index.json", tmp_path / "SHA256SUMS"
    index.write_text(json.dumps({"resources": [{"name": "other"}, {"name": "list.xml", "checksum": sha1}]}))
    lines.write_text(f"{'0' * 64}  other.xml\n{sha256.upper()} *exports/list.xml\n")

    for document, digest in ((index, sha1), (lines, sha256)):
        assert stated_digest(document, "list.xml") == digest
        check(tmp_path / "list.xml", digest)
    with pytest.raises(ListUnavailable, match="does not have the digest"):
        check(tmp_path / "list.xml", "0" * 64)


@pytest.mark.parametrize("content", ["{}", '{"resources": 7}', "{broken", "nothing here", "abc  list.xml"])
def test_a_document_without_the_digest_is_no_licence_to_believe(tmp_path: Path, content: str) -> None:
    (tmp_path / "index").write_text(content)

    with pytest.raises(ListUnavailable, match="no digest"):
        stated_digest(tmp_path / "index", "list.xml")
