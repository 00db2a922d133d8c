"""After an erasure nothing that is searched holds the person: no table, no file, no log, no history in Temporal."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from sequencing.errors import Refused, Unchanged
from sequencing.people import AddressType, Level
from sequencing.texts import Reference
from starter import opportunities, people
from starter.adds import lines
from starter.candidacies import enter, move
from starter.client import Runs
from starter.contacts import import_contacts
from starter.enrollments import NotEnrolled
from starter.erasures import Erased, erase
from starter.people import Said
from starter.reconcile import reconcile
from starter.suppressions import lift, suppress
from starter.texts import Incoming, Status, take_status, take_text
from store import erasures, suppressions, users
from store.columns import Instant, Table
from store.database import Database
from store.people_tables import ErasureRow
from store.tables import EnrollmentRow, MessageRow, MessageState, RemovalRow, TodoRow
from tests.house import ADA, BOB, CALL, EMAIL, HEADER, LETTER, RITA, TEXT, House
from tests.patience import PATIENCE

VICTIM = "vic,Victoria,Zabriskie,Pilot,Acme,rita@example.org,vic.z@example.net,zab@example.net,+4915777712345"
WORDS = ["Victoria", "Zabriskie", "vic.z@example.net", "zab@example.net", "+4915777712345", "4915777712345"]


@pytest.fixture
async def keyed(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[House]:
    """A house with its worker, and Victoria."""
    async with House.open(database, client, tmp_path / "outbox") as house:
        await import_contacts(house.door, f"{HEADER}\n{VICTIM}", RITA)
        yield house


async def a_whole_life(house: House) -> list[str]:
    """Enrollments in every place, messages and texts that left, to-dos open and done, a workflow, adds, answers."""
    emailed = await house.enroll("vic", EMAIL)
    await house.place(emailed, "finished")
    texted = await house.enroll("vic", TEXT)
    await house.place(texted, "finished")
    await take_status(house.door, Status("SM1", Reference(texted, 1, 1), "delivered"))
    await take_text(house.door, Incoming("SM2", "+4915777712345", "Victoria Zabriskie speaking"))
    called = await house.enroll("vic", CALL)
    todo = await house.todo(called)
    await house.sequencer.resolve(todo.id, "interested", by=RITA, note="Victoria Zabriskie was glad")
    await house.place(called, "finished")
    written = await house.enroll("vic", LETTER)
    await house.todo(written)
    waiting = await house.enroll("vic", {**EMAIL, "delay": "300 days"})
    removed = await house.enroll("vic", EMAIL)
    await house.place(removed, "finished")
    await house.sequencer.remove(removed, by=RITA)
    paused = await house.enroll("vic", CALL)
    await house.todo(paused)
    await house.sequencer.pause(paused, by=RITA)
    job = str(await opportunities.add(house.door, "Chief pilot", RITA))
    await enter(house.door, job, ["vic"], RITA)
    await move(house.door, job, ["vic"], "Interview", RITA)
    await suppress(house.door, "vic.z@example.net", "by_mistake", RITA)
    await lift(house.door, "vic.z@example.net", ADA)
    await suppress(house.door, "zab@example.net", "unsubscribed", RITA)
    await named_elsewhere(house, waiting)
    return [emailed, texted, called, written, waiting, removed, paused]


async def named_elsewhere(house: House, enrollment_id: str) -> None:
    """A line of a large add that names her, and an answer to a service that does."""
    add = "INSERT INTO bulk_adds (id, sequence_id, by, status, total, created_at) VALUES ('a', 1, 1, 'done', 3, :at)"
    line = "INSERT INTO bulk_add_lines (bulk_add_id, position, named, code, sentence, enrollment_id) VALUES "
    answer = "INSERT INTO answers (user_id, key, request, status, body, at) VALUES (1, 'k', 'r', 200, :body, :at)"
    sentence = "Victoria Zabriskie is in another sequence"
    now = sa.bindparam("at", datetime.now(UTC), Instant())
    async with house.database.writing() as tx:
        await tx.execute(sa.text(add).bindparams(now))
        await tx.execute(sa.text(f"{line} ('a', 1, ' Vic.Z@example.net', 'refused', '{sentence}', NULL)"))
        await tx.execute(sa.text(f"{line} ('a', 2, 'vic', 'refused', '{sentence}', NULL)"))
        await tx.execute(sa.text(f"{line} ('a', 3, 'ann', 'enrolled', NULL, NULL)"))
        await tx.execute(sa.text(answer).bindparams(now), {"body": json.dumps({"refused": sentence})})


def _lite(house: House) -> bool:
    return house.database.url.get_backend_name() == "sqlite"


async def tables(house: House) -> str:
    """All rows of all tables."""
    async with house.database.reading() as tx:
        found = [await tx.execute(sa.select(table)) for table in Table.metadata.sorted_tables]
        return "\n".join(repr(tuple(row)) for rows in found for row in rows)


def files(house: House) -> str:
    """All files that the installation has here: the outbox, and the database with its log where it is a file."""
    everything = [*house.outbox.glob("*"), *house.outbox.parent.glob("test.db*")]
    return "\n".join(path.read_bytes().decode("latin-1") for path in everything)


async def histories(house: House, ids: list[str]) -> str:
    """The runs' histories with their payloads decoded, descriptions included."""
    told = []
    async for run in house.client.list_workflows("WorkflowType = 'EnrollmentWorkflow'"):
        if run.id.rpartition("enrollment-")[2] in ids:
            handle = house.client.get_workflow_handle(run.id, run_id=run.run_id)
            told.append(unpacked(json.loads((await handle.fetch_history()).to_json())))
            told.append(str((await handle.describe()).raw_description))
    return "\n".join(told)


def unpacked(part: Any) -> str:
    if isinstance(part, dict):
        held = base64.b64decode(part["data"]).decode(errors="replace") if isinstance(part.get("data"), str) else ""
        return held + " ".join(f"{name} {unpacked(value)}" for name, value in part.items())
    return " ".join(map(unpacked, part)) if isinstance(part, list) else str(part)


def found(text: str) -> list[str]:
    return [word for word in WORDS if word.lower() in text.lower()]


async def test_after_an_erasure_the_person_is_found_nowhere(keyed: House, capfd: pytest.CaptureFixture[str]) -> None:
    ids = await a_whole_life(keyed)
    await break_and_mend(keyed)
    assert set(found(await tables(keyed))) == set(WORDS), "she is there before"
    assert {"Victoria", "vic.z@example.net", "+4915777712345"} <= set(found(files(keyed)))

    done = await erase(keyed.door, "vic", ADA)

    assert (done.enrollments, done.files, done.runs_left, done.log_cut) == (7, 4, 0, True)
    assert found(await tables(keyed)) == []
    assert found(files(keyed)) == []
    log = "".join(capfd.readouterr())
    assert "activity failed" in log
    assert found(log) == []
    told = await histories(keyed, ids)
    assert "enrollment_id" in told
    assert found(told) == []


async def test_whoever_was_refused_by_an_address_he_had_then_is_found_in_no_add(keyed: House) -> None:
    job = str(await opportunities.add(keyed.door, "Chief pilot", RITA))
    await enter(keyed.door, job, ["vic"], RITA)
    sequence = await keyed.sequence({**CALL, "delay": "300 days"})
    await keyed.sequencer.enroll(sequence, ["vic"], by=RITA)
    add = await keyed.sequencer.add(sequence, ["vic.z@example.net", "ann"], by=RITA)
    while (await keyed.sequencer.show_add(add, by=RITA)).answered < 2:
        await asyncio.sleep(0.05)
    await people.change(keyed.door, "vic", Said(emails=[(AddressType.work, "new@example.net")]), RITA)
    before = await lines(keyed.door, add, RITA, refused_only=True)

    await erase(keyed.door, "vic", ADA)

    after = await lines(keyed.door, add, RITA, refused_only=True)
    already = "The contact is in this sequence already."
    assert [(line.named, line.sentence) for line in before] == [("vic.z@example.net", already)]
    assert [(line.named, line.code) for line in after] == [("(erased)", "already_in_sequence")]
    assert found(await tables(keyed)) == []


async def break_and_mend(house: House) -> None:
    """An activity fails over her data, so that the worker's log has something to say."""
    one = await house.enroll("vic", EMAIL | {"delay": "300 days"})
    create, drop = TRIGGERS["sqlite" if _lite(house) else "postgresql"]
    async with house.database.writing() as tx:
        for statement in create:
            await tx.execute(sa.text(statement.replace("{id}", one)))
    await house.sequencer.bypass(one, by=RITA)
    await house.until(one, lambda row: row is not None and row.last_news == 1)
    async with asyncio.timeout(PATIENCE):
        while not await _has_failed(house, one):
            await asyncio.sleep(0.1)
    async with house.database.writing() as tx:
        for statement in drop:
            await tx.execute(sa.text(statement))
    await house.place(one, "finished")


async def _has_failed(house: House, enrollment_id: str) -> bool:
    """Whether Temporal was told that an attempt at what the run does now has failed."""
    described = await (await house.run(enrollment_id)).describe()
    return any(one.HasField("last_failure") for one in described.raw_description.pending_activities)


TRIGGERS = {
    "sqlite": (
        [
            "CREATE TRIGGER stuck BEFORE INSERT ON events WHEN NEW.enrollment_id = '{id}' "
            "AND NEW.what <> 'enrolled' BEGIN SELECT RAISE(ABORT, 'vic.z@example.net'); END"
        ],
        ["DROP TRIGGER stuck"],
    ),
    "postgresql": (
        [
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.enrollment_id = '{id}' THEN "
            "RAISE EXCEPTION 'vic.z@example.net'; END IF; RETURN NEW; END $$",
            "CREATE TRIGGER stuck BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stuck()",
        ],
        ["DROP TRIGGER stuck ON events", "DROP FUNCTION stuck()"],
    ),
}


async def test_its_open_runs_end(keyed: House) -> None:
    waiting = await keyed.enroll("vic", {**EMAIL, "delay": "300 days"})
    called = await keyed.enroll("vic", CALL)
    await keyed.todo(called)
    runs = [await keyed.run(one) for one in (waiting, called)]

    await erase(keyed.door, "vic", ADA)

    assert [(await run.result()).status for run in runs] == ["removed", "removed"]


async def test_one_line_says_who_erased_when_and_numbers_of_removed_ones_stay(keyed: House) -> None:
    await keyed.enroll("vic", {**EMAIL, "delay": "300 days"})

    await erase(keyed.door, "vic", ADA)

    async with keyed.database.reading() as tx:
        line = (await tx.scalars(sa.select(ErasureRow))).one()
        removed = list(await tx.scalars(sa.select(RemovalRow)))
    assert (line.by, line.contact_id) == (1, 5)
    assert [(one.removed_by, one.contact_id) for one in removed] == [(1, None)]


async def test_others_keep_everything_of_theirs(keyed: House) -> None:
    await keyed.place(await keyed.enroll("ann", EMAIL), "finished")
    await keyed.place(await keyed.enroll("vic", EMAIL), "finished")

    done = await erase(keyed.door, "vic", ADA)

    assert done.files == 1
    assert [recipient for recipient, _ in keyed.sent()] == ["ann@example.com"]
    async with keyed.database.reading() as tx:
        assert len(list(await tx.scalars(sa.select(MessageRow)))) == 1
    assert (await people.card(keyed.door, "ann", ADA)).sequences[0].status == "finished"


async def test_only_who_manages_erases(keyed: House) -> None:
    for by in (RITA, BOB):
        with pytest.raises(Refused) as refused:
            await erase(keyed.door, "vic", by)
        assert refused.value.code == "not_permitted"

    assert (await people.card(keyed.door, "vic", ADA)).contact.name == "Victoria Zabriskie"


async def test_erasing_twice_changes_nothing_and_says_so(keyed: House) -> None:
    await erase(keyed.door, "vic", ADA)

    for name in ("vic.z@example.net", "zab@example.net", "5"):
        with pytest.raises(Unchanged, match="erased already"):
            await erase(keyed.door, name, ADA)


async def test_an_import_of_the_same_address_says_that_it_stays_suppressed(keyed: House) -> None:
    await erase(keyed.door, "vic", ADA)

    done = await import_contacts(keyed.door, f"{HEADER}\n{VICTIM}", RITA)
    kept = await people.change(keyed.door, "ann", Said(emails=[(AddressType.work, "vic.z@example.net")]), RITA)

    assert (done.created, [remark.partition(" belonged")[0] for remark in done.remarks]) == (
        1,
        ["Line 2: work_email", "Line 2: personal_email", "Line 2: mobile"],
    )
    assert "erased" in kept.remarks[0]


async def test_nobody_writes_to_an_erased_address_or_number_again(keyed: House) -> None:
    await erase(keyed.door, "vic", ADA)
    await import_contacts(keyed.door, f"{HEADER}\n{VICTIM}", RITA)

    (answer,) = await keyed.sequencer.enroll(await keyed.sequence(EMAIL), ["vic"], by=RITA)
    await people.change(keyed.door, "vic", Said(emails=[(AddressType.work, "new@example.net")]), RITA)
    (texted,) = await keyed.sequencer.enroll(await keyed.sequence(TEXT), ["vic"], by=RITA)
    emailed = await keyed.enroll("vic", {**EMAIL, "delay": "300 days"})
    await people.change(keyed.door, "vic", Said(emails=[(AddressType.work, "vic.z@example.net")]), RITA)
    await keyed.sequencer.bypass(emailed, by=RITA)

    assert [one.code for one in (answer, texted) if isinstance(one, NotEnrolled)] == ["unsubscribed"] * 2
    assert (await keyed.place(emailed, "paused")).reason == "suppressed"
    assert keyed.sent() == []


async def test_an_erased_address_is_lifted_by_its_name(keyed: House) -> None:
    await erase(keyed.door, "vic", ADA)

    async with keyed.database.writing() as tx:
        lifted = await suppressions.lift(tx, "VIC.Z@example.net", None, keyed.door.now())
        still = await suppressions.is_suppressed(tx, "vic.z@example.net")

    assert (lifted, still) == (True, False)


async def test_while_a_message_is_being_handed_over_nothing_is_erased(keyed: House) -> None:
    sent = await keyed.enroll("vic", EMAIL)
    await keyed.place(sent, "finished")
    async with keyed.database.writing() as tx:
        await tx.execute(sa.update(MessageRow).values(state=MessageState.handing_over))

    with pytest.raises(Refused) as refused:
        await erase(keyed.door, "vic", ADA)

    assert refused.value.code == "being_sent"
    assert (await people.card(keyed.door, "vic", ADA)).contact.name == "Victoria Zabriskie"
    assert len(keyed.sent()) == 1


async def test_with_temporal_away_everything_goes_and_reconcile_ends_the_runs(keyed: House) -> None:
    waiting = await keyed.enroll("vic", CALL)
    await keyed.todo(waiting)
    run = await keyed.run(waiting)
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    away = replace(keyed.door, runs=Runs(nowhere, "nowhere", act_within=10, patience=0.05))

    done = await erase(away, "vic", ADA)
    async with asyncio.timeout(PATIENCE):
        while (await run.describe()).close_time is None:
            _ = [one async for one in reconcile(keyed.door)]
            await asyncio.sleep(0.3)

    assert done.runs_left == 1
    assert found(await tables(keyed)) == []
    assert (await run.result()).status == "removed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_died_half_way_is_repeated_until_it_is_whole(keyed: House) -> None:
    """The commit fails, after the kept messages are gone: a reference that is judged at the end of the transaction."""
    sent = await keyed.enroll("vic", EMAIL)
    await keyed.place(sent, "finished")
    async with keyed.database.writing() as tx:
        late = "REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED"
        await tx.execute(sa.text(f"CREATE TABLE obstacle (who INTEGER {late})"))
        trip = "CREATE TRIGGER trip AFTER INSERT ON erasures BEGIN INSERT INTO obstacle VALUES (999); END"
        await tx.execute(sa.text(trip))

    with pytest.raises(sa.exc.IntegrityError):
        await erase(keyed.door, "vic", ADA)
    assert keyed.sent() == [], "the files are gone"
    assert (await people.card(keyed.door, "vic", ADA)).sequences[0].status == "finished", "and the rows are there"
    async with keyed.database.writing() as tx:
        await tx.execute(sa.text("DROP TRIGGER trip"))
    done = await erase(keyed.door, "vic", ADA)

    assert done.enrollments == 1
    assert found(await tables(keyed)) == []
    assert found(files(keyed)) == []


async def test_who_is_being_enrolled_at_the_same_moment_leaves_nothing_behind(keyed: House) -> None:
    sequences = [await keyed.sequence(CALL) for _ in range(4)]

    await asyncio.gather(
        *(keyed.sequencer.enroll(one, ["vic"], by=RITA) for one in sequences), erase(keyed.door, "vic", ADA)
    )

    assert found(await tables(keyed)) == []
    async with keyed.database.reading() as tx:
        assert await tx.scalar(sa.select(sa.func.count()).where(EnrollmentRow.contact_id == 5)) == 0


async def test_who_holds_an_enrollment_may_name_its_contact_while_an_erasure_waits_for_it(keyed: House) -> None:
    """Two who wait for each other: the database would end one of them."""
    one = await keyed.enroll("vic", CALL)
    todo = await keyed.todo(one)

    async with asyncio.timeout(PATIENCE), keyed.database.writing() as tx:
        await tx.execute(sa.select(EnrollmentRow.id).where(EnrollmentRow.id == one).with_for_update())
        async with keyed.database.reading() as erasing:
            assert await erasures.lock(erasing, todo.contact_id)
            again = {column.name: getattr(todo, column.name) for column in TodoRow.__table__.columns}
            await tx.execute(sa.insert(TodoRow).values({**again, "id": "another", "step": 2}))

    done = await erase(keyed.door, "vic", ADA)
    assert done.enrollments == 1


async def test_a_fingerprint_is_found_by_who_has_the_secret_and_by_nobody_else(database: Database) -> None:
    inside = Database(database.url.render_as_string(hide_password=False), secret=lambda: b"ours")
    async with inside.writing() as tx:
        user = await users.add(tx, ADA, "Ada", Level.manage)
        await suppressions.erase(tx, "Gone@example.net", user.id, datetime.now(UTC))

    async with inside.reading() as tx:
        ours = await suppressions.is_suppressed(tx, "gone@example.net")
        (kept,) = await suppressions.listed(tx, suppressions.Wanted())
    async with database.reading() as tx:
        theirs = await suppressions.is_suppressed(tx, "gone@example.net")
    await inside.close()

    assert (ours, theirs) == (True, False)
    assert (kept.reason, "gone" in kept.target) == ("erased", False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_has_the_same_address_keeps_it_and_the_mail_to_it(keyed: House) -> None:
    await import_contacts(keyed.door, f"{HEADER}\numa,Uma,Zed,,,,vic.z@example.net,,", RITA)
    await keyed.place(await keyed.enroll("uma", EMAIL), "finished")
    await keyed.place(await keyed.enroll("vic", EMAIL), "finished")

    done = await erase(keyed.door, "vic", ADA)

    assert done.files == 1
    assert keyed.sent() == [("vic.z@example.net", "Hi Uma")]
    assert (await people.card(keyed.door, "uma", ADA)).suppressed == ["vic.z@example.net"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, ["Erased, with 1 enrollment and 1 kept message.", "1 run in Temporal holds its ids"]),
        (
            2,
            ["Erased, with 2 enrollments and 2 kept messages.", "2 runs in Temporal hold its ids"],
        ),
    ],
)
def test_what_went_is_counted_in_words(number: int, said: list[str]) -> None:
    went, left = Erased(number, number, number, log_cut=True).sentences

    assert [went, left.partition(" until")[0]] == said
