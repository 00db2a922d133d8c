"""Several processes that serve at one address: one uses no more than one core."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

Work = Callable[[int | None], int]
"""Serves until it is told to stop; its exit code. Told by what can be read of the file: its end."""


def together(number: int, work: Work) -> int:
    """The worst of the exit codes. Called before there is any thread or loop.

    They stop when this process is told to, when it dies, and when one of them ends: whatever started it starts all.
    """
    if number == 1:
        return work(None)
    told, telling = os.pipe()
    children = {_forked(work, told, telling) for _ in range(number)}
    os.close(told)

    def stop(*_: object) -> None:
        nonlocal telling
        if telling >= 0:
            os.close(telling)
            telling = -1

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    code = 0
    while children:
        ended, status = os.wait()
        children.discard(ended)
        code = max(code, abs(os.waitstatus_to_exitcode(status)))
        stop()
    return code


def _forked(work: Work, told: int, telling: int) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.close(telling)
        code = work(told)
    except BaseException:  # else it would go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
