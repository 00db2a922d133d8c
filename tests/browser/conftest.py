"""One house and one browser for all walks."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from temporalio.client import Client

from store.database import Database
from tests.browser.office import Office

pytest.register_assert_rewrite("tests.browser.walks")

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same without the windows round the pages, which nobody sees: half of the CPU."""
UNWANTED = (
    "LocalNetworkAccessChecks",  # mails are read on a site of their own, and we are on loopback
    "InitialWebUI",  # the rest are windows round the pages, and what is made in case it is wanted
    "WebUIReloadButton",
    "WebUIToolbar",
    "PreloadTopChromeWebUI",
    "SpareRendererForSitePerProcess",
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-lcd-text",
    f"--disable-features={','.join(UNWANTED)}",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program. Without it the walks are skipped; in CI that would hide everything, and they fail."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        why = "there is no Chromium on this machine (Debian: apt-get install chromium-headless-shell)"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return found


@pytest.fixture(scope="session")
async def office(
    chromium: str, client: Client, sqlite_to_copy: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    """The house, with a worker and the engine in real time, and the browser in front of it."""
    folder = tmp_path_factory.mktemp("office")
    database = Database(f"sqlite:///{shutil.copy(sqlite_to_copy['furnished'], folder / 'office.db')}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
        async with Office.open(database, client, folder, browser) as opened:
            yield opened
        await browser.close()
    await database.close()
