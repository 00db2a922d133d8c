"""send_email: an automatic email when it is due, or a manual one when a person pressed Send."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.sending import Letter, Sending
from activities.wording import Blocked, Scene, email_address, scene
from activities.world import World
from sequencing.decisions import Do
from sequencing.emails import Email, Mailbox, compose, message_id
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Reason
from sequencing.letter_links import linked
from sequencing.letters import Wording, worded
from sequencing.runs import Answer, Ref
from sequencing.tracking import Links, reference_of
from store import messages, suppressions, todos, users
from store.tables import Channel

REFERENCES_KEPT = 10


@dataclass(frozen=True, slots=True)
class EmailActivities:
    """The activity that sends emails."""

    world: World

    @activity.defn
    async def send_email(self, ref: Ref) -> Answer:
        """Sends the current step's email at most once."""
        return await Sending(self.world, ref, Do.send_email, self.world.emails, self._write).run()

    async def _write(self, tx: AsyncSession, enrollment: Enrollment) -> Letter:
        """Raises Blocked."""
        place = await scene(tx, enrollment)
        recipient = await email_address(tx, place)
        sender = await self._sender(tx, enrollment, place)
        ours = self._message_id(enrollment)
        links = Links(self.world.public_url, self.world.secret, reference_of(ours) or "")
        unsubscribe_url = links.unsubscribe(suppressions.fingerprint(tx, recipient))
        wording = await _wording(tx, enrollment, place)
        leaving = linked(wording, place.step, links, unsubscribe_url)
        subject = wording.subject
        thread = await messages.thread(tx, enrollment) if place.step.reply_in_thread else []
        if thread:
            subject = f"Re: {thread[0][1].removeprefix('Re: ')}"
        email = Email(
            sender=sender,
            recipient=Mailbox(place.contact.name, recipient),
            subject=subject,
            text=leaving.text,
            message_id=ours,
            date=datetime.now(UTC),
            in_reply_to=thread[-1][0] if thread else None,
            references=tuple(sent for sent, _ in thread[-REFERENCES_KEPT:]),
            html=leaving.html,
            unsubscribe_url=unsubscribe_url if place.step.unsubscribe_link else "",
        )
        by = enrollment.asked_by or place.assignment.user.id
        wire = compose(email)
        return Letter(
            Channel.email, by, sender.address, recipient, subject, wording.text, email.message_id, wire, place
        )

    async def _sender(self, tx: AsyncSession, enrollment: Enrollment, place: Scene) -> Mailbox:
        """From is the assignee; for a manual email whoever pressed Send."""
        user = place.assignment.user
        if enrollment.asked_by is not None:
            user = await users.get(tx, enrollment.asked_by) or user
        if user.sending_address is None:
            raise Blocked(Reason.no_sender_address)
        return Mailbox(user.name, user.sending_address)

    def _message_id(self, enrollment: Enrollment) -> str:
        step, copy = enrollment.step, enrollment.copy
        domain = self.world.mail_domain
        return message_id(self.world.secret, enrollment=enrollment.id, step=step, copy=copy, domain=domain)


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
    except Refused:
        raise Blocked(Reason.template_broken) from None
