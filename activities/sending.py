"""Sending once: how a message leaves, whatever dies on the way.

    compose → connect, MAIL, RCPT → claim (committed) → DATA → handing_over (committed) → the message → sent (committed)

1. Before the claim a crash costs nothing; between claim and handing_over it costs one more try.
2. From handing_over to the record nobody can know; the next activity says `delivery_unknown`, and a person settles it.
3. A certain refusal gives the claim back. An answer that comes late, after 2., still counts: sent wins.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import ParamSpec

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.queues import Soon, its_turn, take_slot
from activities.standing import EngineClock, answer, give_up, take_in
from activities.telling import tell
from activities.wording import Blocked, Scene
from activities.world import World
from sequencing.decisions import Decision, Do
from sequencing.enrollments import Enrollment
from sequencing.errors import About, DeliveryUnknown, TransportError
from sequencing.happenings import Happening, Reason, Settlement, What, Why
from sequencing.queues import AT_ITS_SLOT, PATIENCE
from sequencing.runs import Answer, Ref
from sequencing.texts import STOP_REASON, reason_of
from sequencing.timing import day_of
from sequencing.waits import may_leave
from store import holds, messages, news, senders, suppressions
from store.lives import Life
from store.tables import Channel, MessageState
from transports.outgoing import Delivery, Transport

P = ParamSpec("P")
LONGEST_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to leave. `wire` is what the transport transmits, `segments` how many texts the network makes."""

    channel: Channel
    sender_id: int
    sender: str
    recipient: str
    subject: str
    body: str
    message_id: str
    wire: bytes
    scene: Scene
    segments: int | None = None


Compose = Callable[[AsyncSession, Enrollment], Awaitable[Letter]]


@dataclass
class Sending:
    """One attempt at one message of one enrollment."""

    world: World
    ref: Ref
    do: Do
    transport: Transport
    compose: Compose
    clock: EngineClock = field(default_factory=EngineClock)
    attempt: str = field(default_factory=lambda: _attempt())
    counted_on: date | None = None
    """The day of its sender to which its claim was counted."""

    async def run(self) -> Answer:
        """Sends the message if it is due, and answers what comes next."""
        for stay in (min(AT_ITS_SLOT, self.world.record_within), PATIENCE, PATIENCE, timedelta()):
            prepared = await self._prepare(stay)
            if isinstance(prepared, Soon):
                await asyncio.sleep(max((prepared.at - self.clock.now()).total_seconds(), 0))
                continue
            came_of_it = prepared if isinstance(prepared, Answer) else await self._send(*prepared)
            if came_of_it is not None:
                return came_of_it
        return await self._stand()

    async def _send(self, enrollment: Enrollment, letter: Letter) -> Answer | None:
        """None where another email of the same sender was faster."""
        try:
            delivery = await self.transport.open(sender=letter.sender, recipient=letter.recipient)
        except TransportError as error:
            return await self._not_taken(enrollment, error, letter)
        try:
            claimed = await self._claim(enrollment, letter)
            return await self._hand_over(claimed, delivery, letter) if isinstance(claimed, Enrollment) else claimed
        finally:
            await delivery.close()

    async def _prepare(self, stay: timedelta) -> tuple[Enrollment, Letter] | Answer | Soon:
        async with self.world.database.writing() as tx:
            life = await take_in(tx, self.ref, self.clock.now())
            if isinstance(life, Answer):
                return life
            if not self._is_due(life.decision) or await self._left_already(life) or self._window_closed(life):
                return await answer(life)
            if await holds.is_held(tx, life.enrollment.sequence_id):
                life.happen(Happening(What.held))
                return await answer(life)
            try:
                letter = await self.compose(tx, life.enrollment)
            except Blocked as blocked:
                life.happen(Happening(What.blocked, reason=blocked.reason), blocked.told)
                return await answer(life)
            turn = await self._turn(life, letter, stay)
            if turn is False:
                return await answer(life)
            await life.save()
            return turn if isinstance(turn, Soon) else (life.enrollment, letter)

    async def _turn(self, life: Life, letter: Letter, stay: timedelta) -> bool | Soon:
        """Cap and gap hold automatic emails; what a person sends himself passes them."""
        if letter.channel is not Channel.email or life.enrollment.asked_by is not None:
            return True
        return await its_turn(life, letter.sender_id, stay=stay)

    def _is_due(self, decision: Decision) -> bool:
        return decision.do is self.do and decision.at is not None and decision.at <= self.clock.now()

    async def _left_already(self, life: Life) -> bool:
        """The claim has an end although the step has none: a straggler, or a cancel in between."""
        claim = await messages.of_step(life.tx, life.enrollment)
        if claim is not None and claim.state is MessageState.sent:
            life.happen(Happening(What.sent, step=life.enrollment.step, copy=life.enrollment.copy))
        elif claim is not None and (claim.left or claim.state in (MessageState.unknown, MessageState.handing_over)):
            await give_up(life, claim.attempt)
        else:
            return False
        return True

    def _window_closed(self, life: Life) -> bool:
        """The window is asked again now; what a person asked for, or let go at any hour, keeps to no window."""
        action = life.course.actions[life.enrollment.step - 1]
        free = action.is_email and (life.enrollment.asked_by is not None or life.enrollment.any_hour)
        if free or may_leave(action, self.clock.now(), life.course):
            return False
        life.happen(Happening(What.look_again))
        return not self._is_due(life.decision)

    async def _claim(self, expected: Enrollment, letter: Letter) -> Enrollment | Answer | None:
        """The claim, if nothing at all has changed since the letter was written; None: the sender has no room now."""
        async with self.world.database.writing() as tx:
            life = await take_in(tx, self.ref, self.clock.now())
            if isinstance(life, Answer):
                return life
            if life.enrollment != expected or self._window_closed(life):
                return await answer(life)
            if not await self._may_pass(life, letter):
                return await answer(life)
            if letter.channel is Channel.email and not await take_slot(life, letter.sender_id):
                return None
            self.counted_on = day_of(life.now, life.course.calendar)
            await messages.claim(
                tx,
                life.enrollment,
                channel=letter.channel,
                attempt=self.attempt,
                sender_id=letter.sender_id,
                recipient=letter.recipient,
                subject=letter.subject,
                body=letter.body,
                message_id=letter.message_id,
                segments=letter.segments,
                at=life.now,
                rule=letter.scene.step.rule,
            )
            life.happen(Happening(What.claimed), _about_sender(letter))
            await life.save()
            return life.enrollment

    async def _may_pass(self, life: Life, letter: Letter) -> bool:
        """What was recorded since the letter was written counts; an address that changed makes it be written anew."""
        sequence_id, contact_id = life.enrollment.sequence_id, life.enrollment.contact_id
        forms = suppressions.forms(life.tx, letter.recipient)
        gate = await holds.pass_gate(life.tx, sequence_id, contact_id, letter.recipient, forms)
        if gate.suppressed:
            life.happen(Happening(What.blocked, reason=Reason.suppressed))
        elif gate.held:
            life.happen(Happening(What.held))
        return gate.still_his and not (gate.suppressed or gate.held)

    async def _hand_over(self, enrollment: Enrollment, delivery: Delivery, letter: Letter) -> Answer:
        try:
            await delivery.begin()
            async with self.world.database.writing() as tx:
                if not await messages.hand_over(tx, enrollment, self.attempt):
                    raise TransportError("overtaken", permanent=False, about=About.server)
            name = await delivery.hand_over(letter.wire)
            left_at = self.clock.now()  # what is recorded may have to wait for the database, and opens count from here
        except DeliveryUnknown:
            return await self._persistently(self._lost, enrollment)
        except TransportError as error:
            return await self._persistently(self._not_taken, enrollment, error, letter)
        return await self._persistently(self._sent, enrollment, name, left_at)

    async def _sent(self, enrollment: Enrollment, name: str | None, left_at: datetime) -> Answer:
        """`name`: what the provider calls it, if it does. `left_at`: when it was answered."""
        async with self.world.database.writing() as tx:
            life = await Life.lock(tx, enrollment.id, self.clock.now())
            arrived = await messages.arrive(tx, enrollment, self.attempt, left_at, name)
            if life is not None and arrived and life.enrollment.is_sending(enrollment.step, enrollment.copy):
                life.happen(Happening(What.sent, step=enrollment.step, copy=enrollment.copy))
                return await self._taken_in(life)
            given_up = life is not None and arrived and life.enrollment.is_open
            piece = await self._late_news(life, enrollment) if life is not None and given_up else None
        if life is None or piece is None or life.enrollment.run != self.ref.run:
            return await self._stand()
        await tell(self.world.database, life.enrollment.workflow_id, piece)
        return Answer(life.decision, self.ref.noted)

    async def _late_news(self, life: Life, claimed: Enrollment) -> news.News:
        """It was given up as unknown meanwhile, so the run listens to news alone: this is news.

        Nobody hears the answer of an attempt that was given up. So it leaves the news to the run, which takes note.
        """
        left = Happening(What.settle, step=claimed.step, copy=claimed.copy, settlement=Settlement.left)
        return await news.append(life.tx, life.enrollment, left, life.now)

    async def _lost(self, enrollment: Enrollment) -> Answer:
        async with self.world.database.writing() as tx:
            life = await Life.lock(tx, enrollment.id, self.clock.now())
            if life is not None and await self._was_seen(life, enrollment):
                return await self._taken_in(life)
            lost = life is not None and await messages.lose(tx, enrollment, self.attempt)
            if life is not None and lost and life.enrollment.is_sending(enrollment.step, enrollment.copy):
                life.happen(Happening(What.lost, step=enrollment.step, copy=enrollment.copy))
                return await self._taken_in(life)
        return await self._stand()

    async def _was_seen(self, life: Life, claimed: Enrollment) -> bool:
        """A copy of it has come in by the journal, so it left, whatever the server said or did not say."""
        seen = life.enrollment.is_sending(claimed.step, claimed.copy)
        if not (seen and await messages.leave_if_seen(life.tx, claimed, self.attempt)):
            return False
        life.happen(Happening(What.sent, step=claimed.step, copy=claimed.copy), {"seen": True})
        return True

    async def _not_taken(self, enrollment: Enrollment, error: TransportError, letter: Letter) -> Answer:
        """Certainly not taken: the claim, if there is one, goes back, and the step pauses or tries later."""
        async with self.world.database.writing() as tx:
            life = await Life.lock(tx, enrollment.id, self.clock.now())
            forbidden = self._forbids(error)
            if forbidden:
                await holds.close_gate(tx)  # who has passed it must not close it: two such would wait for each other
            if life is not None and await self._was_seen(life, enrollment):
                return await self._taken_in(life)
            if life is not None:
                released = await messages.release(tx, enrollment, self.attempt)
                if released and self.counted_on and letter.channel is Channel.email:
                    await senders.give_back(tx, letter.sender_id, self.counted_on)
                if forbidden:
                    await suppressions.add(tx, letter.recipient, forbidden, None, self.clock.now())
                sending = life.enrollment.is_sending(enrollment.step, enrollment.copy)
                if sending if released else life.enrollment == enrollment:
                    life.happen(self._after_refusal(life, error), {"answer": error.code})
                    return await self._taken_in(life)
        return await self._stand()

    def _after_refusal(self, life: Life, error: TransportError) -> Happening:
        if error.permanent and error.about is not About.server:
            return Happening(What.blocked, reason=self._reason(error))
        why = Why.mail_server_unreachable if error.about is About.server else Why.mail_server_not_now
        return Happening(What.try_later, until=self._next_try(life), why=why)

    def _forbids(self, error: TransportError) -> str:
        """Why nobody may write there from now on; empty where that is not said for certain."""
        if error.permanent and self._reason(error) is Reason.suppressed:
            return STOP_REASON
        return Reason.bounced if error.nobody else ""

    def _reason(self, error: TransportError) -> Reason:
        if self.do is Do.send_text:
            return reason_of(error)
        return Reason.bounced if error.about is About.recipient else Reason.could_not_be_sent

    def _next_try(self, life: Life) -> datetime:
        """The pauses grow with the time it has failed already, up to half an hour."""
        now = self.clock.now()
        failing = now - (life.enrollment.failing_since or now)
        return now + min(max(failing, self.world.retry_after), LONGEST_PAUSE)

    async def _taken_in(self, life: Life) -> Answer:
        """The end of the step, with what came meanwhile: it was recorded after the claim, so the message goes first."""
        await life.note_news()
        return await answer(life)

    async def _stand(self) -> Answer:
        async with self.world.database.writing() as tx:
            life = await take_in(tx, self.ref, self.clock.now())
            return life if isinstance(life, Answer) else await answer(life)

    async def _persistently(self, record: Callable[P, Awaitable[Answer]], *args: P.args, **kwargs: P.kwargs) -> Answer:
        """What is known only here is worth several tries: a database that comes back in time loses nothing."""
        deadline = monotonic() + self.world.record_within.total_seconds()
        while True:
            try:
                return await record(*args, **kwargs)
            except (SQLAlchemyError, OSError):
                if monotonic() > deadline:
                    raise
                await asyncio.sleep(0.3)


def _about_sender(letter: Letter) -> dict[str, int]:
    """What is worth telling of who sends it."""
    assignment = letter.scene.assignment
    told = {"fallback_owner": letter.sender_id} if assignment.fallback else {}
    if assignment.instead_of is not None and assignment.instead_of != letter.sender_id:
        told |= {"sender": letter.sender_id, "sender_before": assignment.instead_of}
    return told


def _attempt() -> str:
    info = activity.info()
    return f"{info.workflow_run_id}:{info.activity_id}:{info.attempt}"
