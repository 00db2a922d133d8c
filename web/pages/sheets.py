"""Templates as they are rendered: autoescaped, and what is plain text goes out without a detour."""

import re
from collections.abc import MutableMapping
from types import CodeType
from typing import Any

from jinja2 import Environment, Template
from markupsafe import escape

NEEDS_ESCAPING = re.compile(r"[&<>'\"]").search


class Sheet(Template):
    """A template whose values are escaped by `escaped`; a long list has thousands of them."""

    @classmethod
    def from_code(
        cls, environment: Environment, code: CodeType, globals: MutableMapping[str, Any], uptodate: Any = None
    ) -> Template:
        """The template that the code makes."""
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__["escape"] = escaped
        return made


def escaped(value: Any) -> str:
    """What `markupsafe.escape` says, but that plain text is not wrapped as markup: it is only joined with the rest."""
    if type(value) is str and not NEEDS_ESCAPING(value):
        return value
    return str(value) if type(value) is int else escape(value)
