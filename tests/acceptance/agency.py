"""An agency at work, met as its people and its services meet it: by HTTP, on its pages, and at the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from temporalio.client import Client

from store.database import Database
from tests.commands import Ended, Forks, Place
from tests.house import RITA, House
from tests.web.knocking import Browser, Knocking, app_at, knocking_at, served


@dataclass
class Agency:
    """A house with its worker, the engine, and its doors."""

    house: House
    door: Knocking
    place: Place
    engine: str

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Path, client: Client, forks: Forks) -> AsyncIterator[Self]:
        """On the database in that file; the outbox is beside it."""
        opened = Database(f"sqlite:///{database}")
        engine = client.service_client.config.target_host
        async with (
            House.open(opened, client, database.parent / "outbox") as house,
            served(app_at(house.door)) as address,
            knocking_at(house, address) as door,
        ):
            here = {"TEMPORAL_ADDRESS": engine, "SEQUENCING_TASK_QUEUE": house.door.runs.task_queue}
            yield cls(house, door, Place(database.parent, {}, forks, here), engine)
        await opened.close()

    async def ask(self, method: str, path: str, said: Any = None, by: str = RITA) -> tuple[int, Any]:
        """Status and body of a request to the API."""
        return await self.door.ask(method, path, by=by, **({"json": said} if said is not None else {}))

    async def typed(self, *words: str, by: str = RITA, **files: str) -> Ended:
        """The command, as it ended. `files`: what stands in a file of that name, said as @name."""
        for name, content in files.items():
            (self.place.folder / name).write_text(content)
        filled = [str(self.place.folder / word[1:]) if word[1:] in files else word for word in words]
        return await asyncio.to_thread(self.place.run, *filled, SEQUENCING_USER=by)

    async def done(self, *words: str, by: str = RITA, **files: str) -> str:
        """What a command printed that ended well."""
        ended = await self.typed(*words, by=by, **files)
        assert ended.code == 0, (words, ended)
        return ended.out

    async def told(self, *words: str, by: str = RITA) -> Any:
        """The JSON that a command printed."""
        return json.loads(await self.done(*words, "--json", by=by))

    async def temporal(self, *words: str) -> Any:
        """The JSON that Temporal's own command printed about our runs."""
        from tests.conftest import temporal_program

        command = [temporal_program(), *words, "--address", self.engine, "--output", "json"]
        program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        printed, _ = await program.communicate()
        assert program.returncode == 0, words
        return json.loads(printed or "null")

    async def page(self, path: str, by: str = RITA) -> str:
        """What a page says to that user."""
        browser: Browser = await self.door.signed_in(by)
        return (await browser.get(path)).text

    async def contact(self, name: str, **columns: str) -> str:
        """The external id of a new contact; `columns` are those of an import."""
        line = {"external_id": name.lower(), "first_name": name, "company": "Acme", "owner": RITA}
        line |= {"work_email": f"{name.lower()}@example.com", "mobile": "+4915112341234"} | columns
        csv = f"{','.join(line)}\n{','.join(line.values())}\n"
        status, said = await self.door.ask(
            "POST", "/contacts/imports", content=csv, headers={"Content-Type": "text/csv"}
        )
        assert status == 200, said
        return line["external_id"]

    async def sequence(self, *steps: dict[str, Any], by: str = RITA, **document: Any) -> int:
        """The number of a new sequence."""
        known = {"name": self.house.door.new_id(), "sharing": "everyone", "steps": list(steps)}
        status, made = await self.ask("POST", "/sequences", known | document, by)
        assert status == 201, made
        return int(made["id"])

    async def add(self, sequence: int, *contacts: str, by: str = RITA) -> list[str]:
        """The ids of their enrollments."""
        _, said = await self.ask("POST", f"/sequences/{sequence}/enrollments", {"contacts": contacts}, by)
        assert not said["refused"], said
        return [one["enrollment_id"] for one in said["enrolled"]]

    async def enrolled(self, contact: str, *steps: dict[str, Any], by: str = RITA) -> str:
        """The id of the enrollment of a new contact of that name in a new sequence."""
        return (await self.add(await self.sequence(*steps), await self.contact(contact), by=by))[0]

    async def todo(self, enrollment: str) -> str:
        """The id of its open to-do, as soon as there is one."""
        return (await self.house.todo(enrollment)).id
