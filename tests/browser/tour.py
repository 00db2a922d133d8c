"""Where the pictures are taken: each page, as those who work in the house see it."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from playwright.async_api import FloatRect

from sequencing.enrollments import Status, StepState
from store import contacts
from tests.browser import lived_in_words as words
from tests.browser.lived_in import LivedIn
from tests.browser.tab import WIDE, Tab
from tests.house import ADA, RITA

HEIGHTS = (860, 720, 600, 480)
LARGEST_PICTURE = 200_000
"""Bytes."""


@dataclass
class Tour:
    """`folder`: where the pictures are put. `taken`: the names of those that were."""

    house: LivedIn
    folder: Path
    taken: list[str] = field(default_factory=list)

    async def take_all(self) -> list[str]:
        """The names of all."""
        rita, ada = await self.house.office.enter(RITA), await self.house.office.enter(ADA)
        await self._work(rita)
        await self._sequences(rita)
        await self._contacts(rita)
        await self._opportunities(rita)
        await self._numbers(rita)
        await self._settings(ada)
        await self._outside(await self.house.office.enter())
        await self._acts(rita)
        return self.taken

    async def shot(self, tab: Tab, name: str, path: str = "") -> None:
        """The upper part of the page there, or of the one at hand; less of it, where that is full of words."""
        if path:
            await tab.open(path)
        tab.check()
        await tab.page.evaluate("document.activeElement?.blur()")
        self.folder.mkdir(parents=True, exist_ok=True)
        to = self.folder / f"{name}.png"
        for height in HEIGHTS:
            shown: FloatRect = {"x": 0, "y": 0, "width": WIDE["width"], "height": height}
            await tab.page.screenshot(path=to, animations="disabled", clip=shown)
            if to.stat().st_size < LARGEST_PICTURE:
                break
        else:
            raise AssertionError(f"{to.name} has {to.stat().st_size} bytes")
        self.taken.append(name)

    def _sequence(self, name: str = words.ENGINEERS) -> str:
        return f"/sequences/{self.house.sequences[name]}"

    async def _waiting(self) -> str:
        """An enrollment of the engineers that waits for its second email."""
        number = self.house.sequences[words.ENGINEERS]
        found = await self.house.office.house.sequencer.enrollments(by=ADA, sequence=number, status=Status.active)
        (one, *_) = [one for one in found if one.place is StepState.waiting and one.step == 3]
        return f"/enrollments/{one.id}"

    async def _record(self) -> str:
        async with self.house.office.house.database.reading() as tx:
            (number,) = await contacts.matching(tx, words.known_as(words.SHOWN))
        return f"/contacts/{number}"

    async def _work(self, tab: Tab) -> None:
        await self.shot(tab, "todos", "/todos")
        await tab.press("by itself")
        await self.shot(tab, "todo")
        await self.shot(tab, "attention", "/attention")
        await self.shot(tab, "calendar", "/calendar")
        await tab.press("Prepare the offer")
        await self.shot(tab, "task")

    async def _sequences(self, tab: Tab) -> None:
        here = self._sequence()
        await self.shot(tab, "sequences", "/sequences")
        await self.shot(tab, "sequence", here)
        await self.shot(tab, "steps", f"{here}/steps")
        await self.shot(tab, "preview", f"{here}/preview?step=1&contact={words.known_as(words.SHOWN)}")
        await self.shot(tab, "managing", f"{here}/managing")
        await self.shot(tab, "new-sequence", "/sequences/new")
        await self.shot(tab, "enrollment", await self._waiting())
        await self.shot(tab, "removal", f"{await self._waiting()}/removal")
        await self.shot(tab, "any-hour", f"{await self._waiting()}/any-hour")
        await self.shot(tab, "templates", "/templates")
        await self.shot(tab, "new-template", "/templates/new")
        await tab.open("/templates")
        await tab.press(words.TEMPLATES[0][0])
        await tab.field("Contact, by email").fill(words.known_as(words.SHOWN))
        await tab.press("Show")
        await self.shot(tab, "template")

    async def _contacts(self, tab: Tab) -> None:
        here = await self._record()
        await self.shot(tab, "contacts", "/contacts")
        await self.shot(tab, "contact", here)
        await self.shot(tab, "contact-history", f"{here}/history")
        await self.shot(tab, "contact-addresses", f"{here}/addresses")
        await self.shot(tab, "contact-opportunities", f"{here}/opportunities")
        await self.shot(tab, "contact-edit", f"{here}/details")
        await self.shot(tab, "contact-new", "/contacts/new")
        await tab.open("/contacts/imports")
        await tab.field("or its lines").fill(words.LIST)
        await tab.press("Check: what would happen")
        await self.shot(tab, "contacts-import")
        number = self.house.sequences[words.ENGINEERS]
        await self.shot(tab, "search", f"/search?in={number}&status=finished&outcome=positive")

    async def _opportunities(self, tab: Tab) -> None:
        job = self.house.jobs[words.JOBS[0][0]]
        await self.shot(tab, "opportunities", "/opportunities")
        await self.shot(tab, "opportunity", f"/opportunities/{job}")
        await self.shot(tab, "opportunity-new", "/opportunities/new")
        await tab.open(f"/opportunities/{job}")
        await tab.press("Edit")
        await self.shot(tab, "opportunity-edit")

    async def _numbers(self, tab: Tab) -> None:
        since = self.house.office.house.door.now().date() - timedelta(days=7 * 5)
        await self.shot(tab, "metrics", f"/metrics?since={since}&every=week")
        await tab.open(f"{self._sequence()}/metrics?every=week")
        await self.shot(tab, "metrics-of-a-sequence")

    async def _settings(self, tab: Tab) -> None:
        await self.shot(tab, "settings-users", "/settings")
        await tab.press("Rita Recruiter", within=RITA)
        await self.shot(tab, "settings-user")
        await self.shot(tab, "settings-roles", "/settings/roles")
        await self.shot(tab, "settings-sequencing", "/settings/sequencing")
        await self.shot(tab, "settings-stages", "/settings/stages")
        await self.shot(tab, "suppressions", "/suppressions")
        await self.shot(tab, "suppressions-lifted", "/suppressions/lifts")
        await self.shot(tab, "contact-erasure", f"{await self._record()}/erasure")
        await self.shot(tab, "outbox", "/outbox")
        await tab.click(tab.page.locator("main").get_by_role("link", name="a senior role in Berlin").first)
        await self.shot(tab, "outbox-message")

    async def _outside(self, tab: Tab) -> None:
        await self.shot(tab, "sign-in", "/sign-in")
        await self.shot(tab, "api", "/api/docs")
        await tab.page.goto(self.house.way_out())
        await self.shot(tab, "unsubscribe")

    async def _acts(self, tab: Tab) -> None:
        await self.shot(tab, "me", "/me")
        await tab.open("/contacts?kind=candidate")
        for box in (await tab.page.get_by_role("checkbox").all())[1:9]:
            await box.check()
        await tab.press("Add chosen to sequence")
        await tab.field("Sequence").select_option(label=words.ENGINEERS)
        await tab.press("Show what will happen")
        await self.shot(tab, "add-to-sequence")
        await tab.click(tab.page.get_by_role("button", name=re.compile(r"^Add \d+ contact")))
        await self.shot(tab, "add")
        await self.shot(tab, "adds", "/adds")
        job = self.house.jobs[words.JOBS[0][0]]
        await tab.open(f"/opportunities/{job}")
        name = next(who for who, stage in words.JOBS[0][2].items() if stage == "Screening")
        await tab.field(f"Stage for {name}").select_option("Interview")
        await tab.press(f"Move {name}")
        await self.shot(tab, "add-offered")
        await tab.open(f"{self._sequence(words.NURSES)}?status=active")
        for box in (await tab.page.locator("tbody input[name=chosen]").all())[:4]:
            await box.check()
        await tab.click(tab.page.locator(".many").get_by_role("button", name="Pause"))
        await self.shot(tab, "chosen-contacts")
        await tab.open("/todos")
        await tab.page.locator("[data-all] input").check()
        await tab.page.locator(".many summary").click()
        await tab.page.locator("select[name=result]").select_option("no_answer")
        await tab.press("Give result")
        await self.shot(tab, "chosen")
