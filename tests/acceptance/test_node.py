"""A service in another language: enrolls by HTTP, follows the events, resolves a to-do by a signal."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from starter import keys
from store import users
from tests.house import RITA, TASK, House
from tests.web.knocking import app_at, served

EXAMPLE = Path(__file__).parents[2] / "examples" / "node"
pytestmark = pytest.mark.timeout(1800)


@pytest.mark.statement(55)
async def test_the_example_in_node_resolves_the_task_it_was_told_of(house: House, tmp_path: Path) -> None:
    folder = await _installed(tmp_path)
    sequence = await house.sequence(TASK)
    token = (await keys.add_token(house.door, "node", RITA)).token
    async with house.database.reading() as tx:
        rita = (await users.by_email(tx, RITA)).id
    async with served(app_at(house.door)) as address:
        environment = {
            "SEQUENCING_ADDRESS": address,
            "SEQUENCING_TOKEN": token,
            "TEMPORAL_ADDRESS": house.client.service_client.config.target_host,
        }
        code, said = await _run(folder, ["node", "enroll.mjs", sequence, "ann", str(rita)], environment)

    (enrollment,) = [line.split()[1] for line in said.splitlines() if line.startswith("enrolled 0")]
    assert (code, said.splitlines()[-1]) == (0, "result finished"), said
    row = await house.row(enrollment)
    assert row is not None
    assert row.outcome == "positive"


async def _installed(tmp_path: Path) -> Path:
    """A copy of the example with its packages; where npm cannot bring them, the test is skipped, but not in CI."""
    folder = tmp_path / "node"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    trouble = "there is no npm" if shutil.which("npm") is None else None
    if trouble is None:
        code, said = await _run(folder, ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], {})
        trouble = f"npm cannot install the packages: {said[-300:]}" if code else None
    if trouble is not None and os.environ.get("CI"):
        pytest.fail(trouble)
    if trouble is not None:
        pytest.skip(trouble)
    return folder


async def _run(folder: Path, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 600)
    return process.returncode or 0, out.decode(errors="replace")
