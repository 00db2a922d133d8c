"""Adding contacts to a sequence: who is let in, what becomes of each, and the whole add in a few sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sequencing.errors import Refused, quoted
from sequencing.people import AddressType, Contact
from sequencing.sequences import Action
from sequencing.texts import cost


class AddStatus(StrEnum):
    """Where a large add stands."""

    running = "running"
    canceled = "canceled"
    done = "done"


@dataclass(frozen=True, slots=True)
class AddRef:
    """What travels through Temporal: which add, and the first line to look at."""

    add_id: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class AddProgress:
    """How far an add is: `answered` of `total` lines have their answer; the next to look at is `position`."""

    position: int
    answered: int
    total: int
    status: AddStatus


@dataclass(frozen=True, slots=True)
class Demand:
    """What a step of the sequence needs of a contact; `text` is what a text step says before it is filled in."""

    step: int
    action: Action
    address_type: AddressType
    text: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sequence and the settings ask of whoever is added; the demands stand in the order of the steps."""

    demands: tuple[Demand, ...]
    more_than_one_sequence: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """A contact who is to be added, and what is known of him.

    `elsewhere` is the name of another sequence he is in: empty where the adding user does not see that sequence, None
    where there is none. `suppressed` are those of his addresses and numbers that nobody may write to.
    """

    contact: Contact
    in_it: bool = False
    was_in_it_before: bool = False
    elsewhere: str | None = None
    suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lack:
    """What a contact has not got, and the step at which his enrollment will therefore pause."""

    what: str
    step: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A contact that is in the sequence now (or would be, on a dry run: then without ids)."""

    contact: str
    contact_id: int
    enrollment_id: str | None
    workflow_id: str | None
    was_in_it_before: bool
    lack: Lack | None = None

    @property
    def remark(self) -> str | None:
        """What will happen that one should know beforehand."""
        return None if self.lack is None else f"has no {self.lack.what}: it will pause at step {self.lack.step}"


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """A contact that was refused, and why; `contact_id` where exactly one is meant."""

    contact: str
    code: str
    sentence: str
    contact_id: int | None = None


Answer = Enrolled | NotEnrolled


def admit(case: Case, terms: Terms) -> None:
    """Raises Refused where the contact may not be in that sequence now."""
    name = case.contact.name
    if case.contact.do_not_contact:
        raise Refused("do_not_contact", f"{name} is marked as not to be contacted.")
    if case.in_it:
        raise already_in()
    if _has_unsubscribed(case, terms):
        raise Refused("unsubscribed", f"{name} has no address that may be written to.")
    if case.elsewhere is not None and not terms.more_than_one_sequence:
        where = f"the sequence {case.elsewhere!r}" if case.elsewhere else "another sequence"
        raise Refused(
            "already_in_another_sequence", f"{name} is in {where}, and the settings allow one sequence at a time."
        )


def already_in() -> Refused:
    """The refusal of whoever came second."""
    return Refused("already_in_sequence", "The contact is in this sequence already.")


def _has_unsubscribed(case: Case, terms: Terms) -> bool:
    """Only what leaves by itself asks for this: a person who calls decides for himself."""
    automatic = {demand.action for demand in terms.demands if demand.action.automatic}
    addresses = {address.lower() for _, address in case.contact.emails}
    no_email = Action.automatic_email in automatic and bool(addresses) and addresses <= case.suppressed
    return no_email or (Action.text in automatic and case.contact.mobile in case.suppressed)


def lack(contact: Contact, terms: Terms) -> Lack | None:
    """The first step at which the enrollment will pause for want of an address or a number."""
    for demand in terms.demands:
        if demand.action.is_email and contact.address(demand.address_type) is None:
            return Lack(_address_words(demand.address_type), demand.step)
        if demand.action is Action.text and contact.mobile is None:
            return Lack("mobile number", demand.step)
    return None


def _address_words(kind: AddressType) -> str:
    return "email address" if kind is AddressType.any else f"{kind.value} email address"


LEFT_OUT: dict[str, str] = {
    "already_in_sequence": "{n} in it already: left out",
    "already_in_another_sequence": "{n} in another sequence, and the settings allow one at a time: left out",
    "sequence_archived": "{n} left out: the sequence is archived",
    "do_not_contact": "{n} not to be contacted: left out",
    "unsubscribed": "{n} unsubscribed: left out",
    "not_permitted": "{n} left out: you may not add to this sequence",
    "limit_reached": "{n} left out: that would be too many",
    "unknown_contact": "{n} unknown: left out",
    "ambiguous_contact": "{n} named in a way that fits several contacts: left out",
    "canceled": "{n} not reached before the add was canceled: left out",
}
"""How a sum tells each code of refusal."""

REFUSED: dict[str, str] = {
    "already_in_sequence": "The contact is in this sequence already.",
    "already_in_another_sequence": "The contact is in another sequence, and the settings allow one at a time.",
    "sequence_archived": "The sequence is archived; it takes no new contacts.",
    "do_not_contact": "The contact is marked as not to be contacted.",
    "unsubscribed": "The contact has no address that may be written to.",
    "not_permitted": "Who added may not add to this sequence.",
    "limit_reached": "That would be too many.",
    "unknown_contact": "There is no contact {named}.",
    "ambiguous_contact": "{named} fits several contacts.",
    "canceled": "The add was canceled before it came to this contact.",
}
"""How a line of a large add tells each code, long after: of the contact it says what was typed and nothing else."""


def told_later(code: str, named: str) -> str:
    """The sentence of a line that was refused with that code."""
    return REFUSED.get(code, "The contact was refused: {code}.").format(named=quoted(named), code=code)


def in_sum(answers: Sequence[Answer], terms: Terms, *, dry_run: bool) -> list[str]:
    """The whole add in a few sentences."""
    enrolled = [answer for answer in answers if isinstance(answer, Enrolled)]
    total, said = len(answers), "would be enrolled" if dry_run else "enrolled"
    sentences = [f"{len(enrolled)} of {total} {said}."]
    sentences += _lacks(enrolled, total)
    sentences += left_out(Counter(answer.code for answer in answers if isinstance(answer, NotEnrolled)))
    if before := sum(answer.was_in_it_before for answer in enrolled):
        sentences.append(f"{before} {_were(before)} in it before.")
    texts = [one for one in terms.demands if one.text]
    sentences += [f"The text of step {one.step} has {cost(one.text)}." for one in texts]
    return sentences


def _lacks(enrolled: Iterable[Enrolled], total: int) -> list[str]:
    counted = Counter(answer.lack for answer in enrolled if answer.lack is not None)
    in_order = sorted(counted.items(), key=lambda item: (item[0].step, item[0].what))
    return [
        f"{n} of {total} {'has' if n == 1 else 'have'} no {one.what}: they will pause at step {one.step}."
        for one, n in in_order
    ]


def left_out(refused: Counter[str]) -> list[str]:
    """A sentence for each code, in the order of the table."""
    known = [code for code in LEFT_OUT if refused[code]]
    return [f"{LEFT_OUT[code].format(n=refused[code])}." for code in known]


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
