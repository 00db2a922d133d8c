"""Recruiters: they work by the product's HTTP API, as services do, and every act of theirs is a line of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import httpx2

from simulator.log import Log, What

AT_ONCE = 500


class Doing(StrEnum):
    """What is done to an enrollment; the word stands in the log."""

    pause = "pause"
    resume = "resume"
    cancel = "cancel"
    reactivate = "reactivate"
    conclude = "conclude"
    remove = "remove"


NOUNS = {
    Doing.pause: "pause",
    Doing.resume: "resumption",
    Doing.cancel: "cancellation",
    Doing.reactivate: "reactivation",
    Doing.conclude: "conclusion",
}


class Vain(Exception):  # noqa: N818 - it is an answer
    """The product refused it; nothing was done, and the log says nothing of it."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One of his list."""

    id: str
    enrollment: str
    step: int
    kind: str
    results: tuple[str, ...]


@dataclass
class Recruiter:
    """`email` is who he is, `client` sends his token to the product. `who` are the contacts by enrollment, those of all
    recruiters: they share the mapping, and the log.
    """

    email: str
    client: httpx2.AsyncClient
    log: Log
    who: dict[str, str]
    _listed: set[str] = field(default_factory=set)

    async def add(self, sequence: int, contacts: Sequence[str]) -> None:
        """Adds contacts, named by their external ids."""
        asked = datetime.now(UTC).isoformat()
        said = await self._ask("POST", f"/sequences/{sequence}/enrollments", {"contacts": list(contacts)})
        for one in said["enrolled"]:
            self.who[one["enrollment_id"]] = one["contact"]
            facts = {"enrollment": one["enrollment_id"], "sequence": sequence, "by": self.email}
            facts |= {"asked": asked}
            self.log.write(What.added, one["contact"], **facts)
        for one in said["refused"]:
            self.log.write(What.not_added, one["contact"], sequence=sequence, code=one["code"], by=self.email)

    async def todos(self) -> list[Todo]:
        """His list; what stands there for the first time is noted."""
        said = await self._ask("GET", f"/todos?limit={AT_ONCE}")
        found = [
            Todo(one["id"], one["enrollment_id"], one["step"], one["kind"], tuple(one["results"]))
            for one in said["items"]
        ]
        for todo in found:
            if todo.id not in self._listed:
                self._listed.add(todo.id)
                self._note(What.listed, todo)
        return found

    async def resolve(self, todo: Todo, result: str) -> None:
        """Gives it a result."""
        await self._ask("POST", f"/todos/{todo.id}/result", {"result": result})
        self._note(What.resolved, todo, result=result)

    async def take_back(self, todo: Todo) -> None:
        """The result was a mistake."""
        await self._ask("DELETE", f"/todos/{todo.id}/result")
        self._note(What.taken_back, todo)

    async def skip(self, todo: Todo) -> None:
        """Goes on without a result."""
        await self._ask("POST", f"/todos/{todo.id}/skip")
        self._note(What.skipped, todo)

    async def post(self, todo: Todo) -> None:
        """Sends the email as its draft stands."""
        await self._ask("POST", f"/todos/{todo.id}/email", {})
        self._note(What.posted, todo)

    async def do(self, doing: Doing, enrollment: str, outcome: str | None = None) -> None:
        """Does that to an enrollment; `outcome` belongs to a conclusion."""
        if doing is Doing.remove:
            await self._ask("DELETE", f"/enrollments/{enrollment}")
        else:
            await self._ask(
                "POST", f"/enrollments/{enrollment}/{NOUNS[doing]}", {"outcome": outcome} if outcome else None
            )
        facts = {"enrollment": enrollment, "act": doing, "outcome": outcome, "by": self.email}
        self.log.write(What.acted, self.who[enrollment], **facts)

    def _note(self, what: What, todo: Todo, **more: str) -> None:
        facts = {"enrollment": todo.enrollment, "step": todo.step, "todo": todo.id, "kind": todo.kind}
        self.log.write(what, self.who[todo.enrollment], **facts, by=self.email, **more)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the product answers. Raises Vain where it refuses."""
        answer = await self.client.request(method, f"/api{path}", json=body)
        if answer.status_code >= 400:
            raise Vain(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()
