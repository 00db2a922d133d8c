"""Who may see and do what on the pages: every page and act, by every level, with the ids of what is hidden.

What is hidden answers 404 exactly as what is not there, what needs a level says which, a refusal changes nothing, and
no list, count or record names anything that is hidden. The API has the same in `test_permissions_by_http.py`.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from fastapi import FastAPI
from ulid import ULID

from sequencing.people import Level
from sequencing.settings import defaults
from sequencing.settings_fields import written
from starter.door import Door
from tests.browser.routes import registered
from tests.patience import PATIENCE
from tests.permitted import NOWHERE, Furnished, Judged, Names, nameless, rows
from transports.outbox import EmailOutbox
from web import guard
from web.app import web_app
from web.pages.enrollments import NOUNS

LOWER = list(Level)[:-1]
SEQUENCE_NAME = re.compile(r"Sequence [0-9a-f]{8}-")
FREE = Judged(None)
FOR_EVERYBODY = {
    *((method, "/sign-in") for method in ("GET", "POST")),
    *((method, f"/{kind}/{{token}}") for kind in "oc" for method in ("GET",)),
    *((method, "/u/{token}") for method in ("GET", "POST")),
    ("POST", "/sign-in/local"),
    ("POST", "/sign-out"),
    ("GET", "/api/docs"),
}
"""Signing in and out, the links of emails, the description of the API: they are about no user's things."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page or an act; {id} in its path is that of the `thing`, which may be hidden, or of what nobody hides.

    `judged`: by which act of the table.
    """

    method: str
    path: str
    judged: Judged = FREE
    thing: str = ""
    of: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def url(self, names: Names) -> str:
        """The path with the id in it."""
        known = {**names, "one": "1"}
        return self.path.replace("{id}", known.get(self.thing or self.of, ""))

    def answer(self, level: Level) -> str:
        """What somebody of that level is answered, from whom everything is hidden."""
        return "not_found" if self.thing else self.judged.answer(level, "hidden")


def general(act: str) -> Judged:
    return Judged(act, general=True)


def read(path: str, act: str = "", of: str = "") -> Visit:
    return Visit("GET", path, general(act) if act else FREE, of=of)


def do(path: str, judged_by: str = "", of: str = "", **fields: str) -> Visit:
    return Visit("POST", path, general(judged_by) if judged_by else FREE, of=of, fields=fields)


def hidden(method: str, path: str, thing: str, **fields: str) -> Visit:
    return Visit(method, path, FREE, thing, fields=fields)


def shown(method: str, path: str, judged_by: str) -> Visit:
    fields = {"name": "Newer", "subject": "S", "body": "B", "to": "bob@example.org", "version": "1"}
    return Visit(method, path, Judged(judged_by, shown=True), of="template", fields=fields)


OF_A_TEMPLATE = {
    "": "edit_template",
    "/copies": "copy_template",
    "/archive": "archive_template",
    "/unarchive": "archive_template",
    "/owner": "hand_over",
}
OF_ALL = {"chosen": "1", "act": "pause", "sharing": "everyone", "step": "1", "contact": "ann", "to": "bob@example.org"}
OF_A_SEQUENCE = (
    "archive",
    "chosen",
    "copies",
    "hold",
    "owner",
    "release",
    "sharing",
    "steps",
    "test-mails",
    "unarchive",
)
TYPED: dict[str, dict[str, str]] = {
    "result": {"result": "interested"},
    "postponement": {"until": "2026-12-01T09:00"},
    "assignment": {"to": "bob@example.org"},
    "email": {"subject": "S", "body": "B"},
    "draft": {"subject": "S", "body": "B"},
    "conclusion": {"outcome": "positive"},
    "delivery": {"settlement": "left"},
}
"""What the forms of these acts hold."""
PASSWORD = {"new_password": "a long enough word"}
NOT_HIDDEN = [
    read("/"),
    read("/todos"),
    read("/todos/chosen"),
    do("/todos/chosen", act="skip", chosen="call"),
    read("/attention"),
    read("/attention/release"),
    do("/attention/release", "hold_all"),
    read("/calendar"),
    read("/calendar/tasks"),
    do("/calendar/tasks", title="Mine", day="2026-12-01"),
    read("/calendar/tasks/{id}/{noun}", of="one"),
    read("/add-to-sequence", "hold_all"),  # who sees no sequence has nothing to add to
    do("/add-to-sequence"),
    read("/adds"),
    do("/adds"),
    read("/adds/{id}/cancellation", of="one"),
    read("/contacts", "see"),
    do("/contacts", "change_contacts", first_name="New", kind="candidate"),
    read("/contacts/export", "see"),
    read("/contacts/imports", "import_contacts"),
    do("/contacts/imports", "import_contacts", text="external_id,first_name\nnew,New", do="keep"),
    read("/contacts/new", "change_contacts"),
    *(read(f"/contacts/{{id}}{tab}", "see", "one") for tab in ("", "/history", "/addresses", "/opportunities")),
    do("/contacts/{id}/opportunities", "move_in_stages", "one", opportunity="job"),
    read("/contacts/{id}/details", "change_contacts", "one"),
    do("/contacts/{id}/details", "change_contacts", "one", first_name="Newer"),
    read("/contacts/{id}/erasure", "erase", "one"),
    do("/contacts/{id}/erasure", "erase", "one", sure="yes"),
    read("/contacts/{id}/{noun}", of="one"),
    read("/search", "see"),
    read("/opportunities", "see"),
    read("/opportunities/new", "opportunities"),
    do("/opportunities", "opportunities", title="New"),
    read("/opportunities/{id}", "see", "one"),
    read("/opportunities/{id}/details", "opportunities", "one"),
    do("/opportunities/{id}/details", "opportunities", "one", title="Newer"),
    do("/opportunities/{id}/candidates", "move_in_stages", "one", names="ann"),
    do("/opportunities/{id}/stage-moves", "move_in_stages", "one", chosen="2", stage="Offer"),
    read("/opportunities/{id}/{noun}", of="one"),
    read("/sequences"),
    read("/sequences/new", "create_sequence"),
    do("/sequences", "create_sequence", name="New"),
    read("/sequences/{id}/{noun}", of="one"),
    Visit("GET", "/templates", Judged("see_template", shown=True)),
    read("/templates/new", "create_template"),
    do("/templates", "create_template", name="New", subject="S", body="B", format="text", type="any"),
    read("/templates/{id}/{noun}", of="one"),
    *(shown("GET", f"/templates/{{id}}{noun}", "see_template") for noun in ("", "/letter?contact=ann")),
    *(shown("POST", f"/templates/{{id}}{noun}", act) for noun, act in OF_A_TEMPLATE.items()),
    read("/metrics", "report"),
    read("/metrics/csv", "report"),
    read("/enrollments/{id}/{noun}", of="one"),
    read("/suppressions", "see_suppressions"),
    do("/suppressions", "suppress", target="a@example.com"),
    do("/suppressions/lifting", "lift_suppression", target="gone@example.com"),
    read("/suppressions/lifts", "see_suppressions"),
    read("/suppressions/export.csv", "see_suppressions"),
    do("/suppressions/imports", "import_suppressions", file="target\na@example.com"),
    read("/me"),
    do("/me/password"),
    do("/me/profile", "profile", time_zone="Europe/Berlin"),
    do("/me/tokens", "tokens", name="New"),
    read("/settings"),
    read("/settings/users", "users"),
    do("/settings/users", "users", email="new@example.org", name="New"),
    read("/settings/users/{id}", "users", "bob"),
    do("/settings/users/{id}/profile", "users", "bob", name="Robert"),
    do("/settings/users/{id}/roles", "roles", "bob"),
    do("/settings/users/{id}/deactivation", "users", "bob", heir="ada@example.org"),
    do("/settings/users/{id}/activation", "users", "bob"),
    read("/settings/roles", "roles"),
    do("/settings/roles", "roles", name="New", level="use"),
    do("/settings/roles/{id}/level", "roles", "role", level="view"),
    Visit("POST", "/settings/users/{id}/password", Judged("password", tie="hidden"), of="bob", fields=PASSWORD),
    read("/settings/sequencing", "settings"),
    do("/settings/sequencing", "settings", version="1", **written(defaults())),
    do("/settings/sequencing/hold", "hold_all"),
    do("/settings/sequencing/release", "hold_all"),
    read("/settings/stages", "stages"),
    do("/settings/stages", "stages", name="Fresh", type="done"),
    do("/settings/stages/{id}", "stages", "offer", name="Bid", type="done"),
    do("/settings/stages/{id}/place", "stages", "offer", to="up"),
    do("/settings/stages/{id}/link", "stage_links", "offer", sequence="1"),
    do("/settings/stages/{id}/removal", "stages", "spare"),
    read("/outbox", "see"),
]
"""What regards nothing in particular, or what is shown to all who see anything."""
HIDDEN = [
    *(hidden("POST", f"/todos/{{id}}/{noun}", "call", **TYPED.get(noun, {})) for noun in ("result", "skip")),
    *(hidden("POST", f"/todos/{{id}}/{noun}", "call", **TYPED[noun]) for noun in ("postponement", "assignment")),
    *(hidden("POST", f"/todos/{{id}}/{noun}", "letter", **TYPED[noun]) for noun in ("email", "draft")),
    hidden("POST", "/todos/{id}/take-back", "done"),
    hidden("GET", "/todos/{id}", "call"),
    hidden("GET", "/todos/{id}/letter", "letter"),
    hidden("GET", "/enrollments/{id}", "waiting"),
    hidden("GET", "/enrollments/{id}/removal", "waiting"),
    *(hidden("POST", f"/enrollments/{{id}}/{noun}", "waiting", **TYPED.get(noun, {})) for noun in NOUNS),
    hidden("GET", "/enrollments/{id}/any-hour", "waiting"),
    *(hidden("POST", f"/sequences/{{id}}/{noun}", "sequence", **OF_ALL) for noun in OF_A_SEQUENCE),
    *(hidden("GET", f"/sequences/{{id}}/{noun}", "sequence") for noun in ("managing", "preview", "steps")),
    hidden("GET", "/sequences/{id}/letter?step=1&contact=ann", "sequence"),
    hidden("GET", "/sequences/{id}", "sequence"),
    hidden("GET", "/sequences/{id}/metrics", "sequence"),
    hidden("GET", "/sequences/{id}/metrics/csv", "sequence"),
    hidden("GET", "/add-to-sequence?chosen=2&sequence={id}", "sequence"),
    hidden("POST", "/add-to-sequence?{id}", "sequence", chosen="2", sequence="{id}"),
    hidden("POST", "/attention/release?{id}", "sequence", sequence="{id}"),
    hidden("GET", "/adds/{id}", "add"),
    hidden("GET", "/adds/{id}/progress", "add"),
    hidden("POST", "/adds/{id}/cancellation", "add"),
    hidden("GET", "/calendar/tasks/{id}", "task"),
    hidden("POST", "/calendar/tasks/{id}", "task", title="Mine", day="2026-12-01"),
    hidden("POST", "/calendar/tasks/{id}/day", "task", day="2026-12-01"),
    hidden("POST", "/calendar/tasks/{id}/completion", "task"),
    hidden("POST", "/calendar/tasks/{id}/removal", "task"),
    hidden("POST", "/me/tokens/{id}/revocation", "hidden_token"),
    hidden("GET", "/outbox/{id}", "kept"),
    hidden("GET", "/outbox/{id}/html", "kept"),
]
"""What may be hidden."""
VISITS = [*NOT_HIDDEN, *HIDDEN]
LETTER = b"From: ada@example.org\r\nTo: a@example.com\r\nSubject: Hidden words\r\n\r\nWords"
MISSING = {**NOWHERE, "kept": str(ULID()), "task": "none such"}


@dataclass(frozen=True, slots=True)
class Walker:
    """The app, whose door is another one for each case, and a browser in which Sam is signed in."""

    app: FastAPI
    client: httpx2.AsyncClient
    names: Names

    async def go(self, door: Door, visit: Visit, names: Names | None = None) -> tuple[str, str]:
        """What came of it, by its code, and everything that was said."""
        self.app.state.door, known = door, names or self.names
        self.client.cookies.delete(guard.SAID)
        answer = await self.client.request(visit.method, visit.url(known), **self._said(visit, known))
        return _code(answer, _sentence(self.client)), answer.text + _sentence(self.client)

    def _said(self, visit: Visit, names: Names) -> dict[str, Any]:
        if visit.method == "GET":
            return {}
        said = {name: value.replace("{id}", names.get(visit.thing, "")) for name, value in visit.fields.items()}
        said["form"] = guard.form_word(self.names["session"])
        file = said.pop("file", None)
        return {"data": said} | ({"files": {"file": ("a.csv", file)}} if file else {})


@pytest.fixture(scope="module")
async def walker(furnished: Furnished) -> AsyncIterator[Walker]:
    app = web_app(furnished.house.door, local=True)
    before = set(furnished.house.outbox.glob("*.eml"))
    delivery = await EmailOutbox(furnished.house.outbox).open(sender="ada@example.org", recipient="a@example.com")
    await delivery.begin()
    await delivery.hand_over(LETTER)
    (kept,) = set(furnished.house.outbox.glob("*.eml")) - before
    cookies = {guard.SESSION: furnished.names["session"]}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost", cookies=cookies, timeout=PATIENCE
    ) as client:
        yield Walker(app, client, {**furnished.names, "kept": kept.stem})


def test_every_page_and_act_is_tried(walker: Walker) -> None:
    tried = {(visit.method, visit.path.partition("?")[0]) for visit in VISITS}

    assert registered(walker.app) - FOR_EVERYBODY == tried


@pytest.mark.parametrize("level", LOWER)
async def test_what_is_hidden_and_what_needs_a_level_is_refused_and_nothing_changes(
    walker: Walker, furnished: Furnished, tmp_path: Path, level: Level
) -> None:
    async with furnished.case(tmp_path, level, "hidden") as door:
        before = rows(door)

        for visit in VISITS:
            wanted = visit.answer(level)
            if visit.method == "GET" or wanted != "yes":
                assert (await walker.go(door, visit))[0] == wanted, visit

        assert rows(door) == before


@pytest.mark.parametrize("level", LOWER)
async def test_what_is_hidden_answers_as_what_is_not_there(
    walker: Walker, furnished: Furnished, tmp_path: Path, level: Level
) -> None:
    async with furnished.case(tmp_path, level, "hidden") as door:
        for visit in HIDDEN:
            (code, said), (other, missing) = await walker.go(door, visit), await walker.go(door, visit, MISSING)
            assert (code, other) == ("not_found", "not_found"), visit
            assert _nameless(said, walker.names) == _nameless(missing, MISSING), visit


@pytest.mark.parametrize("level", LOWER)
async def test_no_page_names_what_is_hidden(walker: Walker, furnished: Furnished, tmp_path: Path, level: Level) -> None:
    ids = [walker.names[name] for name in ("waiting", "paused", "canceled", "unknown", "add", "kept")]

    async with furnished.case(tmp_path, level, "hidden") as door:
        for visit in (one for one in NOT_HIDDEN if one.method == "GET"):
            _, said = await walker.go(door, visit)
            assert not [one for one in ids if one in said], visit
            assert not SEQUENCE_NAME.search(said), visit


def _code(answer: httpx2.Response, sentence: str) -> str:
    if answer.status_code < 400:
        return "not_permitted" if sentence.startswith("refused|This needs the level") else sentence or "yes"
    return {403: "not_permitted", 404: "not_found"}.get(answer.status_code, answer.text)


def _sentence(client: httpx2.AsyncClient) -> str:
    return unquote((client.cookies.get(guard.SAID) or "").strip('"'))


def _nameless(said: str, names: Names) -> str:
    for name in sorted(names.values(), key=len, reverse=True):
        said = said.replace(f"/{name}", "/…").replace(f" {name};", " …;") if name else said
    return nameless(unescape(said), names)
