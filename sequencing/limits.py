"""The limits of sequences, and of what is done at once."""

STEPS_PER_SEQUENCE = 50
CONTACTS_PER_ADD = 25_000
ADDED_AT_ONCE = 200
"""More contacts than these are added in the background."""
NAME_LENGTH = 120
LINE_LENGTH = 1000
NOTE_LENGTH = 10_000
WORDING_LENGTH = 100_000
