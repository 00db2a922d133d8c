"""How long a test waits for what must come: a limit ends a hang, and nothing else."""

import asyncio
from datetime import UTC, datetime, time, timedelta

PATIENCE = 120.0
"""Seconds. A machine that is shared takes ten times as long as a quiet one, and stands still for a while."""


async def clear_of_midnight(lasting: float = 3 * PATIENCE) -> None:
    """Returns once no midnight (UTC) comes for so many seconds: what is of today stays of today meanwhile."""
    now = datetime.now(UTC)
    left = timedelta(days=1) - (now - datetime.combine(now, time(), UTC))
    if left.total_seconds() < lasting:
        await asyncio.sleep(left.total_seconds() + 1)
