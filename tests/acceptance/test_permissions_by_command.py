"""Who may do what at the command line: every command, by each of the five levels on what is one's own, and by who
merely sees it or does not. A refusal changes nothing, and what is hidden answers like what is not there."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from temporalio.client import Client

from sequencing.people import Level
from tests.commands import Forks, Place, every_command
from tests.house import ADA, BOB, HEADER, RITA
from tests.permitted import GENERAL, NOWHERE, ON_A_TEMPLATE, ON_SOMETHING, SAM, Furnished, Judged, nameless

UNASKED = {"up", "simulate", "worker", "web", "setup"}
"""They run the installation, and act for nobody."""
NOT_TYPED = {"draft", "look_again", "profile"}
"""A draft is kept by `todos send`; only signals say look_again; one's own profile has a page and routes."""
PASSWORD = "a long password\n"
CASES = [*((level, "own") for level in Level), (Level.use, "seen")]
FILES = {
    "suppressed.csv": "target\nnew@example.com\n",
    "people.csv": f"{HEADER}\nnew,New,,,,,,,\n",
    "companies.csv": "external_id,name\nnew,New\n",
    "new.yaml": "name: New\nsteps: [{action: task, title: T}]\n",
    "newer.yaml": 'name: Newer\nsteps: [{action: automatic_email, subject: S, body: B, delay: "2 days"}]\n',
    "letter.txt": "Subject: S\nBody\n",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A command with its words, in which {names} and @files are filled in; `done`: its exit code where it is lawful."""

    command: str
    words: tuple[str, ...]
    judged: Judged
    done: int = 0


def anybody(command: str, *words: str) -> Typed:
    return Typed(command, words, Judged(None))


def general(act: str, command: str, *words: str) -> Typed:
    return Typed(command, words, Judged(act, general=True))


def on(act: str, command: str, *words: str, tie: str | None = None) -> Typed:
    return Typed(command, words, Judged(act, tie=tie))


def his_own(command: str, *words: str) -> Typed:
    return Typed(command, ("{task}", *words), Judged("own_tasks", private=True))


def on_a_template(act: str, command: str, *words: str) -> Typed:
    return Typed(command, words, Judged(act, shown=True))


COMMANDS = [
    anybody("attention"),
    anybody("adds list"),
    anybody("enrollments list"),
    anybody("todos list"),
    anybody("sequences list"),
    anybody("tokens list"),
    anybody("tasks list"),
    general("own_tasks", "tasks add", "Write", "2026-12-01"),
    his_own("tasks done"),
    his_own("tasks reopen"),
    his_own("tasks move", "2026-12-02"),
    his_own("tasks remove"),
    general("see_users", "users list"),
    general("see_roles", "roles list"),
    general("see_settings", "settings show"),
    general("see", "outbox"),
    general("settings", "journal", "--address"),
    replace(general("reconcile", "reconcile"), done=3),
    general("report", "report"),
    on("report", "report", "--sequence", "{sequence}"),
    on("report", "report", "--sequence", "{sequence}", "--csv"),
    on("enroll", "enroll", "{sequence}", "ann"),
    on("enroll", "enroll", "{sequence}", "ann", "--dry-run"),
    on("enroll", "enroll", "{sequence}", "--company", "Acme", "--dry-run"),
    on("see", "adds show", "{add}"),
    on("see", "adds show", "{add}", "--refused"),
    on("cancel", "adds cancel", "{add}"),
    on("see", "enrollments list", "--sequence", "{sequence}"),
    on("see", "enrollments show", "{waiting}"),
    on("bypass", "enrollments bypass", "{waiting}"),
    on("pause", "enrollments pause", "{waiting}"),
    on("resume", "enrollments resume", "{paused}"),
    on("cancel", "enrollments cancel", "{waiting}"),
    on("reactivate", "enrollments reactivate", "{canceled}"),
    on("reply", "enrollments reply", "{waiting}"),
    on("conclude", "enrollments conclude", "{waiting}", "positive"),
    on("settle", "enrollments settle", "{unknown}", "left", "--step", "1", "--copy", "1"),
    on("remove", "enrollments remove", "{waiting}", "--yes"),
    on("see_todo", "todos show", "{call}"),
    on("result", "todos resolve", "{call}", "interested"),
    on("send", "todos send", "{letter}", "--subject", "Another"),
    on("skip", "todos skip", "{call}"),
    on("take_back", "todos take-back", "{done}"),
    on("postpone", "todos postpone", "{call}", "2030-01-01T09:00+01:00"),
    on("reassign", "todos reassign", "{call}", BOB),
    general("import_contacts", "contacts import", "@people.csv"),
    general("see", "contacts list"),
    general("see", "contacts show", "ann"),
    general("see", "contacts export"),
    general("change_contacts", "contacts add", "New"),
    general("change_contacts", "contacts change", "ann", "--title", "Chief"),
    general("erase", "contacts erase", "ann", "--yes"),
    general("companies", "companies add", "New"),
    general("companies", "companies change", "Acme", "--name", "Apex"),
    general("companies", "companies import", "@companies.csv"),
    general("see", "companies list"),
    general("see", "companies show", "Acme"),
    general("opportunities", "opportunities add", "New"),
    general("opportunities", "opportunities change", "job", "--title", "Another"),
    general("see", "opportunities list"),
    general("see", "opportunities show", "job"),
    general("move_in_stages", "opportunities enter", "job", "ann"),
    general("move_in_stages", "opportunities move", "job", "Offer", "ben"),
    general("see", "stages list"),
    general("stages", "stages add", "Fresh", "done"),
    general("stages", "stages change", "Offer", "--name", "Proposal"),
    general("stages", "stages remove", "Offer"),
    general("stages", "stages move-up", "Offer"),
    general("stages", "stages move-down", "Offer"),
    general("stage_links", "stages link", "Offer", "{sequence}"),
    general("stage_links", "stages unlink", "Offer"),
    general("create_sequence", "sequences create", "@new.yaml"),
    on("see", "sequences show", "{sequence}"),
    on("see", "sequences show", "{sequence}", "--yaml"),
    on("edit_sequence", "sequences edit", "{sequence}", "@newer.yaml"),
    on("edit_sequence", "sequences edit", "{sequence}", "@newer.yaml", "--dry-run"),
    on("copy_sequence", "sequences copy", "{sequence}"),
    on("preview", "sequences preview", "{sequence}", "--step", "1", "--contact", "ann"),
    on("send_test", "sequences test-mail", "{sequence}", "--step", "1", "--contact", "ann"),
    on("archive", "sequences archive", "{sequence}"),
    on("archive", "sequences unarchive", "{sequence}"),
    on("hold", "sequences hold", "{sequence}"),
    on("hold", "sequences release", "{sequence}"),
    general("hold_all", "sequences hold", "--all"),
    general("hold_all", "sequences release", "--all"),
    on("share", "sequences share", "{sequence}", "users", BOB),
    on("hand_over", "sequences hand-over", "{sequence}", RITA),
    general("create_template", "templates add", "New", "@letter.txt"),
    on_a_template("see_template", "templates list"),
    on_a_template("see_template", "templates show", "{template}"),
    on_a_template("edit_template", "templates edit", "{template}", "@letter.txt"),
    on_a_template("copy_template", "templates copy", "{template}"),
    on_a_template("archive_template", "templates archive", "{template}"),
    on_a_template("archive_template", "templates unarchive", "{template}"),
    on_a_template("hand_over_template", "templates hand-over", "{template}", "rita@example.org"),
    general("users", "users add", "new@example.org", "New", "use"),
    general("users", "users change", BOB, "--name", "Robert"),
    general("users", "users deactivate", BOB, "--heir", ADA),
    general("users", "users activate", BOB),
    general("roles", "roles add", "New", "use"),
    general("roles", "roles change", "use", "view"),
    general("roles", "roles give", "edit", BOB),
    general("roles", "roles take", "use", BOB),
    on("password", "passwords set", SAM, tie="own"),
    on("password", "passwords set", ADA, tie="hidden"),
    on("tokens", "tokens add", "mine", tie="own"),
    on("tokens", "tokens revoke", "{token}", tie="own"),
    on("tokens", "tokens revoke", "{hidden_token}", tie="hidden"),
    general("suppress", "suppressions add", "gone@example.com"),
    general("lift_suppression", "suppressions lift", "gone@example.com"),
    general("suppress_domain", "suppressions add", " @gone.example.com"),
    general("see_suppressions", "suppressions list"),
    general("see_suppressions", "suppressions show", "gone@example.com"),
    general("see_suppressions", "suppressions export"),
    general("import_suppressions", "suppressions import", "@suppressed.csv"),
    general("settings", "settings set", "--zone", "Asia/Tokyo"),
    general("settings", "settings history"),
]
SEARCHES = [*COMMANDS, on("see", "contacts list", "--sequence", "{sequence}")]
"""With one that is refused in other words to those who see no contacts at all."""
LISTS = [
    ("adds list",),
    ("attention",),
    ("enrollments list",),
    ("enrollments list", "--status", "paused"),
    ("sequences list",),
    ("todos list",),
    ("tasks list",),
    ("outbox",),
    ("contacts list", "--any-sequence"),
    ("contacts list", "--status", "active"),
]


@dataclass(frozen=True, slots=True)
class Sam:
    """Sam at the command line: of some level, and tied in some way to everything."""

    furnished: Furnished
    forks: Forks
    engine: str
    folder: Path
    level: Level
    tie: str

    def place(self, name: str) -> Place:
        """A place of his own."""
        folder = self.folder / name
        folder.mkdir()
        self.furnished.copy(folder / "sequencing.db", self.level, self.tie)
        away = {"SEQUENCING_USER": SAM, "TEMPORAL_ADDRESS": self.engine}
        return Place(folder, self.furnished.names, self.forks, away)

    def types(self, place: Place, typed: Typed) -> str:
        """`yes`, or the sentence of the refusal."""
        words = [str(self.folder / word[1:]) if word.startswith("@") else word for word in typed.words]
        away = {"TEMPORAL_ADDRESS": "127.0.0.1:1"} if typed.done == 3 else {}
        ended = place.run(*typed.command.split(), *words, typed=PASSWORD, **away)
        if ended.code == typed.done:
            return "yes"
        assert ended.code == 1, (typed, ended)
        return ended.err


@pytest.fixture
def sam(furnished: Furnished, forks: Forks, client: Client, tmp_path: Path, level: Level, tie: str) -> Sam:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    return Sam(furnished, forks, client.service_client.config.target_host, tmp_path, level, tie)


def test_every_command_is_tried_and_every_act_that_can_be_typed() -> None:
    acts = {typed.judged.act for typed in COMMANDS}

    assert {typed.command for typed in COMMANDS} == set(every_command()) - UNASKED
    assert acts - {None} == (set(GENERAL) | set(ON_SOMETHING) | set(ON_A_TEMPLATE)) - NOT_TYPED


@pytest.mark.parametrize(("level", "tie"), CASES)
def test_a_command_is_obeyed_or_refused_as_the_table_says_and_a_refusal_changes_nothing(sam: Sam) -> None:
    place = sam.place("refused")
    before = place.seen()
    lawful = [typed for typed in COMMANDS if typed.judged.answer(sam.level, sam.tie) == "yes"]

    for typed in COMMANDS:
        if typed not in lawful:
            refusal = sam.types(place, typed)
            assert _code(refusal) == typed.judged.answer(sam.level, sam.tie), (typed, refusal)
    assert place.seen() == before

    for number, typed in enumerate(lawful):
        assert sam.types(sam.place(str(number)), typed) == "yes", typed


@pytest.mark.parametrize(("level", "tie"), [(Level.edit, "hidden")])
def test_what_is_hidden_answers_in_the_words_of_what_is_not_there(sam: Sam) -> None:
    place = sam.place("there")
    nowhere, before = replace(place, names=NOWHERE), place.seen()

    for typed in SEARCHES:
        if (
            any(word[1:-1] in NOWHERE for word in typed.words)
            and not (typed.judged.general or typed.judged.shown)
            and typed.judged.tie != "own"
        ):
            hidden, missing = sam.types(place, typed), sam.types(nowhere, typed)
            assert nameless(hidden, place.names) == nameless(missing, NOWHERE) != "yes", typed
            assert _code(hidden) == "not_found", typed
    assert place.seen() == before


@pytest.mark.parametrize(("level", "tie"), [(Level.edit, "hidden")])
def test_lists_and_searches_hold_nothing_of_what_is_hidden(sam: Sam) -> None:
    place = sam.place("lists")

    listed = {words: place.run(*words[0].split(), *words[1:], "--json").out.strip() for words in LISTS}

    assert listed == dict.fromkeys(LISTS, "[]")


def _code(sentence: str) -> str:
    for code, said in {"not_permitted": "This needs the level", "not_found": "There is nothing of that id"}.items():
        if sentence.startswith(said):
            return code
    return "not_found" if sentence.startswith(("There is no sequence", "There is no template")) else sentence
