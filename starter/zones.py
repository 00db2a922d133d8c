"""Texts that wait follow their contact's time zone when somebody changes it.

Where a process dies before that, they leave later than they could, and never in the night: the claim asks again.
"""

from collections.abc import Collection

from sequencing.happenings import Happening, What
from sequencing.transitions import happen
from starter.door import Door
from starter.enrollments import tell
from starter.incoming import Told, hear
from store import enrollments
from store.lives import Life


async def follow(door: Door, contacts: Collection[int]) -> None:
    """Plans anew the texts that those contacts wait for, and tells the runs of those that move."""
    async with door.database.reading() as tx:
        waiting = await enrollments.waiting_for_a_text(tx, contacts)
    reached = True
    for one in waiting:
        told = await _look_again(door, one)
        reached = reached and all([await tell(door, *each) for each in told])  # else the sweep tells all that are left


async def _look_again(door: Door, enrollment_id: str) -> Told:
    look = Happening(What.look_again)
    async with door.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, door.now())
        if life is None or not life.enrollment.is_open:
            return []
        same = happen(life.enrollment, look, life.now, life.course).due_at == life.enrollment.due_at
        return [] if same and life.enrollment.noted == life.enrollment.last_news else await hear(life, look)
