"""The phones of the simulated world: a provider of texts with Twilio's REST interface, and the people who hold them.

Texts are taken and kept; what became of them, and what is texted back, is posted to the product with the provider's
signature, and again where the product could not take it in. A rule is "PATTERN PLACE ACT [once]": the pattern is a
recipient's number (fnmatch; at `login` it is not known, `*`), and the places and acts are

    login    a status, stall SECONDS, hold         before the question for the account is answered
    take     a code, stall SECONDS, hold, drop     nothing was taken; a code is Twilio's, such as 21614
    answer   a status, stall SECONDS, hold, drop   it was taken, and the answer is not the usual one
    status   a word [CODE], silence                what is told afterwards: delivered, undelivered 30005, failed 30008

All that fit happen in order; a hold lasts until it is a rule no longer. The diary has one line for each event, before
anything else happens:

    login          at
    asked          recipient                 the request arrived, nothing was taken
    refused        recipient, code
    taken          recipient, sid, sender, body, of
    stalled        recipient, at             a stall begins here
    dropped        recipient, at
    answered       recipient, status
    told           recipient, status, answer the product's answer to a word of what became of it
    texted         sender, sid, answer       the product's answer to a text from a phone

    python -m simulator.phones --public-url http://localhost:8000 --account AC1 --token secret --diary phones.jsonl

prints "listening on 127.0.0.1:PORT" and ends with SIGTERM. A file given with --rules is read anew for each decision.
"""

import argparse
import asyncio
import base64
import hmac
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sequencing.segments import segments
from sequencing.text_words import TextKind, text_kind
from sequencing.texts import LONGEST_TEXT, STOPPED, signature

PLACES = ("login", "take", "answer", "status")
STALLS = ("stall", "hold")
TRIES = 12
"""How often a webhook is posted that the product does not take in; the pauses grow from 0.1 to 5 seconds."""
STATUS_OF_CODE = {"20003": 401, "20429": 429, "20500": 500, "20503": 503}
USUAL = 400
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens at a place to whoever has such a number."""

    pattern: str
    place: str
    act: str
    value: str = ""
    once: bool = False

    @classmethod
    def read(cls, line: str) -> Self:
        """The rule that a line says. Raises ValueError."""
        pattern, place, act, *rest = line.split()
        if place not in PLACES or len(rest) > 2:
            raise ValueError(f"no rule: {line!r}")
        once = rest[-1:] == ["once"]
        value = "".join(rest[:-1] if once else rest)
        return cls(pattern, place, act, value, once)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was taken. `of` is what its sender calls it."""

    sid: str
    sender: str
    recipient: str
    body: str
    callback: str = ""

    @property
    def of(self) -> str:
        """The reference in the address at which its sender wants to hear of it."""
        return parse_qs(urlsplit(self.callback).query).get("of", [""])[0]


Heard = Callable[["Phones", Text], Awaitable[None]]


@dataclass
class Phones:
    """The provider and its phones. `heard` is what the holder of a phone does when a text arrives there."""

    public_url: str
    account: str = "AC-simulated"
    token: str = field(default="a token of the simulated world", repr=False)
    rules: list[Rule] = field(default_factory=list)
    rules_file: Path | None = None
    diary: Path | None = None
    heard: Heard | None = None
    taken: list[Text] = field(default_factory=list)
    stopped: set[tuple[str, str]] = field(default_factory=set)
    """(their number, ours): whoever texted STOP gets nothing more, by the provider already."""

    def __post_init__(self) -> None:
        self._spent: set[Rule] = set()
        self._posting: set[asyncio.Task[Any]] = set()

    def url(self, address: str) -> str:
        """What SEQUENCING_TEXTS_URL is for a provider that listens at that host and port."""
        return f"http://{self.account}:{self.token.replace(' ', '%20')}@{address}"

    def rule(self, *lines: str) -> None:
        """These rules from now on, and no others."""
        self.rules, self._spent = [Rule.read(line) for line in lines], set()

    def app(self) -> Starlette:
        """The REST interface."""
        accounts = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[
                Route(f"{accounts}.json", self._login),
                Route(f"{accounts}/Messages.json", self._take, methods=["POST"]),
                Route(f"{accounts}/Messages.json", self._list),
            ]
        )

    async def text(self, sender: str, body: str, *, to: str = "", sid: str = "", tries: int = TRIES) -> int:
        """A phone texts us, at the number that wrote to it last unless told otherwise; the product's last answer.

        The same `sid` is the same text again.
        """
        ours = to or next((text.sender for text in reversed(self.taken) if text.recipient == sender), "+15550000000")
        match text_kind(body):
            case TextKind.stop:
                self.stopped.add((sender, ours))
            case TextKind.start:
                self.stopped.discard((sender, ours))
        fields = {"MessageSid": sid or _sid(), "From": sender, "To": ours, "Body": body, "NumMedia": "0"}
        fields |= {"NumSegments": str(segments(body).count), "ApiVersion": "2010-04-01"}
        answer = await self._post(f"{self.public_url.rstrip('/')}/texts/incoming", fields, tries)
        self._write("texted", sender=sender, sid=fields["MessageSid"], answer=answer)
        return answer

    async def tell(self, text: Text, status: str, code: str = "", *, tries: int = TRIES) -> int:
        """The provider tells what became of a text; the product's last answer."""
        fields = {"MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": status, "SmsStatus": status}
        fields |= {"From": text.sender, "To": text.recipient, "ApiVersion": "2010-04-01"}
        answer = await self._post(text.callback, fields | ({"ErrorCode": code} if code else {}), tries)
        self._write("told", recipient=text.recipient, status=status, answer=answer)
        return answer

    async def settled(self, within: float = MINUTE) -> None:
        """Returns once everything that is to be posted was posted."""
        async with asyncio.timeout(within):
            while self._posting:
                await asyncio.wait(self._posting)

    async def _login(self, request: Request) -> Response:
        if not self._is_owner(request):
            return _refused("20003")
        self._write("login")
        for rule in self._fitting("*", "login"):
            if rule.act not in STALLS:
                return JSONResponse({}, int(rule.act))
            await self._stall("*", rule)
        return JSONResponse({"sid": self.account, "status": "active"})

    async def _take(self, request: Request) -> Response:
        if not self._is_owner(request):
            return _refused("20003")
        form = {name: str(value) for name, value in (await request.form()).items()}
        recipient, sender, body = (form.get(name, "") for name in ("To", "From", "Body"))
        self._write("asked", recipient=recipient)
        for rule in self._fitting(recipient, "take"):
            match rule.act:
                case "stall" | "hold":
                    await self._stall(recipient, rule)
                case "drop":
                    return self._drop(request, recipient, rule)
                case code:
                    return self._refuse(recipient, code)
        if code := self._trouble(sender, recipient, body):
            return self._refuse(recipient, code)
        text = Text(_sid(), sender, recipient, body, form.get("StatusCallback", ""))
        self.taken.append(text)
        self._write("taken", recipient=recipient, sid=text.sid, sender=sender, body=body, of=text.of)
        self._go_on(self._afterwards(text))
        return await self._answer(request, text)

    def _trouble(self, sender: str, recipient: str, body: str) -> str:
        """The code of what is wrong with it; none where nothing is."""
        if not (sender.startswith("+") and recipient.startswith("+")):
            return "21211" if sender.startswith("+") else "21212"
        if not body or len(body.encode("utf-16-le")) // 2 > LONGEST_TEXT:
            return "21617" if body else "21602"
        return STOPPED if (recipient, sender) in self.stopped else ""

    async def _answer(self, request: Request, text: Text) -> Response:
        for rule in self._fitting(text.recipient, "answer"):
            match rule.act:
                case "stall" | "hold":
                    await self._stall(text.recipient, rule)
                case "drop":
                    return self._drop(request, text.recipient, rule)
                case status:
                    self._write("answered", recipient=text.recipient, status=int(status))
                    return Response("trouble", int(status))
        self._write("answered", recipient=text.recipient, status=201)
        return JSONResponse(self._document(text) | {"status": "queued"}, 201)

    def _document(self, text: Text) -> dict[str, Any]:
        number = str(segments(text.body).count)
        said = {"sid": text.sid, "account_sid": self.account, "from": text.sender, "to": text.recipient}
        return {**said, "body": text.body, "num_segments": number, "error_code": None}

    async def _list(self, request: Request) -> Response:
        """The newest first, as they are asked for."""
        if not self._is_owner(request):
            return _refused("20003")
        asked = {name: request.query_params.get(name) for name in ("To", "From")}
        found = [
            text
            for text in self.taken
            if asked["To"] in (None, text.recipient) and asked["From"] in (None, text.sender)
        ]
        return JSONResponse({"messages": [self._document(text) for text in reversed(found)]})

    async def _afterwards(self, text: Text) -> None:
        told = [(rule.act, rule.value) for rule in self._fitting(text.recipient, "status")] or [("delivered", "")]
        for status, code in told if text.callback else []:
            if status != "silence":
                await self.tell(text, "sent")
                await self.tell(text, status, code)
        arrived = not told or told[-1][0] == "delivered"
        if self.heard is not None and arrived:
            await self.heard(self, text)

    def _fitting(self, number: str, place: str) -> list[Rule]:
        fitting = [rule for rule in self._standing() if rule.place == place and fnmatchcase(number, rule.pattern)]
        fitting = [rule for rule in fitting if rule not in self._spent]
        self._spent |= {rule for rule in fitting if rule.once}
        return fitting

    def _standing(self) -> list[Rule]:
        """All rules there are now."""
        if self.rules_file is None or not self.rules_file.exists():
            return self.rules
        return [*self.rules, *map(Rule.read, filter(None, self.rules_file.read_text().splitlines()))]

    async def _stall(self, recipient: str, rule: Rule) -> None:
        """Until its time is over, or the hold is lifted."""
        self._write("stalled", recipient=recipient, at=rule.place)
        if rule.act == "stall":
            await asyncio.sleep(float(rule.value))
            return
        while rule in self._standing():  # noqa: ASYNC110  # a file tells nobody that it has changed
            await asyncio.sleep(0.02)

    def _drop(self, request: Request, recipient: str, rule: Rule) -> Response:
        """Ends the connection without a word, which no answer of an ASGI application can."""
        self._write("dropped", recipient=recipient, at=rule.place)
        cycle = getattr(request.receive, "__self__", None)
        cycle.transport.abort()  # type: ignore[union-attr]  # uvicorn's
        return Response(status_code=502)

    def _refuse(self, recipient: str, code: str) -> Response:
        self._write("refused", recipient=recipient, code=code)
        return _refused(code)

    def _is_owner(self, request: Request) -> bool:
        kind, _, said = request.headers.get("authorization", "").partition(" ")
        right = base64.b64encode(f"{self.account}:{self.token}".encode())
        mine = request.path_params["account"] == self.account
        return mine and kind.lower() == "basic" and hmac.compare_digest(said.encode(), right)

    async def _post(self, url: str, fields: dict[str, str], tries: int) -> int:
        """0 where nobody answered."""
        fields = {"AccountSid": self.account, **fields}
        signed = {"X-Twilio-Signature": signature(self.token, url, fields.items())}
        answer = 0
        async with httpx2.AsyncClient(timeout=15, trust_env=False) as client:
            for number in range(tries):
                try:
                    answer = (await client.post(url, data=fields, headers=signed)).status_code
                except httpx2.HTTPError:
                    answer = 0
                if 0 < answer < 500:
                    return answer
                await asyncio.sleep(min(0.1 * 2**number, 5) if number + 1 < tries else 0)
        return answer

    def _go_on(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    def _write(self, event: str, **facts: object) -> None:
        """With the kernel when this returns, so that it survives any kill."""
        if self.diary is None:
            return
        line = json.dumps({"event": event, "at_second": time.time(), **facts}) + "\n"
        handle = os.open(self.diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line.encode())
        os.close(handle)


def _sid() -> str:
    return f"SM{uuid4().hex}"


def _refused(code: str) -> JSONResponse:
    status = STATUS_OF_CODE.get(code, USUAL)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": int(code), "message": "refused", "more_info": more, "status": status}, status)


@asynccontextmanager
async def listening(phones: Phones, port: int = 0) -> AsyncIterator[str]:
    """The host and port at which the phones' provider is reached, on this machine."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
        server = uvicorn.Server(uvicorn.Config(phones.app(), log_level="critical", lifespan="off", access_log=False))
        server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await serving


async def _run(said: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    phones = Phones(said.public_url, said.account, said.token, diary=said.diary, rules_file=said.rules)
    phones.rule(*said.rule)
    async with listening(phones, said.port) as address:
        print(f"listening on {address}", flush=True)
        await stopping.wait()


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator.phones")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--public-url", default="http://localhost:8000")
    parser.add_argument("--account", default="AC-simulated")
    parser.add_argument("--token", default=os.environ.get("SIMULATOR_TEXTS_TOKEN", "simulated"))
    parser.add_argument("--diary", type=Path)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--rule", action="append", default=[])
    return parser.parse_args(arguments)


def main(arguments: Iterable[str]) -> None:
    """Entry of `python -m simulator.phones`."""
    asyncio.run(_run(_read(list(arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])
