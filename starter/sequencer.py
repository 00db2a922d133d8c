"""Sequencer: every act, for services that call from Python. Permission is asked here, and nowhere further in.

async with Sequencer.connect() as sequencer:
    await sequencer.enroll("Welcome", ["ann@example.org"], by="rita@example.org")
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Happening, Settlement, What
from sequencing.people import Contact
from sequencing.todos import Outcome
from settings import Settings, read_settings
from starter import adds, editing, enrollments, erasures, holds, people, previews, sequences, suppressions, todos
from starter.adds import AddStanding, Forecast, Line, Whom
from starter.attention import Waiting, waiting_for
from starter.door import Door
from starter.editing import Edited
from starter.enrollments import Enrolled, NotEnrolled, Receipt
from starter.erasures import Erased
from starter.events import follow
from starter.opening import open_door
from starter.people import Card, Kept, Said
from starter.previews import Preview
from starter.timeline import Story, story
from starter.todo_lists import Listed, Wanted, todo_list
from store import contact_lists
from store.events import Event
from store.selections import Selection

EVERYBODY_NAMED = Selection()
ONES_OWN = Wanted()
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Sequencer:
    """The acts. `by` is the email of the acting user. Each raises Refused (nothing changed) or Unchanged."""

    door: Door

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: Settings | None = None) -> AsyncIterator[Self]:
        """A sequencer on the database and engine that the environment names."""
        async with open_door(settings or read_settings()) as door:
            yield cls(door)

    async def enroll(
        self,
        sequence: str,
        contacts: Sequence[str | int],
        *,
        by: str,
        opportunity_id: int | None = None,
        dry_run: bool = False,
    ) -> list[Enrolled | NotEnrolled]:
        """Enrolls contacts, each named by id, external id or email, or by an int, his id; an answer for each."""
        return await enrollments.enroll(
            self.door, sequence, contacts, by, opportunity_id=opportunity_id, dry_run=dry_run
        )

    async def create(self, document: object, *, by: str) -> int:
        """Makes a sequence from a document; its number."""
        return await sequences.create_sequence(self.door, document, by)

    async def copy(self, sequence: str, *, by: str) -> int:
        """A copy that is the copier's alone and not frozen; its number."""
        return await editing.copy_sequence(self.door, sequence, by)

    async def archive(self, sequence: str, *, by: str) -> None:
        """Takes no new contacts from now on; running enrollments go on."""
        await editing.archive_sequence(self.door, sequence, by, archived=True)

    async def unarchive(self, sequence: str, *, by: str) -> None:
        """Takes new contacts again."""
        await editing.archive_sequence(self.door, sequence, by, archived=False)

    async def edit(self, sequence: str, document: object, *, by: str, dry_run: bool = False) -> Edited:
        """Makes a sequence what the document says; who waits for a step whose timing changes is moved."""
        return await editing.edit_sequence(self.door, sequence, document, by, dry_run=dry_run)

    async def preview(self, sequence: str, step: int, contact: str, *, by: str) -> Preview:
        """What that contact would get, or why the step would pause."""
        return await previews.preview(self.door, sequence, step, contact, by)

    async def send_test(self, sequence: str, step: int, contact: str, *, by: str, to: str = "") -> str:
        """Sends that email to oneself (or to another user), marked as a test; answers the address."""
        return await previews.send_test(self.door, sequence, step, contact, by, to)

    async def hold(self, sequence: str | None, *, by: str) -> None:
        """Lets nothing leave from that sequence (None: from any)."""
        await holds.hold(self.door, sequence, by)

    async def release(self, sequence: str | None, *, by: str) -> None:
        """Lets what fell due meanwhile go."""
        await holds.release(self.door, sequence, by)

    async def foresee(
        self, sequence: str, contacts: Sequence[str | int] = (), *, by: str, selection: Selection = EVERYBODY_NAMED
    ) -> Forecast:
        """What adding those contacts would do, to each and in sum."""
        return await adds.foresee(self.door, sequence, Whom(contacts, selection=selection), by)

    async def add(
        self, sequence: str, contacts: Sequence[str | int] = (), *, by: str, selection: Selection = EVERYBODY_NAMED
    ) -> str:
        """Adds thousands in the background: those named, and those the selection finds; answers the add's id."""
        return await adds.begin_add(self.door, sequence, Whom(contacts, selection=selection), by)

    async def show_add(self, add_id: str, *, by: str) -> AddStanding:
        """Where an add stands."""
        return await adds.show_add(self.door, add_id, by)

    async def cancel_add(self, add_id: str, *, by: str) -> bool:
        """Leaves the rest of an add un-added; False when it had ended already."""
        return await adds.cancel_add(self.door, add_id, by)

    async def refused(self, add_id: str, *, by: str, after: int = -1) -> list[Line]:
        """Whom an add refused, and why, behind that position, at most 1,000."""
        return await adds.lines(self.door, add_id, by, refused_only=True, after=after)

    async def enrollments(
        self, *, by: str, sequence: str = "", status: Status | None = None, after: str = "", limit: int = 100
    ) -> list[Enrollment]:
        """The enrollments the user sees, behind that id, in the order in which they began."""
        return await enrollments.listed(self.door, by, sequence=sequence, status=status, after=after, limit=limit)

    async def show(self, enrollment_id: str, *, by: str) -> Story:
        """Where an enrollment stands, what is next, when, why not yet, and everything that has happened."""
        return await story(self.door, enrollment_id, by)

    async def bypass(self, enrollment_id: str, *, by: str, any_hour: bool = False, step: int | None = None) -> Receipt:
        """Ends the current wait's delay, that of `step` alone if one is said; with `any_hour` an email leaves outside
        the send window too.

        Say the latter of one enrollment at a time, to somebody who has seen its contact's local time.
        """
        happening = Happening(What.bypass, step=step, any_hour=any_hour)
        return await enrollments.act(self.door, enrollment_id, happening, by)

    async def pause(self, enrollment_id: str, *, by: str) -> Receipt:
        """Nothing more happens until it is resumed."""
        return await self._act(enrollment_id, What.pause, by)

    async def resume(self, enrollment_id: str, *, by: str) -> Receipt:
        """Goes on, with the wait that was left."""
        return await self._act(enrollment_id, What.resume, by)

    async def cancel(self, enrollment_id: str, *, by: str) -> Receipt:
        """Stops it; it can be reactivated."""
        return await self._act(enrollment_id, What.cancel, by)

    async def reactivate(self, enrollment_id: str, *, by: str) -> Receipt:
        """Takes a canceled one up again where it stopped."""
        return await self._act(enrollment_id, What.reactivate, by)

    async def remove(self, enrollment_id: str, *, by: str) -> Receipt:
        """Deletes it and its history beyond recovery; completed actions stay in the contact's history."""
        return await self._act(enrollment_id, What.remove, by)

    async def reply(self, enrollment_id: str, *, by: str) -> Receipt:
        """The contact has replied, says somebody."""
        return await self._act(enrollment_id, What.reply, by)

    async def conclude(self, enrollment_id: str, outcome: Outcome, *, by: str) -> Receipt:
        """Ends it with an outcome."""
        happening = Happening(What.conclude, outcome=outcome)
        return await enrollments.act(self.door, enrollment_id, happening, by)

    async def settle(
        self,
        enrollment_id: str,
        settlement: Settlement,
        *,
        by: str,
        step: int | None = None,
        copy: int | None = None,
    ) -> Receipt:
        """Says of a message nobody knows about that it left, or that it shall be sent again; of no other than that copy
        of that step, if they are said.
        """
        happening = Happening(What.settle, settlement=settlement, step=step, copy=copy)
        return await enrollments.act(self.door, enrollment_id, happening, by)

    async def todos(self, wanted: Wanted = ONES_OWN, *, by: str) -> list[Listed]:
        """The open to-dos, one's own unless others are wanted; overdue ones first."""
        return await todo_list(self.door, wanted, by)

    async def resolve(self, todo_id: str, result: str, *, by: str, note: str | None = None) -> Receipt:
        """Gives a call or a task its result."""
        return await todos.resolve(self.door, todo_id, result, by, note)

    async def skip(self, todo_id: str, *, by: str) -> Receipt:
        """Goes on without a result."""
        return await todos.skip(self.door, todo_id, by)

    async def send(self, todo_id: str, *, by: str, subject: str | None = None, body: str | None = None) -> Receipt:
        """Sends a manual email."""
        return await todos.send(self.door, todo_id, by, subject, body)

    async def take_back(self, todo_id: str, *, by: str) -> Receipt:
        """Takes a result back."""
        return await todos.take_back(self.door, todo_id, by)

    async def postpone(self, todo_id: str, until: datetime, *, by: str) -> datetime:
        """Makes a to-do due at another instant, and answers it; without a zone it is the assignee's clock time."""
        return await todos.postpone(self.door, todo_id, until, by)

    async def reassign(self, todo_id: str, to: str, *, by: str) -> None:
        """Puts a to-do on another user's list."""
        await todos.reassign(self.door, todo_id, to, by)

    async def attention(self, *, by: str) -> list[Waiting]:
        """What waits for the user besides to-dos, each with what mends it."""
        return await waiting_for(self.door, by)

    async def add_contact(self, said: Said, *, by: str) -> Kept:
        """A new contact, owned by who adds him unless told otherwise."""
        return await people.add(self.door, said, by)

    async def change_contact(self, contact: str, said: Said, *, by: str) -> Kept:
        """Changes what is said of a contact; the rest stays."""
        return await people.change(self.door, contact, said, by)

    async def find_contacts(self, wanted: contact_lists.Wanted, *, by: str, sequence: str = "") -> list[Contact]:
        """The contacts that are wanted, by id; `sequence`: who is or was in it."""
        return await people.find(self.door, wanted, by, sequence=sequence)

    async def show_contact(self, contact: str, *, by: str) -> Card:
        """A contact, and all sequences he has been in as far as the user sees them."""
        return await people.card(self.door, contact, by)

    async def erase_contact(self, contact: str, *, by: str) -> Erased:
        """Deletes the person everywhere, beyond recovery."""
        return await erasures.erase(self.door, contact, by)

    async def suppress(self, target: str, *, by: str, reason: str = "by_user") -> bool:
        """Lets nobody write to an address or a number; False when it was so already."""
        return await suppressions.suppress(self.door, target, reason, by)

    async def lift(self, target: str, *, by: str) -> bool:
        """Allows writing to it again; False when it was not suppressed."""
        return await suppressions.lift(self.door, target, by)

    async def events(
        self, *, by: str, after: str = "", limit: int = 100, wait: timedelta = AT_ONCE
    ) -> tuple[list[Event], str]:
        """What has happened behind the cursor, and the cursor to go on with; waits so long for the first."""
        return await follow(self.door, by, after, limit, wait)

    async def _act(self, enrollment_id: str, what: What, by: str) -> Receipt:
        return await enrollments.act(self.door, enrollment_id, Happening(what), by)
