"""An email of a step for one contact, before anything of it leaves: the same for real mail, previews and tests."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.wording import Blocked, Scene, email_address
from sequencing.emails import Email, Mailbox
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Reason
from sequencing.letters import Wording, worded
from store import messages, todos, users

REFERENCES_KEPT = 10


@dataclass(frozen=True, slots=True)
class Written:
    """From whom, to which address, what it says, and the (Message-ID, subject) of the thread it goes on with."""

    sender: Mailbox
    recipient: Mailbox
    wording: Wording
    thread: list[tuple[str, str]]

    @property
    def subject(self) -> str:
        """In a thread its first one."""
        return f"Re: {self.thread[0][1].removeprefix('Re: ')}" if self.thread else self.wording.subject

    def email(self, leaving: Wording, *, message_id: str, date: datetime, unsubscribe_url: str = "") -> Email:
        """The whole message. `leaving`: the wording with its links as they go out."""
        return Email(
            sender=self.sender,
            recipient=self.recipient,
            subject=self.subject,
            text=leaving.text,
            message_id=message_id,
            date=date,
            in_reply_to=self.thread[-1][0] if self.thread else None,
            references=tuple(sent for sent, _ in self.thread[-REFERENCES_KEPT:]),
            html=leaving.html,
            unsubscribe_url=unsubscribe_url,
        )


async def write(tx: AsyncSession, enrollment: Enrollment, place: Scene) -> Written:
    """The email of the enrollment's current step. Raises Blocked."""
    recipient = await email_address(tx, place)
    sender = await _sender(tx, enrollment, place)
    wording = await _wording(tx, enrollment, place)
    thread = await messages.thread(tx, enrollment) if place.step.reply_in_thread else []
    return Written(sender, Mailbox(place.contact.name, recipient), wording, thread)


async def _sender(tx: AsyncSession, enrollment: Enrollment, place: Scene) -> Mailbox:
    """From is the assignee; for a manual email whoever pressed Send."""
    user = place.assignment.user
    if enrollment.asked_by is not None:
        user = await users.get(tx, enrollment.asked_by) or user
    if user.sending_address is None:
        raise Blocked(Reason.no_sender_address)
    return Mailbox(user.name, user.sending_address)


async def _wording(tx: AsyncSession, enrollment: Enrollment, place: Scene) -> Wording:
    """A manual email as its draft stands, an automatic one filled in now. Raises Blocked."""
    draft = await todos.get(tx, enrollment.todo) if enrollment.todo else None
    step = place.step
    tracked = step.track_opens or step.track_clicks
    try:
        if draft is not None:
            return worded(draft.subject, draft.body, draft.format, with_html=tracked)
        subject, body = place.filled_in(step.subject), place.filled_in(step.body, step.format)
        return worded(subject, body, step.format, with_html=tracked)
    except Refused as refusal:
        raise Blocked(Reason.template_broken, refusal.code) from None
