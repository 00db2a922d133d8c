"""`sequencing web` as a process: it serves, and stops in peace when it is told to."""

import asyncio
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from store.database import Database
from tests.conftest import free_port
from web.listening import listen

ROOT = Path(__file__).parents[2]


async def test_it_serves_until_sigterm(sqlite: Database, tmp_path: Path) -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    process = await _started(address, tmp_path)

    page = await _until_it_answers(f"http://{address}/sign-in")
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), 30)

    assert "Sign in" in page
    assert (process.returncode, b"web stopped" in out + err) == (0, True)


async def test_an_address_that_is_taken_is_said_in_one_sentence(sqlite: Database, tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    process = await _started(address, tmp_path)
    _, err = await asyncio.wait_for(process.communicate(), 30)
    server.close()

    assert process.returncode == 2
    assert err.decode().splitlines() == [
        f"SEQUENCING_WEB_ADDRESS: nothing can be served at {address}; another program may be there."
    ]


def test_the_end_of_an_answer_does_not_wait_for_the_receipt_of_its_beginning() -> None:
    with listen("127.0.0.1:0") as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()

        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@pytest.mark.parametrize(
    ("who", "how", "code"),
    [("the parent", signal.SIGTERM, 0), ("the parent", signal.SIGKILL, -9), ("a child", signal.SIGKILL, 9)],
)
async def test_several_processes_serve_at_one_address_and_all_stop_with_the_first(
    sqlite: Database, tmp_path: Path, who: str, how: signal.Signals, code: int
) -> None:
    address = f"127.0.0.1:{free_port()}"
    process = await _started(address, tmp_path, processes=2)
    page = await _until_it_answers(f"http://{address}/sign-in")
    children = psutil.Process(process.pid).children()

    os.kill(process.pid if who == "the parent" else children[0].pid, how)
    await asyncio.wait_for(process.communicate(), 30)
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 30)

    assert ("Sign in" in page, len(children), alive) == (True, 2, [])
    assert process.returncode == code


async def _started(address: str, folder: Path, processes: int = 1) -> asyncio.subprocess.Process:
    environment = {**os.environ, "SEQUENCING_WEB_ADDRESS": address, "SEQUENCING_VAR": str(folder)}
    environment["SEQUENCING_WEB_PROCESSES"] = str(processes)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web",
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _until_it_answers(url: str) -> str:
    async with asyncio.timeout(60):
        while True:
            try:
                page: bytes = (await asyncio.to_thread(urllib.request.urlopen, url)).read()
                return page.decode()
            except urllib.error.URLError:
                await asyncio.sleep(0.1)
