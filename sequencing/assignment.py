"""Who does a step: the owner rule, resolved when the step falls due, with its fallbacks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sequencing.people import Contact, User
from sequencing.sequences import OwnerRule, Step


@dataclass(frozen=True, slots=True)
class Assignment:
    """The assignee, and whether the rule found nobody so that a fallback was taken."""

    user: User
    fallback: bool


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
    step: Step, contact: Contact, enrolled_by: int, users: Mapping[int, User], admin: User | None
) -> Assignment | None:
    """The active user the rule names, else who enrolled, else an admin; None only where no active user is left."""
    wanted = users.get(wanted_user_id(step, contact, enrolled_by) or 0)
    if wanted is not None and wanted.active:
        return Assignment(wanted, fallback=False)
    enroller = users.get(enrolled_by)
    heir = enroller if enroller is not None and enroller.active else admin
    return None if heir is None else Assignment(heir, fallback=True)
