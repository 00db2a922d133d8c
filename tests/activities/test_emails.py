"""What send_email makes of a step: which sender, which parts, and what a refusal comes to. No engine, no worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from temporalio.testing import ActivityEnvironment

from activities.emails import EmailActivities
from sequencing.enrollments import Status
from sequencing.happenings import Happening, Reason, What, Why
from sequencing.runs import Answer, Ref
from sequencing.settings import SettingsChange
from sequencing.timing import Frame, next_day, next_open
from starter.attention import attention_of
from starter.clocks import in_a_sentence
from starter.settings import change_settings
from starter.suppressions import lift
from starter.timeline import story
from starter.users import deactivate_user
from store import enrollments, messages, settings, suppressions, users
from store.lives import Life
from store.people_tables import ContactRow
from store.tables import MessageState, SenderRow
from tests.house import ADA, BOB, EMAIL, RITA, TASK, House
from tests.mail_server import MailServer, read_diary, written
from tests.patience import PATIENCE
from transports.smtp import SmtpTransport

NOW: dict[str, Any] = {"delay": "none", "track_opens": False, "track_clicks": False, "unsubscribe_link": False}
OWNERS: dict[str, Any] = {**EMAIL, **NOW, "owner": "contact owner"}
LATER: dict[str, Any] = {**TASK, "delay": "300 days"}


async def act(house: House, enrollment_id: str, at: datetime | None = None) -> None:
    """The step that is due is done, as the worker would do it: now, or at that instant of the engine's clock."""
    one = await house.row(enrollment_id)
    assert one is not None
    await send(house, Ref(one.id, one.run, one.step, one.noted), at)


async def send(house: House, ref: Ref, at: datetime | None = None) -> Answer:
    """What the worker answers a run that believes this."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at or datetime.now(UTC))
    return await environment.run(EmailActivities(house.world).send_email, ref)


async def own(house: House, email: str) -> None:
    """From now on Ann is that user's."""
    async with house.database.writing() as tx:
        who = await users.by_email(tx, email)
        await tx.execute(sa.update(ContactRow).values(owner_id=who.id))


def senders(house: House) -> list[str]:
    return [read(path)["From"].addresses[0].addr_spec for path in sorted(house.outbox.glob("*.eml"))]


def read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


async def test_all_emails_of_an_enrollment_with_the_same_rule_keep_the_sender_of_the_first(alone: House) -> None:
    one = await alone.enroll("ann", OWNERS, OWNERS, {**OWNERS, "owner": RITA}, LATER)
    await own(alone, BOB)
    await act(alone, one)
    await own(alone, RITA)
    await act(alone, one)
    await act(alone, one)

    assert senders(alone) == [BOB, BOB, RITA]


async def test_another_enrollment_of_the_same_contact_has_the_sender_of_its_own_first_email(alone: House) -> None:
    first, second = await alone.enroll("ann", OWNERS, LATER), await alone.enroll("ann", OWNERS, LATER)
    await own(alone, BOB)
    await act(alone, first)
    await own(alone, RITA)
    await act(alone, second)

    assert senders(alone) == [BOB, RITA]


async def test_when_the_sender_was_deactivated_the_rule_says_who_goes_on_and_the_timeline_why(alone: House) -> None:
    one = await alone.enroll("ann", OWNERS, OWNERS, OWNERS, LATER)
    await own(alone, BOB)
    await act(alone, one)
    await own(alone, ADA)
    await deactivate_user(alone.door, BOB, RITA, ADA)
    await act(alone, one)
    await own(alone, RITA)
    await act(alone, one)

    told = (await story(alone.door, one, ADA)).as_text()
    assert senders(alone) == [BOB, ADA, ADA]
    assert told.count("being sent for Ada Admin, since Bob Bystander is deactivated") == 1


async def test_an_email_of_html_leaves_with_both_parts_and_what_is_filled_in_is_escaped(alone: House) -> None:
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(ContactRow).values(title="R&D <b>"))
    html = {**EMAIL, **NOW, "format": "html", "body": "<style>p{color:red}</style><p>To {{ contact.title }}</p>"}
    one = await alone.enroll("ann", html, LATER)
    await act(alone, one)

    [path] = alone.outbox.glob("*.eml")
    text, html_part = (part.get_content().replace("\r\n", "\n") for part in read(path).iter_parts())
    assert read(path).get_content_type() == "multipart/alternative"
    assert text == "To R&D <b>\n"
    assert html_part == '<p style="color:red">To R&amp;D &lt;b&gt;</p>\n'


async def test_a_body_that_grows_too_large_pauses(alone: House) -> None:
    long = "{{ contact.title }}" * 5_000
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(ContactRow).values(title="x" * 100))
    one = await alone.enroll("ann", {**EMAIL, **NOW, "body": long}, LATER)
    await act(alone, one)

    row = await alone.row(one)
    assert row is not None
    assert row.reason is Reason.template_broken
    assert not list(alone.outbox.glob("*.eml"))


@asynccontextmanager
async def answering(house: House, tmp_path: Path, *rules: str) -> AsyncIterator[House]:
    """The house, with a mail server that answers by those rules."""
    rule(tmp_path, *rules)
    async with MailServer(diary=tmp_path / "mail.jsonl", rules_file=tmp_path / "rules") as server:
        emails = SmtpTransport(f"smtp://127.0.0.1:{server.port}", within=timedelta(seconds=PATIENCE))
        yield replace(house, world=replace(house.world, emails=emails))


def rule(tmp_path: Path, *rules: str) -> None:
    """What the mail server does from now on; what is held by another rule goes on."""
    (tmp_path / "rules").write_text("\n".join(rules))


@pytest.mark.parametrize(
    ("rule", "reason", "is_suppressed"),
    [
        ("* rcpt 550", Reason.bounced, True),
        ("* answer 550", Reason.bounced, True),
        ("* rcpt 553", Reason.bounced, False),
        ("* rcpt 554", Reason.could_not_be_sent, False),
        ("* answer 554", Reason.could_not_be_sent, False),
        ("* rcpt 552", None, False),
        ("* rcpt 451", None, False),
    ],
)
async def test_a_refusal_suppresses_an_address_that_nobody_has_and_pauses_what_cannot_be_sent(
    alone: House, tmp_path: Path, rule: str, reason: Reason | None, is_suppressed: bool
) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    async with answering(alone, tmp_path, rule) as house:
        await act(house, one)

    row = await alone.row(one)
    assert row is not None
    assert row.reason is reason
    async with alone.database.reading() as tx:
        assert await suppressions.is_suppressed(tx, "ann@example.com") is is_suppressed
        told = await enrollments.timeline(tx, one)
    assert (told[-1].what, told[-1].details["answer"]) == (What.blocked if reason else What.try_later, rule[-3:])


async def test_a_bounced_address_says_so_among_the_suppressed_and_holds_the_other_enrollments_too(
    alone: House, tmp_path: Path
) -> None:
    one, other = [await alone.enroll("ann", {**EMAIL, **NOW}, LATER) for _ in range(2)]
    async with answering(alone, tmp_path, "* rcpt 550") as house:
        await act(house, one)
    async with alone.database.reading() as tx:
        [found] = await suppressions.covering(tx, "ann@example.com")
    await act(alone, other)
    stopped = await alone.row(other)
    await lift(alone.door, "ann@example.com", ADA)

    assert (found.target, found.reason, found.by) == ("ann@example.com", "bounced", None)
    assert stopped is not None
    assert stopped.reason is Reason.suppressed


async def test_two_who_learn_together_that_nobody_has_their_addresses_do_not_wait_for_each_other(
    alone: House, tmp_path: Path
) -> None:
    ann, ben = [await alone.enroll(name, {**EMAIL, **NOW}, LATER) for name in ("ann", "ben")]
    async with answering(alone, tmp_path, "* answer hold", "* answer 550") as house:
        hasty = replace(house, world=replace(house.world, record_within=timedelta()))
        acts = [asyncio.create_task(act(hasty, one)) for one in (ann, ben)]
        for name in ("ann", "ben"):
            await written(tmp_path / "mail.jsonl", "DATA-complete", f"{name}@example.com")
        async with alone.database.writing() as tx:  # both come to where one of them has to wait for the other
            await tx.execute(sa.update(SenderRow).values(left_that_day=SenderRow.left_that_day))
            rule(tmp_path)
            await asyncio.sleep(1.5)
        await asyncio.gather(*acts)

    async with alone.database.reading() as tx:
        assert await suppressions.among(tx, ["ann@example.com", "ben@example.com"]) == {
            "ann@example.com",
            "ben@example.com",
        }


async def test_a_message_left_when_it_was_answered_however_late_that_is_recorded(alone: House, tmp_path: Path) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "* answer hold") as house:
        acting = asyncio.create_task(act(house, one))
        stalled = (await written(diary, "stalled"))["at_second"]
        async with alone.database.writing() as tx:
            await Life.lock(tx, one, datetime.now(UTC))
            rule(tmp_path)
            await written(diary, "answered")
            for _ in range(20):  # a machine that stands still for a while leaves time to read the answer
                await asyncio.sleep(0.1)
            recorded_at = datetime.now(UTC)
        await acting

    async with alone.database.reading() as tx:
        [message] = await messages.of_enrollment(tx, one)
    assert message.sent_at is not None
    assert stalled < message.sent_at.timestamp() < recorded_at.timestamp()


async def test_a_refusal_after_midnight_gives_nothing_back_of_the_new_day(alone: House, tmp_path: Path) -> None:
    ann, ben = [await alone.enroll(name, {**EMAIL, **NOW}, LATER) for name in ("ann", "ben")]
    async with alone.database.reading() as tx:
        midnight = next_day(datetime.now(UTC), (await settings.current(tx)).calendar)
    async with answering(alone, tmp_path, "ann@* answer hold", "ann@* answer 451") as house:
        refused = asyncio.create_task(act(house, ann, midnight - timedelta(seconds=0.5)))
        await written(tmp_path / "mail.jsonl", "stalled")
        await act(house, ben, midnight)
        rule(tmp_path)
        await refused

    async with alone.database.reading() as tx:
        assert list(await tx.scalars(sa.select(SenderRow.left_that_day))) == [1]


async def test_a_login_that_is_refused_is_told_to_those_who_manage_and_the_message_waits(
    alone: House, tmp_path: Path
) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)

    async def told(by: str) -> list[str]:
        return (await attention_of(alone.door, by)).notices

    async with MailServer(diary=tmp_path / "mail.jsonl", login=("ada", "right")) as server:
        for password in ("wrong", "right"):
            url = f"smtp://ada:{password}@127.0.0.1:{server.port}?starttls=never"
            transport = SmtpTransport(url, within=timedelta(seconds=PATIENCE))
            await act(replace(alone, world=replace(alone.world, emails=transport, retry_after=timedelta())), one)
            if password == "wrong":
                row, [sentence], others = await alone.row(one), await told(ADA), await told(RITA)

    assert row is not None
    assert (row.status, row.why, others) == (Status.active, Why.mail_server_unreachable, [])
    assert sentence.startswith("The mail server does not let us in (it answers 535): 1 email waits, since ")
    assert (await told(ADA), len(read_diary(tmp_path / "mail.jsonl", "answered"))) == ([], 1)


async def test_the_notice_of_a_refused_login_stays_while_the_send_window_is_closed(
    alone: House, tmp_path: Path
) -> None:
    one, now = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), datetime.now(UTC)
    async with MailServer(diary=tmp_path / "mail.jsonl", login=("ada", "right")) as server:
        transport = SmtpTransport(
            f"smtp://ada:wrong@127.0.0.1:{server.port}?starttls=never", within=timedelta(seconds=PATIENCE)
        )
        await act(replace(alone, world=replace(alone.world, emails=transport, retry_after=timedelta())), one)
    hour = (now + timedelta(hours=10)).hour % 23
    frames = dict.fromkeys(range(7), (Frame(time(hour), time(hour + 1)),))
    calendar = (await change_settings(alone.door, SettingsChange(zone="UTC", frames=frames), ADA)).calendar
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, one, now)
        assert life is not None
        life.happen(Happening(What.try_later, until=now, why=Why.mail_server_unreachable), {"answer": "535"})
        await life.save()

    row, [sentence] = await alone.row(one), (await attention_of(alone.door, ADA)).notices

    assert row is not None
    assert row.why is Why.send_window
    opens = next_open(now, calendar)
    assert opens is not None
    assert f" The next try is at {in_a_sentence(opens, 'UTC')}. Correct the login" in sentence


async def test_a_refusal_that_comes_after_the_run_was_terminated_leaves_nothing_unknown(
    alone: House, tmp_path: Path
) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "* answer hold", "* answer 554") as house:
        acting = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        async with alone.database.writing() as tx:
            life = await Life.lock(tx, one, datetime.now(UTC))
            assert life is not None
            life.happen(Happening(What.ended_in_temporal))
            await life.save()
        rule(tmp_path)
        await acting

    async with alone.database.reading() as tx:
        [message] = await messages.of_enrollment(tx, one)
    row = await alone.row(one)
    assert row is not None
    assert (row.status, message.state) == (Status.canceled, MessageState.not_sent)
