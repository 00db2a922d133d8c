"""Tasks that users write for themselves: on a day, perhaps at a time, by the clock of wherever its user is then."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sequencing.errors import Refused
from sequencing.limits import NOTE_LENGTH
from sequencing.wording import check_name, check_text

TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A user's own task. `at` None: any time that day. `done_at` is an instant; None while it is to be done."""

    id: str
    user_id: int
    title: str
    day: date
    at: time | None = None
    note: str = ""
    contact_id: int | None = None
    done_at: datetime | None = None


def check_task(task: OwnTask) -> None:
    """Raises Refused unless its words may be kept."""
    check_name("The title", task.title, TITLE_LENGTH)
    check_text("The note", task.note)
    if len(task.note) > NOTE_LENGTH:
        raise Refused("too_long", f"A note has at most {NOTE_LENGTH:,} characters.")


def is_overdue(task: OwnTask, today: date) -> bool:
    """Whether its day is over and it is not done."""
    return task.done_at is None and task.day < today
