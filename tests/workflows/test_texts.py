"""Texts through a provider, both ways, with a worker and the real engine: sent once, answered, refused, by day only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from temporalio.client import Client

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason, Why
from sequencing.timing import Calendar, Frame
from simulator.phones import Phones, listening
from starter.attention import waiting_for
from starter.contacts import import_contacts
from starter.demo import daytime_zone
from starter.people import Said, change
from starter.timeline import story
from store import messages, suppressions
from store.database import Database
from store.people_tables import ContactRow
from store.tables import MessageRow
from tests.house import HEADER, RITA, TEXT, House
from tests.mail_server import written
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.web.knocking import app_at, served
from transports.texts import TextTransport
from web.texts import Signed

ANN, BEN = "+4915112340001", "+4915112340002"
LATER = {**TEXT, "delay": "1 day"}


@dataclass
class Line:
    """A house whose texts go to the phones of the simulated world, and whose webhooks are reached from there."""

    house: House
    phones: Phones
    texts: TextTransport

    async def messages(self, enrollment_id: str) -> list[MessageRow]:
        async with self.house.database.reading() as tx:
            return await messages.of_enrollment(tx, enrollment_id)

    async def rests(self, enrollment_id: str) -> Enrollment:
        rest = (Status.paused, Status.finished, Status.canceled)
        return await self.house.until(enrollment_id, lambda e: e is not None and e.status in rest)

    def night(self) -> str:
        """A zone in which it is about midnight."""
        return daytime_zone(datetime.now(UTC) + timedelta(hours=12))


@pytest.fixture
async def line(sqlite: Database, client: Client, tmp_path: Path) -> AsyncIterator[Line]:
    port = free_port()
    phones = Phones(f"http://127.0.0.1:{port}", diary=tmp_path / "phones.jsonl")
    async with listening(phones) as address:
        texts = TextTransport(phones.url(address), public_url=phones.public_url, within=timedelta(seconds=PATIENCE))
        async with House.open(sqlite, client, tmp_path / "outbox", texts=texts) as house:
            app = app_at(house.door)
            async with served(app) as pages:
                phones.public_url = pages
                app.state.texts = Signed(phones.token, pages)
                texts._status = f"{pages}/texts/status"
                yield Line(house, phones, texts)


async def test_a_text_leaves_arrives_and_is_answered(line: Line) -> None:
    one = await line.house.enroll("ann", {"action": "text", "body": "Hi {{ contact.first_name }} – free?"}, LATER)
    await line.house.place(one, "waiting", 2)
    await line.phones.settled()

    await line.phones.text(ANN, "Tomorrow")
    row = await line.rests(one)

    (taken,), (sent,) = line.phones.taken, await line.messages(one)
    assert (taken.sender, taken.recipient, taken.body) == ("+4930900001", ANN, "Hi Ann – free?")
    assert (sent.provider_id, sent.segments, sent.recipient) == (taken.sid, 1, ANN)
    assert (row.status, row.reason) == (Status.paused, Reason.replied)
    told = (await story(line.house.door, one, RITA)).as_text()
    assert [words in told for words in ("delivered", "sent delivered", "1 segment", "Tomorrow")] == [True] * 4


async def test_stop_ends_it_and_the_next_text_to_that_number_never_leaves(line: Line) -> None:
    one = await line.house.enroll("ann", TEXT, LATER)
    await line.house.place(one, "waiting", 2)

    await line.phones.text(ANN, "STOP")
    row = await line.rests(one)
    await (await line.house.run(one)).result()

    assert (row.status, row.reason, len(line.phones.taken)) == (Status.finished, Reason.unsubscribed, 1)


@pytest.mark.parametrize(
    ("rule", "reason", "forbidden"),
    [
        ("take 21211", Reason.bounced, False),
        ("take 21614", Reason.bounced, False),
        ("take 21610", Reason.suppressed, True),
        ("take 21606", Reason.could_not_be_sent, False),
        ("login 401", Reason.could_not_be_sent, False),
    ],
)
async def test_a_certain_refusal_pauses_and_gives_the_claim_back(
    line: Line, rule: str, reason: Reason, forbidden: bool
) -> None:
    line.phones.rule(f"* {rule}")

    one = await line.house.enroll("ann", TEXT)
    row = await line.rests(one)

    states = [message.state.value for message in await line.messages(one)]
    assert (row.status, row.reason, line.phones.taken) == (Status.paused, reason, [])
    assert states == ([] if rule.startswith("login") else ["not_sent"])
    async with line.house.database.reading() as tx:
        assert await suppressions.is_suppressed(tx, ANN) is forbidden
    line.phones.rule()
    if not forbidden:
        await line.house.sequencer.resume(one, by=RITA)
        await line.house.place(one, "finished")
        assert len(line.phones.taken) == 1


@pytest.mark.parametrize("rule", ["take 20429 once", "login 503 once"])
async def test_not_now_is_tried_again_by_itself(line: Line, rule: str) -> None:
    line.phones.rule(f"* {rule}")

    one = await line.house.enroll("ann", TEXT)
    row = await line.rests(one)

    assert (row.reason, len(line.phones.taken)) == (Reason.steps_done, 1)
    assert "try_later" in (await story(line.house.door, one, RITA)).as_text()


@pytest.mark.parametrize("rule", ["answer drop", "answer stall 3", "answer 502"])
async def test_what_nobody_knew_is_settled_by_the_providers_word(line: Line, rule: str) -> None:
    line.phones.rule(f"* {rule}")
    line.texts._within = 1 if "stall" in rule else PATIENCE

    one = await line.house.enroll("ann", TEXT)
    row = await line.house.until(one, lambda e: e is not None and e.status is Status.finished)

    assert (row.reason, len(line.phones.taken)) == (Reason.steps_done, 1)
    (sent,) = await line.messages(one)
    assert (sent.state.value, sent.provider_id) == ("sent", line.phones.taken[0].sid)


async def test_without_the_providers_word_a_person_is_asked(line: Line) -> None:
    line.phones.rule("* answer drop", "* status silence")

    one = await line.house.enroll("ann", TEXT)
    row = await line.rests(one)

    assert (row.status, row.reason) == (Status.paused, Reason.delivery_unknown)
    assert [waiting.remedy for waiting in await waiting_for(line.house.door, RITA)] == [
        "say that it left, or have it sent again"
    ]


async def test_a_wording_that_becomes_too_long_pauses_and_says_so(line: Line) -> None:
    await import_contacts(line.house.door, f"{HEADER}\nlong,{'Anna' * 50},,,,{RITA},,,{BEN}", RITA)

    one = await line.house.enroll("long", {"action": "text", "body": "{{ contact.first_name }}" + "a" * 1450})
    row = await line.rests(one)

    assert (row.status, row.reason, line.phones.taken) == (Status.paused, Reason.template_broken, [])
    assert "answer text_too_long" in (await story(line.house.door, one, RITA)).as_text()


async def test_in_the_contacts_night_nothing_leaves_whatever_is_pressed(line: Line) -> None:
    await change(line.house.door, "ann", Said(time_zone=line.night()), RITA)

    one = await line.house.enroll("ann", {**TEXT, "delay": "1 hour"})
    await line.house.sequencer.bypass(one, by=RITA)
    row = await line.house.until(one, lambda e: e is not None and e.noted == 1)

    assert row.due_at is not None
    assert (row.why, row.due_at > datetime.now(UTC) + timedelta(hours=5), line.phones.taken) == (
        Why.quiet_hours,
        True,
        [],
    )
    told = (await story(line.house.door, one, RITA)).as_text()
    assert "quiet hours: texts leave inside the send window and from 8:00 to 21:00 at the contact's place" in told
    assert f"bypass by Rita Recruiter  (why quiet_hours, until {row.due_at:%Y-%m-%dT%H:}" in told


@pytest.mark.parametrize("by_import", [False, True])
async def test_a_zone_that_was_wrong_and_is_corrected_lets_the_text_go(line: Line, by_import: bool) -> None:
    await change(line.house.door, "ann", Said(time_zone=line.night()), RITA)
    one = await line.house.enroll("ann", TEXT)
    assert (await line.house.place(one, "waiting")).why is Why.quiet_hours
    day = daytime_zone(datetime.now(UTC))

    if by_import:
        await import_contacts(line.house.door, f"external_id,first_name,time_zone\nann,Ann,{day}", RITA)
    else:
        await change(line.house.door, "ann", Said(time_zone=day), RITA)

    assert (await line.rests(one)).reason is Reason.steps_done
    assert len(line.phones.taken) == 1


async def test_the_night_is_asked_for_again_inside_the_claim(line: Line) -> None:
    line.phones.rule("* login hold")
    one = await line.house.enroll("ann", TEXT)
    assert line.phones.diary is not None
    await written(line.phones.diary, "stalled")
    assert (await line.house.place(one, "waiting")).why is Why.delay

    async with line.house.database.writing() as tx:  # as somebody who dies before he can tell the run
        await tx.execute(sa.update(ContactRow).values(time_zone=line.night()))
    line.phones.rule()
    row = await line.house.until(one, lambda e: e is not None and e.why is Why.quiet_hours)
    await asyncio.sleep(0.5)

    assert (row.place, row.last_news, line.phones.taken) == ("waiting", 0, [])


async def test_a_window_that_never_meets_the_contacts_day_is_on_somebodys_list(line: Line) -> None:
    now = datetime.now(UTC)
    late = Frame(time((now.hour + 10) % 24), time((now.hour + 11) % 24))  # from 22:00 to 23:00 where Ann is
    await line.house.settle_on(Calendar("UTC", ((late,),) * 7))
    await change(line.house.door, "ann", Said(time_zone=daytime_zone(now)), RITA)

    one = await line.house.enroll("ann", TEXT)
    row = await line.house.place(one, "waiting")

    assert (row.due_at, row.why) == (None, Why.quiet_hours)
    (waiting,) = await waiting_for(line.house.door, RITA)
    assert (waiting.enrollment, waiting.cause) == (one, "quiet_hours")
    assert "never open from 8:00 to 21:00 at the contact's place" in waiting.remedy
