"""who has a tie of his own to an enrollment, kept by triggers; indexes of outcomes, of large adds by who began them"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ENDED = sa.text("outcome IS NOT NULL")
OF_ENDED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ix_enrollments_outcome", "enrollments", ("outcome", "id")),
    ("ix_enrollments_outcome_in_sequence", "enrollments", ("sequence_id", "outcome", "id")),
    ("ix_ties_by_outcome", "ties", ("user_id", "outcome", "enrollment_id")),
    ("ix_ties_contacts_by_outcome", "ties", ("user_id", "outcome", "contact_id")),
)

TIED = """
INSERT INTO ties (user_id, enrollment_id, contact_id, status, outcome)
SELECT tied.user_id, e.id, e.contact_id, e.status, e.outcome
FROM ({who}) AS tied JOIN enrollments AS e ON e.id = tied.enrollment_id
WHERE NOT EXISTS (SELECT 1 FROM ties AS t WHERE t.user_id = tied.user_id AND t.enrollment_id = e.id)
"""
"""Whoever is tied and was not; `who` names (user_id, enrollment_id)."""

STARTED = "SELECT enrolled_by AS user_id, id AS enrollment_id FROM enrollments"
OWNED = (
    "SELECT c.owner_id, o.id FROM enrollments AS o JOIN contacts AS c ON c.id = o.contact_id "
    "WHERE c.owner_id IS NOT NULL"
)
GIVEN = "SELECT assignee_id, enrollment_id FROM todos"

UNTIED = """
DELETE FROM ties WHERE user_id = {user} AND {which}
AND NOT EXISTS (SELECT 1 FROM enrollments AS e WHERE e.id = ties.enrollment_id AND e.enrolled_by = {user})
AND NOT EXISTS (SELECT 1 FROM contacts AS c WHERE c.id = ties.contact_id AND c.owner_id = {user})
AND NOT EXISTS (SELECT 1 FROM todos AS d WHERE d.enrollment_id = ties.enrollment_id AND d.assignee_id = {user})
"""
"""Who was tied and is no longer."""

BORN = TIED.format(who=f"{STARTED} WHERE id = NEW.id UNION {OWNED} AND o.id = NEW.id")
CHANGED = "UPDATE ties SET status = NEW.status, outcome = NEW.outcome WHERE enrollment_id = NEW.id"
GONE = "DELETE FROM ties WHERE enrollment_id = OLD.id"
HANDED_ON = TIED.format(who="SELECT NEW.assignee_id AS user_id, NEW.enrollment_id AS enrollment_id")
TAKEN = UNTIED.format(user="OLD.assignee_id", which="enrollment_id = OLD.enrollment_id")
OWNS = TIED.format(
    who="SELECT c.owner_id AS user_id, o.id AS enrollment_id FROM enrollments AS o JOIN contacts AS c "
    "ON c.id = o.contact_id WHERE c.id = NEW.id AND c.owner_id IS NOT NULL"
)
OWNED_ONCE = UNTIED.format(user="OLD.owner_id", which="contact_id = NEW.id")

SHARED, ALONE = "pg_advisory_xact_lock_shared", "pg_advisory_xact_lock"
OTHER_STATUS = "NEW.status {differs} OLD.status OR NEW.outcome {differs} OLD.outcome"
OTHER_ASSIGNEE, OTHER_OWNER = "NEW.assignee_id {differs} OLD.assignee_id", "NEW.owner_id {differs} OLD.owner_id"
TRIGGERS: dict[str, tuple[str, str, str, list[str]]] = {
    "ties_of_a_new_enrollment": ("INSERT ON enrollments", "", "", [BORN]),
    "ties_where_an_enrollment_stands": ("UPDATE OF status, outcome ON enrollments", OTHER_STATUS, SHARED, [CHANGED]),
    "ties_of_a_gone_enrollment": ("DELETE ON enrollments", "", SHARED, [GONE]),
    "ties_of_a_new_todo": ("INSERT ON todos", "", SHARED, [HANDED_ON]),
    "ties_of_a_gone_todo": ("DELETE ON todos", "", SHARED, [TAKEN]),
    "ties_of_a_todo_handed_on": ("UPDATE OF assignee_id ON todos", OTHER_ASSIGNEE, ALONE, [TAKEN, HANDED_ON]),
    "ties_of_another_owner": ("UPDATE OF owner_id ON contacts", OTHER_OWNER, ALONE, [OWNED_ONCE, OWNS]),
}
"""After what, only if, under which lock of PostgreSQL, does what. Transactions in which enrollments go on hold their
enrollment and do not meet; one that hands on to-dos or contacts meets many of them and has to see what they wrote, so it
is alone. While an enrollment is born its contact is locked.
"""
LOCK = 20
"""Number of that lock."""
STANDSTILL = (
    "LOCK TABLE enrollments IN EXCLUSIVE MODE",
    "LOCK TABLE todos, contacts IN SHARE ROW EXCLUSIVE MODE",
)
"""PostgreSQL: what an older build is just writing would not be seen, and has no triggers yet. Whoever acts locks an
enrollment first, so he waits there before he holds anything that is waited for here.
"""


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in STANDSTILL if on_postgresql else ():
        op.execute(statement)
    op.create_table(
        "ties",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("enrollment_id", sa.String(26), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "enrollment_id", name=op.f("pk_ties")),
    )
    op.execute(TIED.format(who=f"{STARTED} UNION {OWNED} UNION {GIVEN}"))
    op.create_index("ix_ties_enrollment", "ties", ["enrollment_id"])
    op.create_index("ix_ties_by_status", "ties", ["user_id", "status", "enrollment_id"])
    op.create_index("ix_ties_contacts", "ties", ["user_id", "contact_id"])
    op.create_index("ix_ties_contacts_by_status", "ties", ["user_id", "status", "contact_id"])
    for name, table, columns in OF_ENDED:
        op.create_index(name, table, list(columns), sqlite_where=ENDED, postgresql_where=ENDED)
    op.create_index("ix_bulk_adds_by", "bulk_adds", ["by", "id"])
    for name, (event, condition, lock, statements) in TRIGGERS.items():
        if on_postgresql:
            _on_postgresql(name, event, condition, lock, statements)
        else:
            _on_sqlite(name, event, condition, statements)


def _on_sqlite(name: str, event: str, condition: str, statements: list[str]) -> None:
    when = f"WHEN {condition.format(differs='IS NOT')}" if condition else ""
    done = "".join(f"{statement};" for statement in statements)
    op.execute(f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW {when} BEGIN {done} END")


def _on_postgresql(name: str, event: str, condition: str, lock: str, statements: list[str]) -> None:
    when = f"WHEN ({condition.format(differs='IS DISTINCT FROM')})" if condition else ""
    locking = [f"PERFORM {lock}({LOCK})"] if lock else []
    done = "".join(f"{statement};" for statement in [*locking, *statements])
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN {done} RETURN NULL; END $body$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")
