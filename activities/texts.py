"""send_text: an automatic text message when it is due."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.sending import Letter, Sending
from activities.wording import Blocked, mobile_number, scene
from activities.world import World
from sequencing.decisions import Do
from sequencing.emails import message_id
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Reason
from sequencing.runs import Answer, Ref
from sequencing.segments import segments
from sequencing.texts import Reference, check_length, compose
from store.tables import Channel


@dataclass(frozen=True, slots=True)
class TextActivities:
    """The activity that sends texts."""

    world: World

    @activity.defn
    async def send_text(self, ref: Ref) -> Answer:
        """Sends the current step's text at most once."""
        return await Sending(self.world, ref, Do.send_text, self.world.texts, self._write).run()

    async def _write(self, tx: AsyncSession, enrollment: Enrollment) -> Letter:
        """Raises Blocked."""
        place = await scene(tx, enrollment)
        number = await mobile_number(tx, place)
        sender = place.assignment.user
        if sender.sending_number is None:
            raise Blocked(Reason.no_sender_number)
        body = sendable(place.filled_in(place.step.body))
        step, copy, domain = enrollment.step, enrollment.copy, self.world.mail_domain
        message = message_id(self.world.secret, enrollment=enrollment.id, step=step, copy=copy, domain=domain)
        wire = compose(Reference(enrollment.id, step, copy), body)
        count = segments(body).count
        return Letter(Channel.text, sender.id, sender.sending_number, number, "", body, message, wire, place, count)


def sendable(body: str) -> str:
    """The wording, if a provider sends it. Raises Blocked."""
    try:
        check_length(body)
    except Refused as refusal:
        raise Blocked(Reason.template_broken, refusal.code) from None
    return body
