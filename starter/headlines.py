"""What the steps of one enrollment are called, with the words that its contact was sent, is shown, or would be."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from activities.wording import Scene
from sequencing.assignment import assign, wanted_user_id
from sequencing.enrollments import Enrollment
from sequencing.headlines import Headline, headline, source
from sequencing.people import Contact, Opportunity, User
from sequencing.sequences import Step
from store import contacts, messages, sequences, todos, users
from store.tables import MessageRow, MessageState


async def headlines(tx: AsyncSession, one: Enrollment, steps: Sequence[Step]) -> list[Headline]:
    """In the order of the steps."""
    letters = [row for row in await messages.of_enrollment(tx, one.id) if row.state is not MessageState.not_sent]
    said = await todos.titles(tx, one.id) | {row.step: row.subject for row in letters}
    filled_in = await _filled_in(tx, one, [step for step in steps if not said.get(step.position)], letters)
    return [headline(step, said.get(step.position), filled_in.get(step.position)) for step in steps]


async def _filled_in(
    tx: AsyncSession, one: Enrollment, steps: Sequence[Step], letters: Sequence[MessageRow]
) -> dict[int, str]:
    """What steps that have said nothing yet would say now, by number; none for whom nobody is left to do them."""
    contact = await contacts.get(tx, one.contact_id)
    if contact is None or not steps:
        return {}
    sequence = (await sequences.names(tx, [one.sequence_id]))[one.sequence_id]
    wanted = {wanted_user_id(step, contact, one.enrolled_by) or 0 for step in steps}
    known = await users.some(tx, wanted | {one.enrolled_by} | {row.sender_id for row in letters})
    admin = None if any(user.active for user in known.values()) else await users.first_admin(tx)
    regarded = {number: await contacts.opportunity(tx, number) for number in {_regards(one, step) for step in steps}}
    told = {}
    for step in steps:
        scene = _scene(one, step, sequence, contact, known, admin, letters, regarded[_regards(one, step)])
        if scene is not None:
            told[step.position] = scene.shown(source(step))
    return told


def _regards(one: Enrollment, step: Step) -> int | None:
    return one.opportunity_id if step.regards_enrolled_opportunity else step.opportunity_id


def _scene(
    one: Enrollment,
    step: Step,
    sequence: str,
    contact: Contact,
    known: dict[int, User],
    admin: User | None,
    letters: Sequence[MessageRow],
    opportunity: Opportunity | None,
) -> Scene | None:
    senders = [row.sender_id for row in letters if row.sent_by_rule == step.rule] if step.action.is_email else []
    assignment = assign(step, contact, one.enrolled_by, known, admin, senders)
    return None if assignment is None else Scene(step, sequence, contact, assignment, opportunity)
