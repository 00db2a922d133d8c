"""Signing in and out."""

from tests.browser.office import PASSWORD, Office
from tests.house import RITA


async def whoever_comes_signs_in_lands_where_he_wanted_to_and_leaves(office: Office) -> None:
    tab = await office.enter()

    await tab.open("/sequences")
    await tab.look("sign-in")
    await tab.field("Email").fill(RITA)
    async with tab.refused():
        await tab.field("Password").fill("a wrong word")
        await tab.press("Sign in")
        await tab.reads("password")
    await tab.field("Password").fill(PASSWORD)
    await tab.press("Sign in")
    assert tab.page.url == f"{office.address}/sequences"

    await tab.open("/")
    assert tab.page.url == f"{office.address}/todos"

    await tab.press("Sign out")
    await tab.open("/todos")
    assert "/sign-in" in tab.page.url


async def the_house_is_closed_to_whoever_has_not_signed_in(office: Office) -> None:
    tab = await office.enter()

    for path in ("/todos", "/sequences", "/enrollments/1"):
        await tab.open(path)
        assert "/sign-in" in tab.page.url


async def what_is_not_there_says_so(office: Office) -> None:
    tab = await office.enter(RITA)

    async with tab.refused():
        await tab.open("/nowhere")
        await tab.reads("That did not work")
