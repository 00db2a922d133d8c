"""What every command shares: running an act, printing its answer, and saying what went wrong in one sentence.

Exit codes: 0 done (or so already), 1 refused, 2 wrong usage, 3 the database or the engine cannot be reached.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from temporalio.service import RPCError

from sequencing.errors import Refused, Unchanged
from settings import Settings
from starter.door import Door
from starter.enrollments import Receipt
from starter.sequencer import open_door

As = Annotated[str, typer.Option("--as", envvar="SEQUENCING_USER", help="Who acts, by email.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def act(work: Callable[[Door], Awaitable[Any]]) -> Any:
    """The answer of the work at the door, or the end of the program with a sentence and an exit code."""
    try:
        return asyncio.run(_at_the_door(work))
    except Unchanged as so_already:
        print(so_already.sentence)
        leave(0)
    except Refused as refusal:
        fail(refusal.sentence, 1)
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"SEQUENCING_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}.", 2)
    except (SQLAlchemyError, OSError) as error:
        fail(_about_the_database(error), 3)
    except (RPCError, RuntimeError, TimeoutError):
        fail("Temporal cannot be reached; start it (`sequencing up`), or set TEMPORAL_ADDRESS.", 3)


async def _at_the_door(work: Callable[[Door], Awaitable[Any]]) -> Any:
    async with open_door(Settings()) as door:
        return await work(door)


def _about_the_database(error: BaseException) -> str:
    if (isinstance(error, DBAPIError) and "no such table" in str(error.orig)) or "UndefinedTable" in repr(error):
        return "The database has no tables yet; run `sequencing setup` first."
    return "The database cannot be reached; check SEQUENCING_DATABASE_URL and that it runs."


def fail(sentence: str, code: int) -> NoReturn:
    """Ends with a sentence."""
    print(sentence, file=sys.stderr)
    leave(code)


def leave(code: int) -> NoReturn:
    """Ends at once: an interpreter that has used a Temporal client may abort while it winds down."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def show(rows: list[dict[str, Any]], as_json: bool, empty: str = "Nothing to show.") -> None:
    """A list of like things, as JSON or as a table."""
    if as_json:
        print(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
    elif not rows:
        print(empty)
    else:
        table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*("" if cell is None else str(cell) for cell in row.values()))
        Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200).print(table)


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
