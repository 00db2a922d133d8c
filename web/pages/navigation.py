"""The sections of the application, as data: what stands in the navigation, and who sees it."""

from dataclasses import dataclass

from sequencing.people import Level, User


@dataclass(frozen=True, slots=True)
class Section:
    """A place in the navigation. `at`: the path of its page, and how the paths of what belongs to it begin."""

    words: str
    at: str
    least: Level = Level.none
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at that path belongs here."""
        return any(path == one or path.startswith(one + "/") for one in (self.at, *self.also))


GROUPS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        "Work",
        (Section("To-Do", "/todos"), Section("Attention", "/attention"), Section("Tasks & Events", "/calendar")),
    ),
    (
        "Sequencing",
        (
            Section("Sequences", "/sequences", Level.view, ("/enrollments", "/adds")),
            Section("Templates", "/templates", Level.view),
            Section("Metrics", "/metrics", Level.view),
        ),
    ),
    (
        "People",
        (
            Section("Contacts", "/contacts", Level.view),
            Section("Search", "/search", Level.view),
            Section("Opportunities", "/opportunities", Level.view, ("/workflow",)),
        ),
    ),
    (
        "House",
        (
            Section("Suppressions", "/suppressions", Level.use),
            Section("Settings", "/settings", Level.manage),
            Section("Outbox", "/outbox", Level.view),
        ),
    ),
)


def shown_to(user: User, *, local: bool) -> list[tuple[str, list[Section]]]:
    """The groups and the sections in them that the user sees. `local`: whether the house is in local mode."""
    seen = [(name, [one for one in group if _sees(user, one, local)]) for name, group in GROUPS]
    return [(name, sections) for name, sections in seen if sections]


def _sees(user: User, section: Section, local: bool) -> bool:
    return user.level.reaches(section.least) and (local or section.at != "/outbox")
