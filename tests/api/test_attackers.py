"""What an attacker tries, against a real server: each is refused with a problem document, or answered all the same.

Told elsewhere: comparison in constant time in ``tests/test_access.py``, packed bodies in ``test_limits.py``, names
in logs in ``test_watching.py``, formulas in tables in ``tests/bulk``, lists that are bombs in ``tests/sources``.
"""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from support.server import COMMAND, Server, environment, running

SCREEN, REVIEW, ADMIN = "s" * 40, "r" * 40, "a" * 40
PROBLEM: Final = "application/problem+json"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    keys = f"desk:screen:{SCREEN} judge:review:{REVIEW} boss:admin:{ADMIN}"
    with running(tmp_path_factory.mktemp("target") / "data", workers=2, EXPOSURE_API_KEYS=keys) as started:
        yield started
        assert "incident" not in started.log.read_text()  # nothing of all this is a fault of ours


def bearer(token: str = ADMIN, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in more.items()}


def raw(server: Server, method: str, address: str, body: bytes = b"", **headers: str) -> tuple[int, Any, bytes]:
    """Send an address as it stands: libraries would tidy it up."""
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=60)
    connection.putrequest(method, address, skip_accept_encoding=True)
    for name, value in bearer(**headers).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    try:
        return response.status, response.headers, response.read()
    finally:
        connection.close()


# -- keys -----------------------------------------------------------------------------------------------


def calls(server: Server) -> Iterator[tuple[str, str]]:
    for path, operations in server.ask("/openapi.json").json["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and operation.get("security"):
                yield method.upper(), re.sub(r"\{[^}]+\}", "0199c0de-0000-7000-8000-000000000000", path)


def test_no_call_is_answered_without_a_key_or_with_a_wrong_one(target: Server) -> None:
    found = list(calls(target))

    for method, path in found:
        for headers in ({}, bearer("w" * 40), bearer(""), {"X-API-Key": SCREEN[:-1]}):
            reply = target.ask(path, b"{}" if method != "GET" else None, method=method, headers=headers)
            assert (reply.status, reply.headers["Content-Type"]) == (401, PROBLEM), (method, path)
    assert len(found) > 10


def test_what_needs_an_admin_is_refused_to_everybody_else(target: Server) -> None:
    paths = target.ask("/openapi.json").json["paths"]
    admin = [(m.upper(), p) for p, found in paths.items() for m, o in found.items() if _role(o) == "admin"]

    for method, path in ((method, path.replace("{list_id}", "own_list")) for method, path in admin):
        for token in (SCREEN, REVIEW):
            reply = target.ask(path, b"{}" if method != "GET" else None, method=method, headers=bearer(token))
            assert reply.status == 403, (method, path)
    assert ("POST", "/v1/lists/refresh") in admin


def _role(operation: Any) -> str:
    found = operation.get("x-role", "") if isinstance(operation, dict) else ""
    return str(found)


def test_a_key_in_an_address_is_refused_and_stands_in_no_log(target: Server) -> None:
    for name in ("api_key", "API_KEY", "apikey", "access_token", "token", "anything"):
        value = SCREEN if name != "anything" else "exposure_" + SCREEN
        assert target.ask(f"/v1/lists?{name}={value}", headers=bearer(SCREEN)).status == 401

    log = target.log.read_text()
    assert not any(token in log for token in (SCREEN, REVIEW, ADMIN))


# -- addresses and headers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/v1/entities/../../../../etc/passwd",
        "/v1/entities/curated/..%2f..%2f..%2fetc%2fpasswd",
        "/v1/entities/..%2f..%2fetc/passwd",
        "/v1/entities/%2e%2e/%2e%2e/etc/passwd",
        "/v1/entities/curated/%00",
        "/v1/entities/curated//etc/passwd",
        "/docs/../../../etc/passwd",
        "/docs/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/%2e%2e%5c%2e%2e%5cetc%5cpasswd",
        "/v1/lists/..%2f..%2fevil/pending",
        "/v1/lists/%2e%2e/pending",
        "/v1/jobs/..%2f..%2fetc%2fpasswd",
        "/v1/jobs/%2e%2e/result",
        "//etc/passwd",
    ],
)
def test_an_id_leads_to_nothing_outside(target: Server, address: str) -> None:
    status, headers, body = raw(target, "GET", address)

    assert 400 <= status < 500 or status in {301, 308}
    assert b"root:" not in body
    assert "evil" not in headers.get("Location", "")


@pytest.mark.parametrize("list_id", ["..%2f..%2fevil", "%2e%2e", "a%2fb", "a%00", "a%0d%0aX-Evil:%20yes", "A" * 5000])
def test_a_list_is_written_nowhere_but_under_its_id(target: Server, list_id: str, tmp_path: Path) -> None:
    document = b"id,name,kind,schema,countries,dob\n1,Vexorin Plumbatic,primary,Organization,,\n"

    status, headers, _ = raw(target, "POST", f"/v1/lists/{list_id}", document, Content_Type="text/csv")

    assert 400 <= status < 500
    assert "X-Evil" not in headers
    home = target.log.parent  # beside it stand other tests' folders, with files of any name in them
    assert not [*home.rglob("*evil*"), *home.parent.glob("*evil*"), *home.parent.parent.glob("*evil*")]


@pytest.mark.parametrize(
    ("method", "address", "headers"),
    [
        ("GET", "/v1/lists%0d%0aX-Evil:%20yes", {}),
        ("GET", "/docs%0d%0aX-Evil:%20yes", {}),
        ("GET", "/v1/search?q=belaz%0d%0aX-Evil:%20yes", {}),
        ("GET", "/v1/lists", {"X_Request_ID": "a%0d%0aX-Evil: yes"}),
        ("GET", "/v1/lists", {"X_Request_ID": "é\x7f"}),
        ("POST", "/v1/check", {"Idempotency_Key": "a%0d%0aX-Evil: yes", "Content_Type": "application/json"}),
        ("GET", "/", {"Host": "evil.example/%0d%0aX-Evil: yes"}),
        ("GET", "/docs", {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}),
    ],
)
def test_nothing_that_is_sent_becomes_a_header(
    target: Server, method: str, address: str, headers: dict[str, str]
) -> None:
    status, answered, _ = raw(target, method, address, b'{"name": "x"}' if method == "POST" else b"", **headers)

    assert status < 500
    assert "X-Evil" not in answered
    assert "evil.example" not in answered.get("Location", "")


# -- documents ------------------------------------------------------------------------------------------

DEEP: Final = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"parties":' * DEEP + b"1" + b"}" * DEEP,
        b'{"parties": [{"name": "x", "owners": ' + b'[{"name": "y", "owners": ' * 5000 + b"[]" + b"}]" * 5000 + b"}]}",
        b'{"name": "x", "name": "OJSC BelAZ"}',
        b'{"parties": [{"name": "x", "country": "by", "country": "de"}]}',
        b'{"requests": [{"name": "x"}], "requests": []}',
        b'{"name": "\\ud800"}',
        b'{"name": "x\\udc00\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\xff\xfe"}',
        b'{"name": "\\u0000"}',
        b'{"name": "x", "customer_since": 1e999999}',
        b'{"name": "x", "as_of": ' + b"9" * 10_000 + b"}",
        b'{"parties": [{"name": "x", "owners": [{"name": "y", "share": 1e400}]}]}',
        b'{"parties": [{"name": "x", "owners": [{"name": "y", "share": ' + b"9" * 5000 + b"}]}]}",
        b'{"parties": [{"name": "x", "owners": [{"name": "y", "share": -1}]}]}',
        b'{"parties": [{"name": "x", "events": [{"type": "ais_gap", "hours": NaN}]}]}',
        b'{"parties": [{"name": "x", "events": [{"type": "ais_gap", "hours": Infinity}]}]}',
        b'{"requests": [' + b'{"name": "x"},' * 1000 + b'{"name": "x"}]}',
        b'{"name": "' + b"x" * 501 + b'"}',
        b'{"route": [' + b'"IRBAZ",' * 100 + b'"IRBAZ"]}',
        b"\xef\xbb\xbf" + b"{",
        b"",
        b"null",
    ],
)
@pytest.mark.parametrize("path", ["/v1/screen", "/v1/check"])
def test_a_hostile_document_is_refused(target: Server, path: str, body: bytes) -> None:
    reply = target.ask(path, body, headers=bearer(SCREEN))

    assert reply.headers["Content-Type"] in {PROBLEM, "application/json"}
    if reply.status == 200:  # an order that cannot be judged is answered so
        assert reply.json["decision"] == "error"
    else:
        assert reply.status in {400, 413, 422}
        assert reply.json["status"] == reply.status


LAUGHS: Final = (
    b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]><Order>&m;</Order>"
)
OUTSIDE: Final = (
    b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><Order><ID>&a;</ID></Order>'
)
REMOTE: Final = b'<?xml version="1.0"?><!DOCTYPE o SYSTEM "http://127.0.0.1:1/x.dtd"><Order/>'


@pytest.mark.parametrize("body", [LAUGHS, OUTSIDE, REMOTE, b"<a>" * DEEP, b"<Order" + b" a='1'" * DEEP + b"/>"])
def test_an_xml_bomb_does_not_go_off(target: Server, body: bytes) -> None:
    reply = target.ask("/v1/check", body, headers=bearer(SCREEN, Content_Type="application/xml"))

    assert (reply.status, reply.headers["Content-Type"]) == (422, PROBLEM)
    assert b"root:" not in reply.body


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/screen/csv", "text/csv"), ("/v1/lists/own_list", "application/gzip"), ("/v1/check", "text/csv")],
)
def test_a_gzip_bomb_does_not_go_off(target: Server, path: str, kind: str) -> None:
    bomb = gzip.compress(b"name\n" + b"x" * (200 << 20))
    packed = {"Content_Encoding": "gzip"} if kind == "text/csv" else {}

    reply = target.ask(path, bomb, headers=bearer(ADMIN, Content_Type=kind, **packed))

    assert (reply.status, reply.headers["Content-Type"]) in {(413, PROBLEM), (422, PROBLEM)}


def test_no_cell_of_ours_begins_a_formula(target: Server) -> None:
    names = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "OJSC BelAZ"]
    table = io.StringIO()
    csv.writer(table).writerows([["name"], *([name] for name in names)])

    reply = target.ask("/v1/screen/csv", table.getvalue().encode(), headers=bearer(SCREEN, Content_Type="text/csv"))

    rows = list(csv.reader(io.StringIO(reply.body.decode())))
    assert [row[0] for row in rows[1:]] == names  # theirs, byte for byte
    assert not [cell for row in rows[1:] for cell in row[1:] if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]


@pytest.mark.parametrize(
    "text",
    [
        "- name: !!python/object/apply:os.system ['touch gone']\n",
        "- !!python/object/new:subprocess.Popen [['touch', 'gone']]\n",
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n",
        "- " * 5000,
        "? " * 5000,
    ],
    ids=["apply", "new", "laughs", "deep", "deep keys"],
)
def test_a_yaml_tag_makes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "suppliers.yaml").write_text(text, encoding="utf-8")

    done = subprocess.run(
        [*COMMAND, "check", "suppliers.yaml"],
        cwd=tmp_path,
        env=environment(EXPOSURE_DATA=str(tmp_path / "data")),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode in {2, 3, 4}
    assert not (tmp_path / "gone").exists()
    assert "Traceback" not in done.stderr


# -- evasion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "OJSC B\u200delAZ",  # zero-width joiner
        "OJSC B\u200celAZ",  # and non-joiner
        "OJSC Be\u200blAZ",  # zero-width space
        "OJSC Bel\u2060AZ",  # word joiner
        "OJSC Bel\ufeffAZ",  # byte order mark
        "OJSC Bel\u00adAZ",  # soft hyphen
        "OJSC Bel\u034fAZ",  # grapheme joiner
        "OJSC Bel\u180eAZ",  # Mongolian vowel separator
        "OJSC Bel\ufe0fAZ",  # variation selector
        "OJSC Bel\U000e0061AZ",  # tag letter
        "OJSC Bel\u3164AZ",  # Hangul filler
        "\u202eOJSC BelAZ\u202c",  # right-to-left override
        "OJSC \u2067BelAZ\u2069",  # isolate
        "ОJSC ВеlАZ",  # Cyrillic О, В, е, А
        "BеlAZ",  # one Cyrillic е
        "ΟJSC ΒelΑΖ",  # Greek Ο, Β, Α, Ζ
        "ＯＪＳＣ　ＢｅｌＡＺ",  # fullwidth
        "𝐎𝐉𝐒𝐂 𝐁𝐞𝐥𝐀𝐙",  # mathematical bold
        "ⓄⒿⓈⒸ ⒷⓔⓛⒶⓏ",  # circled
        "O\u0336J\u0336S\u0336C\u0336 B\u0336e\u0336l\u0336A\u0336Z\u0336",  # struck through
        "OJSC\u00a0BelAZ\u2003",  # other blanks
        "O.J.S.C.  B.e.l.A.Z",
    ],
)
def test_a_disguised_name_is_found(target: Server, name: str) -> None:
    plain = target.ask("/v1/screen", {"name": "OJSC BelAZ", "country": "by"}, headers=bearer(SCREEN)).json

    disguised = target.ask("/v1/screen", {"name": name, "country": "by"}, headers=bearer(SCREEN)).json

    assert (disguised["outcome"], plain["outcome"]) == ("block", "block")
    assert disguised["flags"][0]["code"] == plain["flags"][0]["code"]
    assert json.dumps(plain["flags"][0]["evidence"][0]["entity_id"]) in json.dumps(disguised["flags"][0]["evidence"])
