"""A house in which people have worked for five weeks: what the pictures of the pages show.

Everything in it came in by the product's own doors: contacts by an import, letters through the outbox, replies and
bounces by the journal, opens and clicks by the links of the letters. Only the time is made up: a day passes by moving
back every instant that was written down.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from itertools import islice, pairwise

from sqlalchemy import text

from sequencing.enrollments import Status, StepState
from sequencing.happenings import Reason, What
from sequencing.people import AddressType, Level
from sequencing.sequences import Action, Format
from sequencing.settings import Limits
from sequencing.timing import office_hours
from sequencing.todos import Outcome
from simulator import letters, personas
from simulator.browser import Browser
from simulator.log import By
from simulator.mails import Mail, read
from starter import candidacies, keys, opportunities, own_tasks, stages, suppressions, templates
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.own_tasks import Said
from starter.people import Said as ContactSaid
from store.columns import Instant, Table
from tests.browser import lived_in_words as words
from tests.browser.office import Office
from tests.browser.wires import UNSURE
from tests.house import ADA, RITA
from tests.patience import clear_of_midnight

ZONE = "Europe/Berlin"
WEEKS = 5


@dataclass
class LivedIn:
    """`sequences` and `jobs` are numbers by name, `lives` the enrollments by the contact's name, as they began."""

    office: Office
    web: Browser
    sequences: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)
    lives: dict[str, str] = field(default_factory=dict)
    _plans: dict[str, list[str]] = field(default_factory=dict)
    _by: dict[str, str] = field(default_factory=dict)

    async def fill(self) -> None:
        """Five weeks, and this morning."""
        await clear_of_midnight()
        await self._staff()
        await self._write()
        await self._people()
        newcomers = iter(words.PEOPLE)
        for number, days in enumerate(self._gaps()):
            await self._carry_on()
            for person in islice(newcomers, words.NEWCOMERS[number % 5]):
                await self._enroll(person.name, person.sequence, words.colleague(person))
                self._plans[person.name] = list(words.PLANS[person.plan])
            await self._pass(days)
        await self._this_morning(list(newcomers))
        await self._recruit()
        await self._keep_in_order()
        await self._settle_on_office_hours()

    def _gaps(self) -> list[int]:
        """How many days lie between one working day of the last weeks and the next, today being the last."""
        today = self.office.house.door.now().date()
        days = [ago for ago in range(7 * WEEKS, 0, -1) if (today - timedelta(ago)).weekday() < 5]
        return [one - other for one, other in pairwise([*days, 0])]

    async def _staff(self) -> None:
        await self.office.user("Jonas Weber", Level.edit)
        await self.office.user("Mei Tanaka", Level.use)

    async def _write(self) -> None:
        door = self.office.house.door
        for name, subject, body in words.TEMPLATES:
            await templates.create_template(door, name, subject, body, AddressType.any, RITA, Format.html)
        for name, description, steps in words.SEQUENCES:
            document = {"name": name, "description": description, "sharing": "everyone", "steps": steps}
            by = words.JONAS if name == words.CLIENTS else RITA
            self.sequences[name] = str(await self.office.house.sequencer.create(document, by=by))

    async def _people(self) -> None:
        lines = [words.HEADER, *(words.line(number, person) for number, person in enumerate(words.PEOPLE))]
        taken = await import_contacts(self.office.house.door, "\n".join(lines), RITA)
        assert not taken.refused, taken.refused

    async def _enroll(self, name: str, sequence: str, by: str = RITA) -> str:
        house = self.office.house
        (answer,) = await house.sequencer.enroll(self.sequences[sequence], [words.known_as(name)], by=by)
        assert isinstance(answer, Enrolled), answer
        assert answer.enrollment_id is not None
        self.lives[name], self._by[name] = answer.enrollment_id, by
        await self._rest(answer.enrollment_id)
        return answer.enrollment_id

    async def _rest(self, enrollment: str) -> None:
        """Returns when its run has nothing to do at present."""
        now = self.office.house.door.now
        await self.office.house.until(enrollment, lambda one: one is None or not one.is_moving(now()))

    async def _carry_on(self) -> None:
        """Everybody who is in something does the next of his plan, if it is time for it."""
        for name, plan in self._plans.items():
            if await self._left_too_long(name):
                await self._rest(self.lives[name])
            if plan and await self._do(name, *plan[0].split(" ", 1)):
                plan.pop(0)
                await self._rest(self.lives[name])

    async def _left_too_long(self, name: str) -> bool:
        """Whether it waited so long for somebody that it is seen to now."""
        house, by = self.office.house, self._by[name]
        one = await house.row(self.lives[name])
        before = house.door.now() - timedelta(days=5)
        if one is not None and one.status is Status.paused and one.since and one.since < before:
            outcome = Outcome.positive if one.reason is Reason.replied else Outcome.neutral
            await house.sequencer.conclude(one.id, outcome, by=by)
            return True
        if one is None or one.place is not StepState.to_do or (todo := await house.todo(one.id)).due_at > before:
            return False
        if todo.action is Action.manual_email:
            await house.sequencer.send(todo.id, by=by)
        else:
            await house.sequencer.resolve(todo.id, "no_answer" if todo.action is Action.call else "none", by=by)
        return True

    async def _do(self, name: str, verb: str, what: str = "") -> bool:
        """Whether it was done."""
        if verb in ("result", "sends"):
            one = await self.office.house.row(self.lives[name])
            if one is None or one.place is not StepState.to_do:
                return False
        elif verb not in ("rests", "does") and self._mail(name) is None:
            return False
        deeds: dict[str, Callable[[str, str], Awaitable[object]]] = {
            "opens": self._open,
            "clicks": self._click,
            "replies": self._reply,
            "bounces": self._bounce,
            "leaves": self._leave,
            "result": self._resolve,
            "sends": self._send,
            "does": self._act,
        }
        if verb in deeds:
            await deeds[verb](name, what)
        return True

    async def _open(self, name: str, _: str) -> None:
        for image in self._got(name).images:
            await self.web.get(image, By.person)

    async def _click(self, name: str, _: str) -> None:
        await self._open(name, "")
        for link in self._got(name).to_read[:1]:
            await self.web.get(link, By.person)

    async def _reply(self, name: str, said: str) -> None:
        mail, answer = self._got(name), EmailMessage()
        answer["From"], answer["To"], answer["Subject"] = words.address(name), mail.sender, f"Re: {mail.subject}"
        answer["Message-ID"] = f"<{self.office.house.door.new_id()}@example.com>"
        answer["In-Reply-To"] = answer["References"] = mail.message_id
        answer.set_content(said)
        await self.office.journal.take(answer.as_bytes())

    async def _bounce(self, name: str, _: str) -> None:
        address, chance = words.address(name), personas.chance_of("pictures", name)
        persona, number = personas.persona_of(address, chance), self.office.house.door.new_id()
        occasion = letters.Occasion(self._got(name), persona, f"<{number}@example.com>", datetime.now(UTC), chance)
        await self.office.journal.take(letters.returned_unknown(occasion).raw)

    async def _leave(self, name: str, _: str) -> None:
        await self.web.one_click(self._got(name).unsubscribe)

    def _mail(self, name: str) -> Mail | None:
        """The last one to that contact."""
        address = words.address(name)
        files = [file.read_bytes() for file in sorted(self.office.house.outbox.glob("*.eml"))]
        found = [raw for raw in files if f"<{address}>".encode() in raw]
        return read(found[-1], address) if found else None

    def way_out(self) -> str:
        """The link by which somebody who was written to leaves."""
        return self._got(words.PEOPLE[2].name).way_out

    def _got(self, name: str) -> Mail:
        mail = self._mail(name)
        assert mail is not None, name
        return mail

    async def _resolve(self, name: str, said: str) -> None:
        result, _, note = said.partition(": ")
        todo = await self.office.house.todo(self.lives[name])
        if result == "skipped":
            await self.office.house.sequencer.skip(todo.id, by=self._by[name])
        else:
            await self.office.house.sequencer.resolve(todo.id, result, by=self._by[name], note=note or None)

    async def _send(self, name: str, _: str) -> None:
        todo = await self.office.house.todo(self.lives[name])
        await self.office.house.sequencer.send(todo.id, by=self._by[name])

    async def _act(self, name: str, act: str) -> None:
        sequencer = self.office.house.sequencer
        await {"pause": sequencer.pause, "cancel": sequencer.cancel}[act](self.lives[name], by=self._by[name])

    async def _pass(self, days: int) -> None:
        """So many days go by; then every run whose wait is over by now looks at the clock."""
        columns = [(table, column) for table in Table.metadata.sorted_tables for column in table.columns]
        async with self.office.house.database.writing() as tx:
            for table, column in columns:
                if isinstance(column.type, Instant):
                    before = f"strftime('%Y-%m-%d %H:%M:%f', {column.name}, '-{days} days') || '000'"
                    await tx.execute(text(f"UPDATE {table.name} SET {column.name} = {before}"))
        for name, enrollment in self.lives.items():
            one = await self.office.house.row(enrollment)
            if one is not None and one.is_moving(self.office.house.door.now()):
                await self.office.house.door.runs.tell(
                    one.workflow_id, What.look_again.value, {"enrollment_id": enrollment, "number": 2**31}
                )
                await self._rest(self.lives[name])

    async def _this_morning(self, newcomers: list[words.Person]) -> None:
        """What is due today, what waits for somebody, and who is just being written to."""
        await self._carry_on()
        for person in newcomers:
            await self._enroll(person.name, person.sequence)
        for name, said in words.REPLIES_TODAY.items():
            await self._reply(name, said)
        for name, sequence in words.TROUBLED.items():
            await import_contacts(self.office.house.door, f"{words.HEADER}\n{words.troubled(name, RITA, UNSURE)}", RITA)
            await self._enroll(name, sequence)
        today = self.office.house.door.now().date()
        for days, at, title, about, done in words.TASKS:
            task = Said(title, today + timedelta(days), time(*at) if at else None, "", about and words.known_as(about))
            number = await own_tasks.add(self.office.house.door, task, RITA)
            if done:
                await own_tasks.complete(self.office.house.door, number, RITA)

    async def _recruit(self) -> None:
        door = self.office.house.door
        await stages.link(door, "Interview", self.sequences[words.INTERVIEWS], ADA)
        for title, company, places in words.JOBS:
            self.jobs[title] = await opportunities.add(door, title, RITA, company=company)
            for name, stage in places.items():
                await candidacies.enter(door, self.jobs[title], [words.known_as(name)], RITA, stage=stage)

    async def _keep_in_order(self) -> None:
        door = self.office.house.door
        for target, reason, by in words.SUPPRESSED:
            await suppressions.suppress(door, target, reason, by)
        for target in words.LIFTED:
            await suppressions.suppress(door, target, "asked by telephone", RITA)
            await suppressions.lift(door, target, ADA)
        for name in ("Careers site", "Monday report"):
            await keys.add_token(door, name, RITA)
        emails = ContactSaid(emails=words.MANY_ADDRESSES)
        await self.office.house.sequencer.change_contact(words.known_as(words.SHOWN), emails, by=RITA)

    async def _settle_on_office_hours(self) -> None:
        await self.office.settle(
            lambda now: replace(now, calendar=office_hours(ZONE), limits=Limits(), seconds_allowed=False)
        )
