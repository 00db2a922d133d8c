"""A month of all five kinds, in virtual time, with a send window, over a clock change."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from sequencing.enrollments import Status
from sequencing.timing import is_open, office_hours
from store.tables import MessageRow
from tests.house import CALL, EMAIL, LETTER, RITA, TASK, TEXT, House

BERLIN = ZoneInfo("Europe/Berlin")


async def test_thirty_days_over_a_clock_change_keep_to_the_send_window(virtual_house: House) -> None:
    await virtual_house.settle_on(office_hours("Europe/Berlin"))
    until_then = max((_next_clock_change() - datetime.now(UTC)).days - 12, 0)
    delays = [f"{until_then} days", "1 week", "9 days", "7 days", "7 days"]
    kinds = (EMAIL, CALL, TEXT, LETTER, TASK)

    one = await virtual_house.enroll("ann", *[{**kind, "delay": d} for kind, d in zip(kinds, delays, strict=True)])
    await virtual_house.sequencer.resolve((await virtual_house.todo(one, 2)).id, "no_answer", by=RITA)
    await virtual_house.sequencer.send((await virtual_house.todo(one, 4)).id, by=RITA)
    await virtual_house.sequencer.resolve((await virtual_house.todo(one, 5)).id, "none", by=RITA)
    ended = await (await virtual_house.run(one)).result()

    sent = await _sent(virtual_house)
    offsets = {at.astimezone(BERLIN).utcoffset() for at in sent}
    assert ended.status is Status.finished
    assert all(is_open(at, office_hours("Europe/Berlin")) for at in sent)
    assert len(offsets) == 2
    assert sent[-1] - sent[0] >= timedelta(days=22)


async def test_twenty_such_lives_run_side_by_side(virtual_house: House) -> None:
    await virtual_house.settle_on(office_hours("Europe/Berlin"))
    steps = [{**EMAIL, "delay": "10 business days"}, {**TEXT, "delay": "2 weeks"}]

    many = [await virtual_house.enroll("ann", *steps) for _ in range(20)]
    ended = await asyncio.gather(*[(await virtual_house.run(one)).result() for one in many])

    sent = await _sent(virtual_house)
    assert {end.status for end in ended} == {Status.finished}
    assert len(sent) == 40
    assert all(is_open(at, office_hours("Europe/Berlin")) for at in sent)


def _next_clock_change() -> datetime:
    """The next one that is not before the first window opens, a weekend away."""
    at = datetime.now(UTC) + timedelta(days=4)
    offset = at.astimezone(BERLIN).utcoffset()
    while at.astimezone(BERLIN).utcoffset() == offset:
        at += timedelta(days=1)
    return at


async def _sent(house: House) -> list[datetime]:
    async with house.database.reading() as tx:
        rows = await tx.scalars(select(MessageRow.sent_at).order_by(MessageRow.id))
        return [at for at in rows if at is not None]
