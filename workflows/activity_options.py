"""How activities are asked for: how long one may take, and how it is tried again after a crash."""

from datetime import timedelta

from temporalio.common import RetryPolicy

RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=30)
)
"""For crashes and an unreachable database only, and without end; "not now" of a mail server is a decision instead."""

LISTENING = timedelta(seconds=15)
"""For activities that only touch the database."""

MOVING = timedelta(seconds=60)
"""For activities that lock and tell a handful of enrollments, one after the other."""
