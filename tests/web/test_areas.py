"""An area's patterns are tried for paths that begin like one of its own, and for no others."""

from collections.abc import Mapping

import pytest
from fastapi import APIRouter, FastAPI
from httpx2 import ASGITransport, AsyncClient

from web.areas import Area

PAGES = ("/todos", "/todos/{id}", "/chosen/{what}")


async def _answer() -> str:
    return "found"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths for which the patterns of an area were tried."""
    paths, matches = [], APIRouter.matches

    def noting(router: APIRouter, scope: Mapping[str, str]) -> object:
        paths.append(scope["path"])
        return matches(router, scope)  # type: ignore[arg-type]

    monkeypatch.setattr(APIRouter, "matches", noting)
    return paths


async def status(path: str, *patterns: str, prefix: str = "", behind: str = "", root: str = "") -> int:
    """What an application answers that has such an area `behind` a path, and is reached below `root`."""
    app, area = FastAPI(), Area(prefix=prefix)
    for pattern in patterns:
        area.add_api_route(pattern, _answer, methods=["GET"])
    app.include_router(area, prefix=behind)
    async with AsyncClient(
        transport=ASGITransport(app, root_path=root), base_url="http://here", verify=False
    ) as client:
        return (await client.get(path)).status_code


@pytest.mark.parametrize("path", ["/todos", "/todos/7", "/chosen/todos"])
async def test_a_path_that_begins_like_one_of_its_own_is_found(path: str) -> None:
    assert await status(path, *PAGES) == 200


@pytest.mark.parametrize("path", ["/contacts", "/contacts/7/todos", "/todosome", "/"])
async def test_any_other_path_is_answered_without_trying_a_pattern(path: str, tried: list[str]) -> None:
    assert (await status(path, *PAGES), tried) == (404, [])


async def test_a_path_that_only_begins_so_is_tried_and_not_found(tried: list[str]) -> None:
    assert await status("/todos/7/8", *PAGES) == 404
    assert "/todos/7/8" in tried


@pytest.mark.parametrize(("path", "answer"), [("/api/tokens", 200), ("/api/tokens/7", 200), ("/api/todos", 404)])
async def test_of_the_api_the_second_word_counts(path: str, answer: int, tried: list[str]) -> None:
    assert await status(path, "", "/{id}", prefix="/tokens", behind="/api") == answer
    assert bool(tried) is (answer == 200)


async def test_a_pattern_for_any_word_is_tried_for_every_path() -> None:
    assert await status("/whatever", "/{anything}") == 200


async def test_below_the_path_of_a_proxy_every_pattern_is_tried() -> None:
    assert await status("/crm/todos", *PAGES, root="/crm") == 200
