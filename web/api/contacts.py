"""Contacts: taking in a CSV file."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from starter.contacts import import_contacts
from starter.sequences import LARGEST_FILE
from web.acting import At, By
from web.api.documents import CSV, csv_text
from web.once import Once

router = APIRouter(tags=["contacts"], route_class=Once)


class Imports(BaseModel):
    """How many contacts came and how many were updated."""

    created: int
    updated: int


@router.post("/contacts/imports", openapi_extra=CSV)
async def take_in(door: At, by: By, request: Request) -> Imports:
    """Takes in a CSV file as `sequencing contacts import` does: all lines or none."""
    done = await import_contacts(door, await csv_text(request, LARGEST_FILE), by.email)
    return Imports(created=done.created, updated=done.updated)
