"""The numbers, read and chosen."""

from tests.browser.office import Office
from tests.house import CALL, EMAIL, RITA


async def the_numbers_of_a_sequence_are_read_beside_their_charts(office: Office) -> None:
    sequence = await office.house.sequence(EMAIL, CALL, name="Counted letters")
    await office.contact("Nora Number")
    one = await office.enroll("Nora Number", sequence=sequence)
    await office.house.todo(one)
    tab = await office.enter(RITA)

    await tab.open("/metrics")
    await tab.reads("Sequence by sequence")
    await tab.look("metrics")
    await tab.field("Sequence").select_option(label="Counted letters")
    await tab.field("Over time by").select_option(label="weeks")
    await tab.press("Show")
    await tab.reads("Metrics of Counted letters")
    await tab.reads("Step by step")
    await tab.look("metrics of a sequence")

    assert await tab.page.get_by_role("img", name="Step by step").is_visible()


async def the_numbers_are_taken_as_files(office: Office) -> None:
    sequence = await office.house.sequence(EMAIL, name="Filed letters")
    tab = await office.enter(RITA, scripts=False)

    for path in ("/metrics", f"/sequences/{sequence}/metrics"):
        await tab.open(path)
        async with tab.page.expect_download() as taken:
            await tab.page.get_by_role("link", name="Download CSV").click()
        file = await (await taken.value).path()

        assert file.read_text().startswith("table,key,name,measure")
