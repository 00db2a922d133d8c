"""The pictures of all pages, taken in a house that is full of people: `make pictures` puts them into docs/pictures."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from temporalio.client import Client

from simulator.browser import Browser
from store.database import Database
from tests.browser.conftest import QUIET
from tests.browser.lived_in import LivedIn
from tests.browser.office import Office
from tests.browser.tour import Tour

TAKES_PICTURES = "TAKE_PICTURES"
"""Where to, by `make pictures`."""
MOST_BYTES = 8_000_000
"""Of all together."""


@pytest.mark.soak
async def test_pictures_are_taken_of_every_page(
    chromium: str, client: Client, sqlite_to_copy: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(os.environ.get(TAKES_PICTURES, tmp_path / "pictures"))
    database = Database(f"sqlite:///{shutil.copy(sqlite_to_copy['furnished'], tmp_path / 'lived_in.db')}")
    async with async_playwright() as playwright, Browser() as web:
        browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
        async with Office.open(database, client, tmp_path, browser) as office:
            house = LivedIn(office, web)
            await house.fill()
            async with office.walking("pictures"):
                taken = await Tour(house, folder).take_all()
        await browser.close()
    await database.close()

    assert {file.stem for file in folder.glob("*.png")} == set(taken)
    assert sum(file.stat().st_size for file in folder.glob("*.png")) < MOST_BYTES
