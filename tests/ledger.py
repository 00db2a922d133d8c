"""Rows that numbers are made of, written by hand into a house: whatever a test wants to have happened, and when."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from sequencing.enrollments import Status, StepState
from sequencing.happenings import Reason, What
from sequencing.mail_kinds import Kind
from sequencing.replies import Meaning
from sequencing.reports import Measure, Report
from sequencing.sequences import Action
from sequencing.text_words import TextKind
from sequencing.texts import Delivery
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.tracking import Sign, Use
from starter.reports import Asked, report
from store.mail_tables import MailRow
from store.people_tables import ContactRow, UserRow
from store.tables import (
    Channel,
    EnrollmentRow,
    EventRow,
    LinkUseRow,
    MessageRow,
    MessageState,
    RemovalRow,
    TodoRow,
)
from store.text_tables import IncomingTextRow, TextReceiptRow
from tests.house import ADA, RITA, House

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday. A test that reads days says which zone the house has: at midnight in UTC its clocks are at +12."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Ledger:
    """`at` is when things happen unless a call says otherwise; contacts and users are named as in the house."""

    house: House
    at: datetime = NOON
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def enroll(
        self,
        sequence: str,
        contact: str,
        status: Status = Status.active,
        step: int = 1,
        *,
        reason: Reason | None = None,
        outcome: Outcome | None = None,
        by: str = RITA,
        at: datetime | None = None,
    ) -> str:
        """An enrollment that stands there; its id."""
        began = at or self.at
        one, who = str(ULID.from_datetime(began)), await self._contact(contact)
        self._places[one] = int(sequence), who
        await self._add(
            EnrollmentRow(
                id=one,
                sequence_id=int(sequence),
                contact_id=who,
                enrolled_by=await self._user(by),
                enrolled_at=began,
                previous_end=began,
                run=1,
                status=status,
                state=StepState.waiting,
                step=step,
                reason=reason,
                outcome=outcome,
                since=began,
                copy=1,
                last_news=0,
                noted=0,
            )
        )
        return one

    async def send(
        self,
        enrollment: str,
        step: int = 1,
        *,
        copy: int = 1,
        channel: Channel = Channel.email,
        by: str = RITA,
        at: datetime | None = None,
        state: MessageState = MessageState.sent,
    ) -> int:
        """A message of that step; its number."""
        sequence, contact = self._places[enrollment]
        row = MessageRow(
            enrollment_id=enrollment,
            step=step,
            copy=copy,
            channel=channel,
            sequence_id=sequence,
            contact_id=contact,
            sender_id=await self._user(by),
            state=state,
            attempt="one",
            recipient=f"to-{contact}",
            body="",
            message_id=f"<{ULID()}@example.org>",
            claimed_at=at or self.at,
            sent_at=(at or self.at) if state is MessageState.sent else None,
        )
        await self._add(row)
        return row.id

    async def use(
        self,
        message: int,
        kind: Use = Use.view,
        sign: Sign = Sign.person,
        at: datetime | None = None,
        position: int = 0,
    ) -> None:
        """Its pixel is fetched, or its link followed."""
        when = at or self.at
        row = {"first_at": when, "last_at": when, "times": 1, "machine": sign.is_machine, "position": position}
        await self._add(LinkUseRow(message_id=message, kind=kind, sign=sign, **row))

    async def mail(
        self, contact: str, meaning: Meaning = Meaning.reply, answers: int | None = None, at: datetime | None = None
    ) -> None:
        """A mail of his comes in."""
        one = str(ULID())
        words = {"key": one, "why": "", "sender": contact, "subject": "", "text": "", "kind": Kind.person}
        who, when = await self._contact(contact), at or self.at
        await self._add(MailRow(id=one, contact_id=who, meaning=meaning, answers=answers, at=when, **words))

    async def text(self, contact: str, kind: TextKind = TextKind.reply, at: datetime | None = None) -> None:
        """A text of his comes in."""
        one, who = str(ULID()), await self._contact(contact)
        words = {"provider_id": one, "sender": f"to-{who}", "body": ""}
        await self._add(IncomingTextRow(id=one, contact_id=who, kind=kind, at=at or self.at, **words))

    async def undeliver(self, message: int, code: str) -> None:
        """The provider says that a text did not arrive."""
        await self._add(TextReceiptRow(message_id=message, delivery=Delivery.undelivered, code=code, at=self.at))

    async def tell(
        self, enrollment: str, what: What, step: int, at: datetime | None = None, code: str | None = None, **said: Any
    ) -> None:
        """A line of a timeline."""
        of = {"enrollment_id": enrollment, "step": step, "status": Status.active, "details": said, "code": code}
        await self._add(EventRow(at=at or self.at, what=what, **of))

    async def todo(
        self,
        enrollment: str,
        step: int,
        action: Action = Action.call,
        status: TodoStatus = TodoStatus.open,
        result: Result | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """A to-do of that step; its id."""
        one, (sequence, contact) = str(ULID()), self._places[enrollment]
        words = {"title": "", "instructions": "", "opened_at": at or self.at, "due_at": at or self.at}
        done = await self._user(by) if by else None
        await self._add(
            TodoRow(
                id=one,
                enrollment_id=enrollment,
                sequence_id=sequence,
                contact_id=contact,
                step=step,
                action=action,
                assignee_id=await self._user(RITA),
                status=status,
                result=result,
                done_by=done,
                done_at=(at or self.at) if done else None,
                **words,
            )
        )
        return one

    async def remove(self, enrollment: str, by: str = RITA, at: datetime | None = None) -> None:
        """As the house removes: what was completed stays, with the line of the removal."""
        sequence, contact = self._places[enrollment]
        async with self.house.database.writing() as tx:
            for row in (EventRow.enrollment_id, EnrollmentRow.id):
                await tx.execute(sa.delete(row.class_).where(row == enrollment))
            of = {"sequence_id": sequence, "contact_id": contact, "removed_by": await self._user(by)}
            tx.add(RemovalRow(enrollment_id=enrollment, removed_at=at or self.at, **of))

    async def report(self, sequence: str = "", by: str = ADA, **asked: Any) -> Report:
        """What the house says."""
        return await report(self.house.door, Asked(sequence, **asked), by)

    async def _add(self, row: Any) -> None:
        async with self.house.database.writing() as tx:
            tx.add(row)

    async def _contact(self, name: str) -> int:
        return await self._id(ContactRow.id, ContactRow.external_id == name)

    async def _user(self, email: str) -> int:
        return await self._id(UserRow.id, UserRow.email == email)

    async def _id(self, column: Any, of: Any) -> int:
        async with self.house.database.reading() as tx:
            return int((await tx.execute(sa.select(column).where(of))).scalar_one())


def counted(told: Report, *measures: Measure) -> Counter[str]:
    """What a report counts of all together, without what is 0; `paused: replied` is a measure with its word."""
    return Counter(
        {
            f"{measure}: {word}" if word else str(measure): people
            for (measure, word), people in told.all.people.items()
            if not measures or measure in measures
        }
    )
