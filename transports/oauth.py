"""Access tokens for logging in to a mail server: from a token endpoint (RFC 6749), kept until shortly before their end.

With a refresh token that is what is granted, without one the client's own credentials are. A refusal raises
TransportError `oauth`, not permanent; neither it nor a log says what was sent or answered.
"""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from sequencing.errors import About, Misconfigured, TransportError

EARLIER = 60.0
"""Seconds before its end at which a token is not used any more; of a short-lived one, half its life."""
USUAL_LIFE = 300.0
"""Seconds, where the endpoint does not say."""
LARGEST_ANSWER = 100_000
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What the token endpoint knows us by. Secrets are not shown."""

    url: str
    client: str
    secret: str
    refresh_token: str = ""
    scope: str = ""

    def __repr__(self) -> str:
        return f"OAuthClient({self.url!r})"


class Tokens:
    """One token at a time, for all connections. Raises Misconfigured `invalid_oauth`."""

    def __init__(self, client: OAuthClient) -> None:
        _check(client)
        self._client = client
        self._refresh_token = client.refresh_token
        self._asking = asyncio.Lock()
        self._token = ""
        self._until = 0.0

    async def token(self, *, instead_of: str = "") -> str:
        """A token that is good for a while yet, and not the one that was just refused. Raises TransportError."""
        async with self._asking:
            if not self._token or self._token == instead_of or _now() >= self._until:
                self._token = ""
                self._keep(await self._ask(), _now())
            return self._token

    async def _ask(self) -> dict[str, Any]:
        answer = None
        try:
            async with httpx2.AsyncClient(follow_redirects=False) as http:
                answer = await http.post(self._client.url, data=self._question())
        except httpx2.HTTPError:
            pass
        if answer is None or answer.status_code != 200 or len(answer.content) > LARGEST_ANSWER:
            raise _refused()
        return _read(answer)

    def _question(self) -> dict[str, str]:
        client = self._client
        granted = {"grant_type": "client_credentials"}
        if self._refresh_token:
            granted = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        known = {"client_id": client.client, "client_secret": client.secret, "scope": client.scope}
        return granted | {name: value for name, value in known.items() if value}

    def _keep(self, answer: dict[str, Any], now: float) -> None:
        """With the token, the next refresh token, which some endpoints give each time."""
        token, life, renewed = (answer.get(name) for name in ("access_token", "expires_in", "refresh_token"))
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise _refused()
        seconds = _seconds(life)
        self._token, self._until = token, now + seconds - min(EARLIER, seconds / 2)
        if self._refresh_token and isinstance(renewed, str) and renewed:
            self._refresh_token = renewed


def _check(client: OAuthClient) -> None:
    if not _is_safe(client.url) or not client.client or not (client.secret or client.refresh_token):
        raise Misconfigured(
            "invalid_oauth",
            "SEQUENCING_SMTP_OAUTH_URL: a token endpoint at https://…, with SEQUENCING_SMTP_OAUTH_CLIENT and "
            "SEQUENCING_SMTP_OAUTH_SECRET or SEQUENCING_SMTP_OAUTH_REFRESH_TOKEN, or both.",
        )


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL))


def _read(answer: httpx2.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise _refused()
    return read


def _seconds(life: object) -> float:
    """Some endpoints say the number as text."""
    try:
        return max(float(str(life)), 0.0) if life is not None else USUAL_LIFE
    except ValueError:
        return USUAL_LIFE


def _now() -> float:
    return asyncio.get_running_loop().time()


def _refused() -> TransportError:
    return TransportError("oauth", permanent=False, about=About.server)
