"""words that contacts are found by; indexes for lists of a large house"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from sequencing.search_words import LONGEST, of_parts

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_ONCE = 2000
WORD = sa.String(LONGEST).with_variant(sa.String(LONGEST, collation="C"), "postgresql")
INDEXES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ix_enrollments_in_sequence", "enrollments", ("sequence_id", "id")),
    ("ix_enrollments_contacts_of_sequence", "enrollments", ("sequence_id", "contact_id")),
    ("ix_enrollments_contacts_by_status", "enrollments", ("sequence_id", "status", "contact_id")),
    ("ix_enrollments_status_of_contacts", "enrollments", ("status", "contact_id")),
)
ENDED = "outcome IS NOT NULL"
WAITS = "status = 'active' AND state = 'waiting'"
PARTIAL: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ix_enrollments_contacts_by_outcome", "enrollments", ("sequence_id", "outcome", "contact_id"), ENDED),
    ("ix_enrollments_outcome_of_contacts", "enrollments", ("outcome", "contact_id"), ENDED),
    ("ix_enrollments_paused", "enrollments", ("enrolled_by", "since", "id"), "status = 'paused'"),
    ("ix_enrollments_stuck", "enrollments", ("enrolled_by", "since", "id"), f"{WAITS} AND due_at IS NULL"),
    ("ix_enrollments_held", "enrollments", ("sequence_id",), f"{WAITS} AND why = 'held'"),
    ("ix_todos_open_of_user", "todos", ("assignee_id", "sequence_id", "due_at", "id"), "status = 'open'"),
    ("ix_news_unnoted", "news", ("signaled", "at"), "code IS NULL"),
    ("ix_bulk_add_lines_refused", "bulk_add_lines", ("bulk_add_id", "position"), "code <> 'enrolled'"),
)


def upgrade() -> None:
    op.drop_index("ix_enrollments_paused", "enrollments")
    op.drop_index("ix_enrollments_held", "enrollments")
    op.drop_index("ix_news_unsignaled", "news")
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))
    for name, table, columns, where in PARTIAL:
        some = sa.text(where)
        op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)
    op.execute("UPDATE enrollments SET since = enrolled_at WHERE since IS NULL")  # what waits stands in that order
    words = op.create_table(
        "contact_words",
        sa.Column("word", WORD, nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_words_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "contact_id", name=op.f("pk_contact_words")),
        sqlite_with_rowid=False,
    )
    for rows in _words():
        op.bulk_insert(words, rows)
    op.create_index("ix_contact_words_contact", "contact_words", ["contact_id", "word"])


def _words() -> Iterator[list[dict[str, Any]]]:
    """The words of the contacts that are there, some contacts at a time."""
    last = 0
    while people := _fetched(PEOPLE, last):
        ids = last, people[-1].id
        addresses, numbers = _grouped(ADDRESSES, *ids), _grouped(NUMBERS, *ids)
        yield [
            {"word": word, "contact_id": one.id}
            for one in people
            for word in of_parts(
                f"{one.first_name} {one.last_name}",
                one.company or "",
                addresses.get(one.id, ()),
                numbers.get(one.id, ()),
            )
        ]
        last = people[-1].id


PEOPLE = (
    "SELECT contacts.id, first_name, last_name, companies.name AS company FROM contacts "
    "LEFT JOIN companies ON companies.id = company_id WHERE contacts.id > :last ORDER BY contacts.id LIMIT :many"
)
ADDRESSES = "SELECT contact_id, address FROM email_addresses WHERE contact_id > :last AND contact_id <= :end"
NUMBERS = "SELECT contact_id, number FROM phone_numbers WHERE contact_id > :last AND contact_id <= :end"


def _fetched(statement: str, last: int) -> list[Any]:
    return list(op.get_bind().execute(sa.text(statement), {"last": last, "many": AT_ONCE}))


def _grouped(statement: str, last: int, end: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for contact_id, value in op.get_bind().execute(sa.text(statement), {"last": last, "end": end}):
        found.setdefault(contact_id, []).append(value)
    return found
