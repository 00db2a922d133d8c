"""Situations that harm nobody else, and so are lived at the same time: paused, unknown, stuck, terminated."""

import json
import shlex
from datetime import timedelta

import sqlalchemy as sa
from temporalio.client import WorkflowExecutionStatus

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason, Why
from starter.contacts import import_contacts
from store.tables import MessageState
from tests.docs.desk import SEQUENCE, Desk
from tests.docs.page import preface, section
from tests.docs.stories import lives
from tests.house import EMAIL, HEADER, RITA, TASK

LATER = {"delay": "1 hour"}


@lives("All paused ones of one sequence")
async def those_paused_by_hand_go_on_and_the_others_once_they_are_mended(desk: Desk) -> None:
    page, sequencer = section("All paused ones of one sequence"), desk.stage.house.sequencer
    listed, resume_all = page.blocks
    busy, by_hand, mended, homeless = [await _in_the_sequence(desk, name) for name in ("kai", "kim", "kit", "kor")]
    await sequencer.pause(by_hand.id, by=RITA)
    for one in (mended, homeless):
        await sequencer.bypass(one.id, by=RITA)
    before = await _paused(desk, by_hand, Reason.by_user)
    for one in (mended, homeless):
        await _paused(desk, one, Reason.no_email_address)

    seen = await desk.run(listed)
    assert Reason.by_user in seen.line(by_hand.id)
    assert Reason.no_email_address in seen.line(mended.id)
    assert Reason.no_email_address in seen.line(homeless.id)
    assert busy.id not in seen.text
    found = await desk.until(f"temporal workflow list --query {shlex.quote(page.code('SequenceId'))}", homeless.id)
    assert [one.id in found.text for one in (by_hand, mended, homeless, busy)] == [True, True, True, False]
    waits = await desk.run(page.code("sequencing attention"))
    assert "add an address, then resume" in waits.line(mended.id)

    first, second = await desk.run(resume_all), await desk.run(resume_all)
    assert (first.code, first.text) == (0, f"{by_hand.id}: active, step 1\n")
    assert (second.code, second.text) == (0, ""), "resuming twice changes nothing"
    after = await desk.stage.house.place(by_hand.id, "waiting")
    assert after.ready_at is not None
    assert after.since is not None
    assert after.ready_at - after.since == before.wait_left, "the wait that was left"

    await _contact(desk, "kit", "kit@example.com")
    for one in (mended, homeless):
        await sequencer.resume(one.id, by=RITA)
    assert (await desk.stage.finishes(mended.id)).reason == "steps_done"
    assert (await _paused(desk, homeless, Reason.no_email_address)).last_news > 1, "it was resumed, and paused again"
    assert len(desk.stage.arrived("kit@example.com")) == 1


@lives("Something leaves that must not")
async def what_is_held_stays_and_goes_once_nothing_holds_it_any_more(desk: Desk) -> None:
    page, house = section("Something leaves that must not"), desk.stage.house
    (hold, hold_all), (release, release_all) = [block.splitlines() for block in page.blocks]
    held = await _in_the_sequence(desk, "hal")
    await _contact(desk, "hal", "hal@example.com")
    await _contact(desk, "hew", "hew@example.com")

    await desk.done(hold)
    await house.sequencer.bypass(held.id, by=RITA)
    await desk.done(hold_all)
    other = await desk.enroll("hew", EMAIL)
    for each in (held, other):
        await house.until(each.id, lambda one: one is not None and one.why is Why.held)
    assert (
        "held with all sending by Ada Admin since"
        in (await desk.run(page.code("sequencing enrollments show"), held)).text
    )

    await desk.done(release_all)
    await desk.stage.finishes(other.id)
    assert "held by Rita Recruiter since" in (await desk.run(page.code("sequencing enrollments show"), held)).text
    assert desk.stage.arrived("hal@example.com") == []
    await desk.done(release)
    await desk.stage.finishes(held.id)
    assert len(desk.stage.arrived("hal@example.com")) == len(desk.stage.arrived("hew@example.com")) == 1


@lives("A message nobody knows about")
async def a_person_settles_it_and_only_then_is_it_sent_again(desk: Desk) -> None:
    page, house = section("A message nobody knows about"), desk.stage.house
    (first_look,), (settling,) = preface().blocks, page.blocks
    attention, show = first_look.splitlines()
    left, again = settling.splitlines()
    una, uwe = await desk.stage.contact("una"), await desk.stage.contact("uwe")
    desk.mail(f"{una} answer drop once", f"{uwe} data drop once")
    one, other = await desk.enroll("una", EMAIL, {**TASK, **LATER}), await desk.enroll("uwe", EMAIL)
    for each in (one, other):
        await _paused(desk, each, Reason.delivery_unknown)

    waiting, told = await desk.run(attention), await desk.run(show, one)
    assert "delivery_unknown" in waiting.line(one.id)
    assert "say that it left, or have it sent again" in waiting.line(other.id)
    (seen,) = desk.stage.told("DATA-complete", una)
    *_, recipient, message_id = told.line("email copy 1: nobody knows whether it left").split()
    assert recipient == una
    assert f"Message-ID: {message_id}" in seen["message"], "as the mail server has it"
    assert desk.stage.arrived(una) + desk.stage.arrived(uwe) == []

    await desk.done(left, one)
    await desk.done(again, other)
    assert (await house.place(one.id, "waiting", 2)).status is Status.active
    await desk.stage.finishes(other.id)
    assert await desk.stage.claims(one.id) == [MessageState.sent]
    assert await desk.stage.claims(other.id) == [MessageState.unknown, MessageState.sent]
    assert len(desk.stage.told("DATA-complete", una)) == 1, "what left is not sent again"
    assert len(desk.stage.arrived(uwe)) == 1


@lives("A stuck task")
async def an_activity_that_fails_goes_on_by_itself_once_the_cause_is_mended(desk: Desk) -> None:
    log, describe = section("A stuck task").blocks[0].splitlines()
    await desk.stage.contact("sue")
    one = await desk.enroll("sue", {**TASK, **LATER})
    await _sql(
        desk,
        f"CREATE TRIGGER stuck BEFORE INSERT ON events WHEN NEW.enrollment_id = '{one.id}' "
        "BEGIN SELECT RAISE(ABORT, 'sue@example.com'); END",
    )
    await desk.stage.house.sequencer.bypass(one.id, by=RITA)

    pending = await desk.until(describe, "Pending Activities: 1", r"Attempt +[2-9]", about=one)
    assert "IntegrityError" in pending.text, pending.text
    assert "sue@example.com" not in pending.text, "a failure is only a kind"
    failed = json.loads((await desk.run(log)).text.splitlines()[-1])
    assert (failed["run"], failed["error"]) == (one.workflow_id, "IntegrityError")
    assert failed["at"].startswith("store/lives.py:"), "and the place, in our own code"
    assert (await desk.health()).text.endswith(" 200"), "health is well"

    await _sql(desk, "DROP TRIGGER stuck")
    todo = await desk.stage.house.todo(one.id)
    assert todo.title == TASK["title"]
    assert (await desk.stage.house.sequencer.resolve(todo.id, "none", by=RITA)).engine_heard
    assert (await desk.stage.finishes(one.id)).run == 1


@lives("A run was terminated by mistake")
async def what_was_terminated_is_canceled_and_only_a_person_takes_it_up_again(desk: Desk) -> None:
    page, house = section("A run was terminated by mistake"), desk.stage.house
    look, repair = page.blocks
    listed, show = look.splitlines()
    for name in ("tea", "tim", "tom"):
        await desk.stage.contact(name)
    one, acted_on, canceled = [await desk.enroll(name, {**EMAIL, **LATER}) for name in ("tea", "tim", "tom")]
    for each in (one, acted_on):
        await desk.done(f"temporal workflow terminate --workflow-id {each.workflow_id}")
    await desk.done(f"temporal workflow cancel --workflow-id {canceled.workflow_id}")
    await house.sequencer.pause(acted_on.id, by=RITA)

    await desk.until(listed, one.workflow_id, acted_on.workflow_id)
    swept = await _canceled(desk, acted_on, Reason.ended_in_temporal)
    assert swept.run == 1, "nothing reactivates by itself"
    assert "active" in (await desk.run(show, one)).text.splitlines()[0], "until somebody acts on it, nothing is noticed"

    repaired = await desk.done(repair, one)
    assert "canceled" in repaired.text.partition(f"{one.id}: active, step 1")[0]
    again = await house.place(one.id, "waiting", 1)
    assert again.run == 2
    assert again.ready_at is not None
    assert again.since is not None
    assert timedelta(0) < again.ready_at - again.since < timedelta(hours=1), "with the wait that was left"
    assert (await (await house.run(one.id)).describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await _canceled(desk, canceled, Reason.in_temporal)).run == 1
    await house.sequencer.reactivate(canceled.id, by=RITA)
    assert (await house.place(canceled.id, "waiting", 1)).run == 2


async def _in_the_sequence(desk: Desk, name: str) -> Enrollment:
    await _contact(desk, name, "")
    return await desk.enroll(name, sequence=SEQUENCE)


async def _contact(desk: Desk, name: str, address: str) -> None:
    row = f"{name},{name.capitalize()},Test,Engineer,Acme,{RITA},{address},,"
    await import_contacts(desk.stage.house.door, f"{HEADER}\n{row}", RITA)


async def _paused(desk: Desk, one: Enrollment, reason: Reason) -> Enrollment:
    return await _stands(desk, one, Status.paused, reason)


async def _canceled(desk: Desk, one: Enrollment, reason: Reason) -> Enrollment:
    return await _stands(desk, one, Status.canceled, reason)


async def _stands(desk: Desk, one: Enrollment, status: Status, reason: Reason) -> Enrollment:
    row = await desk.stage.house.place(one.id, status)
    assert row.reason is reason, row
    return row


async def _sql(desk: Desk, statement: str) -> None:
    async with desk.stage.house.database.writing() as tx:
        await tx.execute(sa.text(statement))
