"""words that companies and opportunities are found by"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from sequencing.search_words import LONGEST, of_name

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

AT_ONCE = 2000
WORD = sa.String(LONGEST).with_variant(sa.String(LONGEST, collation="C"), "postgresql")
KINDS = (
    ("company", "companies", "SELECT id, name FROM companies WHERE id > :last ORDER BY id LIMIT :many"),
    (
        "opportunity",
        "opportunities",
        "SELECT id, title AS name FROM opportunities WHERE id > :last ORDER BY id LIMIT :many",
    ),
)


def upgrade() -> None:
    for kind, table, named in KINDS:
        words, of = f"{kind}_words", f"{kind}_id"
        made = op.create_table(
            words,
            sa.Column("word", WORD, nullable=False),
            sa.Column(of, sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint([of], [f"{table}.id"], name=op.f(f"fk_{words}_{of}"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("word", of, name=op.f(f"pk_{words}")),
            sqlite_with_rowid=False,
        )
        for rows in _words(named, of):
            op.bulk_insert(made, rows)
        op.create_index(f"ix_{words}_{kind}", words, [of, "word"])


def _words(statement: str, of: str) -> Iterator[list[dict[str, Any]]]:
    """The words of those that are there, some at a time."""
    last = 0
    while rows := list(op.get_bind().execute(sa.text(statement), {"last": last, "many": AT_ONCE})):
        yield [{"word": word, of: row.id} for row in rows for word in of_name(row.name)]
        last = rows[-1].id
