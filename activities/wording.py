"""What a step says to one contact, filled in as things are now; or why it cannot be said."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.assignment import Assignment, assign, wanted_user_id
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Reason
from sequencing.letter_links import UNSUBSCRIBE_HERE
from sequencing.merge_fields import MissingField, render
from sequencing.people import AddressType, Contact, Opportunity
from sequencing.sequences import Format, Step
from store import contacts, messages, sequences, suppressions, users


class Blocked(Exception):  # noqa: N818 - a reason to pause, no fault
    """The step cannot act until a person mends something."""

    def __init__(self, reason: Reason, code: str = "", missing: tuple[str, ...] = ()) -> None:
        super().__init__(reason.value)
        self.reason, self.code, self.missing = reason, code, missing

    @property
    def told(self) -> dict[str, str]:
        """For the timeline: names of fields, never what stands in them."""
        said = {"answer": self.code, "missing": ", ".join(self.missing)}
        return {name: word for name, word in said.items() if word}


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a step's wording can speak of."""

    step: Step
    sequence: str
    contact: Contact
    assignment: Assignment
    opportunity: Opportunity | None

    def filled_in(self, source: str, form: Format = Format.text) -> str:
        """The wording for this contact. Raises Blocked."""
        try:
            return render(source, self.values(), escaped=form is Format.html)
        except MissingField as missing:
            raise Blocked(Reason.missing_merge_field, missing=missing.names) from None
        except Refused:
            raise Blocked(Reason.template_broken) from None

    def shown(self, source: str) -> str:
        """The same for a person's eyes, who can read round a gap: `[contact.title]`."""
        values = self.values()
        try:
            return render(source, values)
        except MissingField as missing:
            for name in missing.names:
                record, _, field = name.partition(".")
                values[record] = {**values.get(record, {}), field: f"[{name}]"}
        except Refused:
            return source
        return render(source, values)

    def values(self) -> dict[str, dict[str, str]]:
        """The merge fields."""
        contact, sender = self.contact, self.assignment.user
        return {
            "contact": {
                "first_name": contact.first_name,
                "last_name": contact.last_name,
                "name": contact.name,
                "title": contact.title,
                "email": contact.address(AddressType.any) or "",
                "phone": contact.mobile or "",
                "kind": contact.kind.value,
            },
            "company": {"name": contact.company.name if contact.company else ""},
            "opportunity": {"title": self.opportunity.title if self.opportunity else ""},
            "sender": {"name": sender.name, "first_name": sender.name.split(" ")[0], "email": sender.email},
            "step": {"number": str(self.step.position)},
            "sequence": {"name": self.sequence},
            "email": {"unsubscribe_url": UNSUBSCRIBE_HERE if self.step.action.is_email else ""},
        }


async def scene(tx: AsyncSession, enrollment: Enrollment) -> Scene:
    """The scene of the enrollment's current step. Raises Blocked where nobody is left to act."""
    step, sequence = await sequences.step(tx, enrollment.sequence_id, enrollment.step)
    contact = await contacts.get(tx, enrollment.contact_id)
    assert contact is not None, "a contact with enrollments is never deleted"
    regards = enrollment.opportunity_id if step.regards_enrolled_opportunity else step.opportunity_id
    wanted = {enrollment.enrolled_by, wanted_user_id(step, contact, enrollment.enrolled_by) or 0}
    senders = await messages.senders(tx, enrollment, step.rule) if step.action.is_email else []
    known = await users.some(tx, wanted | set(senders), staying=not step.action.automatic)
    admin = None if any(user.active for user in known.values()) else await users.first_admin(tx)
    assignment = assign(step, contact, enrollment.enrolled_by, known, admin, senders)
    if assignment is None:
        raise Blocked(Reason.no_sender_address)
    return Scene(step, sequence, contact, assignment, await contacts.opportunity(tx, regards))


async def email_address(tx: AsyncSession, scene: Scene) -> str:
    """Where an email of this step goes. Raises Blocked."""
    address = scene.contact.address(scene.step.address_type)
    if address is None:
        none_at_all = not scene.contact.emails
        raise Blocked(Reason.no_email_address if none_at_all else Reason.no_address_of_type)
    await _writable(tx, scene, address)
    return address


async def mobile_number(tx: AsyncSession, scene: Scene) -> str:
    """Where a text of this step goes. Raises Blocked."""
    if scene.contact.mobile is None:
        raise Blocked(Reason.no_phone_number)
    await _writable(tx, scene, scene.contact.mobile)
    return scene.contact.mobile


async def _writable(tx: AsyncSession, scene: Scene, target: str) -> None:
    if scene.contact.do_not_contact or await suppressions.is_suppressed(tx, target):
        raise Blocked(Reason.suppressed)
