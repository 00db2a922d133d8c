"""What the provider of texts posts is believed if it is signed, recorded once, and heard by whom it concerns."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from sequencing.happenings import Happening, Settlement, What
from sequencing.text_words import STOP
from sequencing.texts import Reference
from simulator.phones import Phones, Text
from starter.attention import waiting_for
from starter.enrollments import NotEnrolled
from starter.people import Said, change
from starter.suppressions import suppress
from starter.timeline import story
from store import enrollments, messages, suppressions, texts
from store.lives import Life
from store.tables import Channel, EventRow, MessageRow, MessageState, NewsRow, SuppressionRow
from store.text_tables import IncomingTextRow
from tests.house import ADA, CALL, EMAIL, RITA, TEXT, House
from tests.web.knocking import app_at, served
from web.texts import LARGEST_POST, Signed

ANN, OURS, STRANGER = "+4915112340001", "+4930900001", "+15005550006"
LATER = {**TEXT, "delay": "1 day"}


@dataclass
class Wired:
    """A house at rest, its pages, and the provider that posts there."""

    house: House
    phones: Phones
    address: str

    async def enroll(self, *steps: dict[str, Any], contact: str = "ann") -> str:
        return await self.house.enroll(contact, *(steps or (LATER,)))

    async def leaves(self, enrollment_id: str, state: MessageState = MessageState.sent) -> Text:
        """The current step's text, as far as that."""
        async with self.house.database.writing() as tx:
            life = await Life.lock(tx, enrollment_id, self.house.door.now())
            assert life is not None
            life.happen(Happening(What.claimed))
            one, at = life.enrollment, life.now
            said: dict[str, Any] = {"attempt": "a", "sender_id": 2, "recipient": ANN, "subject": "", "body": "Hello"}
            await messages.claim(tx, one, channel=Channel.text, message_id=f"<{one.id}>", at=at, segments=1, **said)
            await messages.hand_over(tx, one, "a")
            if state is MessageState.sent:
                await messages.arrive(tx, one, "a", at)
                life.happen(Happening(What.sent, step=one.step, copy=one.copy))
            elif state is MessageState.unknown:
                await messages.lose(tx, one, "a")
                life.happen(Happening(What.lost, step=one.step, copy=one.copy))
            await life.save()
        return Text(
            "SM1", OURS, ANN, "Hello", f"{self.address}/texts/status?of={Reference(one.id, one.step, one.copy)}"
        )

    async def heard(self, enrollment_id: str) -> tuple[str, str | None]:
        """Where it will stand, once its run has taken in all news."""
        async with self.house.database.writing() as tx:
            life = await Life.lock(tx, enrollment_id, self.house.door.now())
            assert life is not None
            await life.note_news()
            await life.save()
        return life.enrollment.status.value, life.enrollment.reason.value if life.enrollment.reason else None

    async def told(self, enrollment_id: str) -> list[str]:
        async with self.house.database.reading() as tx:
            return [event.what.value for event in await enrollments.timeline(tx, enrollment_id)]

    async def count(self, table: Any) -> int:
        async with self.house.database.reading() as tx:
            return await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    async def is_suppressed(self, number: str = ANN) -> bool:
        async with self.house.database.reading() as tx:
            return await suppressions.is_suppressed(tx, number)

    async def state(self, enrollment_id: str) -> list[MessageState]:
        async with self.house.database.reading() as tx:
            return [one.state for one in await messages.of_enrollment(tx, enrollment_id)]


@pytest.fixture
async def wired(alone: House) -> AsyncIterator[Wired]:
    app = app_at(alone.door)
    async with served(app) as address:
        phones = Phones(address)
        app.state.texts = Signed(phones.token, address)
        yield Wired(alone, phones, address)


# --- who is believed ---------------------------------------------------------------------------------------------


async def post(
    address: str, path: str, fields: dict[str, str], *, token: str, signed_for: str | None = None, **more: Any
) -> int:
    """Posted as the provider's own library signs it."""
    signature = RequestValidator(token).compute_signature(signed_for or f"{address}{path}", fields)
    async with httpx2.AsyncClient(verify=False) as client:
        said = {"data": fields, "headers": {"X-Twilio-Signature": signature}} | more
        return (await client.post(f"{address}{path}", **said)).status_code


REPLY = {"MessageSid": "SM9", "From": ANN, "To": OURS, "Body": "Ja, gern ä + & = %"}


async def test_a_post_that_the_providers_library_signs_is_taken(wired: Wired) -> None:
    await wired.enroll()

    status = await post(wired.address, "/texts/incoming", REPLY, token=wired.phones.token)

    assert (status, await wired.count(IncomingTextRow)) == (200, 1)


@pytest.mark.parametrize("path", ["/texts/incoming", "/texts/status", "/texts/status?of=x.1.1"])
async def test_a_post_that_is_not_signed_or_signed_for_something_else_is_refused(wired: Wired, path: str) -> None:
    one = await wired.enroll()
    stop = REPLY | {"Body": "STOP", "MessageStatus": "failed", "ErrorCode": "30005"}
    right = wired.phones.token

    answers = [
        await post(wired.address, path, stop, token="another"),
        await post(wired.address, path, stop, token=right, signed_for=f"{wired.address}/elsewhere"),
        await post(wired.address, path, stop, token=right, data=stop | {"From": STRANGER}),
        await post(wired.address, path, stop, token=right, headers={}),
        await post(wired.address, path, stop, token=right, headers={b"X-Twilio-Signature": b"\xe4"}),
        await post(wired.address, path, stop, token=right, data=None, content=b"\xff\xfe"),
    ]

    assert answers == [403] * len(answers)
    assert (await wired.heard(one), await wired.count(IncomingTextRow)) == (("active", None), 0)


async def test_the_address_is_the_public_one_whatever_the_request_says(alone: House) -> None:
    public = "https://app.example.org/there"
    app = app_at(alone.door, Signed("secret", public))

    async with served(app) as address:
        inside = await post(address, "/texts/incoming", REPLY, token="secret")
        outside = await post(address, "/texts/incoming", REPLY, token="secret", signed_for=f"{public}/texts/incoming")

    assert (inside, outside) == (403, 200)


async def test_without_a_provider_there_is_nothing_to_post_to(alone: House) -> None:
    async with served(app_at(alone.door)) as address:
        assert await post(address, "/texts/incoming", REPLY, token="") == 404


async def test_what_is_too_large_or_names_no_message_is_refused(wired: Wired) -> None:
    token = wired.phones.token
    large = await post(wired.address, "/texts/incoming", REPLY | {"Body": "a" * LARGEST_POST}, token=token)
    many = await post(wired.address, "/texts/incoming", {f"f{n}": "" for n in range(300)}, token=token)
    nameless = await post(wired.address, "/texts/incoming", {"From": ANN, "Body": "Hi"}, token=token)
    long_named = await post(wired.address, "/texts/incoming", REPLY | {"MessageSid": "S" * 65}, token=token)

    assert (large, many, nameless, long_named) == (413, 403, 400, 400)


# --- what comes in -----------------------------------------------------------------------------------------------


async def test_a_reply_pauses_every_enrollment_of_the_contact_and_stands_on_their_timelines(wired: Wired) -> None:
    texted, called = await wired.enroll(TEXT, LATER), await wired.enroll(CALL)
    others = await wired.enroll(contact="ben")
    await wired.leaves(texted)

    assert await wired.phones.text(ANN, "Who is this?\nI forgot") == 200

    assert [await wired.heard(one) for one in (texted, called, others)] == [
        ("paused", "replied"),
        ("paused", "replied"),
        ("active", None),
    ]
    for one in (texted, called):
        shown = await story(wired.house.door, one, RITA)
        assert "Who is this?\n    I forgot" in shown.as_text()
        assert shown.as_json()["timeline"][-1]["said"] == "Who is this?\nI forgot"


async def test_what_a_reply_says_is_in_no_event_and_no_news(wired: Wired) -> None:
    one = await wired.enroll()
    await wired.phones.text(ANN, "a very private thing")
    await wired.heard(one)

    async with wired.house.database.reading() as tx:
        kept = [
            repr(tuple(row)) for table in (EventRow, NewsRow) for row in await tx.execute(sa.select(table.__table__))
        ]
    found, _ = await wired.house.sequencer.events(by=RITA)

    assert "reply" in "".join(kept)
    assert "private" not in "".join(kept) + repr(found)


async def test_a_reply_after_the_end_is_recorded_where_the_last_text_came_from(wired: Wired) -> None:
    one = await wired.enroll(TEXT)
    await wired.leaves(one)
    assert await wired.heard(one) == ("finished", "steps_done")

    await wired.phones.text(ANN, "Late")

    assert (await wired.told(one))[-1] == "reply"
    assert "Late" in (await story(wired.house.door, one, RITA)).as_text()


async def test_the_same_text_twice_is_one_even_at_the_same_moment(wired: Wired) -> None:
    one = await wired.enroll()

    answers = await asyncio.gather(*(wired.phones.text(ANN, "Yes?", sid="SMx1") for _ in range(5)))
    answers += [await wired.phones.text(ANN, "Yes?", sid="SMx1", tries=1)]
    await wired.heard(one)

    assert set(answers) == {200}
    assert (await wired.count(IncomingTextRow), (await wired.told(one)).count("reply")) == (1, 1)


@pytest.mark.parametrize("word", sorted(STOP))
async def test_every_word_that_means_stop_is_a_stop(wired: Wired, word: str) -> None:
    one = await wired.enroll()

    await wired.phones.text(ANN, f" {word.capitalize()}! ")

    assert (await wired.heard(one), await wired.is_suppressed()) == (("finished", "unsubscribed"), True)


async def test_stop_finishes_what_runs_of_everybody_with_that_number_and_only_records_the_rest(wired: Wired) -> None:
    running, paused, ended = await wired.enroll(), await wired.enroll(CALL), await wired.enroll(TEXT)
    await change(wired.house.door, "pia", Said(numbers=[("mobile", ANN)]), ADA)  # type: ignore[list-item]
    sharing = await wired.enroll(EMAIL, contact="pia")
    await wired.house.sequencer.pause(paused, by=RITA)
    await wired.leaves(ended)

    await wired.phones.text(ANN, "STOP")

    finished = ("finished", "unsubscribed")
    assert [await wired.heard(one) for one in (running, paused, sharing)] == [finished] * 3
    assert await wired.heard(ended) == ("finished", "steps_done")
    assert (await wired.told(ended))[-1] == "unsubscribe"
    (answer,) = await wired.house.sequencer.enroll(await wired.house.sequence(TEXT), ["ann"], by=RITA)
    assert isinstance(answer, NotEnrolled)
    assert answer.code == "unsubscribed"


async def test_what_the_provider_has_recognised_as_a_stop_is_one(wired: Wired) -> None:
    one = await wired.enroll()

    await post(
        wired.address, "/texts/incoming", REPLY | {"Body": "arret", "OptOutType": "STOP"}, token=wired.phones.token
    )

    assert await wired.heard(one) == ("finished", "unsubscribed")


async def test_start_lifts_that_suppression_and_revives_nothing(wired: Wired) -> None:
    one = await wired.enroll()
    await wired.phones.text(ANN, "STOP")

    await wired.phones.text(ANN, "Start")

    assert (await wired.heard(one), await wired.is_suppressed()) == (("finished", "unsubscribed"), False)


async def test_start_lifts_no_suppression_that_somebody_else_made(wired: Wired) -> None:
    await suppress(wired.house.door, ANN, "complained", RITA)

    await wired.phones.text(ANN, "STOP")
    await wired.phones.text(ANN, "START")

    assert await wired.is_suppressed()


async def test_a_stop_outweighs_a_bounce_and_start_lifts_it(wired: Wired) -> None:
    text = await wired.leaves(await wired.enroll(TEXT, LATER))
    await wired.phones.tell(text, "undelivered", "30005")

    await wired.phones.text(ANN, "STOP")
    async with wired.house.database.reading() as tx:
        [found] = await suppressions.covering(tx, ANN)
    await wired.phones.text(ANN, "START")

    assert (found.reason, await wired.is_suppressed()) == ("stopped", False)


async def test_of_a_number_that_nobody_has_there_is_nothing_but_a_count(wired: Wired) -> None:
    await wired.enroll()

    answers = [await wired.phones.text(STRANGER, words) for words in ("STOP", "Hello?", "START")]

    async with wired.house.database.reading() as tx:
        assert await texts.counted(tx, wired.house.door.now()) == (0, 3)
    assert answers == [200] * 3
    assert (await wired.count(IncomingTextRow), await wired.count(SuppressionRow)) == (0, 0)


async def test_a_number_that_was_changed_is_still_known_by_what_we_wrote_there(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    await wired.leaves(one)
    await change(wired.house.door, "ann", Said(numbers=[]), RITA)

    await wired.phones.text(ANN, "STOP")

    assert (await wired.heard(one), await wired.is_suppressed()) == (("finished", "unsubscribed"), True)


# --- what became of ours -----------------------------------------------------------------------------------------


async def test_a_delivered_text_says_so_once(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    text = await wired.leaves(one)

    for word in ("sent", "delivered", "delivered", "read"):
        assert await wired.phones.tell(text, word) == 200

    assert (await wired.told(one)).count("delivered") == 1
    (letter,) = (await story(wired.house.door, one, RITA)).messages
    assert (letter["delivery"], letter["provider_id"], letter["segments"]) == ("delivered", "SM1", 1)


@pytest.mark.parametrize(
    ("status", "code", "stands", "suppressed", "said"),
    [
        ("undelivered", "30005", ("paused", "bounced"), True, "bounce"),
        ("failed", "30006", ("paused", "bounced"), True, "bounce"),
        ("failed", "21614", ("paused", "bounced"), True, "bounce"),
        ("failed", "21610", ("paused", "suppressed"), True, "bounce"),
        ("undelivered", "30003", ("active", None), False, "soft_bounced"),
        ("undelivered", "30007", ("active", None), False, "soft_bounced"),
        ("failed", "", ("active", None), False, "soft_bounced"),
    ],
)
async def test_what_becomes_of_a_text_that_did_not_arrive(
    wired: Wired, status: str, code: str, stands: tuple[str, str | None], suppressed: bool, said: str
) -> None:
    one, another = await wired.enroll(TEXT, LATER), await wired.enroll(EMAIL)
    text = await wired.leaves(one)

    for _ in ("once", "and again"):
        assert await wired.phones.tell(text, status, code) == 200

    assert (await wired.heard(one), await wired.heard(another)) == (stands, ("active", None))
    assert await wired.is_suppressed() is suppressed
    assert (await wired.told(one)).count(said) == 1


async def test_a_status_settles_what_nobody_knew(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    text = await wired.leaves(one, MessageState.unknown)
    assert [waiting.cause for waiting in await waiting_for(wired.house.door, RITA)] == ["delivery_unknown"]

    await wired.phones.tell(text, "sent")

    assert await wired.heard(one) == ("active", None)
    assert (await wired.state(one), await waiting_for(wired.house.door, RITA)) == ([MessageState.sent], [])


async def test_a_status_of_a_copy_that_was_given_up_settles_nothing_else(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    text = await wired.leaves(one, MessageState.unknown)
    await wired.house.sequencer.settle(one, Settlement.send_again, by=RITA)
    await wired.heard(one)
    await wired.leaves(one, MessageState.unknown)

    await wired.phones.tell(text, "delivered")

    assert await wired.heard(one) == ("paused", "delivery_unknown")
    assert await wired.state(one) == [MessageState.sent, MessageState.unknown]


async def test_a_status_that_comes_before_the_answer_waits_for_the_attempt(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    text = await wired.leaves(one, MessageState.handing_over)

    await wired.phones.tell(text, "sent")

    assert (await wired.heard(one), await wired.state(one)) == (("active", None), [MessageState.handing_over])
    async with wired.house.database.reading() as tx:
        row = (await messages.of_enrollment(tx, one))[0]
        assert row.provider_id == "SM1"
        assert row.seen_at is not None


async def test_a_status_without_a_reference_is_known_by_the_providers_name(wired: Wired) -> None:
    one = await wired.enroll(TEXT, LATER)
    await wired.leaves(one)
    async with wired.house.database.writing() as tx:
        await tx.execute(sa.update(MessageRow).values(provider_id="SM1"))

    await post(
        wired.address, "/texts/status", {"MessageSid": "SM1", "MessageStatus": "delivered"}, token=wired.phones.token
    )

    assert "delivered" in await wired.told(one)


async def test_a_status_of_a_removed_enrollments_text_is_kept_with_the_text_and_nowhere_else(wired: Wired) -> None:
    one = await wired.enroll(TEXT)
    text = await wired.leaves(one)
    await wired.house.sequencer.remove(one, by=RITA)
    before = await wired.told(one)

    assert await wired.phones.tell(text, "delivered") == 200

    assert await wired.told(one) == before
    async with wired.house.database.reading() as tx:
        ((_, receipt),) = (await texts.receipts(tx, [1])).items()
    assert receipt.delivery == "delivered"


async def test_a_status_of_what_is_none_of_ours_is_nothing(wired: Wired) -> None:
    stranger = Text("SM7", OURS, ANN, "Hello", f"{wired.address}/texts/status?of=01NOBODY.1.1")

    assert await wired.phones.tell(stranger, "delivered") == 200


# --- when it cannot be recorded ----------------------------------------------------------------------------------


async def test_what_cannot_be_recorded_is_posted_again_until_it_is(wired: Wired) -> None:
    one = await wired.enroll()
    async with wired.house.database.writing() as tx:
        await tx.execute(sa.text("ALTER TABLE incoming_texts RENAME TO away"))

    refused = await wired.phones.text(ANN, "STOP", sid="SMx", tries=1)
    before = await wired.heard(one)
    coming = asyncio.create_task(wired.phones.text(ANN, "STOP", sid="SMx"))
    await asyncio.sleep(0.2)
    async with wired.house.database.writing() as tx:
        await tx.execute(sa.text("ALTER TABLE away RENAME TO incoming_texts"))

    assert (refused, before) == (500, ("active", None))
    assert await coming == 200
    assert await wired.heard(one) == ("finished", "unsubscribed")
