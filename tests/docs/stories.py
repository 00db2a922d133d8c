"""Which story lives which situation of the run-book."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

from tests.docs.desk import Desk

Story = Callable[[Desk], Awaitable[None]]
SITUATION: dict[Story, str] = {}


def lives(heading: str) -> Callable[[Story], Story]:
    """Notes the page's heading under which what the story lives is written."""

    def note(story: Story) -> Story:
        SITUATION[story] = heading
        return story

    return note


def lived() -> dict[str, list[Story]]:
    """The stories of each situation."""
    found: dict[str, list[Story]] = defaultdict(list)
    for story, heading in SITUATION.items():
        found[heading].append(story)
    return found
