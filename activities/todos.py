"""open_todo: puts a person's part of a step on the assignee's list when it is due; and what a to-do says."""

from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.standing import EngineClock, answer, take_in
from activities.wording import Blocked, Scene, email_address, scene
from activities.world import World
from sequencing.decisions import Do
from sequencing.happenings import Happening, What
from sequencing.runs import Answer, Ref
from sequencing.sequences import Action, Format
from store import todos
from store.lives import Life


@dataclass(frozen=True, slots=True)
class TodoActivities:
    """The activity that opens to-dos."""

    world: World

    @activity.defn
    async def open_todo(self, ref: Ref) -> Answer:
        """Opens the current step's to-do, once."""
        now = EngineClock().now()
        async with self.world.database.writing() as tx:
            life = await take_in(tx, ref, now)
            if isinstance(life, Answer):
                return life
            decision = life.decision
            if decision.do is Do.open_todo and decision.at is not None and decision.at <= now:
                await self._open(tx, life)
            return await answer(life)

    async def _open(self, tx: AsyncSession, life: Life) -> None:
        try:
            place = await scene(tx, life.enrollment)
            opening = await self._opening(tx, life, place)
        except Blocked as blocked:
            life.happen(Happening(What.blocked, reason=blocked.reason), blocked.told)
            return
        due = life.enrollment.due_at or life.now
        await life.save()  # news may have changed an older to-do, and whoever hands that on waits for new ones: 0024
        await todos.open_one(tx, life.enrollment, opening, due, life.now)
        told = {"assignee": opening.assignee_id, "fallback_owner": place.assignment.fallback}
        life.happen(Happening(What.opened, todo=opening.id), told)

    async def _opening(self, tx: AsyncSession, life: Life, place: Scene) -> todos.Opening:
        """What the to-do shows. A manual email is checked now, so that nobody is given one that cannot leave."""
        if place.step.action is Action.manual_email:
            await email_address(tx, place)
        return todos.Opening(
            id=self.world.new_id(),
            action=place.step.action,
            assignee_id=place.assignment.user.id,
            opportunity_id=place.opportunity.id if place.opportunity else None,
            sequence_version=life.course.version,
            **_said(place),
        )


async def say_anew(life: Life) -> bool:
    """Lets the current to-do say what its step says now; False where a person has taken its wording over.

    A draft that cannot be filled in any more stays as it is.
    """
    todo = await todos.get(life.tx, life.enrollment.todo or "")
    if todo is None or life.enrollment.asked_by is not None or todo.sequence_version >= life.course.version:
        return False
    try:
        said = _said(await scene(life.tx, life.enrollment))
    except Blocked:
        said = _Said()
    return await todos.say_anew(life.tx, todo.id, life.course.version, said)


class _Said(TypedDict, total=False):
    title: str
    instructions: str
    subject: str
    body: str
    format: Format


def _said(place: Scene) -> _Said:
    """The to-do's wording. Raises Blocked for a draft in which something is missing."""
    step, title = place.step, place.shown(place.step.title)
    if step.action is not Action.manual_email:
        return {"title": title, "instructions": place.shown(step.body)}
    subject, body = place.filled_in(step.subject), place.filled_in(step.body, step.format)
    return {"title": title, "instructions": "", "subject": subject, "body": body, "format": step.format}
