"""Who does a step: the owner rule, resolved when the step falls due, with its fallbacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sequencing.people import Contact, User
from sequencing.sequences import OwnerRule, Step


@dataclass(frozen=True, slots=True)
class Assignment:
    """The assignee; whether the rule found nobody so that a fallback was taken; and, where the sender of the earlier
    emails is deactivated, instead of whom.
    """

    user: User
    fallback: bool
    instead_of: int | None = None


def wanted_user_id(step: Step, contact: Contact, enrolled_by: int) -> int | None:
    """Whom the step's owner rule names, if anybody."""
    match step.owner:
        case OwnerRule.user:
            return step.user_id
        case OwnerRule.contact_owner:
            return contact.owner_id
        case OwnerRule.company_owner:
            return contact.company.owner_id if contact.company else None
        case OwnerRule.enroller:
            return enrolled_by


def assign(
    step: Step,
    contact: Contact,
    enrolled_by: int,
    users: Mapping[int, User],
    admin: User | None,
    senders: Sequence[int] = (),
) -> Assignment | None:
    """The active user the rule names, else who enrolled, else an admin; None only where no active user is left.

    `senders`: who sent the enrollment's earlier emails by the same rule; the first who is active goes on.
    """
    stays = next((users[sender] for sender in senders if sender in users and users[sender].active), None)
    if stays is not None:
        return Assignment(stays, fallback=False)
    gone = senders[-1] if senders else None
    wanted = users.get(wanted_user_id(step, contact, enrolled_by) or 0)
    if wanted is not None and wanted.active:
        return Assignment(wanted, fallback=False, instead_of=gone)
    enroller = users.get(enrolled_by)
    heir = enroller if enroller is not None and enroller.active else admin
    return None if heir is None else Assignment(heir, fallback=True, instead_of=gone)
