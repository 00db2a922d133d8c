"""The API's description as it is served: each operation with its refusals, as problems (RFC 9457) with their codes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from web.api.refusals import codes_of
from web.api.words import PROBLEMS
from web.problems import MEDIA_TYPE, Problem, status_of

JSON = "application/json"
PREFIX = "/api"
UNREADABLE = "invalid_request"
PROBLEM = {"$ref": f"#/components/schemas/{Problem.__name__}"}


def with_problems(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The description, in which every operation names the statuses and codes of its refusals, and no others."""

    def described() -> dict[str, Any]:
        description = describe()
        for path, operations in description["paths"].items():
            for method, operation in operations.items():
                answers = {status: one for status, one in operation["responses"].items() if status < "400"}
                operation["responses"] = answers | dict(_refusals(method, path, operation))
        return description

    return described


def _refusals(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each status with its answer, in their order."""
    codes = codes_of(method, path.removeprefix(PREFIX), operation)
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(status_of(code), []).append(code)
    if set(operation.get("requestBody", {}).get("content", ())) == {JSON}:
        by_status[400] = [UNREADABLE]
    for status, said in sorted(by_status.items()):
        words = f"{PROBLEMS[status]['description']}: {', '.join(said)}"
        named = {"properties": {"code": {"enum": said}, "status": {"const": status}}}
        yield str(status), {"description": words, "content": {MEDIA_TYPE: {"schema": {"allOf": [PROBLEM, named]}}}}
