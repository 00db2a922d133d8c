"""What recipients do with the links of an email. Nobody signs in for it: the link's signature says that it is ours."""

from sequencing.happenings import Happening, What
from sequencing.machines import BURST, Click, Fetch, among_others, judge
from sequencing.tracking import Clicked, Sign, Unsubscribing, Use, Viewed
from starter.door import Door
from starter.incoming import Told, hear, lock, persistently, tell_all
from store import inbound, news, suppressions, tracking
from store.enrollments import open_of
from store.lives import Life
from store.tables import LinkUseRow
from store.tracking import TOLD, Mail

PIXEL = 0


async def view(door: Door, said: Viewed, fetch: Fetch) -> None:
    """A message's pixel was fetched."""
    await _use(door, said.reference, Use.view, PIXEL, fetch)


async def click(door: Door, said: Clicked, fetch: Fetch) -> None:
    """A link was followed."""
    await _use(door, said.reference, Use.click, said.position, fetch)


async def unsubscribe(door: Door, said: Unsubscribing) -> None:
    """Suppresses the address the message went to, and finishes all that runs for its contact; it may be repeated.

    Where nothing is left of the message the address's fingerprint is suppressed.
    """
    await tell_all(door, await persistently(lambda: _unsubscribe(door, said)))


async def _unsubscribe(door: Door, said: Unsubscribing) -> Told:
    now = door.now()
    async with door.database.writing() as tx:
        mail = await tracking.mail(tx, said.reference)
        if mail is None:
            await suppressions.unsubscribe_unread(tx, said.fingerprint, now)
            return []
        his = [mail.contact_id]
        lives = await lock(tx, {mail.enrollment_id, *await open_of(tx, his)}, now)
        await inbound.lock_contacts(tx, his)
        lives |= await lock(tx, set(await open_of(tx, his)) - lives.keys(), now)
        await suppressions.unsubscribe(tx, mail.recipient, now)
        return [piece for life in lives.values() for piece in await _hear(life, mail)]


async def _hear(life: Life, mail: Mail) -> Told:
    """The enrollment whose message it was hears step and copy; of what has ended that one alone keeps a line, once."""
    own = life.enrollment.id == mail.enrollment_id
    standing = await news.folded(life.tx, life.enrollment, life.now, life.course)
    said = await tracking.has_said(life.tx, mail.enrollment_id, What.unsubscribe)
    if not (standing.is_open or (own and not life.enrollment.is_open and not said)):
        return []
    by_it = Happening(What.unsubscribe, step=mail.step, copy=mail.copy)
    return await hear(life, by_it if own else Happening(What.unsubscribe))


async def _use(door: Door, reference: str, use: Use, position: int, fetch: Fetch) -> None:
    """Written down unless nothing is left of the message, or of its enrollment; it moves nothing."""
    now = door.now()
    async with door.database.reading() as tx:
        mail = await tracking.mail(tx, reference)
        if mail is None:
            return
        sign = judge(fetch, now, mail.left_at)
        if await tracking.is_counted(tx, mail.id, use, position, sign):
            return
    async with door.database.writing() as tx:
        life = await Life.lock(tx, mail.enrollment_id, now)
        if life is not None:
            await _write_down(life, mail, use, position, sign)


async def _write_down(life: Life, mail: Mail, use: Use, position: int, sign: Sign) -> None:
    rows = await tracking.uses(life.tx, mail.id, use)
    if use is Use.click:
        others = [Click(row.position, row.last_at) for row in rows]
        judged = among_others(sign, Click(position, life.now), others)
        if judged in (Sign.many_links, Sign.hidden_link):
            rows = await _take_for_machines(life, mail, rows, judged)
        sign = judged
    await tracking.write_down(life.tx, mail.id, use, position, sign, life.now)
    if not (sign.is_machine or any(not row.machine for row in rows)):
        life.tell(Happening(TOLD[use], step=mail.step, copy=mail.copy), _which(use, position))
        await life.save()


async def _take_for_machines(life: Life, mail: Mail, rows: list[LinkUseRow], sign: Sign) -> list[LinkUseRow]:
    """What was followed just before was followed by the same machine; answers the rows that stay as they are."""
    since = life.now - BURST
    mistaken = [row for row in rows if not row.machine and row.first_at > since]
    for row in mistaken:
        await tracking.take_for_machine(life.tx, row, sign)
    if mistaken:
        await tracking.untell(life.tx, mail, Use.click, since)
    return [row for row in rows if row not in mistaken]


def _which(use: Use, position: int) -> dict[str, int]:
    return {"link": position} if use is Use.click else {}
