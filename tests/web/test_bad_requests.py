"""Wrong, huge, hostile and repeated requests: a problem with one sentence, never a fault, and nothing changes."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from sequencing.errors import Refused
from store.database import Database
from tests.house import RITA, TASK
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.web.knocking import Knocking, app_at, bearer, served
from web.app import LARGEST_BODY
from web.problems import status_of

DEEP = "[" * 100_000
MERGES = "0: &0 {a: 1}\n" + "".join(f"{one}: &{one} {{<<: [{f'*{one - 1},' * 10}]}}\n" for one in range(1, 10))
"""A document of half a kilobyte that says a thousand million keys."""
BODIES: dict[str, Any] = {
    "nothing": {"content": b""},
    "no JSON": {"content": b"{", "headers": {"Content-Type": "application/json"}},
    "no object": {"json": [1]},
    "null": {"json": None},
    "nested": {"content": DEEP, "headers": {"Content-Type": "application/json"}},
    "no text": {"content": b"\xff\xfe\x00", "headers": {"Content-Type": "application/json"}},
    "a key too many": {"json": {"contacts": ["ann"], "result": "none", "colour": "red"}},
    "wrong types": {"json": {"contacts": {"a": 1}, "result": 1, "until": "x", "to": [], "outcome": {}}},
    "half a sign": {"content": b'{"contacts": ["\\ud800"], "result": "\\ud800", "to": "\\ud800", "note": "\\ud800"}'},
    "a NUL": {"json": {"contacts": ["a\0b"], "result": "a\0b", "to": "a\0b", "subject": "\0"}},
    "huge numbers": {"json": {"contacts": ["1"], "opportunity_id": 10**40, "until": 10**40}},
    "far away": {"json": {"until": "0001-01-01T00:00+14:00"}},
    "no zone": {"json": {"until": "2026-12-01T09:00"}},
    "too many": {"json": {"contacts": ["x"] * 1001}},
    "a form": {"data": {"result": "none"}},
}
PATHS = [
    "/sequences/{sequence}/enrollments",
    "/todos/{todo}/result",
    "/todos/{todo}/postponement",
    "/todos/{todo}/assignment",
    "/enrollments/{enrollment}/conclusion",
    "/enrollments/{enrollment}/delivery",
]
BULK = "/sequences/{sequence}/bulk-adds"
"""Where more than a thousand are not too many."""


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_that_is_wrong_is_a_problem_and_changes_nothing(undisturbed: Knocking, body: str) -> None:
    names = {"sequence": await undisturbed.house.sequence(TASK), "todo": "none", "enrollment": "none"}

    for path in PATHS if body == "too many" else [*PATHS, BULK]:
        said = BODIES[body]
        answer = await undisturbed.api.post(path.format(**names), **said)
        assert _is_a_problem(answer), (path, answer.text)

    assert (await undisturbed.ask("GET", "/enrollments"))[1]["items"] == []


@pytest.mark.parametrize(
    "document",
    [
        MERGES.encode(),
        b"",
        DEEP.encode(),
        b"name: N\nname: M\n",
        b"\xff",
        b"\0",
        b"a: &a [*a]",
        b"!!python/object/apply:os.system [x]",
    ],
    ids=lambda document: ascii(document)[:20],
)
@pytest.mark.parametrize("kind", ["application/json", "application/yaml"])
async def test_a_broken_document_is_a_problem(undisturbed: Knocking, document: bytes, kind: str) -> None:
    before = await undisturbed.ask("GET", "/sequences")

    answer = await undisturbed.api.post("/sequences", content=document, headers={"Content-Type": kind})

    assert _is_a_problem(answer), answer.text
    assert await undisturbed.ask("GET", "/sequences") == before


@pytest.mark.parametrize(
    ("path", "size", "chunked"),
    [
        ("/contacts/imports", LARGEST_BODY + 1, False),
        ("/contacts/imports", LARGEST_BODY + 1, True),
        ("/contacts/imports", 2_000_001, False),
        ("/sequences", 500_001, False),
        ("/todos/none/result", LARGEST_BODY + 1, True),
    ],
)
async def test_a_body_that_is_too_large_is_not_read(undisturbed: Knocking, path: str, size: int, chunked: bool) -> None:
    async def pieces() -> Any:
        for _ in range(0, size, 100_000):
            yield b"x" * 100_000

    answer = await undisturbed.api.post(path, content=pieces() if chunked else b"x" * size)

    assert (answer.status_code, answer.json()["code"], _is_a_problem(answer)) == (413, "too_large", True)


async def test_a_form_that_is_too_large_is_answered_by_a_page(undisturbed: Knocking) -> None:
    answer = await (await undisturbed.signed_in()).post("/contacts/imports", text="x" * LARGEST_BODY)

    assert (answer.status_code, answer.headers["x-frame-options"]) == (413, "DENY")
    assert "The body is too large" in answer.text


TWO_FILES = "".join(
    f'--x\r\nContent-Disposition: form-data; name="file"; filename="{one}"\r\n\r\na\r\n' for one in range(2)
)
FORMS = {
    "letters of no kind": (
        "; charset=undefined",
        '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--\r\n',
    ),
    "two files": ("", f"{TWO_FILES}--x--\r\n"),
    "no end": ("", "--x\r\nContent-"),
    "no beginning": ("", "a=b"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", ["/sign-in", "/contacts/imports", "/contacts"])
async def test_a_form_that_cannot_be_read_is_answered_by_a_page(undisturbed: Knocking, form: str, path: str) -> None:
    kind, body = FORMS[form]
    browser = await undisturbed.signed_in()

    headers = {"Content-Type": f"multipart/form-data; boundary=x{kind}"}
    answer = await browser.client.post(path, content=body.encode(), headers=headers)

    assert answer.status_code < 500, answer.text


async def test_who_hangs_up_while_he_is_sending_is_no_fault(undisturbed: Knocking) -> None:
    host, port = undisturbed.address.removeprefix("http://").split(":")
    head = f"Host: {host}\r\nContent-Length: 9\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    key = f"Idempotency-Key: cut\r\nAuthorization: Bearer {undisturbed.tokens[RITA]}\r\n"
    faults: list[str] = []
    noting = logging.Handler()
    noting.emit = lambda record: faults.append(record.getMessage())  # type: ignore[method-assign]
    server = logging.getLogger("uvicorn.error")
    before = server.level
    server.addHandler(noting)
    server.setLevel(logging.ERROR)

    for path, more in (("/sign-in", ""), ("/contacts/imports", ""), ("/api/contacts", key)):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {path} HTTP/1.1\r\n{head}{more}\r\na=".encode())
        await writer.drain()
        await asyncio.sleep(0.3)
        writer.close()
    await asyncio.sleep(0.5)
    server.removeHandler(noting)
    server.setLevel(before)

    assert faults == []


@pytest.mark.parametrize(
    "query",
    [
        "/enrollments?limit=0",
        "/enrollments?limit=501",
        "/enrollments?limit=x",
        "/enrollments?status=asleep",
        "/enrollments?contact_id=99999999999999999999",
        "/enrollments?sequence=%00",
        "/enrollments?after=%ff%00",
        "/sequences?after=x",
        "/bulk-adds/none?after=x",
        "/bulk-adds/none?limit=0",
        "/todos?after=x",
        "/todos?after=2026-01-01_x",
        "/events?wait=31",
        "/enrollments/" + "x" * 5000,
        "/enrollments/%2e%2e%2f",
        "/nowhere",
    ],
)
async def test_a_query_that_is_wrong_is_a_problem(undisturbed: Knocking, query: str) -> None:
    answer = await undisturbed.api.get(query)

    assert (answer.status_code == 200 and query.endswith("after=%ff%00")) or _is_a_problem(answer), answer.text


async def test_a_line_break_in_a_path_is_a_part_of_what_is_named(undisturbed: Knocking) -> None:
    answer = await undisturbed.api.delete("/suppressions/one%2Ftwo%0Athree")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


async def test_a_method_that_is_not_there_is_a_problem(undisturbed: Knocking) -> None:
    answer = await undisturbed.api.patch("/todos")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_a_database_that_is_away_is_said_at_both_doors(undisturbed: Knocking) -> None:
    away = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    door = replace(undisturbed.house.door, database=away)
    async with (
        served(app_at(door)) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE, verify=False) as knocker,
    ):
        api = await knocker.get("/api/todos", headers=bearer("x"))
        page = await knocker.get("/todos", headers={"Cookie": "sequencing_session=x"})

    assert (api.status_code, api.json()["code"]) == (503, "database_unreachable")
    assert (page.status_code, "The database cannot be reached" in page.text) == (503, True)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("not_permitted", 403),
        ("not_found", 404),
        ("unknown_sequence", 404),
        ("already_answered", 409),
        ("too_late", 409),
        ("is_paused", 409),
        ("sequence_archived", 409),
        ("invalid_csv", 422),
        ("unknown_user", 422),
        ("too_long", 422),
    ],
)
def test_a_code_has_its_status(code: str, status: int) -> None:
    assert status_of(Refused(code, "").code) == status


def _is_a_problem(answer: httpx2.Response) -> bool:
    said = answer.json()
    is_one = answer.headers["content-type"] == "application/problem+json" and said["status"] == answer.status_code
    return is_one and 400 <= answer.status_code < 500 and len(said["detail"]) < 600 and "Traceback" not in answer.text
