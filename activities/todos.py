"""open_todo: puts a person's part of a step on the assignee's list when it is due."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.standing import EngineClock, answer, take_in
from activities.wording import Blocked, Scene, email_address, scene
from activities.world import World
from sequencing.decisions import Do
from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, What
from sequencing.runs import Answer, Ref
from sequencing.sequences import Action
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
            opening = await self._opening(tx, life.enrollment, place)
        except Blocked as blocked:
            life.happen(Happening(What.blocked, reason=blocked.reason))
            return
        due = life.enrollment.due_at or life.now
        await todos.open_one(tx, life.enrollment, opening, due, life.now)
        told = {"assignee": opening.assignee_id, "fallback_owner": place.assignment.fallback}
        life.happen(Happening(What.opened, todo=opening.id), told)

    async def _opening(self, tx: AsyncSession, enrollment: Enrollment, place: Scene) -> todos.Opening:
        """What the to-do shows. A manual email is checked now, so that nobody is given one that cannot leave."""
        step, assignee = place.step, place.assignment.user.id
        opportunity = place.opportunity.id if place.opportunity else None
        subject = body = ""
        title, instructions = place.shown(step.title), place.shown(step.body)
        if step.action is Action.manual_email:
            await email_address(tx, place)
            subject, body, instructions = place.filled_in(step.subject), place.filled_in(step.body), ""
        return todos.Opening(
            self.world.new_id(), step.action, assignee, opportunity, title, instructions, subject, body
        )
