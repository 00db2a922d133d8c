"""A message shown, or sent to oneself, as one contact would get it: what would leave, and nothing comes of it."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.errors import Refused
from sequencing.happenings import Reason
from starter.erasures import erase
from starter.previews import Preview, preview, send_test
from starter.suppressions import suppress
from starter.users import deactivate_user
from store.columns import Table
from store.people_tables import ContactRow, UserRow
from tests.activities.test_emails import LATER, NOW, act
from tests.house import ADA, BOB, CALL, EMAIL, LETTER, RITA, TEXT, House
from transports.outbox import messages
from transports.smtp import SmtpTransport

TRACKED: dict[str, Any] = {
    **EMAIL,
    "delay": "none",
    "format": "html",
    "body": '<p>Hi {{ contact.first_name }}, <a href="https://jobs.test/">see</a></p>',
}


async def seen(house: House, step: dict[str, Any], contact: str = "ann", by: str = RITA) -> Preview:
    return await preview(house.door, await house.sequence(step), 1, contact, by)


def kept(house: House) -> list[EmailMessage]:
    return [message_from_bytes(one.path.read_bytes(), policy=policy.default) for one in messages(house.outbox)]


async def counts(house: House) -> dict[str, int]:
    async with house.database.reading() as tx:
        tables = Table.metadata.sorted_tables
        return {table.name: await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


async def test_a_preview_says_from_whom_to_which_address_and_what(alone: House) -> None:
    shown = await seen(alone, {**TRACKED, "unsubscribe_link": False})

    assert shown == Preview(
        contact="Ann Abel",
        sender=RITA,
        recipient="ann@example.com",
        subject="Hi Ann",
        text="Hi Ann, see (https://jobs.test/)\n",
        html='<p>Hi Ann, <a href="https://jobs.test/">see</a></p>',
    )


async def test_a_preview_is_what_then_leaves(alone: House) -> None:
    sequence = await alone.sequence({**TRACKED, **NOW}, LATER)
    shown = await preview(alone.door, sequence, 1, "ann", RITA)
    (enrolled,) = await alone.sequencer.enroll(sequence, ["ann"], by=RITA)
    await act(alone, enrolled.enrollment_id or "")  # type: ignore[union-attr]  # it is

    [sent] = kept(alone)
    text, html = (part.get_content().replace("\r\n", "\n") for part in sent.iter_parts())
    assert (sent["Subject"], text, html) == (shown.subject, shown.text, f"{shown.html}\n")
    assert sent["From"].addresses[0].addr_spec == shown.sender
    assert sent["To"].addresses[0].addr_spec == shown.recipient


async def test_the_preview_of_a_text_says_the_numbers_and_what_it_costs(alone: House) -> None:
    shown, dear = await seen(alone, TEXT), await seen(alone, {**TEXT, "body": "Grüße, {{ contact.first_name }} ☺" * 7})

    assert (shown.sender, shown.recipient, shown.text) == ("+4930900001", "+4915112340001", "Hello Ann")
    assert (shown.cost, dear.cost) == ("1 segment (GSM-7, 9 of 160)", "2 segments (UCS-2, 84 of 134)")


async def test_the_preview_of_a_text_that_becomes_too_long_says_so(alone: House) -> None:
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(ContactRow).values(title="x" * 200))

    shown = await seen(alone, {**TEXT, "body": "{{ contact.title }}" * 9})

    assert (shown.reason, shown.cost) == (Reason.template_broken, "")


@pytest.mark.parametrize(
    ("step", "contact", "reason"),
    [
        (EMAIL, "dot", Reason.no_email_address),
        (TEXT, "dot", Reason.no_phone_number),
        ({**EMAIL, "address_type": "personal"}, "ann", Reason.no_address_of_type),
        ({**EMAIL, "body": "At {{ opportunity.title }}"}, "ann", Reason.missing_merge_field),
        ({**LETTER, "body": "At {{ opportunity.title }}"}, "ann", Reason.missing_merge_field),
    ],
)
async def test_a_preview_says_why_it_would_pause(
    alone: House, step: dict[str, Any], contact: str, reason: Reason
) -> None:
    shown = await seen(alone, step, contact)

    assert shown.reason is reason


async def test_a_preview_names_the_field_that_is_missing_and_shows_the_gap(alone: House) -> None:
    shown = await seen(alone, {**EMAIL, "body": "At {{ opportunity.title }}"})

    assert (shown.missing, shown.text) == (("opportunity.title",), "At [opportunity.title]")


async def test_a_suppressed_address_and_a_sender_without_one_are_said(alone: House) -> None:
    await suppress(alone.door, "ann@example.com", "asked", RITA)
    suppressed = await seen(alone, EMAIL)
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(UserRow).values(sending_address=None))
    nameless = await seen(alone, EMAIL, "ben")

    assert (suppressed.reason, nameless.reason) == (Reason.suppressed, Reason.no_sender_address)


async def test_the_preview_of_a_running_enrollment_keeps_its_sender_and_its_thread(alone: House) -> None:
    owners = {**EMAIL, **NOW, "owner": "contact owner", "reply_in_thread": True}
    sequence = await alone.sequence({**owners, "owner": BOB}, {**owners, "owner": BOB, "subject": "Again"}, LATER)
    (enrolled,) = await alone.sequencer.enroll(sequence, ["ann"], by=RITA)
    await act(alone, enrolled.enrollment_id or "")  # type: ignore[union-attr]  # it is
    shown = await preview(alone.door, sequence, 2, "ann", RITA)

    assert (shown.sender, shown.subject) == (BOB, "Re: Hi Ann")


async def test_what_is_no_message_or_no_step_is_refused(alone: House) -> None:
    sequence = await alone.sequence(CALL)

    for step, code in ((1, "not_a_message"), (0, "unknown_step"), (2, "unknown_step")):
        with pytest.raises(Refused) as refused:
            await preview(alone.door, sequence, step, "ann", RITA)
        assert refused.value.code == code


async def test_a_preview_and_a_test_change_nothing(alone: House) -> None:
    sequence = await alone.sequence(TRACKED)
    before = await counts(alone)
    await preview(alone.door, sequence, 1, "ann", RITA)
    await send_test(alone.door, sequence, 1, "ann", RITA)

    assert await counts(alone) == before


async def test_a_test_goes_to_oneself_marked_as_a_test_and_counts_nothing(alone: House) -> None:
    to = await send_test(alone.door, await alone.sequence(TRACKED), 1, "ann", RITA)

    [sent] = kept(alone)
    html = "".join(part.get_content() for part in sent.iter_parts())
    assert (to, sent["To"].addresses[0].addr_spec, sent["Subject"]) == (RITA, RITA, "[Test] Hi Ann")
    assert sent["From"].addresses[0].addr_spec == RITA
    assert '<a href="https://jobs.test/">' in html
    assert "unsubscribe.invalid" in html
    assert sent["List-Unsubscribe"] is None
    assert "<img" not in html


async def test_a_test_goes_to_another_user_and_to_nobody_else(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await deactivate_user(alone.door, BOB, RITA, ADA)
    assert await send_test(alone.door, sequence, 1, "ann", RITA, to="ADA@example.org") == ADA

    for stranger in ("ann@example.com", "x@example.com", BOB, "", "nobody"):
        with pytest.raises(Refused) as refused:
            await send_test(alone.door, sequence, 1, "ann", RITA, to=stranger or " ")
        assert refused.value.code == "not_a_user"
    assert len(kept(alone)) == 1


async def test_a_test_of_what_would_pause_or_is_no_email_is_refused(alone: House) -> None:
    for step, contact, code in ((EMAIL, "dot", "would_pause"), (TEXT, "ann", "not_an_email")):
        with pytest.raises(Refused) as refused:
            await send_test(alone.door, await alone.sequence(step), 1, contact, RITA)
        assert refused.value.code == code
    assert kept(alone) == []


async def test_a_test_that_no_mail_server_takes_says_so(alone: House) -> None:
    away = replace(alone.door, emails=lambda: SmtpTransport("smtp://127.0.0.1:1", within=alone.world.retry_after))

    with pytest.raises(Refused) as refused:
        await send_test(away, await alone.sequence(EMAIL), 1, "ann", RITA)
    assert refused.value.code == "not_sent"


async def test_erasing_a_contact_reaches_the_tests_of_his_emails(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await send_test(alone.door, sequence, 1, "ann", RITA)
    await send_test(alone.door, sequence, 1, "ben", RITA)
    await erase(alone.door, "ann", ADA)

    assert [one["Subject"] for one in kept(alone)] == ["[Test] Hi Ben"]
