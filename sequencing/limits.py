"""The limits that no setting moves: what the tables keep, and what anybody would read."""

ADDED_AT_ONCE = 200
"""More contacts than these are added in the background."""
NAME_LENGTH = 120
LINE_LENGTH = 1000
NOTE_LENGTH = 10_000
WORDING_LENGTH = 100_000
