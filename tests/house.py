"""A small house for tests: a database, the engine, a worker, a sequencer, Ada who manages, Rita who recruits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributeKey
from ulid import ULID

import worker
from activities.world import World
from sequencing.enrollments import Enrollment
from sequencing.people import Level
from sequencing.runs import Ended
from sequencing.settings import Limits, SequencingSettings
from sequencing.timing import Calendar, always
from settings import Settings
from starter.client import CONTACT_ID, ENROLLED_BY, REASON, SEQUENCE_ID, STATUS, Runs
from starter.contacts import import_contacts
from starter.demo import daytime_zone
from starter.door import Door
from starter.enrollments import Enrolled
from starter.sequencer import Sequencer
from starter.sequences import create_sequence
from store import enrollments, settings, todos, users
from store.database import Database
from store.tables import TodoRow
from tests.patience import PATIENCE
from transports.outbox import EmailOutbox, TextOutbox, messages
from transports.outgoing import Transport

ADA, RITA, BOB = "ada@example.org", "rita@example.org", "bob@example.org"
HEADER = "external_id,first_name,last_name,title,company,owner,work_email,personal_email,mobile"
PEOPLE = "\n".join(
    [
        HEADER,
        f"ann,Ann,Abel,Engineer,Acme,{RITA},ann@example.com,,+4915112340001",
        f"ben,Ben,Bruno,Engineer,Acme,{RITA},ben@example.com,,+4915112340002",
        f"dot,Dot,Dahl,Designer,Birch,{RITA},,,",
        "pia,Pia,Porter,Designer,Birch,,,pia@example.com,+4915112340003",
    ]
)
EMAIL: dict[str, Any] = {"action": "automatic_email", "subject": "Hi {{ contact.first_name }}", "body": "Hello."}
CALL: dict[str, Any] = {"action": "call", "title": "Call {{ contact.name }}"}
TASK: dict[str, Any] = {"action": "task", "title": "Think"}
TEXT: dict[str, Any] = {"action": "text", "body": "Hello {{ contact.first_name }}"}
LETTER: dict[str, Any] = {"action": "manual_email", "subject": "A letter", "body": "Dear {{ contact.first_name }}"}

NO_QUEUE = Limits(emails_a_day=100_000, gap_seconds=0)
"""Virtual clocks differ from run to run, so there is no order among them."""


def search_attribute_keys() -> list[SearchAttributeKey[Any]]:
    """What the namespace must know."""
    return [SEQUENCE_ID, CONTACT_ID, STATUS, REASON, ENROLLED_BY]


@dataclass
class House:
    """The parts, and the questions tests ask of them."""

    database: Database
    client: Client
    door: Door
    sequencer: Sequencer
    outbox: Path
    world: World

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database: Database,
        client: Client,
        outbox: Path,
        emails: Transport | None = None,
        working: bool = True,
        texts: Transport | None = None,
        public_url: str = "http://localhost:8000",
        act_within: float = 10,
    ) -> AsyncIterator[Self]:
        """The house with its worker running, on a task queue of its own."""
        queue = f"queue-{uuid4()}"
        runs = Runs(client, queue, act_within=act_within, patience=5)
        door = Door(
            database,
            runs,
            now=lambda: datetime.now(UTC),
            new_id=lambda: str(ULID()),
            outbox=outbox,
            emails=lambda: emails or EmailOutbox(outbox),
        )
        world = World(
            database=database,
            emails=emails or EmailOutbox(outbox),
            texts=texts or TextOutbox(outbox),
            new_id=lambda: str(ULID()),
            secret=database.secrets()[0],
            mail_domain="example.org",
            retry_after=timedelta(seconds=1),
            record_within=timedelta(seconds=5),
            public_url=public_url,
        )
        house = cls(database, client, door, Sequencer(door), outbox, world)
        await house._furnish()
        if not working:
            yield house
            return
        async with worker.build(client, Settings(task_queue=queue, grace_seconds=1), world):
            yield house

    async def _furnish(self) -> None:
        """Unless that was done before the database was copied."""
        async with self.database.writing() as tx:
            if await users.everybody(tx):
                return
            await users.add(tx, ADA, "Ada Admin", Level.manage, "+4930900000")
            await users.add(tx, RITA, "Rita Recruiter", Level.edit, "+4930900001")
            await users.add(tx, BOB, "Bob Bystander", Level.use, "+4930900002")
        await self.settle_on(always(daytime_zone(datetime.now(UTC))))
        await import_contacts(self.door, PEOPLE, RITA)

    async def settle_on(self, calendar: Calendar) -> None:
        """Puts that send window in force."""
        async with self.database.writing() as tx:
            now: SequencingSettings = await settings.current(tx)
            free = replace(now, calendar=calendar, seconds_allowed=True, limits=NO_QUEUE)
            await settings.change(tx, free, None, datetime.now(UTC))

    async def sequence(self, *steps: dict[str, Any], name: str | None = None, by: str = RITA) -> str:
        """The number of a new sequence of those steps, shared with everyone."""
        document = {"name": name or f"Sequence {uuid4()}", "sharing": "everyone", "steps": list(steps)}
        return str(await create_sequence(self.door, document, by))

    async def enroll(self, contact: str, *steps: dict[str, Any], by: str = RITA) -> str:
        """The id of the enrollment of a contact in a new sequence."""
        (answer,) = await self.sequencer.enroll(await self.sequence(*steps, by=by), [contact], by=by)
        assert isinstance(answer, Enrolled), answer
        assert answer.enrollment_id is not None
        return answer.enrollment_id

    async def row(self, enrollment_id: str) -> Enrollment | None:
        """Where it stands."""
        async with self.database.reading() as tx:
            return await enrollments.get(tx, enrollment_id)

    async def until(
        self, enrollment_id: str, there: Callable[[Enrollment | None], bool], within: float = PATIENCE
    ) -> Enrollment:
        """Where it stands as soon as it is there. Who waits long looks less often: each look costs what others need."""
        pause = 0.02
        async with asyncio.timeout(within):
            while True:
                row = await self.row(enrollment_id)
                if there(row):
                    assert row is not None
                    return row
                await asyncio.sleep(pause)
                pause = min(1.1 * pause, 0.1)

    async def place(self, enrollment_id: str, place: str, step: int | None = None) -> Enrollment:
        """Where it stands as soon as it is at that place (and step), with all news taken in."""
        return await self.until(
            enrollment_id,
            lambda e: e is not None and e.place == place and step in (None, e.step) and e.noted == e.last_news,
        )

    async def todo(self, enrollment_id: str, step: int | None = None) -> TodoRow:
        """Its open to-do, as soon as there is one."""
        row = await self.place(enrollment_id, "to_do", step)
        async with self.database.reading() as tx:
            todo = await todos.get(tx, row.todo or "")
        assert todo is not None
        return todo

    async def run(self, enrollment_id: str) -> WorkflowHandle[Any, Ended]:
        """The handle of its run."""
        row = await self.row(enrollment_id)
        assert row is not None
        return self.door.runs.handle(row.workflow_id)

    def sent(self) -> list[tuple[str, str]]:
        """(recipient, subject) of everything that left, in order."""
        return [(one.recipient, one.subject) for one in messages(self.outbox)]
