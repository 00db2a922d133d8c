"""Idempotency-Key: a write that is repeated is answered as the first time, and acts once."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from store import answers, users
from store.add_tables import BulkAddRow
from store.people_tables import AnswerRow
from store.tables import SequenceRow
from tests.house import ADA, EMAIL, RITA, TASK
from tests.web.knocking import Knocking, app_at
from web.once import GIVEN_UP, KEPT, _Repeatable

DOCUMENT: dict[str, Any] = {"name": "Once", "sharing": "everyone", "steps": [TASK]}
KEY = {"Idempotency-Key": "crm-4711"}


async def test_a_repeated_write_is_answered_the_same_and_acts_once(resting: Knocking) -> None:
    first = await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)

    again = await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)

    assert (first[0], again) == (201, first)
    assert await made(resting) == 1


async def test_a_refusal_is_repeated_too(resting: Knocking) -> None:
    first = await resting.ask("POST", "/enrollments/none/pause", headers=KEY)

    again = await resting.ask("POST", "/enrollments/none/pause", headers=KEY)

    assert (first[0], again) == (404, first)


async def test_an_answer_that_says_later_is_not_kept_so_that_the_repeated_write_acts(resting: Knocking) -> None:
    async def answered(status: int) -> int:
        async def act(_: Request) -> Response:
            return Response(status_code=status)

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        token = f"Bearer {resting.tokens[RITA]}".encode()
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "state": {}}
        scope |= {"headers": [(b"authorization", token)], "app": app_at(resting.house.door)}
        return (await _Repeatable(Request(scope, receive), "k").answer(act)).status_code

    assert await answered(503) == 503
    assert await answered(201) == 201
    assert await answered(409) == 201


async def test_the_same_key_with_another_body_is_refused(resting: Knocking) -> None:
    await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)

    status, said = await resting.ask("POST", "/sequences", json={**DOCUMENT, "name": "Other"}, headers=KEY)

    assert (status, said["code"]) == (422, "key_used_otherwise")
    assert await made(resting) == 1


async def test_a_key_belongs_to_its_user(resting: Knocking) -> None:
    await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)

    status, _ = await resting.ask("POST", "/sequences", by=ADA, json=DOCUMENT, headers=KEY)

    assert (status, await made(resting)) == (201, 2)


async def test_of_twenty_at_once_one_acts(resting: Knocking) -> None:
    asked = [resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY) for _ in range(20)]

    said = await asyncio.gather(*asked)

    assert {status for status, _ in said} <= {201, 409}
    assert {body["code"] for status, body in said if status == 409} <= {"being_answered"}
    assert await made(resting) == 1


async def test_after_a_crash_between_act_and_answer_the_enrollment_is_there_once(resting: Knocking) -> None:
    sequence = await resting.house.sequence({**EMAIL, "delay": "300 days"})
    path, wanted = f"/sequences/{sequence}/enrollments", {"contacts": ["ann"]}
    await resting.ask("POST", path, json=wanted, headers=KEY)
    await crashed(resting, GIVEN_UP + timedelta(seconds=1))

    status, said = await resting.ask("POST", path, json=wanted, headers=KEY)
    _, listed = await resting.ask("GET", f"/enrollments?sequence={sequence}")

    assert (status, said["refused"][0]["code"]) == (200, "already_in_sequence")
    assert len(listed["items"]) == 1


@pytest.mark.parametrize("path", ["/sequences", "/sequences/{id}/copies", "/sequences/{id}/bulk-adds"])
async def test_after_a_crash_between_act_and_answer_nothing_is_made_twice(
    resting: Knocking, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = await resting.house.sequence({**EMAIL, "delay": "300 days"})
    wanted = {"/sequences": DOCUMENT, "/sequences/{id}/bulk-adds": {"contacts": ["ann"]}}.get(path)
    asked = partial(resting.ask, "POST", path.format(id=sequence), json=wanted, headers=KEY)
    with monkeypatch.context() as crash:
        crash.setattr(_Repeatable, "_keep", _dies)
        first = await asked()
    async with resting.house.database.writing() as tx:
        await tx.execute(sa.update(AnswerRow).values(at=resting.house.door.now() - GIVEN_UP - timedelta(seconds=1)))
    before = await number(resting)

    again = await asked()

    assert (first[0] in (201, 202), again) == (True, first)
    assert await number(resting) == before


async def _dies(repeatable: object, response: object) -> None:
    """As if the process had ended after the act."""


async def number(knocking: Knocking) -> tuple[int | None, ...]:
    """How many sequences and large adds there are."""
    async with knocking.house.database.reading() as tx:
        tables = SequenceRow, BulkAddRow
        return tuple([await tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables])


async def test_while_it_is_being_answered_a_repetition_is_asked_to_wait(resting: Knocking) -> None:
    await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)
    await crashed(resting, GIVEN_UP - timedelta(seconds=30))

    status, said = await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)

    assert (status, said["code"], await made(resting)) == (409, "being_answered", 1)


async def test_after_a_day_the_key_is_free(resting: Knocking) -> None:
    await resting.ask("POST", "/sequences", json=DOCUMENT, headers=KEY)
    await crashed(resting, KEPT + timedelta(seconds=1))

    status, _ = await resting.ask("POST", "/sequences", json={**DOCUMENT, "name": "Other"}, headers=KEY)

    assert (status, await made(resting)) == (201, 2)


async def test_a_key_that_is_no_key_is_refused(resting: Knocking) -> None:
    for key in ("", "x" * 81, "\N{SNOWMAN}".encode()):
        status, said = await resting.ask("POST", "/sequences", json=DOCUMENT, headers={"Idempotency-Key": key})
        assert (status, said["code"]) == (422, "invalid_key")
    assert await made(resting) == 0


async def made(knocking: Knocking) -> int:
    _, listed = await knocking.ask("GET", "/sequences", by=ADA)
    return len(listed["items"])


async def crashed(knocking: Knocking, ago: timedelta) -> None:
    """As a server leaves it that began to answer so long ago and died after the act."""
    house = knocking.house
    async with house.database.writing() as tx:
        rita = (await users.by_email(tx, RITA)).id
        kept = await answers.get(tx, rita, KEY["Idempotency-Key"])
        assert kept is not None
        await answers.give_up(tx, rita, KEY["Idempotency-Key"])
        await answers.begin(tx, rita, KEY["Idempotency-Key"], kept.request, house.door.now() - ago)
