"""A tab of a real browser, which takes note of everything that goes wrong in it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Frame, Locator, Page, Request

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PATIENCE = 60.0
"""Seconds within which a page comes, or says what it is to say."""
MAIL_PROGRAM = "http://mail.localhost/"
SEVERE = ("serious", "critical")
AXE = """([options, severe]) => {
    const mild = axe._audit.rules.filter(rule => rule.impact && !severe.includes(rule.impact));
    const without = Object.fromEntries(mild.map(rule => [rule.id, {enabled: false}]));
    return axe.run(document, options.runOnly ? options : {...options, rules: without});
}"""
"""A rule's impact is that of all it finds, so those whose findings are never reported need not run."""
REFUSED = re.compile(r"the server responded with a status of 4\d\d")
LEADS_ELSEWHERE = "one => !!one.closest('a[href], form button:not([type=button])')"
WATCH = """() => {
    window.leadsOn = false;
    const leads = event => window.leadsOn ||= !event.defaultPrevented;
    addEventListener('click', event => {
        const link = event.target.closest('a[href]');
        const elsewhere = link && link.href.split('#')[0] !== location.href.split('#')[0];
        if (elsewhere && link.protocol.startsWith('http') && !link.download && link.target !== '_blank') leads(event);
    }, {once: true});
    addEventListener('submit', event => {
        if ((event.submitter?.formMethod || event.target.method) !== 'dialog') leads(event);
    }, {once: true});
}"""
"""The page says whether a click leads on: a link that nothing holds back, or a form that is filled in and sent."""
SIDEWAYS = """() => [...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect();
    if (box.right <= innerWidth + 1 || box.width === 0) return false;
    for (let up = one.parentElement; up; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== 'visible') return false;
    return true;
}).map(one => one.outerHTML.slice(0, 120)).slice(0, 5)"""


@dataclass
class Tab:
    """`looked`: told of each page that was looked at, by path and name."""

    page: Page
    address: str
    looked: Callable[[str, str], None]
    wrong: list[str] = field(default_factory=list)
    refusals: int = 0
    """How many blocks that want a refusal are open."""
    here: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, unless the tab is on its way to another page."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as a click has led somewhere."""

    @classmethod
    async def opened(cls, context: BrowserContext, address: str, looked: Callable[[str, str], None]) -> "Tab":
        """An empty one."""
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        tab = cls(page, address, looked)
        tab.here.set()
        page.on("console", tab._console)
        page.on("pageerror", lambda error: tab.wrong.append(f"a script failed: {error.message}"))
        page.on("request", tab._requested)
        page.on("requestfailed", tab._failed)
        page.on("framenavigated", tab._arrived)
        return tab

    async def open(self, path: str) -> None:
        """Goes there, as by the address line."""
        await self.page.goto(self.address + path)
        self.check()

    async def read(self, html: str) -> None:
        """Shows a mail as a mail program in a browser does, with its pictures."""
        await self.page.route(
            MAIL_PROGRAM, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
        )
        await self.page.goto(MAIL_PROGRAM, wait_until="load")
        self.check()

    async def press(self, words: str, within: str = "") -> None:
        """Presses the button or the link on which just this stands, in the card or row that has these words in it."""
        await self.click(self.on(words, within))

    async def download(self, words: str) -> str:
        """What the file says that this button or link gives."""
        async with self.page.expect_download() as coming:
            await self.on(words).click()
        file = await (await coming.value).path()
        self.here.set()
        return file.read_text(encoding="utf-8-sig")

    async def click(self, what: Locator) -> None:
        """Clicks it, and waits for the page to which that leads, if any."""
        leads = await what.evaluate(LEADS_ELSEWHERE)
        await self.page.evaluate(WATCH)
        self.left.clear()
        await what.click()
        with suppress(TimeoutError):
            certainly = await self._leads_on()
            await asyncio.wait_for(self.left.wait(), PATIENCE if certainly else 1 if leads else 0.05)
        await asyncio.wait_for(self.here.wait(), PATIENCE)
        await self.page.wait_for_load_state()
        self.check()

    async def _leads_on(self) -> bool:
        """Whether the page that was clicked on says so; one without scripts says nothing, nor does one that is left."""
        with suppress(Error):
            return not self.left.is_set() and bool(await self.page.evaluate("window.leadsOn"))
        return False

    def on(self, words: str, within: str = "") -> Locator:
        """The first such button or link that is seen."""
        where = self.around(within) if within else self.page.locator("body")
        exactly = re.compile(rf"^\s*{re.escape(words)}\s*$")
        return (
            where.get_by_role("button", name=exactly)
            .or_(where.get_by_role("link", name=exactly))
            .or_(where.locator("button, a").filter(has_text=exactly))
            .filter(visible=True)
            .first
        )

    async def unfold(self, words: str, within: str = "") -> None:
        """Opens what is folded up under these words."""
        where = self.around(within) if within else self.page.locator("body")
        await where.locator("summary").filter(has_text=words).filter(visible=True).first.click()

    def around(self, words: str) -> Locator:
        """The smallest card, row or item of a list with these words in it."""
        return self.page.locator(".card, tr, li, article, section, fieldset").filter(has_text=words).last

    def field(self, label: str, within: str = "") -> Locator:
        """The field with that label; a red asterisk behind it does not count."""
        where = self.around(within) if within else self.page.locator("body")
        return (
            where.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?", re.IGNORECASE)).filter(visible=True).first
        )

    async def reads(self, words: str) -> None:
        """Waits until the page says so."""
        await self._says(words, "body", again=False)

    async def until(self, words: str, within: str = "") -> None:
        """Loads the page again and again until it says so: a run takes a moment."""
        await self._says(words, within, again=True)
        self.check()

    async def _says(self, words: str, within: str, *, again: bool) -> None:
        where = self.page.locator("body" if within == "body" else "main")
        where = where if within in ("", "body") else self.around(within)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while words not in (said := " ".join(" ".join(await where.all_inner_texts()).split())):
            assert asyncio.get_running_loop().time() < deadline, f"never {words!r}, but: {said[:1500]}"
            await asyncio.sleep(0.1)
            if again:
                await self.page.reload()

    async def text(self) -> str:
        """Everything that is read in the middle of the page."""
        return await self.page.locator("main").inner_text()

    @asynccontextmanager
    async def refused(self) -> AsyncIterator[None]:
        """In here an answer of 400 or more is what is wanted; none fails."""
        self.refusals += 1
        before = self.wrong
        self.wrong = []
        yield
        await self.page.wait_for_load_state()
        seen, self.wrong = self.wrong, before
        self.refusals -= 1
        self.wrong += [one for one in seen if not REFUSED.search(one)]
        assert any(REFUSED.search(one) for one in seen), "nothing was refused"

    async def look(self, name: str) -> None:
        """The page is fit to be seen: by a screen reader, in the dark, on a phone."""
        self.check()
        page = self.page
        await page.evaluate(_axe_source())  # as the debugger does it, which no policy forbids
        faults = await self._axe()
        await page.emulate_media(color_scheme="dark")
        faults += [f"in the dark: {one}" for one in await self._axe("color-contrast")]
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"at {NARROW['width']} px it scrolls sideways: {await page.evaluate(SIDEWAYS)}")
        await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        assert not faults, f"{name} ({page.url}):\n" + "\n".join(faults)
        self.looked(urlsplit(page.url).path, name)

    def check(self) -> None:
        """Nothing has gone wrong up to now."""
        assert self.refusals or not self.wrong, f"{self.page.url}: " + "; ".join(self.wrong)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"console: {message.text} ({message.location['url']})")

    def _requested(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.here.clear()
            self.left.set()

    def _arrived(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self.here.set()

    def _failed(self, request: Request) -> None:
        """Going on before all has come is no failure, nor is a download."""
        if request.is_navigation_request():
            self.here.set()
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"{request.method} {request.url} failed: {request.failure}")

    async def _axe(self, *rules: str) -> list[str]:
        """What axe finds, of that severity."""
        options: dict[str, Any] = {"iframes": False, "resultTypes": ["violations"], "preload": False}
        options |= {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        found = await self.page.evaluate(AXE, [options, SEVERE])
        severe = [one for one in found["violations"] if one["impact"] in SEVERE]
        return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in severe for node in one["nodes"][:3]]


@cache
def _axe_source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
