"""Metrics: of all sequences, and of one."""

import pytest

from tests.browser.office import Office
from tests.house import CALL, EMAIL, RITA


@pytest.mark.statement(43)
@pytest.mark.statement(44)
async def dispositions_are_counted_on_the_sequence_and_over_all(office: Office) -> None:
    sequence = await office.house.sequence(EMAIL, CALL, name="Counted")
    for name, result in {"Petra Positive": "interested", "Nora Negative": "not_interested"}.items():
        await office.contact(name)
        one = await office.enroll(name, sequence=sequence)
        todo = await office.house.todo(one, 2)
        await office.house.sequencer.resolve(todo.id, result, by=RITA)
        await office.house.place(one, "finished")
    tab = await office.enter(RITA)

    await tab.open("/metrics")
    await tab.look("metrics")
    await tab.field("Sequence").select_option(label="Counted")
    await tab.press("Show")
    await tab.look("metrics-of-a-sequence")
    said = " ".join((await tab.text()).split()).lower()
    csv = await tab.download("Download CSV")
    await tab.open("/metrics")
    everything = await tab.download("Download CSV")

    for word in ("positive", "negative"):
        assert word in said
    assert "positive" in csv.lower()
    assert len(everything) > len("positive")
