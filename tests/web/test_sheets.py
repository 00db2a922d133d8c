"""Templates escape whatever a person may have typed, as markupsafe does."""

import pytest
from markupsafe import Markup, escape

from sequencing.enrollments import Status
from web.pages.frame import TEMPLATES

TYPED = ["plain", "", "<b>", "a \"b\" & 'c'", 7, True, None, 1.5, Status.active, Markup("<i>ours</i>"), ["<x>"]]


@pytest.mark.parametrize("typed", TYPED, ids=repr)
def test_a_value_is_shown_escaped(typed: object) -> None:
    shown = TEMPLATES.from_string("{% macro m(x) %}{{ x }}{% endmacro %}{{ v }}|{{ m(v) }}").render(v=typed)

    assert shown == f"{escape(typed)}|{escape(typed)}"
