"""A large add beside the bare engine, in one run: `python -m benchmarks.bulk_adds [--contacts 10000] [--postgresql]`.

First the add alone, then bare workflows with the same timer, 16 started at once and no rows written; each is over when
the last waits in its timer. Then the lateness of the first steps of other running enrollments while nothing else
happens, and again during a second add, in which signals are sent to more. In the same way the lateness of bare
activities, alone and while bare workflows are started: what the engine and the machine make of it without us.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.bare import BareActivities, BareWorkflow
from benchmarks.enrollments import _database, _engine, _house
from sequencing.adds import AddStatus, Enrolled
from sequencing.happenings import What
from starter.contacts import import_contacts
from store.tables import EnrollmentRow, EventRow
from tests.house import CALL, HEADER, RITA, House

OTHERS, SIGNALED = 100, 20
STARTS_AT_ONCE = 16
LONG = {**CALL, "delay": "30 days"}


async def main(contacts: int, *, postgresql: bool) -> None:
    """Runs the parts and prints the figures."""
    with tempfile.TemporaryDirectory() as named, _database(Path(named), postgresql=postgresql) as database:
        folder = Path(named)
        async with _engine(folder) as (client, _), _house(client, database, folder, contacts) as house:
            await _others_exist(house)
            took, rows = await _add(house, client, contacts)
            bare = await _bare(client, contacts)
            spread = rows / 2  # all of them fall due while the second add runs
            alone = await _lateness(house, spread)
            signaled = await _enrolled(house, "s", SIGNALED, LONG)
            others = asyncio.create_task(_lateness(house, spread))
            signals = asyncio.create_task(_noted(house, signaled, every=spread / SIGNALED))
            busy, _ = await _add(house, client, contacts)
            meanwhile, noted = await others, await signals
            bare_alone = await _bare_lateness(client, spread)
            bare_others = asyncio.create_task(_bare_lateness(client, bare / 2))
            await _bare(client, contacts)
            bare_meanwhile = await bare_others
    print(f"{contacts} contacts; then again with {OTHERS} other first steps due meanwhile and {SIGNALED} signals")
    print(f"  add: all enrolled after {rows:.1f} s, all in their timer after {took:.1f} s ({contacts / took:.0f}/s)")
    print(f"  bare: {bare:.1f} s ({contacts / bare:.0f}/s)")
    print(f"  ratio: {took / bare:.2f}")
    print(f"  add with the others meanwhile: {busy:.1f} s")
    print(f"  first steps late, alone:     {_spread(alone)}")
    print(f"  first steps late, meanwhile: {_spread(meanwhile)}; medians' ratio {_median_ratio(meanwhile, alone):.2f}")
    print(f"  signal noted after:          {_spread(noted)}")
    print(f"  bare, late alone:            {_spread(bare_alone)}")
    ratio = _median_ratio(bare_meanwhile, bare_alone)
    print(f"  bare, late meanwhile:        {_spread(bare_meanwhile)}; medians' ratio {ratio:.2f}")


async def _add(house: House, client: Client, contacts: int) -> tuple[float, float]:
    """Seconds until all wait in their timer, and until all rows are there."""
    sequence = await house.sequence(LONG)
    began = time.monotonic()
    add = await house.sequencer.add(sequence, [f"c{number}" for number in range(contacts)], by=RITA)
    while (standing := await house.sequencer.show_add(add, by=RITA)).status is AddStatus.running:
        await asyncio.sleep(0.25)
    rows = time.monotonic() - began
    assert standing.enrolled == contacts, standing
    await _in_their_timers(house, sequence)
    return time.monotonic() - began, rows


async def _in_their_timers(house: House, sequence: str) -> None:
    """Until the last enrolled have a timer; those before them were started earlier."""
    async with house.database.reading() as tx:
        newest = select(EnrollmentRow.id).where(EnrollmentRow.sequence_id == int(sequence))
        ids = list(await tx.scalars(newest.order_by(EnrollmentRow.id.desc()).limit(50)))
    for one in ids:
        run = await house.run(one)
        await _until_it_waits(house.client, run.id)


async def _until_it_waits(client: Client, workflow_id: str) -> None:
    handle = client.get_workflow_handle(workflow_id)
    while (await handle.describe()).history_length < 5:
        await asyncio.sleep(0.05)


async def _bare(client: Client, number: int) -> float:
    """Seconds until that many bare workflows wait in their timer, started as many at a time as the add does it."""

    async def unused() -> None: ...

    acts, queue = BareActivities(unused), f"bare-{uuid4()}"
    turns = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start(name: str) -> None:
        async with turns:
            await client.start_workflow(BareWorkflow.run, args=[1, 2_592_000.0, "nothing"], id=name, task_queue=queue)

    names = [f"bare-{uuid4()}" for _ in range(number)]
    async with Worker(
        client, task_queue=queue, workflows=[BareWorkflow], activities=[acts.nothing], max_cached_workflows=2000
    ):
        began = time.monotonic()
        await asyncio.gather(*map(start, names))
        for name in names[-50:]:
            await _until_it_waits(client, name)
        return time.monotonic() - began


async def _bare_lateness(client: Client, spread: float) -> list[float]:
    """How late a bare activity is after its timer, for runs that are started one after the other."""

    async def unused() -> None: ...

    acts, queue = BareActivities(unused), f"bare-{uuid4()}"
    names = [f"bare-other-{uuid4()}" for _ in range(OTHERS)]
    async with Worker(client, task_queue=queue, workflows=[BareWorkflow], activities=[acts.noted]):
        for name in names:
            await client.start_workflow(BareWorkflow.run, args=[1, 3.0, "noted"], id=name, task_queue=queue)
            await asyncio.sleep(spread / OTHERS)
        for name in names:
            await client.get_workflow_handle(name).result()
    begun = [(await client.get_workflow_handle(name).describe()).start_time for name in names]
    return [(acts.acted[name] - at).total_seconds() - 3 for name, at in zip(names, begun, strict=True)]


async def _others_exist(house: House) -> None:
    lines = [f"{kind}{n},Oth,Er,,,,{kind}{n}@example.com,,\n" for kind in "os" for n in range(OTHERS)]
    await import_contacts(house.door, f"{HEADER}\n{''.join(lines)}", RITA)


async def _enrolled(house: House, kind: str, number: int, *steps: dict[str, object]) -> list[str]:
    sequence = await house.sequence(*steps)
    answers = await house.sequencer.enroll(sequence, [f"{kind}{n}" for n in range(number)], by=RITA)
    return [one.enrollment_id for one in answers if isinstance(one, Enrolled) and one.enrollment_id]


async def _lateness(house: House, spread: float) -> list[float]:
    """How late the first steps of other enrollments are that fall due one after the other, over that many seconds."""
    sequence = await house.sequence({**CALL, "delay": "3 seconds"})
    for number in range(OTHERS):
        await house.sequencer.enroll(sequence, [f"o{number}"], by=RITA)
        await asyncio.sleep(spread / OTHERS)
    opened = 0
    while opened < OTHERS:
        await asyncio.sleep(0.5)
        async with house.database.reading() as tx:
            rows = select(EventRow.at, EnrollmentRow.enrolled_at)
            rows = rows.join(EnrollmentRow, EnrollmentRow.id == EventRow.enrollment_id)
            rows = rows.where(EnrollmentRow.sequence_id == int(sequence), EventRow.what == What.opened)
            late = [(at - enrolled).total_seconds() - 3 for at, enrolled in await tx.execute(rows)]
        opened = len(late)
    return late


async def _noted(house: House, ids: Sequence[str], every: float) -> list[float]:
    took = []
    for one in ids:
        began = time.monotonic()
        await house.sequencer.pause(one, by=RITA)
        await house.place(one, "paused")
        took.append(time.monotonic() - began)
        await asyncio.sleep(every)
    return took


def _spread(values: Sequence[float]) -> str:
    ordered = sorted(values)
    ninetieth = ordered[int(len(ordered) * 0.9)]
    return f"median {statistics.median(ordered):.2f} s, 90 % {ninetieth:.2f} s, most {ordered[-1]:.2f} s"


def _median_ratio(values: Sequence[float], floor: Sequence[float]) -> float:
    return statistics.median(values) / statistics.median(floor)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contacts", type=int, default=2000)
    options.add_argument("--postgresql", action="store_true", help="not on SQLite")
    chosen = options.parse_args()
    asyncio.run(main(chosen.contacts, postgresql=chosen.postgresql))
