"""The outside world: recipients with their mailboxes, browsers and phones, and the company's mail server.

It is reached through real doors only (SMTP, HTTP, the journal), all on this machine, and acts by what stands in the
mails and texts themselves.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Self

from simulator.browser import Browser, Page, Unfetchable
from simulator.copies import Copies, Door, Envelope
from simulator.letters import LETTERS, Occasion
from simulator.log import By, Log, What
from simulator.mailboxes import Mailboxes
from simulator.mails import Mail, read
from simulator.personas import Act, Chance, Deed, Persona, chance_of, deeds, persona_of, text_behaviour, text_deeds
from simulator.phones import Phones, Text, listening
from simulator.wording import TEXTED_BACK

TWICE = 0.1
"""How many copies reach the journal twice, as real servers make them now and then."""
BY = {
    Act.open: By.person,
    Act.click: By.person,
    Act.open_through_proxy: By.proxy,
    Act.prefetch: By.prefetch,
    Act.scan: By.scanner,
}
TEXTS = {Act.text_back: "reply", Act.text_stop: "stop", Act.text_start: "start"}
WRITTEN = {Act.say_away: What.away, Act.return_unknown: What.returned, Act.return_full: What.returned}
CODES = {Act.return_unknown: "5.1.1", Act.return_full: "4.2.2"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the world listens and what it does; port 0 is any free one, `speed` 60 makes a minute a second.

    `folder` keeps copies that the journal has not taken. `public_url` is where the product's webhooks are. Of the time
    that a person needs at any speed so much is kept: `least` 0 makes people as fast as machines.
    """

    log: Path
    folder: Path
    smtp_port: int = 0
    phones_port: int = 0
    journal: Door | None = None
    public_url: str = "http://localhost:8000"
    seed: str = "1"
    speed: float = 60.0
    least: float = 1.0


class World:
    """`async with World.open(settings) as world`."""

    def __init__(self, settings: Settings, browser: Browser) -> None:
        self.settings = settings
        self.log = Log(settings.log)
        self.copies = Copies(settings.folder, settings.journal, self.log)
        self.mailboxes = Mailboxes(settings.smtp_port, who=self.persona, taken=self._mail, log=self.log)
        self.phones = Phones(settings.public_url, heard=self._text)
        self.texts_url = ""
        self._browser = browser
        self._nth: Counter[tuple[str, str]] = Counter()
        self._seen: set[tuple[str, str]] = set()
        self._doing: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Everybody at home until the end of the block."""
        async with AsyncExitStack() as stack:
            world = cls(settings, await stack.enter_async_context(Browser()))
            stack.callback(world.log.close)
            await stack.enter_async_context(world.mailboxes)
            world.texts_url = world.phones.url(
                await stack.enter_async_context(listening(world.phones, settings.phones_port))
            )
            sending = asyncio.create_task(world.copies.run())
            try:
                yield world
            finally:
                await _end({sending, *world._doing})

    @property
    def smtp_url(self) -> str:
        """What SEQUENCING_SMTP_URL is for this world."""
        return f"smtp://127.0.0.1:{self.mailboxes.port}?starttls=never"

    @property
    def open_ends(self) -> int:
        """What is still to be done of what has come: acts whose time has not come, copies not taken."""
        return len(self._doing) + self.copies.open

    def persona(self, address: str) -> Persona:
        """Who has that address."""
        return persona_of(address, self._chance(address))

    def _chance(self, who: str) -> Chance:
        return chance_of(self.settings.seed, who)

    def _mail(self, sender: str, recipient: str, raw: bytes) -> None:
        """Takes a mail of ours, and plans what comes of it; of a second one with the same id nothing comes."""
        mail = read(raw, recipient)
        self.log.write(What.mail, recipient, message_id=mail.message_id, sender=mail.sender, subject=mail.subject)
        self._copy(mail.message_id, recipient, sender, "out", raw)
        if (recipient, mail.message_id) in self._seen:
            return
        self._seen.add((recipient, mail.message_id))
        persona = self.persona(recipient)
        self._nth[recipient, mail.sender] += 1
        for deed in deeds(persona, self._nth[recipient, mail.sender], self._chance(recipient)):
            self._later(deed, recipient, mail.message_id, partial(self._do, deed.act, mail, persona))

    async def _text(self, _phones: Phones, text: Text) -> None:
        """The same for a text."""
        number = text.recipient
        self.log.write(What.text, number, message_id=text.of or text.sid, sender=text.sender)
        self._nth[number, text.sender] += 1
        chance = self._chance(number)
        for deed in text_deeds(text_behaviour(number, chance), self._nth[number, text.sender], chance):
            self._later(deed, number, text.of or text.sid, partial(self._write_text, deed.act, text))

    def _copy(self, message_id: str, who: str, sender: str, direction: str, raw: bytes) -> None:
        twice = self._chance(message_id)("twice") < TWICE
        self.copies.keep(Envelope(message_id, who, sender, direction, twice), raw)

    def _later(self, deed: Deed, who: str, message_id: str, work: Callable[[], Awaitable[None]]) -> None:
        async def do() -> None:
            await asyncio.sleep(max(deed.after / self.settings.speed, deed.never_within * self.settings.least))
            try:
                await work()
            except Unfetchable as why:
                self.log.write(What.failed, who, message_id=message_id, act=deed.act, why=str(why))
            except Exception as error:  # one person's trouble stops nobody else
                self.log.write(What.failed, who, message_id=message_id, act=deed.act, why=type(error).__name__)

        task = asyncio.create_task(do())
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _do(self, act: Act, mail: Mail, persona: Persona) -> None:
        if act in LETTERS:
            self._write(act, mail, persona)
        elif act is Act.unsubscribe_on_page:
            await self._unsubscribe_on_page(mail)
        elif act is Act.unsubscribe_by_header:
            await self._unsubscribe_by_header(mail)
        elif act is Act.click:
            await self._click(mail, _first(mail.to_read, "no link"), By.person)
        elif act is Act.scan:
            await self._scan(mail)
        else:
            await self._open(mail, BY[act])

    def _write(self, act: Act, mail: Mail, persona: Persona) -> None:
        chance = self._chance(persona.address)
        message_id = self._message_id(act, mail, persona)
        letter = LETTERS[act](Occasion(mail, persona, message_id, datetime.now(UTC), chance))
        facts = {"message_id": mail.message_id, "letter": message_id, "sender": letter.sender}
        code = {"code": CODES[act]} if act in CODES else {}
        self._copy(message_id, persona.address, letter.sender, "in", letter.raw)
        self.log.write(WRITTEN.get(act, What.replied), persona.address, act=act, **facts, **code)

    def _message_id(self, act: Act, mail: Mail, persona: Persona) -> str:
        digest = sha256(f"{self.settings.seed}\n{act}\n{mail.message_id}".encode()).hexdigest()[:24]
        return f"<{digest}@{persona.address.rpartition('@')[2]}>"

    async def _open(self, mail: Mail, by: By) -> None:
        """Fetches all pictures of it; a mail without any is read unseen."""
        for image in mail.images:
            _expect(await self._browser.get(image, by), 200)
        if mail.images:
            self.log.write(What.opened, mail.recipient, message_id=mail.message_id, by=by)

    async def _click(self, mail: Mail, link: str, by: By) -> None:
        page = await self._browser.get(link, by)
        _expect(page, 200, 302, 303, 307)
        facts = {"message_id": mail.message_id, "by": by}
        self.log.write(What.clicked, mail.recipient, **facts, link=link, leads_to=page.leads_to)

    async def _scan(self, mail: Mail) -> None:
        """Everything at once, what no person sees and the page to unsubscribe too."""
        await asyncio.gather(
            self._open(mail, By.scanner),
            *(self._click(mail, link, By.scanner) for link in mail.links if not mail.leaves(link)),
            *(self._see_page(mail, link, By.scanner) for link in {mail.way_out} - {""}),
        )

    async def _see_page(self, mail: Mail, link: str, by: By) -> Page:
        page = await self._browser.get(link, by)
        _expect(page, 200)
        self.log.write(What.saw_page, mail.recipient, message_id=mail.message_id, by=by)
        return page

    async def _unsubscribe_on_page(self, mail: Mail) -> None:
        page = await self._see_page(mail, _first((mail.way_out,), "no link to unsubscribe"), By.person)
        _expect(await self._browser.press_the_button(page), 200, 302, 303)
        self.log.write(What.unsubscribed, mail.recipient, message_id=mail.message_id, how="page")

    async def _unsubscribe_by_header(self, mail: Mail) -> None:
        if not mail.one_click:
            raise Unfetchable("no one-click header")
        _expect(await self._browser.one_click(mail.unsubscribe), 200, 202, 204)
        self.log.write(What.unsubscribed, mail.recipient, message_id=mail.message_id, how="header")

    async def _write_text(self, act: Act, text: Text) -> None:
        number, chance = text.recipient, self._chance(text.recipient)
        said = {
            Act.text_back: TEXTED_BACK[int(chance("said") * len(TEXTED_BACK))],
            Act.text_stop: ("STOP", "Stop.", "unsubscribe")[int(chance("stop") * 3)],
            Act.text_start: "START",
        }[act]
        answer = await self.phones.text(number, said, to=text.sender)
        if not 200 <= answer < 300:
            raise Unfetchable(f"status {answer}")
        self.log.write(What.texted, number, message_id=text.of or text.sid, kind=TEXTS[act])


def _expect(page: Page, *statuses: int) -> None:
    if page.status not in statuses:
        raise Unfetchable(f"status {page.status}")


def _first(links: tuple[str, ...], trouble: str) -> str:
    found = next(filter(None, links), None)
    if found is None:
        raise Unfetchable(trouble)
    return found


async def _end(tasks: set["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
