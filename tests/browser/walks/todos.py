"""To-Do: what waits for somebody, and everything he can do about it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sequencing.people import Level
from starter.contacts import import_contacts
from store import todos
from store.people_tables import UserRow
from store.tables import NewsRow, TodoRow
from tests.browser.office import Office
from tests.browser.tab import Tab
from tests.house import BOB, CALL, LETTER, RITA, TASK
from tests.patience import PATIENCE


@pytest.mark.statement(29)
@pytest.mark.statement(31)
@pytest.mark.statement(33)
async def a_call_is_worked_by_one_click_and_its_result_taken_back(office: Office) -> None:
    kim = await office.user("Klara Klickt", Level.use)
    await office.contact("Carla Klick", time_zone="America/New_York")
    one = await office.enroll("Carla Klick", {**CALL, "instructions": "Ask for the notice period."}, by=kim)
    todo = await office.house.todo(one)
    tab = await office.enter(kim)

    await tab.open("/todos")
    for words in ("Carla Klick", "Engineer, Acme", "+4915112349999", "Ask for the notice period.", "Their time"):
        await tab.reads(words)
    await tab.look("todos")
    await tab.field("Note").fill("In May")
    await tab.press("Interested")
    await tab.reads("Done: Interested")
    assert (await office.house.place(one, "finished")).outcome == "positive"
    await tab.press("Undo")
    await tab.reads("Taken back")
    assert (await office.house.todo(one)).id == todo.id

    await tab.press("by itself")
    await tab.look("todo")
    await tab.press("Left Voicemail")
    await office.house.place(one, "finished")
    await tab.open(f"/todos/{todo.id}")
    await tab.press("Take back")
    assert (await office.house.todo(one)).id == todo.id


async def the_list_is_narrowed_by_kind_sequence_and_days(office: Office) -> None:
    kim = await office.user("Nina Narrows", Level.use)
    for name in ("Cem Called", "Toni Tasked"):
        await office.contact(name)
    call, task = await office.enroll("Cem Called", CALL, by=kim), await office.enroll("Toni Tasked", TASK, by=kim)
    await office.house.todo(call)
    sequence = (await office.house.todo(task)).sequence_id
    tab = await office.enter(kim)

    await tab.open("/todos")
    await tab.page.locator("select[name=kind]").select_option("call")
    await tab.press("Show")
    assert await tab.page.locator("[data-item]").all_inner_texts() == [await tab.page.inner_text("[data-item]")]
    await tab.reads("Cem Called")
    await tab.press("Show all")
    await tab.page.locator("select[name=sequence]").select_option(str(sequence))
    await tab.press("Show")
    await tab.reads("Toni Tasked")
    await tab.press("Overdue")
    await tab.reads("Nothing to do here")
    await tab.press("Today")
    await tab.reads("Toni Tasked")


async def a_draft_is_kept_previewed_and_leaves_as_it_was_typed(office: Office) -> None:
    await office.contact("Dora Draft")
    todo = await office.house.todo(one := await office.enroll("Dora Draft", LETTER))
    tab = await office.enter(RITA)

    await tab.open(f"/todos/{todo.id}")
    await tab.field("Subject").fill("Half a letter")
    await tab.press("Keep the draft")
    await tab.open(f"/todos/{todo.id}")
    assert await tab.field("Subject").input_value() == "Half a letter"
    await tab.field("Text").fill("Dear <b>Dora</b>,\n\nhello.")
    await tab.press("Preview")
    await tab.reads("Preview: Half a letter")
    letter = tab.page.frame_locator("iframe").locator("body")
    assert "Dear <b>Dora</b>," in await letter.inner_text()

    await tab.open(f"/todos/{todo.id}")
    await tab.field("Subject").fill("A whole letter")
    await tab.press("Send")
    await tab.reads("The email leaves")

    await office.house.place(one, "finished")
    assert (office.mail_address("Dora Draft"), "A whole letter") in office.house.sent()


async def a_to_do_is_postponed_skipped_and_handed_on_without_scripts(office: Office) -> None:
    kim = await office.user("Kim Keeps", Level.use)
    names = ["Paula Postponed", "Sven Skipped", "Hanna Handed"]
    for name in names:
        await office.contact(name)
    later, skipped, handed = [await office.enroll(name, TASK, by=kim) for name in names]
    ids = {one: (await office.house.todo(one)).id for one in (later, skipped, handed)}
    in_a_month = office.house.door.now() + timedelta(days=30)
    tab = await office.enter(kim, scripts=False)

    await tab.open(f"/todos/{ids[later]}")
    await tab.page.locator("summary", has_text="Postpone").click()
    await tab.page.locator("input[name=until]").fill(f"{in_a_month:%Y-%m-%d}T10:00")
    await tab.press("Postpone")
    await tab.reads(f"{in_a_month:%Y-%m-%d}")

    await tab.open(f"/todos?at={ids[skipped]}")
    await tab.press("Skip")
    await tab.reads("Skipped")

    await tab.open(f"/todos/{ids[handed]}")
    await tab.page.locator("summary", has_text="Give").click()
    await tab.page.locator("select[name=to]").select_option(value=BOB)
    await tab.press("Reassign")
    await tab.reads(BOB)

    await office.house.place(skipped, "finished")
    bob = await office.enter(BOB)
    await bob.open("/todos")
    await bob.reads("Hanna Handed")


async def many_at_once_are_answered_line_by_line(office: Office) -> None:
    kim = await office.user("Mona Many", Level.use)
    names = ["Mia Many", "Max Many", "Moe Many"]
    for name in names:
        await office.contact(name)
    calls = [await office.enroll(name, CALL, by=kim) for name in names[:2]]
    task = await office.enroll(names[2], TASK, by=kim)
    for one in (*calls, task):
        await office.house.todo(one)
    tab = await office.enter(kim)

    await tab.open("/todos")
    await tab.page.locator("[data-all] input").check()
    await tab.page.locator(".many summary").click()
    await tab.reads("With the chosen (3)")
    await tab.page.locator("select[name=result]").select_option("not_interested")
    await tab.press("Give result")
    await tab.reads("Not Interested: 2 of 3")
    await tab.reads("A task has no result 'not interested'")
    await tab.look("chosen")
    assert {(await office.house.place(one, "finished")).outcome for one in calls} == {"negative"}

    await tab.press("Take these 2 back")
    await tab.reads("Taken back: 2 of 2")
    for one in calls:
        await office.house.todo(one)
    await tab.press("Go on")
    await tab.open("/todos/chosen")
    assert tab.page.url == f"{office.address}/todos"


async def sixty_are_worked_by_keyboard_alone_and_all_are_accounted_for(office: Office) -> None:
    nora = await office.user("Nora Sixty", Level.use)
    letter = await _sixty(office, nora)
    tab, keys, said = await office.enter(nora), list[int](), "Typed before she replied."
    await tab.open("/todos")

    wrong = await _press(tab, "4")
    await tab.page.keyboard.press("u")
    await tab.page.locator(f"[data-todo='{wrong}']").wait_for()
    await tab.reads("Taken back")
    later = ""
    while await tab.page.get_attribute(".now", "data-todo") != later:
        kind, name = await tab.page.inner_text(".now .kind"), await tab.page.inner_text("#at-hand")
        if kind == "manual email":
            await tab.page.keyboard.press("e")
            await tab.page.keyboard.type(said)
            await office.reply(name, "Do call me.")
            await office.house.place(letter, "paused")
            await _try_to_send(tab, said)
        elif len(keys) == 5:
            later = await _press(tab, "p", "1")
            keys.append(2)
        else:
            await _press(tab, "1")
            keys.append(1)

    assert (len(keys), max(keys)) == (59, 2)
    assert await _counted(office, nora) == {"done, no_answer": 39, "done, none": 19, "open": 1, "away": 1}
    async with office.house.database.reading() as tx:
        draft = await todos.get(tx, (await office.house.place(letter, "paused")).todo or "")
    assert draft is not None
    assert said in draft.body
    await tab.open("/attention")
    await tab.reads("Do call me.")


async def _sixty(office: Office, nora: str) -> str:
    """40 calls, 19 tasks, and a letter between them, all due; the enrollment of the letter."""
    people = [f"n{number},Number,{number},n{number}@example.com" for number in range(59)]
    lines = ["external_id,first_name,last_name,work_email", *people]
    await import_contacts(office.house.door, "\n".join(lines), RITA)
    await office.contact("Lola Letter")
    house = office.house
    calls, tasks = await house.sequence(CALL), await house.sequence(TASK)
    await house.sequencer.enroll(calls, [f"n{number}" for number in range(40)], by=nora)
    letter = await office.enroll("Lola Letter", LETTER, by=nora)
    await house.sequencer.enroll(tasks, [f"n{number}" for number in range(40, 59)], by=nora)
    async with asyncio.timeout(PATIENCE):
        while (await _counted(office, nora)).get("open") != 60:
            await asyncio.sleep(0.1)
    return letter


async def _counted(office: Office, email: str) -> dict[str, int]:
    """How many of that user's to-dos stand how, once every run has taken in what was said."""
    given = select(UserRow.id).where(UserRow.email == email).scalar_subquery()
    rows = select(TodoRow.status, TodoRow.result, func.count()).where(TodoRow.assignee_id == given)
    unnoted = select(func.count()).select_from(NewsRow).where(NewsRow.code.is_(None))
    async with asyncio.timeout(PATIENCE), office.house.database.reading() as tx:
        while await tx.scalar(unnoted):
            await asyncio.sleep(0.1)
            await tx.rollback()
        found = (await tx.execute(rows.group_by(TodoRow.status, TodoRow.result))).all()
    return {", ".join(filter(None, (status, result))): number for status, result, number in found}


async def _press(tab: Tab, *keys: str) -> str:
    """Presses the keys; returns the to-do that was at hand as soon as it is another."""
    before = await tab.page.get_attribute(".now", "data-todo")
    for key in keys:
        await tab.page.keyboard.press(key)
    await tab.page.locator(f".now:not([data-todo='{before}'])").wait_for()
    await tab.page.locator("body:not([aria-busy])").wait_for()
    return before or ""


async def _try_to_send(tab: Tab, said: str) -> None:
    """Presses Send by keyboard; the contact has replied meanwhile, and what was typed is shown again."""
    async with tab.refused():
        await tab.page.keyboard.press("Escape")
        await tab.page.keyboard.press("1")
        await tab.page.keyboard.press("Enter")
        await tab.reads("Nothing you typed is lost")
    assert said in await tab.page.locator("textarea").last.input_value()
    await tab.open("/todos")
