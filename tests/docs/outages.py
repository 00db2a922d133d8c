"""Situations in which something is away: the mail server, the worker, Temporal, the database, the old build."""

import asyncio
import re
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import sqlalchemy as sa

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason, Why
from simulator.phones import Phones
from starter.contacts import import_contacts
from store.tables import EnrollmentRow, MessageState
from tests.docs.desk import Desk
from tests.docs.page import section
from tests.docs.stories import lives
from tests.house import CALL, EMAIL, HEADER, RITA, TASK, TEXT
from tests.kills.stage import ROOT, Child
from tests.mail_server import read_diary
from tests.patience import clear_of_midnight
from tests.ports import free_port

LATER = {"delay": "1 hour"}
SOON = {"delay": "5 seconds"}


@lives("The mail server is down")
async def messages_leave_once_by_themselves_when_the_mail_server_is_back(desk: Desk) -> None:
    page, stage = section("The mail server is down"), desk.stage
    names = ("max", "mia", "ned", "bea")
    max_, mia, ned, bea = [await stage.contact(name) for name in names]
    desk.mail(f"{ned} rcpt 450", f"{bea} rcpt 550")
    not_now, bounced = await desk.enroll("ned", EMAIL), await desk.enroll("bea", EMAIL)
    await _waits(desk, not_now, Why(page.says("mail_server_not_now")))
    assert (await stage.rests(bounced.id)).reason == page.says("bounced")

    await clear_of_midnight()
    await stage.mail.kill()
    one, given_up, to_do = (
        await desk.enroll("max", EMAIL),
        await desk.enroll("mia", EMAIL),
        await desk.enroll("ned", CALL),
    )
    for each in (one, given_up):
        await _waits(desk, each, Why(page.says("mail_server_unreachable")))
    assert (await stage.house.todo(to_do.id)).step == 1, "to-dos go on meanwhile"
    listed = await desk.run(page.code("sequencing enrollments list"))
    assert "mail_server_unreachable" in listed.line(one.id)
    assert str(datetime.now(UTC).date()) in listed.line(one.id), "when the next try is"
    async with stage.house.database.writing() as tx:
        three_days_ago = datetime.now(UTC) - timedelta(days=3)
        mine = sa.update(EnrollmentRow).where(EnrollmentRow.id == given_up.id)
        await tx.execute(mine.values(failing_since=three_days_ago))
    assert (await stage.rests(given_up.id)).reason == page.says("could_not_be_sent")

    desk.rules.clear()
    desk.mail()
    await stage.mail.start()
    await stage.house.sequencer.resume(given_up.id, by=RITA)
    for each in (one, given_up, not_now):
        await stage.finishes(each.id)
    assert [len(stage.arrived(address)) for address in (max_, mia, ned, bea)] == [1, 1, 1, 0]


@lives("The provider of texts refuses us")
async def texts_that_were_refused_for_our_token_leave_once_it_is_right(desk: Desk) -> None:
    page, stage, phone = section("The provider of texts refuses us"), desk.stage, "+4915700000001"
    (resume_all,) = page.blocks
    port, diary = free_port(), desk.folder / "phones.jsonl"
    command = [sys.executable, "-m", "simulator.phones", "--port", str(port), "--token", "right", "--diary", str(diary)]
    provider = Child("phones", command, desk.folder / "phones.log", port)
    await provider.start()
    try:
        await import_contacts(stage.house.door, f"{HEADER}\ntom,Tom,,,,{RITA},,,{phone}", RITA)
        assert await desk.stop(stage.worker) == 0
        wrong = await desk.another_worker(SEQUENCING_TEXTS_URL=Phones("", token="wrong").url(f"127.0.0.1:{port}"))
        one = await desk.enroll("tom", TEXT)
        assert (await stage.rests(one.id)).reason == page.says("could_not_be_sent")
        seen = await desk.done(page.code("sequencing enrollments show"), one)
        assert page.says("answer 20003") in seen.text
        assert await desk.stop(wrong) == 0

        right = await desk.another_worker(SEQUENCING_TEXTS_URL=Phones("", token="right").url(f"127.0.0.1:{port}"))
        await desk.done(resume_all)
        assert (await stage.finishes(one.id)).reason is Reason.steps_done
        assert len(read_diary(diary, "taken", phone)) == 1
        assert await desk.stop(right) == 0
    finally:
        await provider.end()


@lives("A worker is gone")
async def a_new_worker_does_what_fell_due_and_asks_about_what_was_begun(desk: Desk) -> None:
    page, stage = section("A worker is gone"), desk.stage
    (pollers,) = page.blocks
    begun, claimed, due = [await stage.contact(name) for name in ("bob", "cleo", "dina")]
    desk.mail(f"{begun} data stall 30 once", f"{claimed} 354 stall 30 once")
    unknown, again, later = [
        await desk.enroll("bob", EMAIL),
        await desk.enroll("cleo", EMAIL),
        await desk.enroll("dina", {**EMAIL, **SOON}),
    ]
    for recipient in (begun, claimed):
        await stage.said("stalled", recipient)
    await desk.asleep(later)
    await stage.worker.kill()

    assert (await desk.health()).code == 7, "no answer"
    last_seen = await desk.done(pollers)
    assert page.says("LastAccessTime") in last_seen.text
    assert f" {stage.worker.pid}@" in last_seen.text, "Temporal remembers the dead one for a while"
    stage.worker = await desk.another_worker(*desk.program(page.code("sequencing worker")))

    assert (await stage.rests(unknown.id)).reason is Reason.delivery_unknown
    for each in (again, later):
        await stage.finishes(each.id)
    assert [len(stage.arrived(address)) for address in (begun, claimed, due)] == [0, 1, 1]
    assert await _healthy(desk)


@lives("A worker is gone")
async def sequencing_up_starts_another_by_itself_and_says_so(desk: Desk) -> None:
    said = section("A worker is gone").code("the worker ended").split("…")
    ports = [f"--{name}-port={free_port()}" for name in ("temporal", "ui", "metrics", "health", "web", "journal")]
    environment = {"SEQUENCING_VAR": str(desk.folder / "another"), "SEQUENCING_DATABASE_URL": ""}
    command = [*desk.program("sequencing up"), *ports]
    up = Child("up", command, desk.folder / "up.log", environment=environment, ending=signal.SIGTERM)
    await up.start()
    try:
        await up.says("Ctrl-C stops everything")
        (worker,) = [child for child in psutil.Process(up.pid).children() if "worker" in child.cmdline()]
        worker.kill()

        for words in said:
            await up.says(words)
        await desk.is_so(lambda: _has_a_worker(up))
    finally:
        await up.end()


@lives("A new build")
async def runs_that_sleep_go_on_with_the_new_build(desk: Desk) -> None:
    page, stage = section("A new build"), desk.stage
    asleep, leaving = await stage.contact("nina"), await stage.contact("nora")
    sleeper = await desk.enroll("nina", {**EMAIL, **LATER})
    await desk.asleep(sleeper)

    for _ in ("once", "and repeated"):
        await desk.done(page.code("sequencing setup"))
    assert await desk.stop(stage.worker) == 0
    older = await desk.another_worker(SEQUENCING_GRACE_SECONDS="20", SEQUENCING_HAND_OVER_SECONDS="20")
    desk.mail(f"{leaving} answer stall 3 once")
    busy = await desk.enroll("nora", EMAIL)
    await stage.said("stalled", leaving)
    code = await desk.stop(older)

    assert code == 0
    assert await stage.claims(busy.id) == [MessageState.sent], "it lets activities end"
    stage.worker = await desk.another_worker()
    await stage.house.sequencer.bypass(sleeper.id, by=RITA)
    await stage.finishes(sleeper.id)
    assert await stage.run_ended(busy.id) == "finished"
    assert [len(stage.arrived(address)) for address in (asleep, leaving)] == [1, 1]
    assert await _healthy(desk)


@lives("A stuck task")
async def runs_that_a_new_build_cannot_replay_go_on_with_the_old_one_or_begin_again(desk: Desk) -> None:
    _, failed, end_it = section("A stuck task").blocks
    stage, house = desk.stage, desk.stage.house
    saved, ended = await stage.contact("olga"), await stage.contact("otto")
    one, other = await desk.enroll("olga", {**EMAIL, **LATER}), await desk.enroll("otto", {**EMAIL, **LATER})
    for each in (one, other):
        await desk.asleep(each)
    old = stage.worker
    assert await desk.stop(old) == 0
    broken = await desk.another_worker("env", "-C", str(_a_build_that_cannot_replay(desk.folder)), *PYTHON_WORKER)
    await broken.says("worker started")
    for each in (one, other):
        await house.sequencer.bypass(each.id, by=RITA)

    for each in (one, other):
        await desk.until(failed, "WorkflowTaskFailed", about=each)
    await desk.done(end_it, other)
    assert (await stage.finishes(other.id)).run == 2
    assert await desk.stop(broken) == 0
    await old.start()
    assert (await stage.finishes(one.id)).run == 1
    assert [len(stage.arrived(address)) for address in (saved, ended)] == [1, 1]


@lives("Temporal is down")
async def acts_are_recorded_without_temporal_and_take_effect_when_it_is_back(desk: Desk) -> None:
    page, stage, house = section("Temporal is down"), desk.stage, desk.stage.house
    overdue, leaving, asked, added = [await stage.contact(name) for name in ("tess", "theo", "till", "tina")]
    desk.mail(f"{leaving} rcpt stall 30")
    stopped, sequence = await desk.enroll("theo", EMAIL), await house.sequence(EMAIL)
    todo = await house.todo((await desk.enroll("till", TASK, EMAIL)).id)
    await stage.said("stalled", leaving)
    soon = await desk.enroll("tess", {**EMAIL, **SOON})
    await desk.asleep(soon)
    await stage.engine.kill()

    paused, _, *unable, waiting = await asyncio.gather(
        desk.done("sequencing enrollments pause ID", stopped),
        desk.done(f"sequencing enroll {sequence} tina"),
        desk.run("sequencing setup"),
        desk.run(page.code("sequencing reconcile")),
        desk.another_worker(),
    )
    assert page.says("recorded, takes effect when Temporal is back") in paused.text
    assert [said.code for said in unable] == [3, 3]
    await house.sequencer.resolve(todo.id, "none", by=RITA)
    await waiting.says("Temporal cannot be reached yet; waiting for it")
    assert '"temporal":false' in (await desk.health()).text
    assert stage.arrived(leaving) + stage.arrived(overdue) + stage.arrived(added) == []

    await stage.engine.start()
    await waiting.says("worker started")
    assert await desk.stop(waiting) == 0
    for enrollment in (soon.id, todo.enrollment_id, await _latest(desk)):
        await stage.finishes(enrollment)
    assert (await stage.rests(stopped.id)).reason is Reason.by_user
    assert [len(stage.arrived(address)) for address in (overdue, leaving, asked, added)] == [1, 0, 1, 1]
    metrics = await desk.run(f"curl -s http://{stage.worker.environment['SEQUENCING_METRICS_ADDRESS']}/metrics")
    assert re.search(page.says("sequencing_sweep_finds") + r"\{.*kind=\"unstarted\".*\} 1\n", metrics.text), (
        metrics.text
    )
    agree = await desk.done(page.code("sequencing reconcile"))
    assert page.says("Rows and runs agree") in agree.text


@lives("The database is down")
async def what_is_due_without_a_database_is_done_when_it_is_back(desk: Desk) -> None:
    page, stage = section("The database is down"), desk.stage
    assert stage.postgres is not None
    address = await stage.contact("dave")
    one = await desk.enroll("dave", {**EMAIL, **SOON})
    await desk.asleep(one)
    await stage.postgres.kill()

    health = await desk.health()
    assert '"database":false' in health.text
    assert health.text.endswith(page.says("503"))
    assert (await desk.run("sequencing attention")).code == 3
    await desk.until(f"temporal workflow describe --workflow-id {one.workflow_id}", "Pending Activities: 1")
    assert stage.arrived(address) == []

    await stage.start(stage.postgres)
    await stage.finishes(one.id)
    assert len(stage.arrived(address)) == 1
    assert await _healthy(desk)


PYTHON_WORKER = (sys.executable, "-m", "worker")
FOLDERS = ("activities", "sequencing", "simulator", "starter", "store", "transports", "web", "workflows")
BUILD = (*FOLDERS, "settings.py", "worker.py")
BEGINNING = "        decision = start.first\n"


def _a_build_that_cannot_replay(folder: Path) -> Path:
    """A copy whose workflow does one thing more at its beginning, without a patch."""
    build = folder / "build"
    build.mkdir()
    for name in BUILD:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, build / name)
    workflow = build / "workflows" / "enrollments.py"
    text = workflow.read_text()
    assert BEGINNING in text
    workflow.write_text(text.replace(BEGINNING, f"{BEGINNING}        self._tell_search(decision)\n"))
    return build


async def _waits(desk: Desk, one: Enrollment, why: Why) -> None:
    await desk.stage.house.until(one.id, lambda e: e is not None and (e.status, e.why) == (Status.active, why))


async def _latest(desk: Desk) -> str:
    async with desk.stage.house.database.reading() as tx:
        found = await tx.scalar(sa.select(sa.func.max(EnrollmentRow.id)))
    assert found is not None
    return str(found)


async def _has_a_worker(up: Child) -> bool:
    return any("worker" in child.cmdline() for child in psutil.Process(up.pid).children())


async def _healthy(desk: Desk) -> bool:
    return (await desk.health()).text.endswith(" 200")
