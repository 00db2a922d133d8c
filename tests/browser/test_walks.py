"""Every walk, and then what no walk has driven."""

import inspect
import re
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.browser.office import Office
from tests.browser.routes import Route, registered
from tests.browser.tab import PICTURES

Walk = Callable[[Office], Awaitable[None]]
FOLDER = Path(__file__).with_name("walks")


def walks() -> dict[str, Walk]:
    """Every public coroutine of every area, by area and name."""
    found = {}
    for file in sorted(FOLDER.glob("[!_]*.py")):
        module = import_module(f"tests.browser.walks.{file.stem}")
        for name, walk in vars(module).items():
            if inspect.iscoroutinefunction(walk) and walk.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{file.stem}-{name}"] = walk
    return found


WALKS = walks()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=getattr(walk, "pytestmark", ())) for name, walk in WALKS.items()]
)
async def test_walk(office: Office, name: str) -> None:
    async with office.walking(name):
        await WALKS[name](office)


def test_every_page_and_act_that_the_server_has_is_driven_in_the_browser(office: Office) -> None:
    _only_after_all(office)

    assert _lines(registered(office.app) - office.driven.routes) == []


def test_every_page_is_looked_at(office: Office) -> None:
    _only_after_all(office)
    pages = {route for route in office.driven.pages.values() if route[0] == "GET" and route in office.driven.routes}

    assert _lines(pages - set(office.looked)) == []


def test_the_readme_shows_the_picture_of_every_page() -> None:
    taken = {picture.stem for picture in PICTURES.glob("*.png")}
    looked_at = {name for file in FOLDER.glob("*.py") for name in re.findall(r'\.look\("([^"]+)"\)', file.read_text())}
    toured = set(re.findall(r'\.shot\(tab, "([^"]+)"', FOLDER.with_name("tour.py").read_text()))
    shown = set(re.findall(r"\(docs/pictures/([^)]+)\.png\)", (PICTURES.parents[1] / "README.md").read_text()))

    assert taken == looked_at, "`make pictures` takes them anew"
    assert toured == taken
    assert shown == taken


def _only_after_all(office: Office) -> None:
    if missing := set(WALKS) - office.walked:
        pytest.skip(f"only some walks were chosen; not {', '.join(sorted(missing))}")


def _lines(routes: set[Route]) -> list[str]:
    return [f"{method} {path}" for method, path in sorted(routes, key=lambda one: (one[1], one[0]))]
