"""A real house with its pages, and a browser in front of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from itertools import count
from pathlib import Path
from socket import create_server, socket
from typing import Any, Self

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx2 import AsyncClient
from playwright.async_api import Browser, BrowserContext, StorageState, StorageStateCookie
from temporalio.client import Client

from sequencing.people import Level
from sequencing.settings import SequencingSettings
from starter import opportunities
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.journal import Journal, Taken
from store import keys, users
from store import settings as stored_settings
from store.database import Database
from tests.browser.routes import Driven, Route
from tests.browser.tab import WIDE, Tab
from tests.browser.wires import wires
from tests.house import ADA, BOB, RITA, House
from tests.patience import PATIENCE
from tests.web import knocking
from web.app import web_app
from web.guard import SESSION

TRADES = ("Engineers", "Nurses", "Welders", "Teachers", "Bakers", "Drivers", "Lawyers", "Gardeners", "Pilots", "Cooks")
PASSWORD = "a long enough word"
FAILURES = Path("var/browser")
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""A browser that says it has no head is taken for a machine, and what it opens and clicks does not count."""


@dataclass
class Office:
    """The house, the address of its pages, and what was driven of them.

    `looked`: the names under which each page was looked at, by its route. `walked`: the walks that have begun.
    """

    house: House
    app: FastAPI
    address: str
    driven: Driven
    browser: Browser
    journal: Journal
    looked: dict[Route, set[str]] = field(default_factory=dict)
    walked: set[str] = field(default_factory=set)
    tabs: list[Tab] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    keys: dict[str, StorageState] = field(default_factory=dict)
    trades: Iterator[str] = field(default_factory=lambda: map(_trade, count()))
    """What the next sequences are called."""

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, client: Client, folder: Path, browser: Browser) -> AsyncIterator[Self]:
        """Ada, Rita and Bob have passwords; email journaling is on."""
        with create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with (
                wires(folder / "outbox") as emails,
                House.open(database, client, folder / "outbox", emails, public_url=address) as house,
            ):
                app = web_app(house.door, local=True)
                driven, journal = Driven(app), Journal(house.door)
                office = cls(house, app, address, driven, browser, journal)
                for email in (ADA, RITA, BOB):
                    await office._give_password(email)
                async with _served(driven, listening), office.settings(journaling=True):
                    yield office
                    await journal.close()

    async def enter(self, email: str = "", *, scripts: bool = True) -> Tab:
        """A new tab, of a browser in which this user has signed in (without one: nobody)."""
        if email and email not in self.keys:
            self.keys[email] = await self._sign_in(email)
        return await self._tab(self.keys.get(email), scripts=scripts)

    @asynccontextmanager
    async def walking(self, name: str) -> AsyncIterator[None]:
        """Closes the tabs of a walk; one that failed leaves pictures of them."""
        self.walked.add(name)
        try:
            yield
            for tab in self.tabs:
                tab.check()
        except BaseException as failure:
            await self._keep_pictures(name, failure)
            raise
        finally:
            for context in self.contexts:
                await context.close()
            self.tabs.clear()
            self.contexts.clear()

    async def user(self, name: str, level: Level) -> str:
        """The email of a new user of that name and level, who can sign in."""
        email = f"{name.lower().replace(' ', '.')}@example.org"
        async with self.house.database.writing() as tx:
            await users.add(tx, email, name, level, "+4930900009")
        await self._give_password(email)
        return email

    async def contact(self, name: str, *, owner: str = RITA, **fields: str) -> str:
        """The external id of a new contact of that name; `fields` are columns of an import, "" leaves one empty."""
        first, _, last = name.partition(" ")
        known = name.lower().replace(" ", "-")
        given = {"external_id": known, "first_name": first, "last_name": last, "title": "Engineer", "company": "Acme"}
        given |= {
            "owner": owner,
            "work_email": f"{known}@example.com",
            "personal_email": "",
            "mobile": "+4915112349999",
        }
        line = given | fields
        taken = await import_contacts(self.house.door, f"{','.join(line)}\n{','.join(line.values())}", RITA)
        assert not taken.refused, taken
        return known

    async def job(self, title: str) -> int:
        """The number of a new opportunity."""
        return await opportunities.add(self.house.door, title, RITA)

    async def enroll(self, name: str, *steps: dict[str, Any], sequence: str = "", by: str = RITA) -> str:
        """The id of the enrollment of that contact in a sequence, or in a new one of those steps."""
        house = self.house
        sequence = sequence or await house.sequence(*steps, name=f"{next(self.trades)}, spring")
        (answer,) = await house.sequencer.enroll(sequence, [name.lower().replace(" ", "-")], by=by)
        assert isinstance(answer, Enrolled), answer
        return answer.enrollment_id or ""

    async def gone(self, enrollment_id: str) -> None:
        """Returns when no row is left of it."""
        async with asyncio.timeout(PATIENCE):
            while await self.house.row(enrollment_id) is not None:
                await asyncio.sleep(0.05)

    async def reply(self, name: str, words: str) -> None:
        """A mail from that contact's address comes to the journal."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.mail_address(name), RITA, "Re: your mail"
        mail["Message-ID"] = f"<{self.house.door.new_id()}@example.com>"
        mail.set_content(words)
        assert await self.journal.take(mail.as_bytes()) is Taken.recorded

    async def letter(self, name: str) -> str:
        """The HTML of the last email to that contact."""
        message = message_from_bytes(await self._last_mail(self.mail_address(name)), policy=policy.default)
        assert isinstance(message, EmailMessage)
        html = message.get_body(("html",))
        assert html is not None
        return str(html.get_content())

    def mail_address(self, name: str) -> str:
        """The work address that `contact` gives."""
        return f"{name.lower().replace(' ', '-')}@example.com"

    @asynccontextmanager
    async def settings(self, **changed: Any) -> AsyncIterator[None]:
        """Sequencing settings that are in force in here only."""
        before = await self.settle(lambda now: replace(now, **changed))
        yield
        await self.settle(lambda now: replace(now, **{name: getattr(before, name) for name in changed}))

    def look_at(self, path: str, name: str) -> None:
        """The page that stands at that path was looked at."""
        self.looked.setdefault(self.driven.pages[path], set()).add(name)

    async def settle(self, change: Callable[[SequencingSettings], SequencingSettings]) -> SequencingSettings:
        """Puts other settings in force; what was before."""
        async with self.house.database.writing() as tx:
            now = await stored_settings.current(tx)
            if change(now) != now:
                await stored_settings.change(tx, change(now), None, self.house.door.now())
            return now

    async def _sign_in(self, email: str) -> StorageState:
        """By the form, but without the browser: a walk of its own drives the page."""
        async with AsyncClient(base_url=self.address, verify=False) as client:
            answer = await knocking.Browser(client).sign_in(email, PASSWORD)
            assert answer.status_code == 303, answer.text
            return {"cookies": [_kept(client.cookies[SESSION])], "origins": []}

    async def _tab(self, state: StorageState | None, *, scripts: bool) -> Tab:
        context = await self.browser.new_context(
            viewport=WIDE,  # type: ignore[arg-type]  # a typed dict
            storage_state=state,
            java_script_enabled=scripts,
            locale="en-GB",
            color_scheme="light",
            user_agent=PERSON,
            reduced_motion="reduce",
        )
        self.contexts.append(context)
        self.tabs.append(await Tab.opened(context, self.address, self.look_at))
        return self.tabs[-1]

    async def _keep_pictures(self, name: str, failure: BaseException) -> None:
        FAILURES.mkdir(parents=True, exist_ok=True)
        for number, tab in enumerate(self.tabs, start=1):
            file = FAILURES / f"{name}-{number}.png"
            await tab.page.screenshot(path=file, full_page=True)
            failure.add_note(f"{tab.page.url} is seen in {file.resolve()}")

    async def _give_password(self, email: str) -> None:
        async with self.house.database.writing() as tx:
            await keys.set_password(tx, (await users.by_email(tx, email)).id, _hashed())

    async def _last_mail(self, address: str) -> bytes:
        async with asyncio.timeout(PATIENCE):
            while True:
                mails = [file.read_bytes() for file in sorted(self.house.outbox.glob("*.eml"))]
                if found := [one for one in mails if address.encode() in one]:
                    return found[-1]
                await asyncio.sleep(0.05)


def _kept(session: str) -> StorageStateCookie:
    """The cookie of a session, as a browser keeps it."""
    return {
        "name": SESSION,
        "value": session,
        "domain": "127.0.0.1",
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Lax",
    }


def _trade(number: int) -> str:
    nth = number // len(TRADES)
    return TRADES[number % len(TRADES)] + (f" {nth + 1}" if nth else "")


@asynccontextmanager
async def _served(app: Driven, listening: socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield
    server.should_exit = server.force_exit = True
    await serving


@cache
def _hashed() -> str:
    """Quick to compare, by parameters that stand in the hash; ours make it take long on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
