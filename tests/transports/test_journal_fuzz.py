"""Whatever is said to the journal's SMTP server."""

import asyncio
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands import ROOT
from tests.transports.journal_fuzz import SECRET, Stranger, seeds

TEN_MINUTES = 600
WORDS = [
    *(b"EHLO x", b"HELO x", b"MAIL FROM:<a@b.c>", b"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8", b"DATA", b"RSET"),
    *(
        b"RCPT TO:<" + SECRET.encode() + b">",
        b"RCPT TO:<x@y.z>",
        b"VRFY x",
        b"EXPN x",
        b"NOOP",
        b"HELP MAIL",
        b"STARTTLS",
    ),
    *(
        b"AUTH PLAIN AGEAYg==",
        b"BDAT 5 LAST",
        b"QUIT x",
        b".",
        b"..",
        b"From: ann@example.com",
        b"",
        b"\xff\x00",
        b"x" * 2_000,
    ),
]


async def test_what_was_said_once_is_said_again() -> None:
    async with Stranger() as stranger:
        for seed in seeds():
            await stranger.says(seed.read_bytes())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=60), max_size=25), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_any_order_of_commands_and_garbage_is_answered(said: list[bytes], end: bytes) -> None:
    async def once() -> None:
        async with Stranger() as stranger:
            await stranger.says(end.join(said))

    asyncio.run(once())


@pytest.mark.soak
@pytest.mark.timeout(TEN_MINUTES + 120)
async def test_ten_minutes_of_what_nobody_would_say_find_nothing(tmp_path: Path) -> None:
    fuzzing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.transports.journal_fuzz", str(TEN_MINUTES), str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await fuzzing.communicate()
    assert fuzzing.returncode == 0, said.decode(errors="replace")[-3000:]
