"""What a user may not see answers by HTTP exactly as what is not there; what he sees but may not change says why."""

import asyncio
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from ulid import ULID

from sequencing.adds import AddStatus
from starter.enrollments import Enrolled
from starter.sequences import create_sequence
from tests.house import ADA, BOB, CALL, EMAIL, RITA
from tests.web.knocking import Knocking

ENROLLMENT_ACTS: dict[str, Any] = {
    "bypass": None,
    "pause": None,
    "resumption": None,
    "cancellation": None,
    "reactivation": None,
    "conclusion": {"outcome": "positive"},
    "delivery": {"settlement": "left"},
}
TODO_ACTS: dict[str, Any] = {
    "result": {"result": "interested"},
    "email": {},
    "skip": None,
    "postponement": {"until": "2027-01-01T09:00Z"},
    "assignment": {"to": BOB},
}
SEQUENCE_ACTS = ["copies", "copy", "archive", "unarchive", "hold", "release"]
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/enrollments/{enrollment}", None),
    ("DELETE", "/enrollments/{enrollment}", None),
    ("DELETE", "/todos/{todo}/result", None),
    ("POST", "/sequences/{sequence}/enrollments", {"contacts": ["ann"]}),
    ("POST", "/sequences/{sequence}/enrollments?dry_run=true", {"contacts": ["ann"]}),
    ("GET", "/enrollments?sequence={sequence}", None),
    ("GET", "/sequences/{sequence}", None),
    ("GET", "/sequences/{sequence}/metrics", None),
    ("PUT", "/sequences/{sequence}", {"name": "N", "steps": [CALL]}),
    ("DELETE", "/sequences/{sequence}/hold", None),
    ("POST", "/sequences/{sequence}/bulk-adds", {"contacts": ["ann"]}),
    *[("POST", f"/sequences/{{sequence}}/{act}", None) for act in SEQUENCE_ACTS],
    ("PUT", "/sequences/{sequence}/sharing", {"sharing": "everyone"}),
    ("PUT", "/sequences/{sequence}/owner", {"to": BOB}),
    ("POST", "/sequences/{sequence}/previews", {"step": 1, "contact": "ann"}),
    ("POST", "/sequences/{sequence}/test-mails", {"step": 1, "contact": "ann"}),
    ("GET", "/bulk-adds/{add}", None),
    ("DELETE", "/bulk-adds/{add}", None),
    *[("POST", f"/enrollments/{{enrollment}}/{act}", body) for act, body in ENROLLMENT_ACTS.items()],
    *[("POST", f"/todos/{{todo}}/{act}", body) for act, body in TODO_ACTS.items()],
]
ELSEWHERE = tuple(f"/api/{noun}/" for noun in ("templates", "stages", "companies", "users", "roles", "tokens", "tasks"))
"""Hidden from nobody who may ask for them, or one's own alone: tests/acceptance/test_permissions_by_http.py."""
SEQUENCE_PAGES = [f"/sequences/{{sequence}}/{noun}" for noun in ("steps", "preview", "managing")]
PAGES = [
    *SEQUENCE_PAGES,
    "/sequences/{sequence}/letter?step=1&contact=ann",
    "/enrollments/{enrollment}/any-hour",
    "/enrollments/{enrollment}",
    "/enrollments/{enrollment}/removal",
    "/todos/{todo}",
    "/sequences/{sequence}",
]
MISSING = {"add": str(ULID()), "sequence": "999999", "enrollment": str(ULID()), "todo": str(ULID())}


Names = dict[str, str]


@pytest.fixture
async def hidden(knocking: Knocking) -> Names:
    """Ada's private sequence with Pia in it, and her open to-do."""
    house = knocking.house
    number = await create_sequence(house.door, {"name": "Hidden", "steps": [CALL]}, ADA)
    (answer,) = await house.sequencer.enroll(str(number), ["pia"], by=ADA)
    assert isinstance(answer, Enrolled)
    todo = await house.todo(answer.enrollment_id or "")
    add = await house.sequencer.add(str(number), ["pia"], by=ADA)
    while (await house.sequencer.show_add(add, by=ADA)).status is AddStatus.running:
        await asyncio.sleep(0.02)
    return {"add": add, "sequence": str(number), "enrollment": todo.enrollment_id, "todo": todo.id}


async def test_what_is_hidden_answers_as_what_is_not_there_and_nothing_changes(
    knocking: Knocking, hidden: Names
) -> None:
    before = _rows(knocking)

    for method, path, body in REQUESTS:
        answers = []
        for names in (hidden, MISSING):
            status, said = await knocking.ask(method, path.format(**names), json=body)
            answers.append((status, {key: _without(value, names) for key, value in said.items()}))
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path

    assert _rows(knocking) == before


async def test_pages_of_what_is_hidden_are_those_of_what_is_not_there(knocking: Knocking, hidden: Names) -> None:
    browser = await knocking.signed_in(RITA)

    for path in PAGES:
        seen = []
        for names in (hidden, MISSING):
            answer = await browser.get(path.format(**names))
            seen.append((answer.status_code, _without(answer.text.partition("<main")[2], names)))
        assert seen[0] == seen[1], path
        assert seen[0][0] == 404, path


async def test_lists_do_not_hold_what_is_hidden(knocking: Knocking, hidden: Names) -> None:
    lists = [
        await knocking.ask("GET", path) for path in ("/sequences", "/enrollments", "/todos", "/attention", "/events")
    ]

    assert [said["items"] for _, said in lists] == [[]] * 5


async def test_every_operation_on_one_thing_is_walked(knocking: Knocking) -> None:
    described = (await knocking.ask("GET", "/openapi.json"))[1]["paths"]
    with_an_id = {
        (method.upper(), path)
        for path, ways in described.items()
        if "{id}" in path and not path.startswith(ELSEWHERE)
        for method in ways
    }

    walked = {(method, _template(path)) for method, path, _ in REQUESTS if "{" in path.partition("?")[0]}

    assert walked == with_an_id


async def test_what_is_seen_but_not_ones_own_names_the_level_that_is_missing(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", {**EMAIL, "delay": "300 days"}, by=RITA)

    status, said = await knocking.ask("POST", f"/enrollments/{one}/pause", by=BOB)

    assert (status, said["code"]) == (403, "not_permitted")
    assert said["detail"] == "This needs the level 'manage' on sequences; yours is 'use'."


async def test_a_level_too_low_to_create_is_named(knocking: Knocking) -> None:
    status, said = await knocking.ask("POST", "/sequences", by=BOB, json={"name": "N", "steps": [CALL]})

    assert (status, said["detail"]) == (403, "This needs the level 'edit' on sequences; yours is 'use'.")


def _without(said: Any, names: Names) -> Any:
    for name in names.values():
        said = re.sub(rf"(?<![\w=])(?<!\"-){name}(?!\w)", "ID", said) if isinstance(said, str) else said
    return said


def _template(path: str) -> str:
    return "/api" + re.sub(r"\{\w+\}", "{id}", path.partition("?")[0])


def _rows(knocking: Knocking) -> dict[str, list[str]]:
    with closing(sqlite3.connect(knocking.house.database.url.database or "")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}
