"""What every command shares: running an act, printing its answer, and saying what went wrong in one sentence.

Exit codes: 0 done (or so already), 1 refused, 2 wrong usage or a setting that cannot be used, 3 the database or the
engine cannot be reached.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Annotated, Any, NoReturn
from unicodedata import category

import typer
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from sequencing.errors import Misconfigured, Refused, Unchanged
from sequencing.wording import counted
from settings import read_settings
from starter.door import Door
from starter.enrollments import Receipt
from starter.opening import open_door

As = Annotated[str, typer.Option("--as", envvar="SEQUENCING_USER", help="Who acts, by email.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LONGEST_CELL = 200
NOT_OURS = "The database's file may not be used by this user; see who owns it and its folder."
FULL = "The database's disk is full; make room, and repeat it. Nothing was changed."
TROUBLES = {
    "no such table": "The database has no tables yet; run `sequencing setup` first.",
    "UndefinedTable": "The database has no tables yet; run `sequencing setup` first.",
    "no such column": "The database is from another build; run `sequencing setup` with the newer one.",
    "UndefinedColumn": "The database is from another build; run `sequencing setup` with the newer one.",
    "readonly database": NOT_OURS,
    "unable to open database": NOT_OURS,
    "disk is full": FULL,
    "DiskFull": FULL,
    "ReadOnlySQLTransaction": "The database takes no changes; SEQUENCING_DATABASE_URL must lead to the primary.",
    "file is not a database": "The database's file is no SQLite database; check SEQUENCING_DATABASE_URL.",
}


def act(work: Callable[[Door], Awaitable[Any]], *, engine: bool = True) -> Any:
    """The answer of the work at the door, or the end of the program with a sentence and an exit code."""
    try:
        return asyncio.run(_at_the_door(work, engine))
    except Unchanged as so_already:
        print(so_already.sentence)
        leave(0)
    except Misconfigured as trouble:
        fail(trouble.sentence, 2)
    except Refused as refusal:
        fail(refusal.sentence, 1)
    except DataError:
        fail("Something in it is longer than the database can keep, or holds a character it cannot; shorten it.", 1)
    except IntegrityError:
        fail("Somebody else did the same at the same moment; look, and repeat it if it is still to be done.", 1)
    except (SQLAlchemyError, OSError) as error:
        fail(about_the_database(error), 3)
    except (RuntimeError, _engine_refused()) as error:
        fail(_about_the_engine(error), 3)


def lines_refused(number: int) -> str:
    """What is said at the end of an import that took the good lines."""
    were, them = ("was", "it") if number == 1 else ("were", "them")
    return f"{counted(number, 'line')} {were} refused; mend {them} and import the file again."


def read(work: Callable[[Door], Awaitable[Any]]) -> Any:
    """The same for what only reads the database."""
    return act(work, engine=False)


def run(work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Runs what lasts until a signal, and ends the program."""
    try:
        asyncio.run(_awaited(work))
    except Misconfigured as trouble:
        fail(trouble.sentence, 2)
    leave(0)


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _at_the_door(work: Callable[[Door], Awaitable[Any]], engine: bool) -> Any:
    async with open_door(read_settings(), engine=engine) as door:
        return await work(door)


def _engine_refused() -> type[Exception]:
    from temporalio.service import RPCError  # here, because it is slow to load and seldom needed

    return RPCError


def _about_the_engine(error: BaseException) -> str:
    said = str(error).lower()
    if "namespace" in said and "not found" in said:
        return "Temporal has no such namespace; check TEMPORAL_NAMESPACE, or make it first."
    return "Temporal cannot be reached; start it (`sequencing up`), or set TEMPORAL_ADDRESS."


def about_the_database(error: BaseException) -> str:
    """What to tell of it, and what to do."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}; check SEQUENCING_VAR and SEQUENCING_DATABASE_URL."
    said = " ".join(map(repr, _causes(error)))  # what PostgreSQL means is said by the innermost alone
    known = (sentence for words, sentence in TROUBLES.items() if words in said)
    return next(known, "The database cannot be reached; check SEQUENCING_DATABASE_URL and that it runs.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def fail(sentence: str, code: int) -> NoReturn:
    """Ends with a sentence."""
    print(harmless(sentence), file=sys.stderr)
    leave(code)


def leave(code: int) -> NoReturn:
    """Ends at once: an interpreter that has used a Temporal client may abort while it winds down."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more
        code = code or 1
    os._exit(code)


def harmless(text: str) -> str:
    """The text on one line, without anything that a terminal would obey."""
    return "".join("\N{REPLACEMENT CHARACTER}" if category(sign)[0] == "C" else sign for sign in text)


def show(rows: list[dict[str, Any]], as_json: bool, empty: str = "Nothing to show.") -> None:
    """A list of like things, as JSON or as a table."""
    if as_json:
        print(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
    elif not rows:
        print(empty)
    else:
        from rich.console import Console  # here, because it takes long and most commands do not print a table
        from rich.table import Table

        table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*("" if cell is None else harmless(str(cell)[:LONGEST_CELL]) for cell in row.values()))
        width = None if sys.stdout.isatty() else 200
        plain = Console(soft_wrap=not sys.stdout.isatty(), width=width, markup=False, emoji=False, highlight=False)
        plain.print(table)


def say(sentences: Iterable[str], *, aloud: bool) -> None:
    """Sentences beside an answer; where a program reads that, beside its output."""
    for sentence in sentences:
        print(harmless(sentence), file=sys.stdout if aloud else sys.stderr)


def acknowledge(receipt: Receipt, as_json: bool) -> None:
    """What an accepted act did."""
    enrollment = receipt.enrollment
    said = {
        "enrollment_id": enrollment.id,
        "status": enrollment.status,
        "reason": enrollment.reason,
        "outcome": enrollment.outcome,
        "step": enrollment.step,
        "takes_effect": receipt.takes_effect,
    }
    if as_json:
        print(json.dumps(said, indent=2))
        return
    why = f" ({enrollment.outcome or enrollment.reason})" if enrollment.reason or enrollment.outcome else ""
    late = "" if receipt.engine_heard else "; recorded, takes effect when Temporal is back"
    print(f"{enrollment.id}: {enrollment.status}{why}, step {enrollment.step}{late}")
