"""What a suppression covers, and the file they travel in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.errors import Refused
from sequencing.lines import Line, guarded, read_lines, unguarded
from sequencing.suppression_lines import SHEET, since, written
from sequencing.suppressions import check_suppressible, fingerprint, forms, own_forms

SECRET = b"ours"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
NOW = datetime(2026, 11, 24, 9, 30, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("suppressed", "target", "covered"),
    [
        ("ann@example.org", "Ann@Example.org", True),
        ("ann@example.org", "ann+jobs@example.org", False),
        ("@example.org", "ann@example.org", True),
        ("@example.org", "ann@mail.example.org", True),
        ("@mail.example.org", "ann@example.org", False),
        ("@example.org", "ann@myexample.org", False),
        ("@ample.org", "ann@example.org", False),
        ("@example.org", "@mail.example.org", True),
        ("@xn--mnchen-3ya.example", "ann@münchen.example", True),
        ("@münchen.example", "ann@xn--mnchen-3ya.example", True),
        ("+4915112340001", "+4915112340001", True),
        ("@org", "ann@example.org", False),
    ],
)
def test_a_suppression_covers_itself_and_a_domain_all_below_it(suppressed: str, target: str, covered: bool) -> None:
    assert (suppressed in forms([SECRET], target)) is covered


def test_what_was_erased_before_the_secret_changed_is_still_recognised() -> None:
    print_then = fingerprint(b"old", "ann@example.org")

    assert print_then in own_forms([b"new", b"old"], "Ann@example.org")
    assert print_then not in own_forms([b"new"], "ann@example.org")


@pytest.mark.parametrize("target", ["@", "@com", "@com.", "@.com", "@exa mple.org", "@@example.org", "@a..org", "ann"])
def test_what_is_neither_address_nor_number_nor_domain_is_refused(target: str) -> None:
    with pytest.raises(Refused):
        check_suppressible(target)


@given(st.text(alphabet=st.sampled_from("'=+-@\t\ra1\"é")))
def test_a_guarded_cell_is_no_formula_and_comes_back_as_it_was(cell: str) -> None:
    assert not guarded(cell).startswith(DANGEROUS)
    assert unguarded(guarded(cell)) == cell


@given(st.text(alphabet=st.sampled_from("ab'1\"é"), max_size=5))
def test_a_cell_that_was_typed_without_a_guard_is_left_as_it_is(cell: str) -> None:
    assert unguarded(f"x{cell}") == f"x{cell}"


def test_what_is_written_is_read_again() -> None:
    rows = [
        ("ann@example.org", "unsubscribed", NOW, "ada@example.org"),
        ("@example.org", 'said, "no"', NOW, ""),
        ("+4915112340001", "=cmd()", NOW, ""),
        ("'=1@example.org", "by_user", NOW, ""),
        (fingerprint(SECRET, "gone@example.org"), "erased", NOW, "ada@example.org"),
    ]

    text = written(rows, header=True)

    read = [line for line in read_lines(text, SHEET) if isinstance(line, Line)]
    cells = [(line.cells["target"], line.cells["reason"], since(line), line.cells["by"]) for line in read]
    assert cells == rows
    assert not any(cell.startswith(DANGEROUS) for line in text.splitlines() for cell in line.split(","))
