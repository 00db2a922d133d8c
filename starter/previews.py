"""An email or text of a step as one contact would get it, shown or sent to oneself; nothing is recorded as sent."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from activities.texts import sendable
from activities.wording import Blocked, Scene, email_address, mobile_number, scene
from activities.writing import Written, write
from sequencing.assignment import Assignment
from sequencing.emails import Email, Mailbox, compose
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, TransportError, quoted
from sequencing.happenings import Reason
from sequencing.letter_links import UNSUBSCRIBE_HERE, linked
from sequencing.letters import Wording
from sequencing.permissions import Tie, check
from sequencing.segments import in_words
from sequencing.sequences import Action, Step
from sequencing.timing import Delay, Unit
from sequencing.tracking import Links
from starter.door import Door, acting_user
from starter.enrollments import one_contact
from store import enrollments, sequences, templates, ties, users
from store.tables import TemplateRow

NOBODY_COUNTS = Links("", b"", "")


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would leave now. `reason`: why it would not, and pause instead; then what is unknown is empty.

    `sender` and `recipient` are addresses or numbers; a text has neither subject nor `html`. `missing` are the fields
    of the wording that have no value. `cost`: of a text that would leave, how many the network makes of it, in words.
    """

    contact: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    reason: Reason | None = None
    missing: tuple[str, ...] = ()
    cost: str = ""


async def preview(door: Door, sequence: str, step: int, contact: str | int, by: str) -> Preview:
    """What that contact would get. Raises Refused: `not_a_message` for a step that only a person acts in."""
    async with door.database.reading() as tx:
        enrollment, place = await _scene(tx, door, sequence, step, contact, by, "preview")
        try:
            return await _text(tx, place) if place.step.action is Action.text else await _email(tx, enrollment, place)
        except Blocked as blocked:
            return await _blocked(tx, place, blocked)


async def preview_template(door: Door, template: str | int, contact: str, by: str) -> Preview:
    """What that contact would get of the template as an automatic email that the user sends. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        row = await templates.find(tx, template, user)
        check(user, "see_template", Tie(own=row.owner_id == user.id, seen=True))
        person = await one_contact(tx, contact)
        place = Scene(_as_step(row), "", person, Assignment(user, fallback=False), None)
        try:
            return await _email(tx, Enrollment("", 0, person.id, user.id, door.now(), door.now()), place)
        except Blocked as blocked:
            return await _blocked(tx, place, blocked)


def _as_step(row: TemplateRow) -> Step:
    step = Step(1, Action.automatic_email, Delay(0, Unit.minutes), subject=row.subject, body=row.body)
    return replace(step, format=row.format, address_type=row.address_type, unsubscribe_link=True)


async def send_test(door: Door, sequence: str, step: int, contact: str | int, by: str, to: str = "") -> str:
    """Sends the email, marked as a test, to the acting user, or to another user; answers the address.

    Raises Refused: `would_pause` with the reason, `not_a_user`, `not_sent` with what the mail server said.
    """
    async with door.database.reading() as tx:
        enrollment, place = await _scene(tx, door, sequence, step, contact, by, "send_test")
        if not place.step.action.is_email:
            raise Refused(
                "not_an_email", f"Step {step} is a {place.step.action.words}; only emails can be sent as tests."
            )
        tester = await _tester(tx, to or by)
        try:
            written = await write(tx, enrollment, place)
        except Blocked as blocked:
            raise Refused("would_pause", f"It would not be sent but pause: {blocked.reason}.") from None
    await _send(door, _as_test(door, written, place, tester))
    return tester.address


async def _scene(
    tx: AsyncSession, door: Door, sequence: str, step: int, contact: str | int, by: str, act: str
) -> tuple[Enrollment, Scene]:
    """The contact's enrollment, or one as if he were just being enrolled, at that step."""
    user = await acting_user(tx, by)
    row = await sequences.find(tx, sequence, user)
    check(user, act, await ties.to_sequence(tx, user, row))
    steps = await sequences.steps(tx, row.id)
    if not 1 <= step <= len(steps):
        raise Refused("unknown_step", f"The sequence has the steps 1 to {len(steps)}.")
    _check_kind(steps[step - 1])
    who, now = (await one_contact(tx, contact)).id, door.now()
    standing = await enrollments.open_in(tx, row.id, who) or Enrollment("", row.id, who, user.id, now, now)
    at_it = replace(standing, step=step, asked_by=None, todo=None)
    try:
        return at_it, await scene(tx, at_it)
    except Blocked:
        raise Refused("no_sender_address", "Nobody is left to send it: no user is active.") from None


def _check_kind(step: Step) -> None:
    if step.action.for_a_person_alone:
        raise Refused(
            "not_a_message", f"Step {step.position} is a {step.action.words}; emails and texts have a preview."
        )


async def _email(tx: AsyncSession, enrollment: Enrollment, place: Scene) -> Preview:
    written = await write(tx, enrollment, place)
    said = _inert(written.wording, place.step)
    sender, recipient = written.sender.address, written.recipient.address
    return Preview(place.contact.name, sender, recipient, written.subject, said.text, said.html)


async def _text(tx: AsyncSession, place: Scene) -> Preview:
    number, sender = await mobile_number(tx, place), place.assignment.user.sending_number
    if sender is None:
        raise Blocked(Reason.no_sender_number)
    body = sendable(place.filled_in(place.step.body))
    return Preview(place.contact.name, sender, number, "", body, "", cost=in_words(body))


async def _blocked(tx: AsyncSession, place: Scene, blocked: Blocked) -> Preview:
    """What can be shown all the same."""
    user, step = place.assignment.user, place.step
    try:
        recipient = await (mobile_number if step.action is Action.text else email_address)(tx, place)
    except Blocked:
        recipient = ""
    return Preview(
        contact=place.contact.name,
        sender=(user.sending_number if step.action is Action.text else user.sending_address) or "",
        recipient=recipient,
        subject=place.shown(step.subject),
        text=place.shown(step.body),
        html="",
        reason=blocked.reason,
        missing=blocked.missing,
    )


def _inert(wording: Wording, step: Step) -> Wording:
    """With the link to unsubscribe in its place, leading nowhere, and nothing that counts."""
    return linked(wording, replace(step, track_opens=False, track_clicks=False), NOBODY_COUNTS, UNSUBSCRIBE_HERE)


async def _tester(tx: AsyncSession, address: str) -> Mailbox:
    try:
        user = await users.by_email(tx, address)
    except Refused:
        user = None
    if user is None or not user.active:
        raise Refused("not_a_user", f"Tests go to active users only, and {quoted(address)} is the address of none.")
    return Mailbox(user.name, user.email)


def _as_test(door: Door, written: Written, place: Scene, tester: Mailbox) -> Email:
    said = _inert(written.wording, place.step)
    email = written.email(said, message_id=f"<test.{door.new_id().lower()}@{door.mail_domain}>", date=door.now())
    marked = f"[Test] {email.subject}"
    return replace(email, recipient=tester, subject=marked, test_of=place.contact.id, in_reply_to=None, references=())


async def _send(door: Door, email: Email) -> None:
    assert door.emails is not None, "who opens a door says how its tests leave"
    try:
        delivery = await door.emails().open(sender=email.sender.address, recipient=email.recipient.address)
        try:
            await delivery.begin()
            await delivery.hand_over(compose(email))
        finally:
            await delivery.close()
    except TransportError as error:
        raise Refused("not_sent", f"The mail server did not take it ({error}).") from None
