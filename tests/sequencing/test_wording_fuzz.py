"""Whatever is written in a template, step or draft."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing import TEN_MINUTES, finds_nothing
from tests.sequencing.wording_fuzz import seeds, write

PIECES = [
    *("{{ contact.first_name }}", "{{ contact.title | fallback('you') }}", "{% if company.name %}", "{% endif %}"),
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "<p>",
        "</p>",
        "<a href='https://example.com/?a=1&b=2'>",
        "</a>",
        "<table><tr><td>",
    ),
    *("<script>", "</script>", "<style>p { color: red }</style>", "<!--", "-->", "<img src=x onerror=alert(1)>"),
    *("javascript:alert(1)", "&lt;", "&#0;", "\r\n", "\r\nBcc: all@example.com", "é", "\u2028", "\x00", "x" * 1_100),
]


@pytest.mark.parametrize("seed", seeds(), ids=lambda path: path.name)
def test_what_was_written_once_is_written_again(seed: Path) -> None:
    write(seed.read_bytes())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=20))
def test_whatever_is_written_is_refused_or_safe_to_read(pieces: list[str]) -> None:
    write("".join(pieces).encode(errors="replace"))


@pytest.mark.soak
@pytest.mark.timeout(TEN_MINUTES + 120)
async def test_ten_minutes_of_templates_that_nobody_would_write_find_nothing(tmp_path: Path) -> None:
    await finds_nothing("tests.sequencing.wording_fuzz", tmp_path)
