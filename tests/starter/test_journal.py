"""A mail from the journal at the door: kept once, told to everybody concerned, settled, or merely counted."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from activities.standing import give_up
from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, Reason, What
from sequencing.replies import Ours
from sequencing.settings import SettingsChange
from sequencing.todos import Outcome
from starter.erasures import Erased, erase
from starter.hearing import heard
from starter.journal import Journal, Taken
from starter.settings import change_settings
from store import messages, news
from store.database import Database
from store.lives import Life
from store.mail_tables import JournalDayRow, MailRow
from store.tables import Channel, EventRow, MessageRow, MessageState, SettingsRow, SuppressionRow
from tests.house import ADA, CALL, EMAIL, RITA, House

ANN = "ann@example.com"
LATER = {**EMAIL, "delay": "300 days"}
OUR_ID = "<aaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>"


def mail(
    sender: str = ANN,
    to: str = RITA,
    *headers: str,
    number: str | None = "<one@example.com>",
    text: str = "Yes, please.",
) -> bytes:
    lines = [f"From: Somebody <{sender}>", f"To: {to}", "Subject: Re: Hello", *headers]
    lines += [f"Message-ID: {number}"] if number else []
    return "\r\n".join([*lines, "", text, ""]).encode()


@pytest.fixture
async def hearing(alone: House) -> Journal:
    await change_settings(alone.door, SettingsChange(journaling=True), ADA)
    return Journal(alone.door)


async def unnoted(house: House, enrollment_id: str) -> list[str]:
    row = await house.row(enrollment_id)
    assert row is not None
    async with house.database.reading() as tx:
        return [piece.happening.what.value for piece in await news.unnoted(tx, row)]


async def folded(house: House, enrollment_id: str) -> Enrollment:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, house.door.now())
        assert life is not None
        return await news.folded(tx, life.enrollment, life.now, life.course)


async def mails(house: House) -> Sequence[MailRow]:
    async with house.database.reading() as tx:
        return list(await tx.scalars(sa.select(MailRow).order_by(MailRow.id)))


async def counted(house: House) -> tuple[int, int, int]:
    async with house.database.reading() as tx:
        sums = [sa.func.coalesce(sa.func.sum(getattr(JournalDayRow, n)), 0) for n in ("kept", "others", "unreadable")]
        return tuple((await tx.execute(sa.select(*sums))).one())


async def test_a_reply_is_kept_and_pauses_every_active_enrollment_of_the_contact(
    alone: House, hearing: Journal
) -> None:
    first, second, other = [await alone.enroll(name, LATER) for name in ("ann", "ann", "ben")]

    assert await hearing.take(mail()) is Taken.recorded

    assert [(await folded(alone, one)).reason for one in (first, second, other)] == [Reason.replied] * 2 + [None]
    (kept,) = await mails(alone)
    assert (kept.meaning, kept.kind, kept.sender, kept.text) == ("reply", "person", ANN, "Yes, please.")
    assert await counted(alone) == (1, 0, 0)


async def test_the_same_mail_twice_is_one(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    assert [await hearing.take(mail()) for _ in range(2)] == [Taken.recorded] * 2

    assert (await unnoted(alone, one), len(await mails(alone))) == (["reply"], 1)


async def test_the_same_mail_many_times_at_the_same_instant_is_one(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    taken = await asyncio.gather(*(hearing.take(mail()) for _ in range(8)))

    assert taken == [Taken.recorded] * 8
    assert (await unnoted(alone, one), len(await mails(alone))) == (["reply"], 1)


async def test_a_journal_report_and_a_plain_copy_of_the_same_mail_are_one(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)
    report = (
        b'X-MS-Journal-Report:\r\nContent-Type: multipart/mixed; boundary="j"\r\n\r\n--j\r\n'
        b"Content-Type: text/plain\r\n\r\nSender: ann@example.com\r\nMessage-ID: <one@example.com>\r\n"
        b"To: rita@example.org\r\n\r\n--j\r\nContent-Type: message/rfc822\r\n\r\n" + mail() + b"\r\n--j--\r\n"
    )

    for raw in (report, mail(), report.replace(b"To: rita", b"Bcc: bob")):
        assert await hearing.take(raw) is Taken.recorded

    assert (await unnoted(alone, one), len(await mails(alone))) == (["reply"], 1)


async def test_what_has_to_do_with_no_contact_is_counted_and_nothing_of_it_is_kept(
    alone: House, hearing: Journal
) -> None:
    assert await hearing.take(mail("x@y.test", "z@y.test", text="A secret")) is Taken.not_ours

    assert (await mails(alone), await counted(alone)) == ([], (0, 1, 0))


async def test_with_journaling_off_a_mail_is_counted_and_pauses_nobody(alone: House) -> None:
    one = await alone.enroll("ann", LATER)

    assert await Journal(alone.door).take(mail()) is Taken.not_ours

    assert (await unnoted(alone, one), await mails(alone), await counted(alone)) == ([], [], (0, 1, 0))


async def test_a_paused_one_gets_the_reason_replied(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)
    await alone.sequencer.pause(one, by=RITA)

    await hearing.take(mail())

    assert (await folded(alone, one)).reason is Reason.replied


async def test_a_reply_to_what_has_ended_is_only_recorded(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent)
    await _ends(alone, ours.enrollment_id)

    assert await hearing.take(mail(ANN, RITA, f"In-Reply-To: {OUR_ID}")) is Taken.recorded

    row = await alone.row(ours.enrollment_id)
    assert row is not None
    assert (row.status, row.last_news) == ("finished", 0)
    assert (await events(alone, ours.enrollment_id))[-1][:2] == ("reply", None)
    assert (await alone.sequencer.show(ours.enrollment_id, by=RITA)).mails != {}


async def test_a_reply_that_names_no_mail_is_recorded_where_we_wrote_last(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent)
    await _ends(alone, ours.enrollment_id)

    await hearing.take(mail())

    assert (await events(alone, ours.enrollment_id))[-1][0] == "reply"


async def test_a_reply_to_a_removed_one_pauses_the_others(alone: House, hearing: Journal) -> None:
    ours, other = await claimed(alone, "ann", MessageState.sent), await alone.enroll("ann", LATER)
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ours.enrollment_id, alone.door.now())
        assert life is not None
        life.happen(Happening(What.remove))
        await life.save()

    assert await hearing.take(mail("x@y.test", RITA, f"References: {OUR_ID}")) is Taken.recorded

    assert (await folded(alone, other)).reason is Reason.replied
    assert [one.answers for one in await mails(alone)] == [ours.id]


async def test_a_reply_from_an_unknown_address_is_that_of_whom_we_wrote_to(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent, EMAIL, CALL)

    await hearing.take(mail("annie@private.test", RITA, f"In-Reply-To: {OUR_ID.upper()}"))

    assert (await folded(alone, ours.enrollment_id)).reason is Reason.replied


@pytest.mark.parametrize("report", [False, True], ids=["reply", "bounce"])
async def test_a_mail_about_one_that_left_before_our_domain_was_changed_is_about_ours(
    alone: House, hearing: Journal, report: bool
) -> None:
    ours = await claimed(alone, "ann", MessageState.sent, EMAIL, CALL)
    of_before = OUR_ID.replace("example.org", "sequencing.localhost")
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(MessageRow).values(message_id=of_before))

    await hearing.take(
        bounce("5.1.1", of_before) if report else mail("annie@private.test", RITA, f"In-Reply-To: {of_before}")
    )

    assert (await folded(alone, ours.enrollment_id)).reason is (Reason.bounced if report else Reason.replied)


async def test_an_absence_notice_is_recorded_and_pauses_nobody(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    await hearing.take(mail(ANN, RITA, "Auto-Submitted: auto-replied", text="I am away."))

    row = await alone.row(one)
    assert row is not None
    assert (row.status, row.last_news) == ("active", 0)
    assert (await events(alone, one))[-1][0] == "auto_replied"
    told = await alone.sequencer.show(one, by=RITA)
    assert "    I am away." in told.as_text().split("\n")


async def test_the_text_stands_in_the_timeline_and_not_among_the_events(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    await hearing.take(mail())

    told = await alone.sequencer.show(one, by=RITA)
    assert ("reply" in told.unnoted, [one["text"] for one in told.mails.values()]) == (True, ["Yes, please."])
    assert "    Yes, please." in told.as_text().split("\n")
    found, _ = await alone.sequencer.events(by=RITA)
    assert "Yes, please." not in repr(found)


async def test_a_hard_bounce_forbids_the_address_and_pauses_who_wrote_to_it(alone: House, hearing: Journal) -> None:
    ours, other = await claimed(alone, "ann", MessageState.sent, EMAIL, CALL), await alone.enroll("ann", LATER)

    assert await hearing.take(bounce("5.1.1", OUR_ID)) is Taken.recorded

    assert (await folded(alone, ours.enrollment_id)).reason is Reason.bounced
    assert await unnoted(alone, other) == [], "it has not written to that address"
    async with alone.database.reading() as tx:
        forbidden = [(row.target, row.reason, row.by) for row in await tx.scalars(sa.select(SuppressionRow))]
    assert forbidden == [(ANN, "bounced", None)]


async def test_a_soft_bounce_is_only_recorded(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent)

    await hearing.take(bounce("4.2.2", OUR_ID))

    assert await unnoted(alone, ours.enrollment_id) == []
    assert (await events(alone, ours.enrollment_id))[-1][0] == "soft_bounced"
    async with alone.database.reading() as tx:
        assert list(await tx.scalars(sa.select(SuppressionRow.id))) == []


async def test_anybodys_report_on_a_mail_of_somebody_else_forbids_nothing(alone: House, hearing: Journal) -> None:
    await claimed(alone, "ann", MessageState.sent)

    assert await hearing.take(bounce("5.1.1", "<other@y.test>")) is Taken.not_ours


async def test_a_complaint_forbids_the_address_and_pauses_all(alone: House, hearing: Journal) -> None:
    ours, other = await claimed(alone, "ann", MessageState.sent, EMAIL, CALL), await alone.enroll("ann", LATER)
    complaint = (
        b"From: fbl@isp.test\r\nMessage-ID: <c@isp.test>\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n\r\nMessage-ID: " + OUR_ID.encode() + b"\r\n\r\n\r\n--b--\r\n"
    )

    assert await hearing.take(complaint) is Taken.recorded

    both = [await folded(alone, one) for one in (ours.enrollment_id, other)]
    assert [(one.status, one.reason) for one in both] == [("paused", Reason.suppressed)] * 2
    async with alone.database.reading() as tx:
        assert [(row.target, row.reason) for row in await tx.scalars(sa.select(SuppressionRow))] == [
            (ANN, "complained")
        ]


async def test_our_own_copy_settles_what_nobody_knew_of(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.unknown)

    assert await hearing.take(mail(RITA, ANN, number=OUR_ID)) is Taken.recorded

    after = await folded(alone, ours.enrollment_id)
    assert (after.status, after.reason, await state(alone, ours)) == ("finished", Reason.steps_done, MessageState.sent)
    assert await mails(alone) == [], "the email itself is kept already"


@pytest.mark.parametrize("which", [MessageState.handing_over, MessageState.claimed])
async def test_what_was_seen_before_its_end_is_recorded_is_not_given_up(
    alone: House, hearing: Journal, which: MessageState
) -> None:
    ours = await claimed(alone, "ann", which)

    await hearing.take(mail(RITA, ANN, number=OUR_ID))

    assert await state(alone, ours) is which, "an attempt is at it, and records its end"
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ours.enrollment_id, alone.door.now())
        assert life is not None
        await give_up(life, "attempt")
        await life.save()
    row = await alone.row(ours.enrollment_id)
    assert row is not None
    assert (row.status, await state(alone, ours)) == ("finished", MessageState.sent)


async def test_what_nobody_has_seen_is_given_up(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.handing_over)

    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ours.enrollment_id, alone.door.now())
        assert life is not None
        await give_up(life, "attempt")
        await life.save()

    row = await alone.row(ours.enrollment_id)
    assert row is not None
    assert (row.reason, await state(alone, ours)) == (Reason.delivery_unknown, MessageState.unknown)


async def test_a_reply_to_a_mail_nobody_knew_of_settles_it_and_pauses(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.unknown, EMAIL, CALL)

    await hearing.take(mail(ANN, RITA, f"In-Reply-To: {OUR_ID}"))

    assert await unnoted(alone, ours.enrollment_id) == ["settle", "reply"]
    after = await folded(alone, ours.enrollment_id)
    assert (after.reason, after.step) == (Reason.replied, 2)


async def test_our_own_copy_settles_what_was_canceled_meanwhile(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.unknown, EMAIL, CALL)
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ours.enrollment_id, alone.door.now())
        assert life is not None
        life.happen(Happening(What.cancel))
        await life.save()

    await hearing.take(mail(RITA, ANN, number=OUR_ID))

    row = await alone.row(ours.enrollment_id)
    assert row is not None
    assert (row.status, row.step, await state(alone, ours)) == ("canceled", 2, MessageState.sent)


async def test_a_user_who_writes_by_hand_is_kept_and_pauses_nobody(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent, EMAIL, CALL)

    await hearing.take(mail(RITA, ANN, f"References: {OUR_ID}", number="<by-hand@example.org>"))

    assert await unnoted(alone, ours.enrollment_id) == []
    assert [one.meaning for one in await mails(alone)] == ["sent"]


async def test_what_nobody_can_read_is_counted_and_does_not_come_again(
    alone: House, hearing: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(raw: bytes) -> None:
        raise ValueError

    monkeypatch.setattr("starter.journal.read_mail", fails)

    assert await hearing.take(b"anything") is Taken.not_ours

    assert await counted(alone) == (0, 0, 1)


async def test_while_the_database_is_away_the_sender_keeps_the_mail(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    away = Journal(replace(alone.door, database=nowhere))

    assert await away.take(mail()) is Taken.cannot_now
    assert await hearing.take(mail()) is Taken.recorded

    await nowhere.close()
    assert await unnoted(alone, one) == ["reply"]


async def test_a_reply_that_comes_while_the_contact_is_erased_is_none_of_ours(alone: House, hearing: Journal) -> None:
    await alone.enroll("ann", LATER)

    erased, *taken = await asyncio.gather(
        erase(alone.door, "ann", ADA), *(hearing.take(mail(number=f"<{n}@x.test>")) for n in range(5))
    )

    assert set(taken) <= {Taken.recorded, Taken.not_ours}
    assert await mails(alone) == []
    assert isinstance(erased, Erased)


async def test_mails_go_with_the_contact_and_those_of_others_lose_their_words(alone: House, hearing: Journal) -> None:
    await hearing.take(mail(RITA, f"{ANN}, ben@example.com", number="<both@example.org>", text="Dear Ann, dear Ben"))
    await hearing.take(mail(ANN, "ben@example.com", number="<to-ben@example.com>", text="Ann here"))
    assert len(await mails(alone)) == 3

    await erase(alone.door, "ann", ADA)

    assert [(one.contact_id, one.text, one.sender) for one in await mails(alone)] == [(2, "", RITA)]


async def test_a_silent_journal_is_said_and_one_that_hears_is_not(alone: House, hearing: Journal) -> None:
    ours = await claimed(alone, "ann", MessageState.sent)
    async with alone.database.writing() as tx:
        yesterday = alone.door.now() - timedelta(hours=25)
        await tx.execute(sa.update(MessageRow).where(MessageRow.id == ours.id).values(sent_at=yesterday))
        await tx.execute(sa.update(SettingsRow).values(changed_at=yesterday - timedelta(days=1)))

    before = await heard(alone.door)
    await hearing.take(mail("x@y.test", "z@y.test"))

    assert len(before.alarms) == 1
    assert (await heard(alone.door)).alarms == []


async def test_a_journal_that_is_off_is_not_silent_and_who_adds_contacts_is_told(alone: House) -> None:
    await claimed(alone, "ann", MessageState.sent)

    off = await heard(alone.door)

    assert (off.alarms, len(off.notices)) == ([], 1)


async def claimed(house: House, contact: str, which: MessageState, *steps: dict[str, Any]) -> Ours:
    """An email of ours that has come so far, under OUR_ID."""
    one = await house.enroll(contact, *(steps or (EMAIL,)))
    async with house.database.writing() as tx:
        life = await Life.lock(tx, one, house.door.now())
        assert life is not None
        standing = life.enrollment
        await messages.claim(
            tx,
            standing,
            channel=Channel.email,
            attempt="attempt",
            sender_id=2,
            recipient=f"{contact}@example.com",
            subject="Hello",
            body="Hello.",
            message_id=OUR_ID,
            at=life.now,
        )
        life.happen(Happening(What.claimed))
        if which is not MessageState.claimed:
            await messages.hand_over(tx, standing, "attempt")
        if which is MessageState.unknown:
            await messages.lose(tx, standing, "attempt")
            life.happen(Happening(What.lost, step=1, copy=1))
        if which is MessageState.sent:
            await messages.arrive(tx, standing, "attempt", life.now)
            life.happen(Happening(What.sent, step=1, copy=1))
        await life.save()
        number = await tx.scalar(sa.select(MessageRow.id).where(MessageRow.message_id == OUR_ID))
    assert number is not None
    return Ours(number, one, standing.contact_id, 1, 1, f"{contact}@example.com")


async def _ends(house: House, enrollment_id: str) -> None:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, house.door.now())
        assert life is not None
        if life.enrollment.is_open:
            life.happen(Happening(What.conclude, outcome=Outcome.neutral))
            await life.save()


def bounce(code: str, original: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.test\r\nMessage-ID: <b@mx.test>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
        f"Final-Recipient: rfc822; {ANN}\r\nAction: failed\r\nStatus: {code}\r\n\r\n--b\r\n"
        f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {original}\r\n\r\n\r\n--b--\r\n"
    ).encode()


async def events(house: House, enrollment_id: str) -> list[tuple[str, str | None]]:
    async with house.database.reading() as tx:
        rows = sa.select(EventRow.what, EventRow.code).where(EventRow.enrollment_id == enrollment_id)
        return [(row.what.value, row.code) for row in await tx.execute(rows.order_by(EventRow.id))]


async def state(house: House, ours: Ours) -> MessageState | None:
    async with house.database.reading() as tx:
        return await tx.scalar(sa.select(MessageRow.state).where(MessageRow.id == ours.id))
