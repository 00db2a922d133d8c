"""One of each behaviour against the whole product, as processes: each ends as it should, and both sides count alike."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.enrollments import Status
from sequencing.happenings import What
from simulator.log import Tally, entries
from simulator.personas import PERSON, Behaviour, other_address
from simulator.recruiters import Doing, Recruiter
from store.people_tables import ContactRow, EmailAddressRow, PhoneNumberRow, UserRow
from store.tables import Channel, EnrollmentRow, EventRow, LinkUseRow, MessageRow, MessageState, SuppressionRow
from tests.acceptance.counting import Asked, Counting, Person, differences
from tests.acceptance.simulated import PATIENCE, RITA, Place, clock, recruiters, running

pytestmark = pytest.mark.timeout(1800)
TOLD = (What.reply, What.auto_replied, What.soft_bounced)
ENDS = {
    "silent": "finished steps_done neutral",
    "opens": "finished steps_done neutral",
    "proxied": "finished steps_done neutral",
    "prefetched": "finished steps_done neutral",
    "scanned": "finished steps_done neutral",
    "clicks": "finished steps_done neutral",
    "replies": "paused replied None",
    "replies-elsewhere": "paused replied None",
    "forwards": "paused replied None",
    "accepts": "paused replied None",
    "away": "finished steps_done neutral",
    "bounces": "paused bounced None",
    "bounces-later": "paused bounced None",
    "opens-bounces": "paused bounced None",
    "full": "finished steps_done neutral",
    "deferred": "finished steps_done neutral",
    "unsubscribes": "finished unsubscribed negative",
    "one-click": "finished unsubscribed negative",
    "text7001": "paused replied None",
    "text7002": "finished unsubscribed negative",
    "text7003": "finished unsubscribed negative",
}
"""Status, reason and outcome of each, by the left half of the contact's external id."""
HEADER = "external_id,first_name,company,owner,work_email,personal_email,mobile,time_zone"
BARE_END = """  - action: automatic_email
    delay: 6 seconds
    subject: Once more
    body: Still open.
    track_opens: false
    track_clicks: false
    unsubscribe_link: false
    reply_in_thread: true
"""
"""Nobody opens or follows anything of it, so nobody need be waited for."""
TRACKED_END = BARE_END.replace("false", "true").replace("Still open.", '"Still open: https://example.org/role"')
SEQUENCE = """
name: One of each
sharing: everyone
steps:
  - action: automatic_email
    delay: 1 second
    subject: "{{ contact.first_name }}, a question"
    body: |
      Hi {{ contact.first_name }}, there is a role: https://example.org/role
    track_opens: true
    track_clicks: true
    unsubscribe_link: true
  - {action: text, delay: 15 seconds, body: "Hi {{ contact.first_name }}"}
"""


async def test_one_of_each_ends_where_it_should_and_the_world_counts_what_the_product_counts(tmp_path: Path) -> None:
    assert {*Behaviour} <= set(ENDS)
    (tmp_path / "people.csv").write_text(_people())
    (tmp_path / "sequence.yaml").write_text(SEQUENCE + BARE_END)
    async with running(tmp_path) as place:
        place.run("contacts", "import", str(tmp_path / "people.csv"))
        place.run("sequences", "create", str(tmp_path / "sequence.yaml"))
        async with recruiters(place, RITA) as (rita,):
            await rita.add(1, list(ENDS))
            await _settled(place, len(ENDS), quiet=5)
            ended = await _ended(place)
            await _agree(place, told_apart=True)
            await _work(place, rita)
            differ = await _numbers_that_differ(place, rita)

    assert ended == ENDS
    assert differ == []


async def _work(place: Place, rita: Recruiter) -> None:
    """Some get a call as well, one result is taken back, two are removed, and two added again."""
    calls = {"name": "Calls", "steps": [{"action": "call", "title": "Call", "delay": "0 seconds"}]}
    (await rita.client.post("/api/sequences", json=calls)).raise_for_status()
    called = ["silent", "opens", "proxied", "clicks", "scanned"]
    await rita.add(2, called)
    async with asyncio.timeout(PATIENCE):
        while len(todos := await rita.todos()) < len(called):
            await asyncio.sleep(0.2)
    for todo, result in zip(todos, ("interested", "no_answer", "interested"), strict=False):
        await rita.resolve(todo, result)
    await rita.take_back(todos[2])
    await rita.skip(todos[3])
    of = {name: one for one, name in rita.who.items() if name in ("full", "replies")}
    for enrollment in of.values():
        await rita.do(Doing.remove, enrollment)
    await rita.add(1, ["full", "silent"])
    async with asyncio.timeout(PATIENCE):
        while not _all_is_noted(await place.rows(EnrollmentRow), len(ENDS) + len(called)):
            await asyncio.sleep(0.4)


def _all_is_noted(rows: list[Any], number: int) -> bool:
    """Whether the removed ones are gone, and those added again have got their first mail and wait for the second."""
    ones = [row for (row,) in rows]
    again = [one for one in ones if (one.sequence_id, one.step, one.status) == (1, 2, Status.active)]
    return len(ones) == number and len(again) == 2 and all(one.noted == one.last_news for one in ones)


async def _numbers_that_differ(place: Place, rita: Recruiter) -> list[str]:
    """What the product counts otherwise than one does from the world's log."""
    people = {line.split(",")[0]: Person(line.split(",")[4], line.split(",")[6]) for line in _people().split()[1:]}
    plans = {1: ("automatic_email", "text", "automatic_email"), 2: ("call",)}
    counting = Counting(plans, people, lambda subject: (1, 3 if subject.startswith("Re:") else 1), await clock(place))
    counting.read(entries(place.log))
    users = {str(number): email for number, email in await place.rows(UserRow.id, UserRow.email)}
    told = {path: (await rita.client.get(f"/api{path}")).json() for path in ("/metrics", "/sequences/1/metrics")}
    asked = {"/metrics": Asked(), "/sequences/1/metrics": Asked(1)}
    return [said for path, one in asked.items() for said in differences(counting, told[path], users, one)]


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_two_hundred_by_chance_in_four_sequences_are_counted_alike_on_both_sides(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(_crowd(200))
    async with running(tmp_path, speed=1200) as place:
        place.run("contacts", "import", str(tmp_path / "people.csv"))
        place.run("settings", "set", "--limit", "emails_a_day=10000", "--as", "ada@example.org")
        for number in range(4):
            (tmp_path / "sequence.yaml").write_text(
                (SEQUENCE + TRACKED_END).replace("One of each", f"Sequence {number}")
            )
            place.run("sequences", "create", str(tmp_path / "sequence.yaml"))
            place.run("enroll", f"Sequence {number}", "--company", f"Quarter {number}")

        await _settled(place, 200, quiet=PERSON + 3)
        await _agree(place, told_apart=False)


async def _agree(place: Place, *, told_apart: bool) -> None:
    """The log and the database, each counted by itself; `told_apart`: persons and machines too, which are known by
    their haste, so that a machine that is itself overloaded cannot tell them.
    """
    tally = Tally.of(entries(place.log))
    emails = await place.rows(MessageRow.message_id, of=_left(Channel.email))
    texts = await place.rows(MessageRow.enrollment_id, MessageRow.step, MessageRow.copy, of=_left(Channel.text))
    assert tally.mails == {message_id for (message_id,) in emails}
    assert tally.texts == {f"{enrollment}.{step}.{copy}" for enrollment, step, copy in texts}
    assert (tally.mails_twice, tally.texts_twice, tally.failed, tally.copies_refused) == (set(), set(), 0, set())

    gone = dict(await place.rows(SuppressionRow.target, SuppressionRow.reason))
    by_reason = {reason: {target for target, said in gone.items() if said == reason} for reason in set(gone.values())}
    assert by_reason.get("unsubscribed", set()) == tally.unsubscribed
    assert by_reason.get("stopped", set()) == tally.stopped - tally.started
    hard = [line["who"] for line in entries(place.log) if line["what"] == "refused" or line.get("code") == "5.1.1"]
    assert by_reason.get("bounced", set()) == set(hard)

    names = await _names(place)
    said = {what: {names[line["who"]] for line in entries(place.log) if _tells(line) is what} for what in TOLD}
    assert {what: await _contacts_with(place, what) for what in TOLD} == said

    used = await place.rows(MessageRow.message_id, LinkUseRow.kind, LinkUseRow.machine, of=_used())
    counted = {
        *((one, "view", False) for one in tally.opened),
        *((one, "view", True) for one in tally.opened_by_machines),
        *((one, "click", False) for one in tally.clicked),
        *((one, "click", True) for one in tally.clicked_by_machines),
    }
    signs = 3 if told_apart else 2
    assert {tuple(use[:signs]) for use in used} == {use[:signs] for use in counted}


def _left(channel: Channel) -> Any:
    return sa.and_(MessageRow.channel == channel, MessageRow.state == MessageState.sent)


def _used() -> Any:
    return LinkUseRow.message_id == MessageRow.id


async def _names(place: Place) -> dict[str, str]:
    """The contact's external id by each address and number."""
    emails = await place.rows(
        EmailAddressRow.address, ContactRow.external_id, of=EmailAddressRow.contact_id == ContactRow.id
    )
    numbers = await place.rows(
        PhoneNumberRow.number, ContactRow.external_id, of=PhoneNumberRow.contact_id == ContactRow.id
    )
    return {**dict(emails), **dict(numbers)}


def _tells(line: dict[str, Any]) -> What | None:
    """What a line of the log is to the timeline of that contact."""
    if line["what"] == "replied" or line.get("kind") == "reply":
        return What.reply
    return {"away": What.auto_replied, "4.2.2": What.soft_bounced}.get(line.get("code", line["what"]))


async def _contacts_with(place: Place, what: What) -> set[str]:
    of = sa.and_(
        EventRow.what == what, EventRow.enrollment_id == EnrollmentRow.id, EnrollmentRow.contact_id == ContactRow.id
    )
    return {one for (one,) in await place.rows(ContactRow.external_id, of=of)}


async def _settled(place: Place, people: int, *, quiet: float) -> None:
    """Returns once nobody is active, and the world has done nothing for so many seconds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            active = await place.rows(EnrollmentRow.id, of=EnrollmentRow.status == Status.active)
            everybody = await place.rows(EnrollmentRow.id)
            if len(everybody) == people and not active and place.is_quiet(quiet):
                return
            await asyncio.sleep(0.3)


async def _ended(place: Place) -> dict[str, str]:
    of = EnrollmentRow.contact_id == ContactRow.id
    columns = (ContactRow.external_id, EnrollmentRow.status, EnrollmentRow.reason, EnrollmentRow.outcome)
    return {name: f"{status} {reason} {outcome}" for name, status, reason, outcome in await place.rows(*columns, of=of)}


def _people() -> str:
    """Everybody lives where it is noon: texts keep to the day of who gets them."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    lines = [HEADER]
    for number, name in enumerate(ENDS):
        behaviour = "silent" if name.startswith("text") else name
        email = f"{name}+{behaviour}@example.com"
        mobile = f"+491511{number:02}{name[-4:] if name.startswith('text') else '7000'}"
        lines.append(f"{name},{name.title()},Each,{RITA},{email},{other_address(email)},{mobile},{zone}")
    return "\n".join(lines)


def _crowd(number: int) -> str:
    """So many of whom nothing is said, in four companies."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    lines = [HEADER]
    for one in range(number):
        email = f"person{one}@example.com,{other_address(f'person{one}@example.com')}"
        lines.append(f"p{one},P{one},Quarter {one % 4},{RITA},{email},+4915{one:08},{zone}")
    return "\n".join(lines)
