"""Who may do what, as data. Asked once, at the door; an act without a row here cannot be done by anybody."""

from collections.abc import Mapping
from dataclasses import dataclass

from sequencing.errors import Refused
from sequencing.people import Level, User


@dataclass(frozen=True, slots=True)
class Tie:
    """How a user is tied to a thing: `own` (started it, owns it or its contact, was given it), `seen` (it is shown)."""

    own: bool = False
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """The level an act needs on what is one's own, on what one merely sees, and on everything else."""

    own: Level
    seen: Level = Level.manage
    others: Level = Level.manage

    def level(self, tie: Tie) -> Level:
        """What it needs for a thing one is tied to in that way."""
        return self.own if tie.own else self.seen if tie.seen else self.others


ACTS: Mapping[str, Needs] = {
    "result": Needs(own=Level.none),
    "skip": Needs(own=Level.none),
    "send": Needs(own=Level.none),
    "draft": Needs(own=Level.none),
    "take_back": Needs(own=Level.none),
    "postpone": Needs(own=Level.none),
    "reassign": Needs(own=Level.none),
    "see_todo": Needs(own=Level.none),
    "own_tasks": Needs(own=Level.none),
    "see": Needs(own=Level.view, seen=Level.view),
    "preview": Needs(own=Level.view, seen=Level.view),
    "send_test": Needs(own=Level.use, seen=Level.use),
    "export": Needs(own=Level.view, seen=Level.view),
    "report": Needs(own=Level.view, seen=Level.view),
    "enroll": Needs(own=Level.use, seen=Level.use),
    "bypass": Needs(own=Level.use),
    "pause": Needs(own=Level.use),
    "resume": Needs(own=Level.use),
    "reply": Needs(own=Level.use),
    "settle": Needs(own=Level.use),
    "cancel": Needs(own=Level.use),
    "reactivate": Needs(own=Level.use),
    "remove": Needs(own=Level.use),
    "conclude": Needs(own=Level.use),
    "look_again": Needs(own=Level.use),
    "suppress": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "see_suppressions": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "suppress_domain": Needs(own=Level.manage),
    "import_suppressions": Needs(own=Level.manage),
    "import_contacts": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "create_sequence": Needs(own=Level.edit, seen=Level.edit, others=Level.edit),
    "edit_sequence": Needs(own=Level.edit),
    "copy_sequence": Needs(own=Level.edit, seen=Level.edit),
    "share": Needs(own=Level.edit),
    "archive": Needs(own=Level.edit),
    "hold": Needs(own=Level.edit),
    "create_template": Needs(own=Level.edit, seen=Level.edit, others=Level.edit),
    "see_template": Needs(own=Level.view, seen=Level.view),
    "edit_template": Needs(own=Level.edit),
    "copy_template": Needs(own=Level.edit, seen=Level.edit),
    "archive_template": Needs(own=Level.edit),
    "hand_over": Needs(own=Level.manage),
    "hand_over_template": Needs(own=Level.manage),
    "hold_all": Needs(own=Level.manage),
    "lift_suppression": Needs(own=Level.manage),
    "erase": Needs(own=Level.manage),
    "stage_links": Needs(own=Level.manage),
    "settings": Needs(own=Level.manage),
    "users": Needs(own=Level.manage),
    "roles": Needs(own=Level.manage),
    "reconcile": Needs(own=Level.manage),
    "companies": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "opportunities": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "change_contacts": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "move_in_stages": Needs(own=Level.use, seen=Level.use, others=Level.use),
    "stages": Needs(own=Level.manage),
    "see_settings": Needs(own=Level.view, seen=Level.view, others=Level.view),
    "see_users": Needs(own=Level.none, seen=Level.none, others=Level.none),
    "see_roles": Needs(own=Level.none, seen=Level.none, others=Level.none),
    "password": Needs(own=Level.none),
    "profile": Needs(own=Level.none),
    "tokens": Needs(own=Level.none),
}


def may(user: User, act: str, tie: Tie) -> bool:
    """Whether the user may do that to a thing he is tied to in that way."""
    return user.active and user.level.reaches(ACTS[act].level(tie))


def check(user: User, act: str, tie: Tie) -> None:
    """Raises Refused: `not_found` for what is not shown, `not_permitted` for want of a level."""
    if may(user, act, tie):
        return
    needed = ACTS[act].level(tie)
    if not (user.active and user.level.reaches(Level.view) and (tie.own or tie.seen)):
        raise not_found()
    raise _lacks(needed, user)


def check_level(user: User, act: str) -> None:
    """The same for what regards nothing in particular, so that nothing could be given away."""
    needed = ACTS[act].own
    if not (user.active and user.level.reaches(needed)):
        raise _lacks(needed, user)


def _lacks(needed: Level, user: User) -> Refused:
    return Refused(
        "not_permitted", f"This needs the level {needed.value!r} on sequences; yours is {user.level.value!r}."
    )


def not_found() -> Refused:
    """The same sentence for what is not there and for what is not shown: it must not give away which."""
    return Refused("not_found", "There is nothing of that id, or it is not shown to you.")
