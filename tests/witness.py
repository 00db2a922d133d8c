"""A witness in the database: triggers that number, one after the other, what is written, by whichever process.

The order is that of commits for whatever excludes each other: a claim and news of its enrollment are written under the
enrollment's row, claims and what forbids many of them behind or before the gate, and each holds its lock until it has
committed. So no clock is asked, and none of the product's own records.
"""

from collections import defaultdict

import sqlalchemy as sa

from store.database import Database

TOLD = (
    ("news", "INSERT", "NEW.enrollment_id", "NEW.what"),
    ("holds", "INSERT", "NEW.scope", "'hold'"),
    ("suppressions", "INSERT", "NEW.target", "'suppression'"),
    ("messages", "INSERT", "NEW.enrollment_id", "NEW.state"),
    ("messages", "UPDATE", "NEW.enrollment_id", "NEW.state"),
)
"""(table, what is done to it, whom it is about, the word for it)."""


async def call(database: Database) -> None:
    """The witness watches from now on."""
    postgresql = database.url.get_backend_name() == "postgresql"
    number = "bigserial PRIMARY KEY" if postgresql else "INTEGER PRIMARY KEY AUTOINCREMENT"
    async with database.writing() as tx:
        await tx.execute(sa.text(f"CREATE TABLE witness (id {number}, about text, word text)"))
        for table, act, about, word in TOLD:
            name, insert = f"tell_{table}_{act}".lower(), f"INSERT INTO witness (about, word) VALUES ({about}, {word});"
            if postgresql:
                body = f"$$ BEGIN {insert} RETURN NULL; END $$ LANGUAGE plpgsql"
                await tx.execute(sa.text(f"CREATE FUNCTION {name}() RETURNS trigger AS {body}"))
            does = f"FOR EACH ROW EXECUTE FUNCTION {name}()" if postgresql else f"BEGIN {insert} END"
            await tx.execute(sa.text(f"CREATE TRIGGER {name} AFTER {act} ON {table} {does}"))


async def heard(database: Database) -> dict[str, list[tuple[int, str]]]:
    """About each enrollment, scope of a hold, and suppressed address: (number, word), in order."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    async with database.reading() as tx:
        for number, about, word in await tx.execute(sa.text("SELECT id, about, word FROM witness ORDER BY id")):
            found[about].append((number, word))
    return found
