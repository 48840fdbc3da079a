"""A table over HTTP, on a real server: what streams, what is refused, what is never answered as if it were whole."""

import csv
import gzip
import http.client
import io
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanctions_exposure.bulk.cells import OUTPUT
from support.lasting import lasting
from support.server import Server, running

PATH = "/v1/screen/csv"
LISTED = b"name,country\nOJSC BelAZ,by\nHarmless Bakery GmbH,de\n"


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))


def outcomes(body: bytes) -> list[str]:
    return [row["screening_outcome"] for row in rows(body)]


def post(server: Server, body: bytes, path: str = PATH, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    named = {"Content-Type": "text/csv"} | {name.replace("_", "-"): value for name, value in headers.items()}
    reply = server.ask(path, body, method="POST", headers=named)
    return reply.status, reply.body, dict(reply.headers)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {
        "EXPOSURE_MAX_TABLE_BYTES": "300000",
        "EXPOSURE_MAX_TABLE_ROWS": "5000",
        "EXPOSURE_MAX_TABLE_COLUMNS": "9",
    }
    with running(tmp_path_factory.mktemp("small"), EXPOSURE_MAX_BODY="2048", **limits) as started:
        yield started


def test_a_table_comes_back_with_nine_columns_more(server: Server) -> None:
    status, body, headers = post(server, LISTED)

    assert status == 200
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert body.startswith(b"name,country," + ",".join(OUTPUT).encode())
    assert outcomes(body) == ["block", "clear"]
    assert headers["Exposure-Snapshot"]


def test_a_row_is_answered_as_it_would_be_alone(server: Server) -> None:
    _, body, _ = post(server, LISTED, Accept="application/x-ndjson")

    lines = [json.loads(line) for line in body.splitlines()]
    alone = server.ask("/v1/screen", {"name": "OJSC BelAZ", "countries": ["by"]}).json
    assert lasting(lines[0]) == lasting(alone)
    assert [line["outcome"] for line in lines] == ["block", "clear"]


def test_lines_carry_the_reference_of_their_own_row(server: Server) -> None:
    _, body, _ = post(server, b"reference,name\nPO-1,Example\nPO-2,Example\nPO-3,?\n", Accept="application/x-ndjson")

    lines = [json.loads(line) for line in body.splitlines()]
    assert [(line["reference"], line["outcome"]) for line in lines] == [
        ("PO-1", "clear"),
        ("PO-2", "clear"),
        ("PO-3", "error"),
    ]


def test_a_form_with_a_file_is_the_same(server: Server) -> None:
    boundary = "example-boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    form = head.encode() + LISTED + f"\r\n--{boundary}--\r\n".encode()

    status, body, _ = post(server, form, Content_Type=f"multipart/form-data; boundary={boundary}")

    assert (status, body) == (200, post(server, LISTED)[1])


@pytest.mark.parametrize(
    ("table", "says"),
    [(b"PK\x03\x04" + bytes(100), "workbook (XLSX)"), (b"\xd0\xcf\x11\xe0" + bytes(100), "workbook of old")],
)
def test_a_workbook_is_called_one(server: Server, table: bytes, says: str) -> None:
    status, body, _ = post(server, table)

    assert status == 422
    assert says in json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="map"\r\n\r\na=name\r\n--b--\r\n', "options stand in the query"),
        (b"--b--\r\n", "no 'file'"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nname\nA', "form cannot be read"),
        (b"nothing of a form", "form"),
    ],
)
def test_a_form_that_holds_no_table_is_refused(server: Server, form: bytes, says: str) -> None:
    status, body, _ = post(server, form, Content_Type="multipart/form-data; boundary=b")

    assert status == 422
    assert says in json.loads(body)["detail"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_packed_table_is_unpacked_whether_it_says_so_or_not(server: Server, declared: bool) -> None:
    headers = {"Content_Encoding": "gzip"} if declared else {}

    assert outcomes(post(server, gzip.compress(LISTED), **headers)[1]) == ["block", "clear"]


def test_what_was_found_out_is_told(server: Server) -> None:
    table = "Supplier name;note\nBäckerei Groß;x\n".encode("cp1252")

    _, body, headers = post(server, table)

    told = json.loads(headers["Exposure-Read-As"])
    assert told == {
        "encoding": "cp1252",
        "delimiter": ";",
        "columns": {"Supplier name": "name"},
        "guessed": ["Supplier name"],
    }
    assert headers["Content-Type"] == "text/csv; charset=windows-1252"
    assert "Bäckerei Groß;x;clear;".encode("cp1252") in body


def test_what_is_said_in_the_query_holds(server: Server) -> None:
    query = "?map=Firma%3Dname&map=Land%3Dcountry&delimiter=semicolon&as_of=1960-01-01&regimes=us"

    _, body, _ = post(server, b"Firma;Land\nOJSC BelAZ;by\n", PATH + query)

    assert b"OJSC BelAZ;by;clear;" in body  # no law of that day knew it


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("", {"Content_Type": "application/json"}, 415),
        ("", {"Content_Encoding": "br"}, 415),
        ("", {"Accept": "image/png"}, 406),
        ("?map=name", {}, 422),
        ("?map=nobody%3Dname", {}, 422),
        ("?encoding=klingon", {}, 422),
        ("?delimiter=ab", {}, 422),
        ("?regimes=mars", {}, 422),
        ("?nonsense=1", {}, 422),
    ],
)
def test_what_cannot_be_understood_is_refused(server: Server, query: str, headers: dict[str, str], status: int) -> None:
    found, body, replied = post(server, LISTED, PATH + query, **headers)

    assert found == status
    assert replied["Content-Type"] == "application/problem+json"
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"\x1f\x8bnothing"])
def test_what_is_no_table_is_refused(server: Server, body: bytes) -> None:
    status, said, _ = post(server, body)

    assert status == 422, said


def sent(server: Server, table: bytes) -> http.client.HTTPResponse:
    """Send a table and return the answer, which is still to be read."""
    host, port = server.address.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("POST", PATH, table, {"Content-Type": "text/csv"})
    return connection.getresponse()


class Upload:
    """A client that sends a table piece by piece and reads the answer meanwhile."""

    def __init__(self, server: Server, query: str = "") -> None:
        host, port = server.address.removeprefix("http://").split(":")
        self.connection = http.client.HTTPConnection(host, int(port), timeout=30)
        self.connection.putrequest("POST", PATH + query)
        self.connection.putheader("Content-Type", "text/csv")
        self.connection.putheader("Transfer-Encoding", "chunked")
        self.connection.endheaders()

    def send(self, piece: bytes) -> None:
        self.connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    def end(self) -> None:
        self.connection.send(b"0\r\n\r\n")


def test_the_first_rows_are_back_before_the_last_are_sent(server: Server) -> None:
    upload = Upload(server)
    upload.send(b"name,country\n" + b"OJSC BelAZ,by\n" * 100)

    answer = upload.connection.getresponse()
    head, first = answer.readline(), answer.readline()
    upload.send(b"Harmless Bakery GmbH,de\n" * 100)
    upload.end()
    rest = answer.read()

    assert head.startswith(b"name,country,screening_outcome,")
    assert first.startswith(b"OJSC BelAZ,by,block,")
    assert outcomes(head + first + rest) == ["block"] * 100 + ["clear"] * 100


def test_a_client_that_sends_everything_before_it_reads_is_answered(server: Server) -> None:
    table = b"name,note\n" + b"Harmless Bakery GmbH," + b"x" * 2000 + b"\n"
    table += (b"Harmless Bakery GmbH," + b"y" * 2000 + b"\n") * 15_000  # 30 MB: no socket holds that much

    status, body, _ = post(server, table)

    assert status == 200
    assert len(outcomes(body)) == 15_001


def test_a_client_that_goes_away_frees_its_place(server: Server) -> None:
    for _ in range(20):
        upload = Upload(server)
        upload.send(b"name\n" + b"Example\n" * 200)
        upload.connection.getresponse().readline()
        upload.connection.close()

    assert outcomes(post(server, LISTED)[1]) == ["block", "clear"]


def test_questions_are_answered_while_tables_are_on_their_way(small: Server) -> None:
    uploads = [Upload(small) for _ in range(4)]
    for upload in uploads:
        upload.send(b"name\n" + b"Example\n" * 200)
        upload.connection.getresponse().readline()

    asked = small.ask("/v1/screen", {"name": "OJSC BelAZ"})
    status, body, headers = post(small, LISTED)
    for upload in uploads:
        upload.connection.close()

    assert asked.status == 200
    assert status == 503, body
    assert headers["Retry-After"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"name\n" + b"x" * 300_000, "larger than 300000 bytes"),
        (b"name" + b",a" * 10 + b"\n", "11 columns; at most 9"),
    ],
)
def test_a_table_over_a_limit_is_refused_before_anything_is_answered(small: Server, table: bytes, says: str) -> None:
    status, body, _ = post(small, table)

    assert status == 413
    assert says in json.loads(body)["detail"]


def test_a_table_is_not_held_to_the_limit_of_other_bodies(small: Server) -> None:
    assert len(outcomes(post(small, b"name\n" + b"Example\n" * 4000)[1])) == 4000


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"name\n" + b"Example\n" * 5001, "more than 5,000 rows (EXPOSURE_MAX_TABLE_ROWS)"),
        (gzip.compress(b"name\n" + b"Example\n" * 4000 + b"x" * 400_000), "(EXPOSURE_MAX_TABLE_BYTES)"),
        (gzip.compress(b"name\n" + b"Harmless Bakery\n" * 4000, mtime=0)[:-12], "gzip data is cut off"),
    ],
)
def test_a_limit_met_on_the_way_is_said_in_the_last_row_and_breaks_the_answer_off(
    small: Server, table: bytes, says: str
) -> None:
    answer = sent(small, table)
    if answer.status != 200:  # it was seen before the first row left, and said at once
        assert says in json.loads(answer.read())["detail"]
        return

    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)) as broken:
        answer.read()

    if isinstance(broken.value, http.client.IncompleteRead):
        assert says in broken.value.partial.splitlines()[-1].decode()
    assert "Traceback" not in small.log.read_text()


def test_a_bomb_is_refused(server: Server) -> None:
    packer = zlib.compressobj(9, wbits=31)
    piece = b"A," + b"x" * 1000 + b"\n"
    bomb = packer.compress(b"name,x\n") + packer.compress(piece * 100_000) + packer.flush()
    assert len(bomb) < 2**20

    answer = sent(server, bomb)

    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)) as broken:
        answer.read()
    if isinstance(broken.value, http.client.IncompleteRead):
        assert b"unpacks to more than 250 times its size" in broken.value.partial.splitlines()[-1]


def test_no_submitted_name_is_logged(tmp_path: Path) -> None:
    with running(tmp_path / "data") as served:
        post(served, b"name\nZanzibarine Quillfeather\n")
        post(served, b"Zanzibarine\n1\n")
        upload = Upload(served)
        upload.send(b"name\nZanzibarine Quillfeather\n" * 100)
        upload.connection.sock.shutdown(socket.SHUT_WR)  # type: ignore[union-attr]
        upload.connection.getresponse().read1()
        upload.connection.close()
        log = served.log.read_text()

    assert PATH in log
    assert "Zanzibarine" not in log


def test_many_tables_at_once_are_each_answered_whole(server: Server) -> None:
    found: list[list[str]] = []

    def send() -> None:
        found.append(outcomes(post(server, LISTED * 1)[1]))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [["block", "clear"]] * 4
