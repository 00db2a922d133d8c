"""A sequence's document as it comes in a request, in YAML or JSON."""

import asyncio
import json
from typing import Any

from starlette.requests import Request

from sequencing.errors import Refused
from starter.sequences import LARGEST_DOCUMENT, parse_yaml

DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}, "application/yaml": {"schema": {}}},
    }
}
"""How the API describes such a request."""


async def document(request: Request) -> Any:
    """What the request holds. Raises Refused with the place of the trouble."""
    body = await request.body()
    if len(body) > LARGEST_DOCUMENT:
        raise Refused("too_large", f"A document has at most {LARGEST_DOCUMENT:,} bytes.")
    try:
        text = body.decode("utf-8-sig")
        if "json" in request.headers.get("content-type", ""):
            return json.loads(text)
    except UnicodeDecodeError:
        raise Refused("invalid_text", "The document is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused("invalid_json", f"The document is no valid JSON: see {where}.") from None
    except (RecursionError, ValueError):
        raise Refused(
            "invalid_json", "The document nests too many levels, or holds a number that is too long."
        ) from None
    return await asyncio.to_thread(parse_yaml, text, "the document")


CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
"""How the API describes a request that brings a CSV file."""


async def csv_text(request: Request, largest: int) -> str:
    """The file that the request brings. Raises Refused."""
    body = await request.body()
    if len(body) > largest:
        raise Refused("too_large", f"A file has at most {largest:,} bytes.")
    return utf8(body)


def utf8(file: bytes) -> str:
    """What a text file says, with the ends of lines as the rest of the house has them. Raises Refused."""
    try:
        return file.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused("invalid_text", "The file is not UTF-8 text.") from None
