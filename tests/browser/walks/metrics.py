"""The numbers, read and chosen."""

import pytest

from tests.browser.office import Office
from tests.house import CALL, EMAIL, RITA


@pytest.mark.statement(43)
@pytest.mark.statement(44)
async def the_numbers_of_a_sequence_are_read_beside_their_charts(office: Office) -> None:
    sequence = await office.house.sequence(EMAIL, CALL, name="Counted letters")
    for name, result in {"Nora Number": "interested", "Nick Number": "not_interested"}.items():
        await office.contact(name)
        todo = await office.house.todo(one := await office.enroll(name, sequence=sequence), 2)
        await office.house.sequencer.resolve(todo.id, result, by=RITA)
        await office.house.place(one, "finished")
    tab = await office.enter(RITA)

    await tab.open("/metrics")
    await tab.reads("Sequence by sequence")
    await tab.look("metrics")
    await tab.field("Sequence").select_option(label="Counted letters")
    await tab.field("Over time by").select_option(label="weeks")
    await tab.press("Show")
    await tab.reads("Metrics of Counted letters")
    await tab.reads("Step by step")
    await tab.look("metrics-of-a-sequence")
    assert {"positive", "negative"} <= set((await tab.text()).lower().split())

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
