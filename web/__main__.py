"""Serves the pages and the API until SIGTERM; requests that run then are answered first. Entry of `python -m web`."""

import asyncio
import gc
import os
import signal
import socket
import sys
from contextlib import nullcontext

import structlog
import uvicorn

from sequencing.errors import Misconfigured
from settings import Settings, read_settings
from starter.local import check_local
from starter.log import configure
from starter.opening import open_door
from store import clusters, schema
from transports.texts import check_way_back, read_provider
from web.app import web_app
from web.listening import listen
from web.processes import together
from web.texts import Signed

PATIENCE = 10
"""Seconds that requests may go on after SIGTERM."""

log = structlog.get_logger()


async def serve(settings: Settings, listening: socket.socket, told: int | None = None) -> None:
    """Until SIGTERM, or until `told` can be read. Raises Misconfigured."""
    configure()
    async with open_door(settings) as door:
        await schema.check_if_there(door.database)
        await clusters.check_if_there(door.database)
        config = uvicorn.Config(
            web_app(door, _signed_texts(settings), settings.temporal_ui, local=settings.local),
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
        )
        server = uvicorn.Server(config)
        server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # uvicorn would die of them in the end
        loop = asyncio.get_running_loop()

        def stop() -> None:
            server.should_exit = True
            if told is not None:
                loop.remove_reader(told)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        if told is not None:
            loop.add_reader(told, stop)
        settle()
        log.info("web started", address=settings.web_address)
        await server.serve(sockets=[listening])
        log.info("web stopped")


def settle() -> None:
    """What was loaded stays: it is left out of every later search for what nobody needs, each of which would stop all
    requests for as long as it takes to look through half a million objects.
    """
    gc.collect()
    gc.freeze()


def _signed_texts(settings: Settings) -> Signed | None:
    """Raises Misconfigured."""
    if not settings.texts_url:
        return None
    provider = read_provider(settings.texts_url)
    check_way_back(provider, settings.public_url)
    return Signed(provider.token, settings.public_url)


def main() -> None:
    """Exit codes as those of the commands."""
    try:
        settings = read_settings()
        check_local(settings)
        listening = listen(settings.web_address)
    except Misconfigured as trouble:
        code = _said(trouble)
    else:
        code = together(settings.web_processes, lambda told: _served(settings, listening, told))
    sys.stdout.flush()
    os._exit(code)  # a Temporal client may abort the interpreter while it winds down


def _served(settings: Settings, listening: socket.socket, told: int | None) -> int:
    try:
        asyncio.run(serve(settings, listening, told))
    except Misconfigured as trouble:
        return _said(trouble)
    return 0


def _said(trouble: Misconfigured) -> int:
    print(trouble.sentence, file=sys.stderr)  # noqa: T201 - a server that cannot start says why
    return 2


if __name__ == "__main__":
    main()
