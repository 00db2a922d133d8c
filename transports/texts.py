"""Texts by a provider with Twilio's REST interface: one connection per message.

`open` connects, logs in and sees that the provider answers; `hand_over` posts the message on that connection. Once the
first byte of that request has been given to the system nobody knows what became of it until an answer comes.

An error carries the provider's code, else the HTTP status, or one of these words, and never a text of the provider's:
`unreachable`, `timeout`, `disconnected`, `invalid_number`.
"""

import asyncio
import ipaddress
import json
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2

from sequencing.addresses import E164
from sequencing.errors import About, DeliveryUnknown, Misconfigured, TransportError
from sequencing.texts import refusal, taken_apart

LARGEST_ANSWER = 100_000
GOODBYE = 2.0
"""Seconds that closing a connection may take."""

logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would tell every request with the account in its address


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose texts they are, and where. `base` has no slash at its end."""

    base: str
    account: str
    token: str = field(repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return is_here(self.base)


def read_provider(url: str) -> Provider:
    """The provider at `https://ACCOUNT:TOKEN@host`, both percent-encoded. Raises Misconfigured `invalid_texts_url`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _unreadable() from None
    plain = parts.scheme == "http" and is_here(url)
    if not (parts.scheme == "https" or plain) or not (host and parts.username and parts.password):
        raise _unreadable()
    if port == 0 or parts.query or parts.fragment:
        raise _unreadable()
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
    return Provider(base, unquote(parts.username), unquote(parts.password))


def _unreadable() -> Misconfigured:
    return Misconfigured(
        "invalid_texts_url",
        "SEQUENCING_TEXTS_URL: write https://ACCOUNT:TOKEN@api.twilio.com, special characters percent-encoded; "
        "http only for a provider on this machine.",
    )


def check_way_back(provider: Provider, public_url: str) -> None:
    """Raises Misconfigured where no STOP could come back: the provider is elsewhere, and knows us as localhost."""
    if not provider.is_here and is_here(public_url):
        raise Misconfigured(
            "public_url",
            "SEQUENCING_PUBLIC_URL: say the address at which the provider of texts reaches the web server; "
            "to localhost it can bring no reply and no STOP.",
        )


def is_here(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


class TextTransport:
    """The provider at a `SEQUENCING_TEXTS_URL`. It tells what becomes of a text at `public_url`/texts/status.

    `within` is the time that `open` may take, and again that `begin` and `hand_over` may take together.
    """

    def __init__(self, url: str, *, public_url: str, within: timedelta, tls: ssl.SSLContext | None = None) -> None:
        self._provider = read_provider(url)
        check_way_back(self._provider, public_url)
        self._status = f"{public_url.rstrip('/')}/texts/status"
        self._within = within.total_seconds()
        self._tls = tls or ssl.create_default_context()

    async def open(self, *, sender: str, recipient: str) -> "TextDelivery":
        """Connects and logs in; nothing of the message is known to the provider yet. Raises TransportError."""
        for number, about in ((sender, About.sender), (recipient, About.recipient)):
            if not E164.fullmatch(number):
                raise TransportError("invalid_number", permanent=True, about=about)
        delivery = TextDelivery(self._client(), self._provider, self._status, (sender, recipient), self._within)
        try:
            await delivery.log_in()
        except BaseException:
            await delivery.close()
            raise
        return delivery

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            auth=httpx2.BasicAuth(self._provider.account, self._provider.token),
            verify=self._tls,
            timeout=None,  # one deadline stands over all of it
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1),
            trust_env=False,
        )


class TextDelivery:
    """A Delivery over one connection."""

    def __init__(
        self, client: httpx2.AsyncClient, provider: Provider, status: str, numbers: tuple[str, str], within: float
    ) -> None:
        self._client, self._status, self._numbers, self._within = client, status, numbers, within
        self._account = f"{provider.base}/2010-04-01/Accounts/{quote(provider.account, safe='')}"
        self._until: float | None = None
        self._begun = False

    async def log_in(self) -> None:
        """Asks for the account, so that the connection stands and its owner is known."""
        status, said = await self._ask("GET", f"{self._account}.json", _now() + self._within, {})
        if status >= 500 or status in (401, 403, 408, 425, 429):
            raise refusal(status, _code(said))

    async def begin(self) -> None:
        """There is no question left; from now on the time of the hand-over runs."""
        self._until = _now() + self._within

    async def hand_over(self, message: bytes) -> str | None:
        """Posts the text; the provider's name for it, if it gives one."""
        assert self._until is not None, "begin comes first"
        sender, recipient = self._numbers
        reference, body = taken_apart(message)
        told = f"{self._status}?of={quote(reference, safe='')}"
        fields = {"From": sender, "To": recipient, "Body": body, "StatusCallback": told}
        status, said = await self._ask("POST", f"{self._account}/Messages.json", self._until, fields)
        if 200 <= status < 300:
            name = said.get("sid")
            return name if isinstance(name, str) and 0 < len(name) <= 64 and name.isprintable() else None
        if status >= 500 and not _code(said):
            raise DeliveryUnknown(str(status))  # a gateway's answer: what stands behind it may have taken the text
        raise refusal(status, _code(said))

    async def close(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(GOODBYE):
                await self._client.aclose()

    async def _ask(self, method: str, url: str, until: float, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and document of the answer. What is raised hangs on no error that knows the request."""
        self._begun, status = False, 500
        try:
            async with (
                asyncio.timeout_at(until),
                self._client.stream(method, url, data=fields or None, extensions={"trace": self._trace}) as answer,
            ):
                status = answer.status_code
                return status, _document(await _some(answer))
        except TimeoutError:
            word = "timeout"
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            word = "unreachable" if isinstance(error, httpx2.ConnectError) else "disconnected"
        if status < 500:
            return status, {}  # the status says it, although the rest was not heard
        if method == "POST" and self._begun:
            raise DeliveryUnknown(word)
        raise TransportError(word, permanent=False, about=About.server)

    async def _trace(self, event: str, details: dict[str, Any]) -> None:
        """Notes that the request begins to leave."""
        if event.endswith("send_request_headers.started"):
            self._begun = True


async def _some(answer: httpx2.Response) -> bytes:
    """The answer, as far as anything that has sense in it can be long."""
    taken = b""
    async for part in answer.aiter_bytes():
        taken += part
        if len(taken) > LARGEST_ANSWER:
            break
    return taken


def _document(body: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        said = json.loads(body)
        if isinstance(said, dict):
            return said
    return {}


def _code(said: dict[str, Any]) -> str:
    """The provider's own code: a number, so that nothing else is carried on."""
    code = said.get("code")
    return str(code) if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 1_000_000 else ""


def _now() -> float:
    return asyncio.get_running_loop().time()
