"""The API's description as it is served: what refuses is a problem, and says so by its media type."""

from collections.abc import Callable
from typing import Any

from web.problems import MEDIA_TYPE

JSON = "application/json"


def with_problems(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The description, in which every answer of 400 and above has the media type of a problem (RFC 9457)."""

    def described() -> dict[str, Any]:
        description = describe()
        for operations in description["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if status >= "400" and JSON in content:
                        content[MEDIA_TYPE] = content.pop(JSON)
        return description

    return described
