"""plan_anew: some of the waits that a change concerns, each by the rules, told to its run only where it moves; or some
of the to-dos, each said anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import activity

from activities.standing import EngineClock
from activities.telling import tell
from activities.todos import say_anew
from activities.world import World
from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, What
from sequencing.replans import Cause, Progress, Replan
from sequencing.transitions import happen
from store import news, replans
from store.lives import Life

SETTLED_AFTER = timedelta(seconds=60)
"""No transaction that began before a change of the calendar, which nobody waits for, is still writing then."""


@dataclass(frozen=True, slots=True)
class ReplanActivities:
    """The activity that moves waits, and to-dos with them."""

    world: World

    @activity.defn
    async def plan_anew(self, replan_id: str, at_most: int) -> Progress:
        """Moves so many waits at most; repeated, it goes on where it was."""
        now = EngineClock().now()
        async with self.world.database.reading() as tx:
            replan = await replans.get(tx, replan_id)
            if replan is None:
                return Progress(await replans.moved(tx, replan_id), 0, over=True)
            concerned = await replans.behind(tx, replan, at_most)
        moved_now = sum([await self._one(replan, enrollment_id, now) for enrollment_id in concerned])
        async with self.world.database.writing() as tx:
            settled = replan.cause is not Cause.calendar or now - replan.at >= SETTLED_AFTER
            over = settled and not await replans.anybody_behind(tx, replan)
            if over:
                await replans.end(tx, replan, now)
            return Progress(await replans.moved(tx, replan_id), moved_now, over)

    async def _one(self, replan: Replan, enrollment_id: str, now: datetime) -> bool:
        """Whether anything came of it."""
        if replan.cause is Cause.instructions:
            return await self._say_anew(replan, enrollment_id, now)
        return await self._move(replan, enrollment_id, now)

    async def _say_anew(self, replan: Replan, enrollment_id: str, now: datetime) -> bool:
        """Whether its to-do says something else now. What its run has not noted yet is waited for."""
        async with self.world.database.writing() as tx:
            life = await Life.lock(tx, enrollment_id, now)
            if life is None or _is_behind_its_news(life.enrollment) or not await say_anew(life):
                return False
            await replans.moved_one(tx, replan)
        return True

    async def _move(self, replan: Replan, enrollment_id: str, now: datetime) -> bool:
        """Whether its run has to hear of it. A wait that ends when it did is merely written down as planned anew."""
        look = Happening(What.look_again, by=replan.by)
        async with self.world.database.writing() as tx:
            life = await Life.lock(tx, enrollment_id, now)
            if life is None or not life.enrollment.is_open or life.enrollment.noted != life.enrollment.last_news:
                return False
            after = happen(life.enrollment, look, now, life.course)
            if after.due_at == life.enrollment.due_at:
                life.enrollment = after
                await life.save()
                return False
            piece = await news.append(tx, life.enrollment, look, now)
            await replans.moved_one(tx, replan)
        await tell(self.world.database, life.enrollment.workflow_id, piece)
        return True


def _is_behind_its_news(enrollment: Enrollment) -> bool:
    return enrollment.is_open and enrollment.noted != enrollment.last_news
