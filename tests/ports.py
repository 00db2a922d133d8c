"""Ports of this machine for what tests start."""

import os
import random
import socket
from contextlib import suppress

LOWEST, HIGHEST = 10_000, 32_000
"""Below those that the system gives to connections that go out, of which an engine has many."""
AT_ONCE = 16
"""Into so many shares they are divided, so that two processes of a test run never choose the same one."""
GIVEN: set[int] = set()
"""Those of this process: what is to listen there may not have begun to."""


def free_port() -> int:
    """A port nobody listens on just now, and that no other test of this run is given.

    Hypothesis sets the seed of `random` again and again, in every process to the same.
    """
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % AT_ONCE
    while True:
        port = random.SystemRandom().randrange(LOWEST + share, HIGHEST, AT_ONCE)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in GIVEN:
                GIVEN.add(port)
                return port
