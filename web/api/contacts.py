"""Contacts: taking in a CSV file."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from sequencing.errors import Refused
from starter.contacts import import_contacts
from starter.sequences import LARGEST_FILE
from web.acting import At, By
from web.once import Once

router = APIRouter(tags=["contacts"], route_class=Once)
CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


class Imports(BaseModel):
    """How many contacts came and how many were updated."""

    created: int
    updated: int


@router.post("/contacts/imports", openapi_extra=CSV)
async def take_in(door: At, by: By, request: Request) -> Imports:
    """Takes in a CSV file as `sequencing contacts import` does: all lines or none."""
    body = await request.body()
    if len(body) > LARGEST_FILE:
        raise Refused("too_large", f"A file has at most {LARGEST_FILE:,} bytes.")
    try:
        text = body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused("invalid_text", "The file is not UTF-8 text.") from None
    done = await import_contacts(door, text, by.email)
    return Imports(created=done.created, updated=done.updated)
