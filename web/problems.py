"""What went wrong, as a status, a code and the sentence a person reads (RFC 9457)."""

from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from sequencing.errors import Refused, TooSoon

log = structlog.get_logger()

STATUS = {
    "not_signed_in": 401,
    "nobody_acts": 401,
    "not_permitted": 403,
    "wrong_form": 403,
    "not_found": 404,
    "unknown_sequence": 404,
    "too_large": 413,
    "too_many_tries": 429,
    "unknown_field": 422,
    "too_long": 422,
    "limit_reached": 422,
    "not_an_email": 422,
    "neither": 422,
    "nobody": 422,
    "twice": 422,
    "template_broken": 422,
    "template_too_large": 422,
    "not_a_message": 422,
    "not_a_user": 422,
    "text_too_long": 422,
    "text_empty": 422,
    "unreadable_file": 422,
    "key_used_otherwise": 422,
    "takes_too_long": 422,
    "busy": 503,
    "database_unreachable": 503,
}
FAMILIES = {"invalid_": 422, "unknown_": 422}
CONFLICT = 409
"""What every other refusal says: it does not fit how things stand now."""
WRONG_DATA = "22"
"""PostgreSQL's class of errors for values, such as a NUL in a text."""
NAMES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """A refusal: `code` is stable for programs, `detail` is for the reader."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


def status_of(code: str) -> int:
    """The HTTP status that goes with a refusal's code."""
    family = next((status for start, status in FAMILIES.items() if code.startswith(start)), CONFLICT)
    return STATUS.get(code, family)


def refusal(error: Exception) -> Refused | None:
    """The refusal that an error amounts to; None: it is a fault of ours."""
    match error:
        case Refused():
            return error
        case RequestValidationError():
            return Refused("invalid_request", _first(error.errors()[0]))
        case HTTPException():
            return Refused(NAMES.get(error.status_code, "invalid_request"), f"{error.detail}.")
        case DataError() | UnicodeError() | OverflowError():
            return Refused("invalid_text", "Something in it is too long or too large, or holds a sign that is no text.")
        case IntegrityError():
            return Refused("same_moment", "Somebody else did the same at the same moment; look, then repeat it.")
        case DBAPIError() if str(getattr(error.orig, "sqlstate", "")).startswith(WRONG_DATA):
            return Refused("invalid_text", "Something in it holds a sign that the database cannot keep.")
        case SQLAlchemyError() | OSError():
            log.error("database cannot be used", error=type(error).__name__)
            return Refused("database_unreachable", "The database cannot be reached; try again in a moment.")
    return None


def answer(error: Exception) -> JSONResponse:
    """The problem as an answer of the API."""
    said = refusal(error)
    if said is None:
        return problem(500, "fault", "Something is wrong here; the log of this server has the place.")
    status = error.status_code if isinstance(error, HTTPException) else status_of(said.code)
    answered = problem(status, said.code, said.sentence)
    answered.headers.update(when(said))
    return answered


def when(said: Refused) -> dict[str, str]:
    """The header that says when to come again, where the refusal does."""
    return {"Retry-After": str(said.seconds)} if isinstance(said, TooSoon) else {}


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """The body of a problem."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status)
    said = Problem(title=code.replace("_", " ").capitalize(), status=status, code=code, detail=detail)
    return JSONResponse(said.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def _first(error: Any) -> str:
    """Where in the request, and what; never what was sent."""
    where = ", ".join(str(place)[:80] for place in error["loc"])
    return f"{where}: {error['msg']}."
