"""Stages of the recruiting workflow, and what ties one to a sequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sequencing.errors import Refused, Unchanged, quoted


class StageType(StrEnum):
    """What a stage means. There is exactly one `new`, and it is tied to no sequence."""

    new = "new"
    in_progress = "in_progress"
    done = "done"
    done_positive = "done_positive"
    done_negative = "done_negative"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. Contacts who enter it are offered the sequence it is linked to."""

    id: int
    name: str
    type: StageType
    sequence_id: int | None = None


def entry(stages: Sequence[Stage]) -> Stage:
    """Where contacts come in unless told otherwise: the stage of type New."""
    return next(stage for stage in stages if stage.type is StageType.new)


def check_link(stage: Stage) -> None:
    """Raises Refused `new_takes_no_link`."""
    if stage.type is StageType.new:
        raise Refused("new_takes_no_link", f"The stage {quoted(stage.name)} is of type New; link another one.")


def check_addition(type_: StageType) -> None:
    """Raises Refused `one_new_stage`: there is one already, always."""
    if type_ is StageType.new:
        raise Refused(
            "one_new_stage",
            "There is exactly one stage of type New; add this one as another type, then change its type to new.",
        )


def check_removal(stage: Stage, stages: Sequence[Stage]) -> None:
    """Raises Refused `one_new_stage`."""
    if stage.type is StageType.new:
        raise Refused(
            "one_new_stage",
            f"{quoted(stage.name)} is the stage of type New; make another one New before you remove it.",
        )
    assert len(stages) > 1, "the one of type New is another one"


def retyped(stage: Stage, type_: StageType, stages: Sequence[Stage]) -> dict[int, StageType]:
    """New types by stage id, in the order in which they are to be written: who becomes New relieves the one that was.

    Raises Refused `one_new_stage`, `new_takes_no_link`; Unchanged.
    """
    if stage.type is type_:
        raise Unchanged("unchanged", f"The stage {quoted(stage.name)} is of that type already; nothing was changed.")
    if stage.type is StageType.new:
        raise Refused(
            "one_new_stage", f"{quoted(stage.name)} is the only stage of type New; make another one New instead."
        )
    if type_ is not StageType.new:
        return {stage.id: type_}
    if stage.sequence_id is not None:
        raise Refused(
            "new_takes_no_link", f"The stage {quoted(stage.name)} is linked to a sequence; unlink it before it is New."
        )
    return {entry(stages).id: StageType.in_progress, stage.id: type_}


def moved(stage: Stage, by: int, stages: Sequence[Stage]) -> list[int]:
    """Ids in their new order, the stage `by` places further down. Raises Unchanged at either end."""
    order = [one.id for one in stages]
    place = order.index(stage.id) + by
    if not 0 <= place < len(order):
        end = "first" if by < 0 else "last"
        raise Unchanged("unchanged", f"The stage {quoted(stage.name)} is the {end} one already; nothing was changed.")
    order.remove(stage.id)
    order.insert(place, stage.id)
    return order
