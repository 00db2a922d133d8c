"""Templates that change while emails from them are on their way: whom that reaches, and whom it does not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from temporalio.testing import ActivityEnvironment

from activities.todos import TodoActivities
from sequencing.errors import Refused, Unchanged
from sequencing.people import AddressType
from sequencing.runs import Ref
from sequencing.sequences import Format
from starter import templates
from starter.editing import copy_sequence
from starter.enrollments import Enrolled
from starter.templates import Letter, TemplateChange, archive_template, copy_template, create_template, edit_template
from starter.todos import edit as edit_draft
from starter.todos import send
from store.people_tables import ContactRow
from store.template_lists import Wanted
from store.templates import Users
from tests.house import ADA, BOB, LETTER, RITA, House
from tests.starter.test_editing import on_the_list, replanned

EMAIL = {"action": "automatic_email", "template": "Hello"}
DRAFT = {"action": "manual_email", "template": "Hello"}
NEWER = Letter("Newer", "Good day {{ contact.first_name }}")


async def hello(house: House, by: str = RITA) -> None:
    """A template of that name."""
    await create_template(house.door, "Hello", "Hello", "Hello {{ contact.first_name }}", AddressType.any, by)


async def reword(house: House, letter: Letter = NEWER, *, dry_run: bool = False) -> Users:
    """Whom the new wording reaches, or would reach."""
    return (await edit_template(house.door, "Hello", TemplateChange(letter), RITA, dry_run=dry_run)).reached


async def names(house: House) -> list[str]:
    return [one.row.name for one in await templates.list_templates(house.door, RITA)]


async def test_who_waits_for_an_email_gets_the_new_wording(house: House) -> None:
    await hello(house)
    one = await house.enroll("ann", {**EMAIL, "delay": "300 days"})

    reached = await reword(house)
    await house.sequencer.bypass(one, by=RITA)
    await house.place(one, "finished")

    assert (reached.sequences, reached.coming, reached.drafts) == (1, 1, 0)
    assert house.sent() == [("ann@example.com", "Newer")]


async def test_untouched_drafts_say_the_new_wording_and_what_a_person_typed_stays(house: House) -> None:
    await hello(house)
    untouched, touched = await on_the_list(house, await house.sequence(DRAFT), 2)
    await edit_draft(house.door, touched.id, RITA, None, "As I typed it")

    reached = await reword(house)
    moved = await replanned(house)

    assert (reached.drafts, reached.touched, moved) == (1, 1, 1)
    said = [await house.todo(one.enrollment_id) for one in (untouched, touched)]
    assert [(one.subject, one.body) for one in said] == [("Newer", "Good day Cay0"), ("Hello", "As I typed it")]


async def test_a_preview_counts_and_changes_nothing(house: House) -> None:
    await hello(house)
    await house.enroll("ann", {**EMAIL, "delay": "300 days"}, EMAIL)
    (draft,) = await on_the_list(house, await house.sequence(DRAFT), 1)

    reached = await reword(house, dry_run=True)

    assert reached == Users(sequences=2, coming=1, drafts=1, touched=0)
    assert (await templates.show_template(house.door, "Hello", RITA))[0].row.subject == "Hello"
    assert (await house.todo(draft.enrollment_id)).subject == "Hello"


async def test_a_preview_counts_nobody_in_a_sequence_that_is_not_shown(alone: House) -> None:
    await hello(alone)
    number = await alone.sequence(EMAIL, by=ADA)
    copy = str(await copy_sequence(alone.door, number, ADA))
    await alone.sequencer.enroll(copy, ["ann"], by=ADA)

    assert (await reword(alone, dry_run=True)).coming == 0


async def test_whoever_saves_over_a_newer_version_is_told_who_was_first(alone: House) -> None:
    await hello(alone)
    await edit_template(alone.door, "Hello", TemplateChange(Letter("Hers", "Hers"), version=1), ADA)

    with pytest.raises(Refused) as refused:
        await edit_template(alone.door, "Hello", TemplateChange(NEWER, version=1), RITA)

    assert refused.value.code == "changed_meanwhile"
    assert "Ada" in refused.value.sentence
    assert (await templates.show_template(alone.door, "Hello", RITA))[0].row.subject == "Hers"


async def test_a_change_to_the_same_changes_nothing_and_says_so(alone: House) -> None:
    await hello(alone)
    await reword(alone)

    with pytest.raises(Unchanged):
        await reword(alone)


async def test_only_its_owner_and_who_manages_change_a_template(alone: House) -> None:
    await hello(alone, ADA)

    for by in (RITA, BOB):
        with pytest.raises(Refused, match="manage") as refused:
            await edit_template(alone.door, "Hello", TemplateChange(NEWER), by)
        assert refused.value.code == "not_permitted"


async def test_a_copy_belongs_to_the_copier_and_finds_a_name(alone: House) -> None:
    await hello(alone, ADA)

    first, second = [await copy_template(alone.door, "Hello", RITA) for _ in range(2)]

    assert (first, second) == ("Copy of Hello", "Copy 2 of Hello")
    assert await names(alone) == ["Copy 2 of Hello", "Copy of Hello", "Hello"]
    await edit_template(alone.door, first, TemplateChange(NEWER), RITA)


async def test_a_renamed_template_stays_with_its_steps(house: House) -> None:
    await hello(house)
    one = await house.enroll("ann", {**EMAIL, "delay": "300 days"})

    await edit_template(house.door, "Hello", TemplateChange(name="Welcome"), RITA)
    await house.sequencer.bypass(one, by=RITA)
    await house.place(one, "finished")

    assert house.sent() == [("ann@example.com", "Hello")]


async def test_an_archived_template_cannot_be_chosen_and_steps_that_use_it_go_on(house: House) -> None:
    await hello(house)
    sequence = await house.sequence({**EMAIL, "delay": "1 second"}, name="First")
    await archive_template(house.door, "Hello", RITA, archived=True)

    with pytest.raises(Refused) as refused:
        await house.sequence(EMAIL)
    await house.sequencer.edit(sequence, {"name": "Second", "steps": [EMAIL]}, by=RITA)
    (one,) = await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    copy = str(await copy_sequence(house.door, sequence, RITA))
    await house.sequencer.edit(copy, {"name": "Third", "steps": [{**EMAIL, "delay": "1 day"}]}, by=RITA)

    assert refused.value.code == "template_archived"
    assert isinstance(one, Enrolled)
    await house.place(one.enrollment_id or "", "finished")
    assert house.sent() == [("ann@example.com", "Hello")]


async def test_a_template_in_html_is_checked_copied_and_changed_with_its_format(alone: House) -> None:
    await create_template(alone.door, "Page", "S", "<p>Hi", AddressType.any, RITA, Format.html)
    copy = await copy_template(alone.door, "Page", RITA)
    await edit_template(alone.door, "Page", TemplateChange(format=Format.text), RITA)

    for name, form in (("Page", Format.text), (copy, Format.html)):
        shown, _ = await templates.show_template(alone.door, name, RITA)
        assert (shown.row.body, shown.row.format) == ("<p>Hi", form)
    with pytest.raises(Refused) as refused:
        await edit_template(alone.door, copy, TemplateChange(Letter("S", "Hi\n<a href=")), RITA)
    assert refused.value.sentence.startswith("Line 2 of the HTML")


async def test_a_draft_takes_the_format_over_and_one_that_cannot_be_sent_is_kept_as_typed(alone: House) -> None:
    html = {**LETTER, "format": "html", "body": "<p>Dear {{ contact.title }}</p>"}
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(ContactRow).values(title="R&D"))
    one = await alone.enroll("ann", {**html, "delay": "none"})
    await open_todo(alone, one)
    todo = await alone.todo(one)
    with pytest.raises(Refused) as refused:
        await send(alone.door, todo.id, RITA, body="<p>Dear <a href=")
    typed = await alone.todo(one)

    assert (todo.format, todo.body) == (Format.html, "<p>Dear R&amp;D</p>")
    assert refused.value.code == "template_broken"
    assert typed.body == "<p>Dear <a href="


async def open_todo(house: House, enrollment_id: str) -> None:
    """What is due comes on somebody's list, as the worker would do it."""
    one = await house.row(enrollment_id)
    assert one is not None
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    await environment.run(TodoActivities(house.world).open_todo, Ref(one.id, one.run, one.step, one.noted))


async def test_templates_come_page_by_page_and_are_found_by_a_part_of_name_or_subject(alone: House) -> None:
    for name, subject in (("Über uns", "About"), ("Alpha", "First"), ("Beta", "Second")):
        await create_template(alone.door, name, subject, "Hello", AddressType.any, RITA)

    async def listed(**wanted: Any) -> list[str]:
        found = await templates.list_templates(alone.door, RITA, Wanted(**wanted))
        return [one.row.name for one in found]

    assert await listed(limit=2) == ["Alpha", "Beta"]
    assert await listed(limit=2, after="Beta") == ["Über uns"]
    assert await listed(text="SECOND") == ["Beta"]
    assert await listed(text="Über") == ["Über uns"]
    assert await listed(archived=True) == []
