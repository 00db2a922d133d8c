"""How every activity begins: the row locked, held against what the run believes, leftovers cleared, all news noted."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from sequencing.decisions import Decision, Do, removed
from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Happening, Reason, What
from sequencing.runs import Answer, Ref
from store import messages
from store.lives import Life
from store.tables import MessageState


class EngineClock:
    """The server's clock: when this attempt started, by the engine, and what has passed since."""

    def __init__(self) -> None:
        self._began, self._started = monotonic(), activity.info().started_time.astimezone(UTC)

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return self._started + timedelta(seconds=monotonic() - self._began)


async def take_in(tx: AsyncSession, ref: Ref, now: datetime) -> Life | Answer:
    """The enrollment, ready to act on; or the answer that there is nothing to act on for this run."""
    life = await Life.lock(tx, ref.enrollment_id, now)
    if life is None:
        return Answer(removed(ref.step), ref.noted)
    if life.enrollment.run != ref.run:
        return Answer(_overtaken(life.enrollment), ref.noted)
    if life.enrollment.is_open and _run_is_ahead(life.enrollment, ref):
        life.happen(Happening(What.restored, step=ref.step))
    await _clear_leftover(life)
    await life.note_news()
    return life


async def answer(life: Life) -> Answer:
    """Everything written down, and what comes next."""
    decision = await life.save()
    return Answer(decision, life.enrollment.noted)


def _run_is_ahead(enrollment: Enrollment, ref: Ref) -> bool:
    """An older database was restored: the run remembers more than the row, and no news explains it."""
    forgot_news = ref.noted > enrollment.last_news
    forgot_steps = ref.step > enrollment.step and enrollment.noted <= ref.noted
    in_doubt = enrollment.reason is Reason.delivery_unknown
    forgot_a_doubt = ref.in_doubt and not in_doubt and enrollment.noted <= ref.noted
    return forgot_news or forgot_steps or forgot_a_doubt


async def _clear_leftover(life: Life) -> None:
    """An attempt died between claim and end: before the first byte that costs nothing, after it nobody knows."""
    if life.enrollment.status is not Status.active or life.enrollment.state is not StepState.sending:
        return
    claim = await messages.of_step(life.tx, life.enrollment)
    step, copy = life.enrollment.step, life.enrollment.copy
    if claim is not None and (claim.seen_at is not None or claim.state is MessageState.handing_over):
        await give_up(life, claim.attempt)
    elif claim is None or claim.state is MessageState.claimed:
        if claim is not None:
            await messages.release(life.tx, life.enrollment, claim.attempt)
        life.happen(Happening(What.released, step=step, copy=copy))


async def give_up(life: Life, attempt: str) -> None:
    """The end of the current message whose answer nobody heard: it left if it was seen, else nobody knows."""
    step, copy = life.enrollment.step, life.enrollment.copy
    if await messages.leave_if_seen(life.tx, life.enrollment, attempt):
        life.happen(Happening(What.sent, step=step, copy=copy), {"seen": True})
        return
    await messages.lose(life.tx, life.enrollment, attempt)
    life.happen(Happening(What.lost, step=step, copy=copy))


def _overtaken(enrollment: Enrollment) -> Decision:
    return Decision(Do.end, enrollment.step, status=Status.canceled)
