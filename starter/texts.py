"""Taking in what the provider of texts posts: what became of ours, and texts that came in, each once.

Recorded in one transaction; then the runs are told. What dies in between is the sweep's.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.happenings import Happening, Reason, What
from sequencing.replies import Ours
from sequencing.text_words import TextKind, text_kind
from sequencing.texts import NO_SUCH_MOBILE, STOP_REASON, STOPPED, Delivery, Reference
from starter.door import Door
from starter.incoming import Told, hear, left, lock, persistently, tell_all
from store import inbound, suppressions, texts
from store.enrollments import open_of
from store.lives import Life

HEARD = {TextKind.stop: What.unsubscribe, TextKind.reply: What.reply}
"""What a text is to the enrollments of its sender. START is nothing to them: it revives none."""
BOUNCED = "bounced"
PROVIDERS_WORDS = {"STOP": TextKind.stop, "START": TextKind.start}
"""What a provider says who has recognised an order by words of its own."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the provider says of a text: its name for it, whose it is, one of its words, and a code for a failure."""

    name: str
    of: Reference | None
    word: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text from a phone. `order`: the provider has recognised it as one."""

    name: str
    sender: str
    body: str
    order: str = ""

    @property
    def kind(self) -> TextKind:
        """What it asks for."""
        return PROVIDERS_WORDS.get(self.order.upper()) or text_kind(self.body)


async def take_status(door: Door, said: Status) -> None:
    """Records what became of a text. Of one that is none of ours, nothing."""
    await tell_all(door, await persistently(lambda: _record_status(door, said)))


async def _record_status(door: Door, said: Status) -> Told:
    async with door.database.writing() as tx:
        ours = await texts.ours(tx, said.of, said.name)
        if ours is None:
            return []
        life = await Life.lock(tx, ours.enrollment_id, door.now())
        await texts.call(tx, ours.id, said.name)
        told = await left(tx, life, ours, door.now())
        return told + await _became(door, tx, life, ours, said)


async def _became(door: Door, tx: AsyncSession, life: Life | None, ours: Ours, said: Status) -> Told:
    if said.word not in list(Delivery):
        return []
    delivery = Delivery(said.word)
    if not await texts.receive(tx, ours.id, delivery, said.code, door.now()):
        return []
    what, reason = _meaning(delivery, said.code)
    happening = Happening(what, step=ours.step, copy=ours.copy, reason=reason)
    told = [] if life is None else await hear(life, happening)
    if what is What.bounce:
        await suppressions.add(tx, ours.recipient, STOP_REASON if reason else BOUNCED, None, door.now())
    return told


def _meaning(delivery: Delivery, code: str) -> tuple[What, Reason | None]:
    """What it is to the enrollment; a bounce forbids the number too."""
    if delivery is Delivery.delivered:
        return What.delivered, None
    if code == STOPPED:
        return What.bounce, Reason.suppressed
    return (What.bounce if code in NO_SUCH_MOBILE else What.soft_bounced), None


async def take_text(door: Door, said: Incoming) -> None:
    """Records a text: STOP finishes, START lifts, anything else is a reply. From a number nobody has: one more."""
    await tell_all(door, await persistently(lambda: _record_text(door, said)))


async def _record_text(door: Door, said: Incoming) -> Told:
    async with door.database.writing() as tx:
        contacts = await texts.holders(tx, said.sender)
        if contacts:
            return await _take(door, tx, said, contacts)
        await texts.count(tx, door.now(), "others")
        return []


async def _take(door: Door, tx: AsyncSession, said: Incoming, contacts: list[int]) -> Told:
    now, kind = door.now(), said.kind
    about = await texts.answered(tx, contacts, said.sender)
    lives = await lock(tx, {*about, *await open_of(tx, contacts)}, now)
    await inbound.lock_contacts(tx, contacts)
    lives |= await lock(tx, set(await open_of(tx, contacts)) - lives.keys(), now)
    numbers = {contact: door.new_id() for contact in contacts}
    kept = await texts.keep(tx, said.name, kind, said.sender, said.body, numbers, now)
    told: Told = []
    for life in lives.values():
        number = kept.get(life.enrollment.contact_id)
        if number and kind in HEARD:
            told += await hear(life, Happening(HEARD[kind], text=number))
    if kept:
        await texts.count(tx, now, "kept")
        await _suppress(door, tx, said, kind)
    return told


async def _suppress(door: Door, tx: AsyncSession, said: Incoming, kind: TextKind) -> None:
    if kind is TextKind.stop:
        await texts.stop(tx, said.sender, door.now())
    elif kind is TextKind.start:
        await texts.lift_stop(tx, said.sender, door.now())
