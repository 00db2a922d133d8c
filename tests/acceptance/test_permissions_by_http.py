"""Who may do what by HTTP: every operation of the API, by every level, on what is one's own, what one sees, and what is
hidden. A refusal changes nothing, and what is hidden answers like what is not there."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from sqlalchemy import update

from sequencing.people import Level
from starter.door import Door
from store.people_tables import UserRow
from tests.house import BOB, HEADER, RITA
from tests.patience import PATIENCE
from tests.permitted import CASES, NEWER, NOWHERE, SAM, Furnished, Judged, Names, nameless, rows
from tests.web import promises
from tests.web.knocking import bearer
from web.app import web_app
from web.problems import STATUS

DEACTIVATED = update(UserRow).where(UserRow.email == SAM).values(active=False)
DOCUMENTATION = {("GET", "/api/docs"), ("GET", "/api/openapi.json")}
"""Open to everybody, and about nobody."""
FREE = Judged(None)
SEEN = Judged("see")
CSV = f"{HEADER}\nnew,New,,,,,,,"
LATER = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%MZ}"
ADDING: dict[str, Any] = {"contacts": ["ann"]}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; {id} in its path is that of the `thing`."""

    method: str
    path: str
    judged: Judged
    thing: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    of: str = ""
    """Whose id it is, where nothing could be hidden."""

    def url(self, names: Names) -> str:
        """The path with the id in it."""
        name = names.get(self.thing or self.of, "")
        path = self.path.replace("{contact}", "ann").replace("{opportunity}", "job")
        return path.replace("{id}", name) + self.query.replace("{id}", name)


def on(act: str, method: str, path: str, thing: str, query: str = "", **said: Any) -> Request:
    return Request(method, path, Judged(act), thing, {"json": said} if said else {}, query)


def on_sequence(act: str, method: str, noun: str, query: str = "", **said: Any) -> Request:
    return on(act, method, f"/api/sequences/{{id}}{noun}", "sequence", query, **said)


def on_enrollment(act: str, noun: str, thing: str = "waiting", **said: Any) -> Request:
    return on(act, "POST", f"/api/enrollments/{{id}}/{noun}", thing, **said)


def on_todo(act: str, noun: str, thing: str = "call", **said: Any) -> Request:
    return Request("POST", f"/api/todos/{{id}}/{noun}", Judged(act), thing, {"json": said})


WORDED = {"name": "New", "subject": "S", "body": "B"}


def on_template(act: str, method: str, noun: str = "", **said: Any) -> Request:
    path, _, query = f"/api/templates/{{id}}{noun}".partition("?")
    judged, body = Judged(act, shown=True), {"json": said} if said else {}
    return Request(method, path, judged, "template", body, f"?{query}" if query else "")


TASK_SAID = {"title": "Write", "day": "2026-12-01"}


def on_task(method: str, noun: str = "", **said: Any) -> Request:
    judged, body = Judged("own_tasks", private=True), {"json": said} if said else {}
    return Request(method, f"/api/tasks/{{id}}{noun}", judged, "task", body)


REQUESTS = [
    Request("GET", "/api/sequences", FREE),
    Request("POST", "/api/sequences", Judged("create_sequence", general=True), said={"json": {**NEWER, "name": "New"}}),
    on_sequence("see", "GET", ""),
    Request("GET", "/api/metrics", Judged("report", general=True)),
    on_sequence("report", "GET", "/metrics"),
    on_sequence("edit_sequence", "PUT", "", **NEWER),
    on_sequence("edit_sequence", "PUT", "", "?dry_run=true", **NEWER),
    on_sequence("copy_sequence", "POST", "/copies"),
    on_sequence("preview", "POST", "/previews", step=1, contact="ann"),
    on_sequence("send_test", "POST", "/test-mails", step=1, contact="ann"),
    on_sequence("copy_sequence", "POST", "/copy"),
    on_sequence("share", "PUT", "/sharing", sharing="users", users=[BOB]),
    on_sequence("hand_over", "PUT", "/owner", to=RITA),
    on_sequence("archive", "POST", "/archive"),
    on_sequence("archive", "POST", "/unarchive"),
    on_sequence("hold", "POST", "/hold"),
    on_sequence("hold", "DELETE", "/hold"),
    on_sequence("hold", "POST", "/release"),
    on_sequence("enroll", "POST", "/enrollments", **ADDING),
    on_sequence("enroll", "POST", "/enrollments", "?dry_run=true", contacts=["pia", "nobody"]),
    on_sequence("enroll", "POST", "/bulk-adds", **ADDING),
    on_sequence("enroll", "POST", "/bulk-adds", "?dry_run=true", selection={"company": "Acme"}),
    on_sequence("enroll", "POST", "/bulk-adds", selection={"stage": "New", "opportunity": "job"}),
    on("see", "GET", "/api/bulk-adds/{id}", "add"),
    on("cancel", "DELETE", "/api/bulk-adds/{id}", "add"),
    Request("POST", "/api/templates", Judged("create_template", general=True), said={"json": WORDED}),
    Request("GET", "/api/templates", Judged("see_template", shown=True)),
    on_template("see_template", "GET"),
    on_template("edit_template", "PATCH", name="Newer"),
    on_template("edit_template", "PATCH", "?dry_run=true", name="Newer"),
    on_template("copy_template", "POST", "/copies"),
    on_template("archive_template", "POST", "/archive"),
    on_template("archive_template", "POST", "/unarchive"),
    on_template("hand_over_template", "PUT", "/owner", to=RITA),
    Request("GET", "/api/enrollments", FREE),
    on("see", "GET", "/api/enrollments", "sequence", "?sequence={id}"),
    on("see", "GET", "/api/enrollments/{id}", "waiting"),
    on("remove", "DELETE", "/api/enrollments/{id}", "waiting"),
    on_enrollment("bypass", "bypass"),
    on_enrollment("pause", "pause"),
    on_enrollment("resume", "resumption", "paused"),
    on_enrollment("cancel", "cancellation"),
    on_enrollment("reactivate", "reactivation", "canceled"),
    on_enrollment("conclude", "conclusion", outcome="positive"),
    on_enrollment("settle", "delivery", "unknown", settlement="left"),
    Request("GET", "/api/todos", FREE),
    on_todo("result", "result", result="interested"),
    on("take_back", "DELETE", "/api/todos/{id}/result", "done"),
    on_todo("send", "email", "letter"),
    on_todo("draft", "email", "letter", subject="Subject", body="Body"),
    on_todo("skip", "skip"),
    on_todo("postpone", "postponement", until=LATER),
    on_todo("reassign", "assignment", to=BOB),
    Request("GET", "/api/attention", FREE),
    Request("GET", "/api/tasks", FREE),
    Request("POST", "/api/tasks", Judged("own_tasks", general=True), said={"json": TASK_SAID}),
    on_task("PUT", **TASK_SAID),
    on_task("POST", "/completion"),
    on_task("DELETE", "/completion"),
    on_task("DELETE"),
    Request("GET", "/api/events", Judged("see", tie="own")),
    Request("GET", "/api/suppressions", Judged("see_suppressions", general=True)),
    Request("GET", "/api/suppressions", Judged("see_suppressions", general=True), query="?target=gone@example.com"),
    Request("POST", "/api/suppressions", Judged("suppress", general=True), said={"json": {"target": "a@example.com"}}),
    Request(
        "POST", "/api/suppressions", Judged("suppress_domain", general=True), said={"json": {"target": "@example.com"}}
    ),
    Request("DELETE", "/api/suppressions/{target:anything}", Judged("lift_suppression", general=True)),
    Request("GET", "/api/contacts", Judged("see", general=True), query="?q=ann&any_sequence=false"),
    Request("POST", "/api/contacts", Judged("change_contacts", general=True), said={"json": {"first_name": "New"}}),
    Request("GET", "/api/contacts/{contact}", Judged("see", general=True)),
    Request("PATCH", "/api/contacts/{contact}", Judged("change_contacts", general=True), said={"json": {"title": "X"}}),
    Request("GET", "/api/opportunities", Judged("see", general=True)),
    Request("POST", "/api/opportunities", Judged("opportunities", general=True), said={"json": {"title": "New"}}),
    Request("GET", "/api/opportunities/{opportunity}", Judged("see", general=True)),
    Request(
        "POST",
        "/api/opportunities/{opportunity}/candidates",
        Judged("move_in_stages", general=True),
        said={"json": ADDING},
    ),
    Request(
        "POST",
        "/api/opportunities/{opportunity}/stage-moves",
        Judged("move_in_stages", general=True),
        said={"json": {"contacts": ["ben"], "stage": "Offer"}},
    ),
    Request("POST", "/api/contacts/imports", Judged("import_contacts", general=True), said={"content": CSV}),
]


def in_house(act: str | None, method: str, path: str, of: str = "", said: Any = None, **more: Any) -> Request:
    judged = Judged(act, general=act is not None)
    body = {"content": said} if isinstance(said, str) else {} if said is None else {"json": said}
    return Request(method, f"/api{path}", judged, said=body, of=of, **more)


REQUESTS += [
    in_house("see_suppressions", "GET", "/suppressions/lifts"),
    in_house("see_suppressions", "GET", "/suppressions/export"),
    in_house("import_suppressions", "POST", "/suppressions/imports", said="target\n+4915112349999"),
    in_house("see", "GET", "/companies"),
    in_house("companies", "POST", "/companies", said={"name": "New"}),
    in_house("see", "GET", "/companies/{id}", "company"),
    in_house("companies", "PATCH", "/companies/{id}", "company", {"name": "Newer"}),
    in_house("see", "GET", "/stages"),
    in_house("stages", "POST", "/stages", said={"name": "Fresh", "type": "done"}),
    in_house("stages", "PATCH", "/stages/{id}", "offer", {"name": "Bid"}),
    in_house("stages", "POST", "/stages/{id}/place", "offer", {"places": -1}),
    in_house("stages", "DELETE", "/stages/{id}", "spare"),
    in_house("stage_links", "DELETE", "/stages/{id}/link", "offer"),
    in_house("see_settings", "GET", "/settings"),
    in_house("settings", "PATCH", "/settings", said={"journaling": True}),
    in_house("settings", "GET", "/settings/versions"),
    in_house("hold_all", "POST", "/hold"),
    in_house("hold_all", "DELETE", "/hold"),
    in_house(None, "GET", "/me"),
    in_house("profile", "PATCH", "/me", said={"time_zone": "Europe/Berlin"}),
    in_house(None, "GET", "/users"),
    in_house(None, "GET", "/users/{id}", "bob"),
    in_house("users", "POST", "/users", said={"email": "new@example.org", "name": "New"}),
    in_house("users", "PATCH", "/users/{id}", "bob", {"name": "Robert"}),
    in_house("roles", "PUT", "/users/{id}/roles", "bob", {"roles": []}),
    in_house("users", "POST", "/users/{id}/deactivation", "bob", {"heir": "ada@example.org"}),
    in_house("users", "DELETE", "/users/{id}/deactivation", "bob"),
    in_house(None, "GET", "/roles"),
    in_house("roles", "POST", "/roles", said={"name": "New", "level": "use"}),
    in_house("roles", "PATCH", "/roles/{id}", "role", {"level": "view"}),
    in_house(None, "GET", "/tokens"),
    Request("DELETE", "/api/tokens/{id}", Judged("tokens", tie="hidden"), of="hidden_token"),
    on_sequence("see", "GET", "/metrics"),
    in_house("report", "GET", "/metrics"),
    Request(
        "PUT",
        "/api/stages/{id}/link",
        Judged("stage_links", general=True),
        said={"json": {"sequence_id": 1}},
        of="offer",
    ),
]
LISTS = [
    "/sequences",
    "/enrollments",
    "/enrollments?contact_id=4",
    "/contacts?any_sequence=true",
    "/contacts?status=active",
    "/enrollments?status=paused",
    "/attention",
    "/tasks",
    "/events",
]


@dataclass(frozen=True, slots=True)
class Served:
    """The app, whose door is another one for each case, and Sam with his token."""

    app: FastAPI
    client: httpx2.AsyncClient
    names: Names

    async def ask(self, door: Door, request: Request, names: Names | None = None) -> httpx2.Response:
        """The answer at that door, which the API's description promises."""
        self.app.state.door = door
        answer = await self.client.request(request.method, request.url(names or self.names), **request.said)
        promises.check(answer)
        return answer


@pytest.fixture(scope="module")
async def served(furnished: Furnished) -> AsyncIterator[Served]:
    app = web_app(furnished.house.door)
    headers = bearer(furnished.names["bearer"])
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://testserver", headers=headers, timeout=PATIENCE
    ) as client:
        yield Served(app, client, furnished.names)


def test_every_operation_of_the_api_is_tried(served: Served) -> None:
    tried = {(request.method, request.path) for request in REQUESTS}

    assert set(_operations(served.app)) - DOCUMENTATION == tried


def _operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route under /api, described or not."""
    for route in app.routes:
        for one in route.effective_route_contexts() if isinstance(route, _IncludedRouter) else [route]:
            path, methods = getattr(one, "path", ""), getattr(one, "methods", None) or ()
            yield from ((method, path) for method in set(methods) - {"HEAD"} if path.startswith("/api/"))


@pytest.mark.statement(5)
@pytest.mark.parametrize(("level", "tie"), CASES)
async def test_an_operation_is_done_or_refused_as_the_table_says_and_a_refusal_changes_nothing(
    served: Served, furnished: Furnished, tmp_path: Path, level: Level, tie: str
) -> None:
    async with furnished.case(tmp_path, level, tie) as door:
        before = rows(door)

        for request in REQUESTS:
            if not _changes(request, level, tie):
                answer = await served.ask(door, request)
                assert _code(answer) == request.judged.answer(level, tie), (request, answer.text)

        assert rows(door) == before

    for number, request in enumerate(request for request in REQUESTS if _changes(request, level, tie)):
        async with furnished.case(_folder(tmp_path, number), level, tie) as door:
            answer = await served.ask(door, request)
            assert _code(answer) == "yes", (request, answer.text)


def _changes(request: Request, level: Level, tie: str) -> bool:
    reads = request.method == "GET" or "dry_run" in request.query
    return not reads and request.judged.answer(level, tie) == "yes"


@pytest.mark.parametrize("level", list(Level)[:-1])
async def test_what_is_hidden_answers_as_what_is_not_there(
    served: Served, furnished: Furnished, tmp_path: Path, level: Level
) -> None:
    async with furnished.case(tmp_path, level, "hidden") as door:
        for request in (request for request in REQUESTS if request.thing and not request.judged.shown):
            hidden, missing = await served.ask(door, request), await served.ask(door, request, NOWHERE)

            assert hidden.status_code == missing.status_code == 404, request
            assert nameless(hidden.text, served.names) == nameless(missing.text, NOWHERE), request


@pytest.mark.parametrize("level", list(Level)[:-1])
async def test_lists_hold_nothing_of_what_is_hidden(
    served: Served, furnished: Furnished, tmp_path: Path, level: Level
) -> None:
    async with furnished.case(tmp_path, level, "hidden") as door:
        for path in LISTS:
            said = (await served.ask(door, Request("GET", f"/api{path}", FREE))).json()

            assert said.get("items", []) == [], path


async def test_a_deactivated_user_is_not_let_in(served: Served, furnished: Furnished, tmp_path: Path) -> None:
    async with furnished.case(tmp_path, Level.manage, "own") as door:
        async with door.database.writing() as tx:
            await tx.execute(DEACTIVATED)

        answers = {(await served.ask(door, request)).status_code for request in REQUESTS}

    assert answers == {401}


def _code(answer: httpx2.Response) -> str:
    """`yes`, or the problem's code, which goes with the status."""
    if answer.status_code < 400:
        return "yes"
    said = answer.json()
    assert STATUS[said["code"]] == answer.status_code == said["status"]
    return "not_found" if said["code"] == "unknown_sequence" else str(said["code"])


def _folder(of: Path, number: int) -> Path:
    folder = of / str(number)
    folder.mkdir()
    return folder
