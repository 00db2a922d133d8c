"""A site with the product's public addresses, for tests of the simulated world alone: it keeps what was asked of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

FORM = (
    '<form method="post" action=""><input type="hidden" name="sure" value="yes"><button name="go">Yes</button></form>'
)


@dataclass
class Links:
    """(method, path, fields, browser) of each request, in order."""

    base: str = ""
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        links = cls()
        app = Starlette(routes=[Route("/{kind}/{token}", links._answer, methods=["GET", "POST"])])
        with socket.create_server(("127.0.0.1", 0)) as listener:
            links.base = f"http://localhost:{listener.getsockname()[1]}"
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
            server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            yield links
            server.should_exit = server.force_exit = True
            await serving

    async def _answer(self, request: Request) -> Response:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        kind, token = request.path_params["kind"], request.path_params["token"]
        self.asked.append((request.method, f"/{kind}/{token}", fields, request.headers["user-agent"]))
        if token == "gone":
            return Response(status_code=404)
        if kind == "c":
            return RedirectResponse("https://example.org/role", 302)
        return HTMLResponse(FORM) if kind == "u" else Response(b"GIF89a", media_type="image/gif")

    def mail(self, name: str, recipient: str, pixel: str = "pixel") -> bytes:
        """A mail with all three: pixel, links, unsubscribe link and header; `name` is the left half of its id."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Rita <rita@example.org>", recipient, "A role"
        mail["Message-ID"] = f"<{name}@example.org>"
        mail["List-Unsubscribe"] = f"<{self.base}/u/{name}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content("Hi")
        links = "".join(f'<a href="{self.base}/{kind}">words</a>' for kind in ("c/first", "c/second", f"u/{name}"))
        hidden = f'<a style="display:none" href="{self.base}/c/hidden">.</a>'
        mail.add_alternative(f'<p>{hidden}{links}<img src="{self.base}/o/{pixel}"></p>', subtype="html")
        return mail.as_bytes()
