"""Logging in by XOAUTH2: a mail server that reads the token, and a token endpoint, both on this machine."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiosmtpd.smtp import MISSING, SMTP, AuthResult

from sequencing.errors import About, Misconfigured, TransportError
from tests.mail_server import MailServer
from tests.patience import PATIENCE
from tests.transports.test_smtp_pool import ANN, BO, deliver
from transports.oauth import OAuthClient, Tokens
from transports.smtp import SmtpTransport

SECRET, REFRESH = "the client's secret", "the refresh token"


class TokenEndpoint:
    """Answers each question with the next token, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = "200 OK"
        self.more: dict[str, object] = {"expires_in": 3600}
        self.answer: bytes | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        said = parse_qs((await reader.readexactly(length)).decode())
        self.asked.append({name: values[0] for name, values in said.items()})
        token = {"access_token": f"token-{len(self.asked)}", "token_type": "Bearer", **self.more}
        body = json.dumps(token).encode() if self.answer is None else self.answer
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


class MailServerWithTokens(MailServer):
    """Lets in whoever brings one of the good tokens."""

    def __init__(self, diary: Path, *good: str) -> None:
        super().__init__(diary=diary, login=("nobody", "by password"))
        self.good = set(good)
        self.seen: list[str] = []

    async def auth_XOAUTH2(self, server: SMTP, said: list[str]) -> AuthResult:
        user, token, *end = base64.b64decode(said[1]).decode().split("\x01")
        self.seen.append(token.removeprefix("auth=Bearer "))
        if (user, end) == (f"user={BO}", ["", ""]) and self.seen[-1] in self.good:
            return AuthResult(success=True, auth_data=BO)
        trouble = await server.challenge_auth(base64.b64encode(b'{"status":"401"}').decode(), encode_to_b64=False)
        return AuthResult(success=False, handled=False, message=None if trouble is MISSING else "535 5.7.8 no")


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "mail.jsonl"


def to(server: MailServer, tokens: Tokens) -> SmtpTransport:
    url = f"smtp://bo%40agency.test@127.0.0.1:{server.port}?starttls=never&connections=4"
    return SmtpTransport(url, within=timedelta(seconds=PATIENCE), tokens=tokens)


def client(url: str, **more: str) -> OAuthClient:
    return OAuthClient(**{"url": url, "client": "us", "secret": SECRET, "refresh_token": REFRESH, **more})


async def failure_of(tokens: Tokens) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await tokens.token()
    return failed.value


async def test_a_message_leaves_with_a_token_that_the_refresh_token_was_given_for(diary: Path) -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url, MailServerWithTokens(diary, "token-1") as server:
        await deliver(to(server, Tokens(client(url, scope="https://mail.test/send"))))

        [asked] = endpoint.asked
        assert asked == {
            "grant_type": "refresh_token",
            "refresh_token": REFRESH,
            "client_id": "us",
            "client_secret": SECRET,
            "scope": "https://mail.test/send",
        }
        assert [entry["recipient"] for entry in server.events("answered")] == [ANN]


async def test_without_a_refresh_token_the_clients_own_credentials_are_asked_with() -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url:
        await Tokens(client(url, refresh_token="")).token()

    assert endpoint.asked == [{"grant_type": "client_credentials", "client_id": "us", "client_secret": SECRET}]


async def test_many_connections_share_one_token(diary: Path) -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url, MailServerWithTokens(diary, "token-1") as server:
        transport = to(server, Tokens(client(url)))
        await asyncio.gather(*(deliver(transport) for _ in range(4)))

        assert server.seen == ["token-1"] * 4
        assert len(endpoint.asked) == 1


@pytest.mark.parametrize(("life", "questions"), [(3600, 1), ("3600", 1), (0, 2), ("soon", 1), (None, 1)])
async def test_a_token_is_kept_until_shortly_before_its_end(life: object, questions: int) -> None:
    endpoint = TokenEndpoint()
    endpoint.more = {} if life is None else {"expires_in": life}
    async with endpoint.running() as url:
        tokens = Tokens(client(url))
        await tokens.token()
        await tokens.token()

    assert len(endpoint.asked) == questions


async def test_a_short_lived_token_is_renewed_in_the_middle_of_its_life() -> None:
    endpoint = TokenEndpoint()
    endpoint.more = {"expires_in": 1}
    async with endpoint.running() as url:
        tokens = Tokens(client(url))
        first = await tokens.token()
        await asyncio.sleep(0.55)

        assert (first, await tokens.token()) == ("token-1", "token-2")


async def test_a_refused_token_is_renewed_once(diary: Path) -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url, MailServerWithTokens(diary, "token-2") as server:
        await deliver(to(server, Tokens(client(url))))

        assert server.seen == ["token-1", "token-2"]


async def test_whoever_is_refused_twice_is_not_let_in_and_nothing_secret_is_said(diary: Path) -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url, MailServerWithTokens(diary) as server:
        with pytest.raises(TransportError) as failed:
            await deliver(to(server, Tokens(client(url))))

        assert (failed.value.code, failed.value.about) == ("535", About.server)
        assert server.seen == ["token-1", "token-2"]
        assert "token-" not in repr(failed.value)
        assert failed.value.__context__ is None


async def test_the_refresh_token_that_comes_with_a_token_is_the_next_one() -> None:
    endpoint = TokenEndpoint()
    endpoint.more = {"expires_in": 0, "refresh_token": "another"}
    async with endpoint.running() as url:
        tokens = Tokens(client(url))
        await tokens.token()
        await tokens.token()

    assert [asked["refresh_token"] for asked in endpoint.asked] == [REFRESH, "another"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("400 Bad Request", b'{"error":"invalid_grant"}'),
        ("302 Found", b""),
        ("200 OK", b"<html>"),
        ("200 OK", b"[]"),
        ("200 OK", b"{}"),
        ("200 OK", b'{"access_token": 7}'),
        ("200 OK", b'{"access_token": "a\\u0001auth=Bearer b"}'),
        ("200 OK", b'{"access_token": "' + b"x" * 200_000 + b'"}'),
    ],
)
async def test_an_endpoint_that_grants_nothing_is_waited_for(status: str, answer: bytes) -> None:
    endpoint = TokenEndpoint()
    endpoint.status, endpoint.answer = status, answer
    async with endpoint.running() as url:
        failed = await failure_of(Tokens(client(url)))

    assert (failed.code, failed.permanent, failed.about) == ("oauth", False, About.server)
    assert failed.__context__ is None


async def test_an_endpoint_that_is_not_there_is_waited_for() -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url:
        pass

    assert (await failure_of(Tokens(client(url)))).code == "oauth"


async def test_a_server_that_takes_no_tokens_is_told_none(diary: Path) -> None:
    endpoint = TokenEndpoint()
    async with endpoint.running() as url, MailServer(diary=diary, login=("bo", "pw")) as server:
        with pytest.raises(TransportError) as failed:
            await deliver(to(server, Tokens(client(url))))

    assert failed.value.code == "login"
    assert not endpoint.asked


@pytest.mark.parametrize(
    ("url", "name", "secret"),
    [
        ("http://login.test/token", "us", SECRET),
        ("login.test", "us", SECRET),
        ("https://", "us", SECRET),
        ("https://[::1", "us", SECRET),
        ("https://login.test/token", "", SECRET),
        ("https://login.test/token", "us", ""),
    ],
)
def test_what_would_send_secrets_in_clear_or_cannot_work_is_refused(url: str, name: str, secret: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Tokens(OAuthClient(url, name, secret))

    assert refused.value.code == "invalid_oauth"
    assert SECRET not in refused.value.sentence


def test_no_secret_is_shown() -> None:
    known = client("https://login.test/token")

    shown = repr(known) + str(known) + repr(Tokens(known))
    assert SECRET not in shown
    assert REFRESH not in shown


@pytest.mark.parametrize("url", ["smtp://mail.test", "smtp://bo:pw@mail.test"])
def test_with_tokens_the_address_names_a_user_and_no_password(url: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        SmtpTransport(url, within=timedelta(seconds=1), tokens=Tokens(client("https://login.test/token")))

    assert refused.value.code == "invalid_smtp_url"
