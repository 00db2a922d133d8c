"""Ten minutes of what nobody would say, as a process of its own: atheris watches where it leads."""

import asyncio
import sys
from pathlib import Path

from tests.commands import ROOT

TEN_MINUTES = 600


async def finds_nothing(module: str, found: Path, seconds: int = TEN_MINUTES) -> None:
    """Fuzzes by that module for so long; what it finds is in the folder."""
    fuzzing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, str(seconds), str(found)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await fuzzing.communicate()
    assert fuzzing.returncode == 0, said.decode(errors="replace")[-3000:]
