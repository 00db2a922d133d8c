"""send_email: an automatic email when it is due, or a manual one when a person pressed Send."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.sending import Letter, Sending
from activities.wording import scene
from activities.world import World
from activities.writing import write
from sequencing.decisions import Do
from sequencing.emails import compose, message_id
from sequencing.enrollments import Enrollment
from sequencing.letter_links import linked
from sequencing.runs import Answer, Ref
from sequencing.tracking import Links, reference_of
from store import suppressions
from store.tables import Channel


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
        written = await write(tx, enrollment, place)
        ours, recipient = self._message_id(enrollment), written.recipient.address
        links = Links(self.world.public_url, self.world.secret, reference_of(ours) or "")
        unsubscribe_url = links.unsubscribe(suppressions.fingerprint(tx, recipient))
        email = written.email(
            linked(written.wording, place.step, links, unsubscribe_url),
            message_id=ours,
            date=datetime.now(UTC),
            unsubscribe_url=unsubscribe_url if place.step.unsubscribe_link else "",
        )
        by = enrollment.asked_by or place.assignment.user.id
        said, kept = compose(email), written.wording.text
        return Letter(Channel.email, by, written.sender.address, recipient, email.subject, kept, ours, said, place)

    def _message_id(self, enrollment: Enrollment) -> str:
        step, copy = enrollment.step, enrollment.copy
        domain = self.world.mail_domain
        return message_id(self.world.secret, enrollment=enrollment.id, step=step, copy=copy, domain=domain)
