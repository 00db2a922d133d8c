"""The API's description, as whoever writes a service reads it."""

from tests.browser.office import Office


async def the_api_is_described(office: Office) -> None:
    tab = await office.enter()

    await tab.open("/api/docs")
    await tab.look("api")

    await tab.reads("/api/sequences/{id}/enrollments")
