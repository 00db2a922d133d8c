"""take_note: takes in all news, and judges signals that came past our doors."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from temporalio import activity

from activities.standing import EngineClock, answer, take_in
from activities.world import World
from sequencing.errors import Refused
from sequencing.happenings import NEWS, OF_THE_WORLD, Happening, Settlement, What
from sequencing.permissions import check
from sequencing.runs import Answer, Outside, Ref
from sequencing.todos import Outcome, Result
from store import news, ties
from store.lives import Life


class SignalBody(BaseModel):
    """What a signal from outside may say: ids and words. `by` is the user in whose name it is sent."""

    model_config = ConfigDict(extra="forbid", strict=False)

    enrollment_id: str = Field(max_length=26)
    by: int = Field(ge=1, lt=2**31)
    signal_id: str | None = Field(default=None, max_length=60)
    step: int | None = Field(default=None, ge=1, le=1000)
    copy_number: int | None = Field(default=None, ge=1, le=1000)
    todo: str | None = Field(default=None, max_length=26)
    result: Result | None = None
    outcome: Outcome | None = None
    settlement: Settlement | None = None


class NewsActivities:
    """The activity that only listens."""

    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn
    async def take_note(self, ref: Ref, outside: list[Outside]) -> Answer:
        """Notes everything recorded, then judges and records each signal from outside, and answers what comes next."""
        now = EngineClock().now()
        async with self.world.database.writing() as tx:
            life = await take_in(tx, ref, now)
            if isinstance(life, Answer):
                return life
            for signal in outside:
                await _judge(life, signal)
            return await answer(life)


async def _judge(life: Life, signal: Outside) -> None:
    """Obeys it or keeps why not. The same key again is the same signal again."""
    if await news.known(life.tx, life.enrollment.id, signal.key):
        return
    happening = Happening(What.look_again)
    try:
        happening = _read(life.enrollment.id, signal)
        await _permit(life, happening, signal)
        life.happen(happening)
        code = news.NOTED
    except Refused as refusal:
        code = refusal.code
        life.tell(happening, {"signal": signal.name[:40]}, code=code)
    await life.keep(happening, signal.key, code)


def _read(enrollment_id: str, signal: Outside) -> Happening:
    """Raises Refused(`unknown_signal`, `invalid_signal`)."""
    if signal.by_engine:
        return Happening(What.cancel)
    if signal.name not in SIGNALS:
        raise Refused("unknown_signal", "There is no signal of that name.")
    try:
        body = SignalBody.model_validate(signal.body)
    except ValidationError:
        raise Refused("invalid_signal", "The signal's body cannot be read; see docs/signals.md.") from None
    if body.enrollment_id != enrollment_id:
        raise Refused("invalid_signal", "The signal names another enrollment.")
    return _happening(What(signal.name), body)


def _happening(what: What, body: SignalBody) -> Happening:
    required: dict[What, Any] = {
        What.result: body.result and body.todo,
        What.skip: body.todo,
        What.send: body.todo,
        What.take_back: body.todo,
        What.settle: body.settlement,
        What.conclude: body.outcome,
    }
    if not required.get(what, True):
        raise Refused("invalid_signal", "The signal's body lacks what this signal needs; see docs/signals.md.")
    return Happening(
        what=what,
        by=body.by,
        step=body.step,
        copy=body.copy_number,
        todo=body.todo,
        result=body.result,
        outcome=body.outcome,
        settlement=body.settlement,
    )


SIGNALS = frozenset(what.value for what in NEWS - OF_THE_WORLD - {What.reactivate})
"""The names a run listens to. Reactivate is none: a canceled enrollment has no run to listen."""


async def _permit(life: Life, happening: Happening, signal: Outside) -> None:
    if signal.by_engine:
        return
    user, tie = await ties.to_act(life.tx, happening.by or 0, life.enrollment, happening)
    check(user, happening.what.value, tie)
