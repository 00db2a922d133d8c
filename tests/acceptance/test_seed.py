"""Whether everything that was asked for is shown by a test: each statement's number stands on at least one.

A test that shows a statement is marked with its number, and drives the product as those do for whom it is: on its
pages, by HTTP, or at the command line. It may stand in any file here, in tests/web, or be a walk in tests/browser.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
PUBLIC = ("acceptance", "web", "browser")
LATER = 52
"""Activities of a customer's own."""
STATEMENTS = set(range(1, 57)) - {LATER}


def test_every_statement_is_shown_by_a_test() -> None:
    shown = {number for folder in PUBLIC for file in (TESTS / folder).rglob("*.py") for number in _marked(file)}

    assert STATEMENTS - shown == set()
    assert shown - STATEMENTS == set()


def test_no_statement_is_shown_where_nobody_meets_the_product() -> None:
    elsewhere = [file for file in TESTS.rglob("*.py") if file.relative_to(TESTS).parts[0] not in PUBLIC]

    assert [file.name for file in elsewhere if list(_marked(file))] == []


def _marked(file: Path) -> Iterator[int]:
    """The numbers on tests and walks of a file."""
    if "mark.statement(" not in (text := file.read_text()):
        return
    for one in ast.walk(ast.parse(text)):
        for mark in getattr(one, "decorator_list", ()):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.statement":
                (number,) = mark.args
                assert isinstance(number, ast.Constant), (file, ast.unparse(mark))
                assert isinstance(number.value, int), (file, ast.unparse(mark))
                yield number.value
