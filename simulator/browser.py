"""What fetches pictures and follows links: mail programs, their providers, scanners. Never leaves this machine."""

from dataclasses import dataclass
from html.parser import HTMLParser
from ipaddress import ip_address
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2

from simulator.log import By

AGENTS = {
    By.person: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Safari/605.1.15",
    By.proxy: "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    By.prefetch: "Mozilla/5.0",
    By.scanner: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
    " Safari/537.36",
}
"""A scanner looks like a browser: only its haste gives it away."""
PATIENCE = 30.0


class Unfetchable(Exception):  # noqa: N818 - it is an answer
    """Nothing came back; the message says in our own words why."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was answered."""

    address: str
    status: int
    leads_to: str
    text: str


class Browser:
    """Without cookies, without following redirects: each address fetched is one that stood in a mail."""

    def __init__(self) -> None:
        once = httpx2.Limits(max_keepalive_connections=0)  # a kept connection may be closed just when it is used again
        self._client = httpx2.AsyncClient(timeout=PATIENCE, trust_env=False, follow_redirects=False, limits=once)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, address: str, by: By) -> Page:
        """Fetches it. Raises Unfetchable."""
        return await self._ask("GET", address, by)

    async def one_click(self, address: str) -> Page:
        """Unsubscribes as RFC 8058 says. Raises Unfetchable."""
        return await self._ask("POST", address, By.person, {"List-Unsubscribe": "One-Click"})

    async def press_the_button(self, page: Page) -> Page:
        """Sends the form of a page as a browser does. Raises Unfetchable."""
        form = _Form()
        form.feed(page.text)
        if not form.found:
            raise Unfetchable("no form")
        address = urljoin(page.address, form.action)
        parts = urlsplit(page.address)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}", "Sec-Fetch-Site": "same-origin"}
        return await self._ask("POST", address, By.person, form.fields, origin)

    async def _ask(
        self,
        method: str,
        address: str,
        by: By,
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Page:
        if not is_here(address):
            raise Unfetchable("not on this machine")
        try:
            answer = await self._client.request(
                method, address, data=fields, headers={"User-Agent": AGENTS[by], **(headers or {})}
            )
        except httpx2.HTTPError as error:
            raise Unfetchable(type(error).__name__) from None
        return Page(address, answer.status_code, answer.headers.get("Location", ""), answer.text)


def is_here(address: str) -> bool:
    """Whether that address is on this machine."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Form(HTMLParser):
    """The first form of a page that is posted, with the values it has."""

    def __init__(self) -> None:
        super().__init__()
        self.found = self._within = False
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.found and given.get("method", "").lower() == "post":
            self.found = self._within = True
            self.action = given.get("action", "")
        elif tag in ("input", "button") and self._within and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "form"
