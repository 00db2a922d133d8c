"""The world as a program: it says where it is, counts as it goes, and ends by time, by itself or when it is told to."""

import asyncio
import signal
from collections.abc import Callable

from simulator.personas import chance_of, persona_of, text_behaviour
from simulator.world import Settings, World

LOOKS_EVERY = 0.5
SAYS_EVERY = 4
"""Looks between two lines of counts."""
QUIET_LOOKS = 4
"""So many looks in a row with nothing open are an end."""

Say = Callable[[str], None]


async def run(settings: Settings, *, seconds: float | None, once: bool, say: Say) -> None:
    """Runs until SIGINT, SIGTERM, so many seconds, or, with `once`, until all of what came has been dealt with.

    Raises OSError where a port is taken.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with World.open(settings) as world:
        say(_welcome(world))
        watching = asyncio.create_task(_watch(world, stopping, say, once=once))
        await asyncio.wait(
            [watching, asyncio.create_task(stopping.wait())], timeout=seconds, return_when="FIRST_COMPLETED"
        )
        watching.cancel()
        say(f"In all: {world.log.tally}; {world.open_ends} not done yet. Every line is in {settings.log}.")


def foreseen(seed: str, who: str) -> str:
    """What the owner of that address or number does, in a line."""
    chance = chance_of(seed, who)
    if "@" not in who:
        return f"{who}: {text_behaviour(who, chance)}"
    persona = persona_of(who, chance)
    return f"{who}: {persona.behaviour}, at mail {persona.acts_on}, in {persona.language} by {persona.program}"


async def _watch(world: World, stopping: asyncio.Event, say: Say, *, once: bool) -> None:
    said, quiet, looks = "", 0, 0
    while not stopping.is_set():
        await asyncio.sleep(LOOKS_EVERY)
        now, looks = str(world.log.tally), looks + 1
        if now != said and looks % SAYS_EVERY == 0:
            said = now
            say(now)
        quiet = quiet + 1 if world.open_ends == 0 and world.log.tally.has_begun else 0
        if once and quiet >= QUIET_LOOKS:
            return


def _welcome(world: World) -> str:
    journal = world.settings.journal
    copies = f"{journal.recipient} at 127.0.0.1:{journal.port}" if journal else "nobody; see --journal"
    return f"""The simulated world is open, on this machine only. Give these to worker and pages:

  export SEQUENCING_SMTP_URL='{world.smtp_url}'
  export SEQUENCING_TEXTS_URL='{world.texts_url}'

  seed {world.settings.seed}, a minute takes {60 / world.settings.speed:g} seconds
  copies of all mail go to {copies}
  log {world.settings.log}

Ctrl-C ends it.
"""
