"""An operator's place: a folder with `var` in it, a shell, and a stage whose processes can fail for real."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from temporalio.api.enums.v1 import EventType

from sequencing.enrollments import Enrollment
from starter.enrollments import Enrolled
from tests.house import EMAIL, RITA
from tests.kills.stage import PATIENCE, Child, Stage
from tests.ports import free_port

SEQUENCE = "Senior engineer"
PROGRAMS = Path(sys.executable).parent
RUN_ON_THE_PAGE = "sequence-1/contact-7/enrollment-…"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    text: str

    def line(self, words: str) -> str:
        """The one line with those words."""
        found = [line for line in self.text.splitlines() if words in line]
        assert len(found) == 1, f"{words!r} is to stand on one line of {self.text}"
        return found[0]


@dataclass
class Desk:
    """`rules` are the mail server's: each story adds its own, so that several can go on at once.

    `commands` is the folder of the program `sequencing` that a shell finds. `ran` is every command any desk has run.
    """

    ran: ClassVar[list[str]] = []
    stage: Stage
    folder: Path
    commands: Path
    rules: list[str] = field(default_factory=list)
    workers: list[Child] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, commands: Path, *, postgresql: bool = False) -> AsyncIterator[Self]:
        """Everything running; the first sequence is the one the page speaks of."""
        async with Stage.open(folder / "var", postgresql=postgresql) as stage:
            assert await stage.house.sequence({**EMAIL, "delay": "1 hour"}, name=SEQUENCE) == "1"
            desk = cls(stage, folder, commands)
            try:
                yield desk
            finally:
                for worker in desk.workers:
                    await worker.end()

    async def run(self, command: str, about: Enrollment | None = None) -> Said:
        """Runs what stands on the page in a shell, for that enrollment; it stops at the first command that fails."""
        self.ran.append(command)
        if about is not None:
            command = command.replace(RUN_ON_THE_PAGE, about.workflow_id).replace(" ID", f" {about.id}")
        shell = await asyncio.create_subprocess_exec(
            "sh",
            "-ec",
            command,
            cwd=self.folder,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await shell.communicate()
        assert shell.returncode is not None
        return Said(shell.returncode, printed.decode())

    async def done(self, command: str, about: Enrollment | None = None) -> Said:
        """The same, and it must end well."""
        said = await self.run(command, about)
        assert said.code == 0, f"{command}: {said}"
        return said

    async def until(self, command: str, *patterns: str, about: Enrollment | None = None) -> Said:
        """Runs it again and again until what it prints fits all patterns."""
        said = Said(0, "")
        try:
            async with asyncio.timeout(PATIENCE):
                while not all(re.search(pattern, said.text) for pattern in patterns):
                    await asyncio.sleep(0.3 if said.text else 0)
                    said = await self.run(command, about)
        except TimeoutError:
            raise AssertionError(f"{command} never said {patterns}, but {said}") from None
        return said

    async def health(self) -> Said:
        """What the worker answers there, and its HTTP status."""
        return await self.run(f"curl -s -w ' %{{http_code}}' http://{self.health_address}/health")

    @property
    def health_address(self) -> str:
        return self.stage.worker.environment["SEQUENCING_HEALTH_ADDRESS"]

    def mail(self, *rules: str) -> None:
        """One more thing the mail server does."""
        self.rules.extend(rules)
        self.stage.rule(*self.rules)

    async def enroll(self, name: str, *steps: dict[str, Any], sequence: str = "") -> Enrollment:
        """A contact of that name, enrolled in that sequence or in a new one of those steps."""
        house = self.stage.house
        (answer,) = await house.sequencer.enroll(sequence or await house.sequence(*steps), [name], by=RITA)
        assert isinstance(answer, Enrolled), answer
        return await self.stage.row(answer.enrollment_id or "")

    async def asleep(self, one: Enrollment) -> None:
        """Waits until Temporal has the timer of its wait."""
        run = self.stage.house.door.runs.handle(one.workflow_id)
        async with asyncio.timeout(PATIENCE):
            while not any(
                event.event_type == EventType.EVENT_TYPE_TIMER_STARTED for event in (await run.fetch_history()).events
            ):
                await asyncio.sleep(0.05)

    async def is_so(self, question: Callable[[], Awaitable[bool]]) -> None:
        """Waits until the answer is yes."""
        async with asyncio.timeout(PATIENCE):
            while not await question():
                await asyncio.sleep(0.1)

    def program(self, command: str) -> list[str]:
        """The words of a command which is to go on running, with the program where it is."""
        name, *words = command.split()
        return [str(PROGRAMS / name), *words]

    async def another_worker(self, *command: str, **settings: str) -> Child:
        """One more worker on the same task queue, with those settings."""
        addresses = {f"SEQUENCING_{name}_ADDRESS": f"127.0.0.1:{free_port()}" for name in ("HEALTH", "METRICS")}
        worker = replace(
            self.stage.worker,
            command=command or self.stage.worker.command,
            log=self.folder / f"worker-{free_port()}.log",
            environment={**self._environment(), **addresses, **settings},
            process=None,
        )
        self.workers.append(worker)
        await worker.start()
        return worker

    async def stop(self, worker: Child) -> int:
        """SIGTERM, and its exit code."""
        assert worker.process is not None
        worker.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(worker.process.wait(), PATIENCE)

    async def tidy(self) -> None:
        """For the next story: no rule, and everything running."""
        self.rules.clear()
        self.mail()
        for each in (self.stage.postgres, self.stage.engine, self.stage.mail, self.stage.worker):
            if each is not None and not each.alive:
                await self.stage.start(each)

    def _environment(self) -> dict[str, str]:
        programs = os.pathsep.join([str(self.commands), str(PROGRAMS), os.environ["PATH"]])
        given = self.stage.worker.environment
        return {**os.environ, **given, "PATH": programs, "HOME": str(self.folder), "SEQUENCING_USER": RITA}
