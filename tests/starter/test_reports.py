"""Numbers are counted for few at a time."""

import asyncio

import pytest

from sequencing.errors import TooSoon
from starter import reports
from tests.house import House
from tests.ledger import Ledger


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_whoever_asks_while_others_are_counted_for_waits_his_turn_and_not_for_long(
    alone: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(alone)
    async with reports.AT_ONCE:
        async with reports.AT_ONCE:
            waiting = asyncio.create_task(ledger.report())
            await asyncio.wait({waiting}, timeout=0.3)
            was_waiting = not waiting.done()
            monkeypatch.setattr(reports, "PATIENCE", 0.1)
            with pytest.raises(TooSoon) as refused:
                await ledger.report()
        told = await waiting

    assert was_waiting
    assert (refused.value.code, refused.value.seconds) == ("busy", 5)
    assert told.removed == 0
    assert (await ledger.report()).removed == 0
