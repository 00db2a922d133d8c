import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sequencing.emails import Email, Mailbox, compose
from sequencing.errors import About, DeliveryUnknown, TransportError
from sequencing.texts import Reference
from sequencing.texts import compose as compose_text
from transports.outbox import EmailOutbox, TextOutbox, forget, listing, messages
from transports.outgoing import Transport

BO = "bo@agency.test"


def email_to(address: str, subject: str = "Hello", text: str = "Hi\n") -> bytes:
    return compose(
        Email(
            sender=Mailbox("Bo Ünal", BO),
            recipient=Mailbox("Ann", address),
            subject=subject,
            text=text,
            message_id="<one@agency.test>",
            date=datetime(2026, 11, 2, tzinfo=UTC),
        )
    )


def text_of(body: str) -> bytes:
    return compose_text(Reference("01E", 2, 1), body)


async def deliver(
    transport: Transport, message: bytes, *, sender: str = BO, recipient: str = "ann@example.org"
) -> None:
    delivery = await transport.open(sender=sender, recipient=recipient)
    try:
        await delivery.begin()
        await delivery.hand_over(message)
    finally:
        await delivery.close()


async def test_an_email_is_kept_as_it_would_have_been_transmitted(tmp_path: Path) -> None:
    message = email_to("ann@example.org")

    await deliver(EmailOutbox(tmp_path / "not" / "yet"), message)

    [file] = (tmp_path / "not" / "yet").iterdir()
    assert file.suffix == ".eml"
    assert file.read_bytes() == message


async def test_a_text_is_kept_with_its_numbers_and_its_wording(tmp_path: Path) -> None:
    await deliver(TextOutbox(tmp_path), text_of("Grüße:\n\nbis bald"), sender="+15550001", recipient="+15550002")

    [file] = tmp_path.iterdir()
    assert file.suffix == ".txt"
    assert file.read_text() == "From: +15550001\nTo: +15550002\nReference: 01E.2.1\n\nGrüße:\n\nbis bald"


async def test_messages_are_read_in_the_order_of_their_hand_over(tmp_path: Path) -> None:
    addresses = [f"{number}@example.org" for number in range(50)]
    for address in addresses:
        await deliver(EmailOutbox(tmp_path), email_to(address))

    assert [kept.recipient for kept in messages(tmp_path)] == addresses


async def test_a_message_is_read_with_when_from_whom_to_whom_and_what(tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    await deliver(EmailOutbox(tmp_path), email_to("ünal@exämple.org", "Ärztin gesucht " * 9, "Grüße 日本\n.\n"))
    await deliver(TextOutbox(tmp_path), text_of("Grüße 日本"), sender="+15550001", recipient="+15550002")

    email, text = messages(tmp_path)

    assert (email.sender, email.recipient, email.text) == (BO, "ünal@exämple.org", "Grüße 日本\n.\n")
    assert email.subject == ("Ärztin gesucht " * 9).strip()
    assert (text.sender, text.recipient, text.subject, text.text) == ("+15550001", "+15550002", "", "Grüße 日本")
    assert before <= email.at <= text.at <= datetime.now(UTC)
    assert email.path.exists()


async def test_a_listing_has_one_printable_line_for_each_message(tmp_path: Path) -> None:
    await deliver(EmailOutbox(tmp_path), email_to("ann@example.org", "A role"))
    await deliver(TextOutbox(tmp_path), text_of("Hi\n\x1b[2Jthere"), sender="+15550001", recipient="+15550002")

    email, text = listing(tmp_path)

    assert email.endswith("  ann@example.org  A role")
    assert text.endswith("  +15550002  Hi ?[2Jthere")


def test_an_outbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert messages(tmp_path / "nowhere") == []
    assert listing(tmp_path / "nowhere") == []


async def test_what_is_not_ours_in_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "tmpabc.draft").write_text("half")
    await deliver(EmailOutbox(tmp_path), email_to("ann@example.org"))

    assert [kept.recipient for kept in messages(tmp_path)] == ["ann@example.org"]


async def test_before_the_hand_over_nothing_is_kept_and_a_close_leaves_nothing(tmp_path: Path) -> None:
    delivery = await EmailOutbox(tmp_path).open(sender=BO, recipient="ann@example.org")
    await delivery.begin()

    assert messages(tmp_path) == []
    await delivery.close()
    await delivery.close()
    assert list(tmp_path.iterdir()) == []


async def test_hand_overs_side_by_side_never_overwrite_each_other(tmp_path: Path) -> None:
    outbox = EmailOutbox(tmp_path)

    await asyncio.gather(*(deliver(outbox, email_to(f"{number}@example.org")) for number in range(100)))

    assert len({kept.recipient for kept in messages(tmp_path)}) == 100


async def test_a_folder_that_cannot_be_written_is_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(TransportError) as failed:
        await deliver(EmailOutbox(tmp_path / "file"), email_to("ann@example.org"))

    assert (failed.value.code, failed.value.permanent, failed.value.about) == ("outbox", False, About.server)
    assert str(tmp_path) not in str(failed.value)


async def test_a_disk_that_fills_up_during_the_hand_over_keeps_nothing_at_all(tmp_path: Path) -> None:
    with files_of_at_most(100_000), pytest.raises(TransportError) as failed:
        await deliver(EmailOutbox(tmp_path), email_to("ann@example.org", text="x" * 200_000))

    assert failed.value.code == "outbox"
    assert not isinstance(failed.value, DeliveryUnknown)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_what_was_kept_for_one_person_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    emails, texts = EmailOutbox(tmp_path), TextOutbox(tmp_path)
    await deliver(emails, email_to("Ann@example.org"))
    await deliver(emails, email_to("ben@example.org").replace(b"<one@", b"<two@"))
    await deliver(emails, email_to("shared@example.org").replace(b"<one@", b"<three@"))
    await deliver(emails, email_to("shared@example.org").replace(b"<one@", b"<four@"))
    await deliver(texts, text_of("Hello Ann"), recipient="+15550002")
    await deliver(texts, text_of("Hello Ben"), recipient="+15550002")
    (tmp_path / "died.draft").write_bytes(email_to("ann@example.org"))
    (tmp_path / "notes.md").write_text("To: ann@example.org\n\n")

    gone = forget(tmp_path, {"ann@example.org"}, {"<three@agency.test>"}, {("+15550002", "Hello Ann")})

    assert gone == 4
    left = "\n".join(sorted(path.read_text() for path in tmp_path.iterdir()))
    assert [word in left for word in ("<two@", "<four@", "Hello Ben", "To: ann@")] == [True] * 4
    assert [word in left for word in ("Ann@example.org", "<three@", "Hello Ann")] == [False] * 3


def test_where_nothing_was_kept_nothing_is_forgotten(tmp_path: Path) -> None:
    assert forget(tmp_path / "not yet", {"ann@example.org"}, (), ()) == 0
