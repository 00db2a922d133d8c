"""How long a test waits for what must come: a limit ends a hang, and nothing else."""

PATIENCE = 120.0
"""Seconds. A machine that is shared takes ten times as long as a quiet one, and stands still for a while."""
