"""What a service in Python asks the sequencer besides acting: what it finds, shows and follows."""

import pytest

from sequencing.errors import Refused
from sequencing.people import AddressType
from starter.people import Said
from store.contact_lists import Wanted
from tests.house import ADA, CALL, EMAIL, RITA, House

LATER = {**EMAIL, "delay": "300 days"}


async def test_enrollments_are_listed_page_by_page_and_shown(alone: House) -> None:
    first, second = [await alone.enroll(contact, LATER) for contact in ("ann", "ben")]

    (one,) = await alone.sequencer.enrollments(by=RITA, limit=1)
    rest = await alone.sequencer.enrollments(by=RITA, after=one.id)
    told = await alone.sequencer.show(first, by=RITA)

    assert ([one.id], [after.id for after in rest]) == ([first], [second])
    assert (told.contact, told.events[0]["what"]) == ("Ann Abel", "enrolled")


async def test_a_contact_is_added_changed_found_shown_and_erased(alone: House) -> None:
    said = Said(first_name="New", emails=[(AddressType.work, "new@example.com")])

    added = await alone.sequencer.add_contact(said, by=RITA)
    await alone.sequencer.change_contact("new@example.com", Said(title="Chief"), by=RITA)
    found = await alone.sequencer.find_contacts(Wanted(text="new@"), by=RITA)
    card = await alone.sequencer.show_contact("new@example.com", by=RITA)
    await alone.sequencer.erase_contact(str(added.id), by=ADA)

    assert ([one.id for one in found], card.contact.title) == ([added.id], "Chief")
    assert await alone.sequencer.find_contacts(Wanted(text="new@"), by=RITA) == []


async def test_a_sequence_is_made_copied_archived_and_taken_back(alone: House) -> None:
    made = str(await alone.sequencer.create({"name": "Calls", "steps": [CALL]}, by=RITA))

    copy = await alone.sequencer.copy(made, by=RITA)
    await alone.sequencer.archive(made, by=RITA)
    with pytest.raises(Refused) as refused:
        await alone.sequencer.enroll(made, ["ann"], by=RITA)
    await alone.sequencer.unarchive(made, by=RITA)

    assert (copy != int(made), refused.value.code) == (True, "sequence_archived")
    assert len(await alone.sequencer.enroll(made, ["ann"], by=RITA)) == 1


async def test_suppressing_and_lifting_say_whether_anything_changed(alone: House) -> None:
    suppressed = [await alone.sequencer.suppress("ann@example.com", by=RITA) for _ in range(2)]

    lifted = [await alone.sequencer.lift("ann@example.com", by=ADA) for _ in range(2)]

    assert (suppressed, lifted) == ([True, False], [True, False])


async def test_lists_and_events_are_those_of_the_user_who_asks(alone: House) -> None:
    one = await alone.enroll("ann", LATER)

    told, cursor = await alone.sequencer.events(by=RITA)

    assert [(event.what, event.enrollment_id) for event in told] == [("enrolled", one)]
    assert await alone.sequencer.events(by=RITA, after=cursor) == ([], cursor)
    assert (await alone.sequencer.todos(by=RITA), await alone.sequencer.attention(by=RITA)) == ([], [])
