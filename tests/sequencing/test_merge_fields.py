import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencing.errors import Refused
from sequencing.merge_fields import DEEPEST, FIELDS, LONGEST_OUTPUT, LONGEST_SOURCE, MissingField, check, fields, render

ANN = {
    "contact": {"first_name": "Ann", "last_name": "Example", "title": "chief of staff"},
    "sender": {"name": "Bo Recruiter"},
    "step": {"number": "1"},
}


def refusal(source: str) -> str:
    with pytest.raises(Refused) as refused:
        check(source)
    assert refused.value.code == "template_broken"
    return refused.value.sentence


def test_fields_are_filled_in() -> None:
    text = render("Hi {{ contact.first_name }},\nI am {{sender.name}}.\n", ANN)

    assert text == "Hi Ann,\nI am Bo Recruiter.\n"


def test_text_stays_as_it_was_typed_and_nothing_is_escaped() -> None:
    assert render('<b>R&D</b> "ü" 🚀 100% } {\n\n', {}) == '<b>R&D</b> "ü" 🚀 100% } {\n\n'


def test_a_value_is_never_taken_for_a_template() -> None:
    values = {"contact": {"first_name": "{{ contact.last_name }}{% if %}", "last_name": "Example"}}

    assert render("Hi {{ contact.first_name }}", values) == "Hi {{ contact.last_name }}{% if %}"


@pytest.mark.parametrize(
    "nothing", [{}, {"contact": {}}, {"contact": {"first_name": ""}}, {"contact": {"first_name": " \t"}}]
)
def test_a_field_without_a_value_and_without_a_fallback_is_missing(nothing: dict[str, dict[str, str]]) -> None:
    with pytest.raises(MissingField) as missing:
        render("Hi {{ contact.first_name }},", nothing)

    assert missing.value.names == ("contact.first_name",)


def test_every_missing_field_is_named_once_in_the_order_of_the_text() -> None:
    with pytest.raises(MissingField) as missing:
        render("{{ company.name }} {{ contact.phone | upper }} {{ company.name }} {{ contact.first_name }}", ANN)

    assert missing.value.names == ("company.name", "contact.phone")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('Hi {{ contact.first_name | fallback("there") }},', "Hi there,"),
        ("Hi {{ contact.first_name | upper | fallback('you') }},", "Hi you,"),
        ("Hi {{ contact.first_name | fallback(contact.name) | fallback('you') }},", "Hi you,"),
        ("Hi {{ contact.first_name | fallback('') }},", "Hi ,"),
        ("Hi {{ contact.first_name or 'there' }},", "Hi there,"),
        ("Hi {{ contact.first_name if contact.first_name else 'there' }},", "Hi there,"),
    ],
)
def test_a_fallback_stands_in_for_a_missing_field(source: str, text: str) -> None:
    assert render(source, {}) == text


def test_a_fallback_is_not_used_when_there_is_a_value() -> None:
    assert render("Hi {{ contact.first_name | fallback('there') }},", ANN) == "Hi Ann,"


def test_a_fallback_that_is_missing_itself_names_the_field_it_fell_back_to() -> None:
    with pytest.raises(MissingField) as missing:
        render("{{ contact.phone | fallback(company.name) }}", ANN)

    assert missing.value.names == ("company.name",)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% if company.name %}at {{ company.name }}{% else %}on your own{% endif %}", "on your own"),
        ("{% if contact.title %}{{ contact.title | title }}{% endif %}", "Chief Of Staff"),
        ("{% if not company.name and step.number == '1' %}first{% endif %}", "first"),
        ("{% if company.name == '' %}none{% endif %}", "none"),
        ("{% if 'staff' in contact.title %}staff{% elif contact.title %}other{% endif %}", "staff"),
        ("{{ 'at ' if company.name }}home", "home"),
    ],
)
def test_asking_whether_a_field_has_a_value_does_not_count_as_missing(source: str, text: str) -> None:
    assert render(source, ANN) == text


def test_a_field_that_is_missing_in_a_branch_not_taken_is_not_missing() -> None:
    assert render("{% if company.name %}{{ company.name }}{{ opportunity.title }}{% endif %}.", {}) == "."


@pytest.mark.parametrize(
    ("used", "text"),
    [("upper", "O'NEIL ÉVA"), ("lower", "o'neil éva"), ("title", "O'neil Éva"), ("trim", "o'neil éva")],
)
def test_the_filters_change_the_value(used: str, text: str) -> None:
    assert render(f"{{{{ contact.name | {used} }}}}", {"contact": {"name": "o'neil éva"}}) == text


def test_every_field_that_is_listed_can_be_used() -> None:
    everything = {record: {name: f"<{record}.{name}>" for name in names} for record, names in FIELDS.items()}
    listed = sorted(f"{record}.{name}" for record, names in FIELDS.items() for name in names)

    assert render("".join(f"{{{{ {name} }}}}" for name in listed), everything) == "".join(
        f"<{name}>" for name in listed
    )


def test_the_fields_of_a_template_are_those_it_mentions_anywhere() -> None:
    source = "{{ contact.name | fallback(contact.first_name) }}{% if company.name %}{{ sender.email }}{% endif %}"

    assert fields(source) == {"contact.name", "contact.first_name", "company.name", "sender.email"}
    assert fields("no field") == frozenset()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "Hi\n\n{{ contact.frist_name }}",
            'Line 3 of the template: there is no field "contact.frist_name", did you mean ',
        ),
        ("{{ first_name }}", 'Line 1 of the template: "first_name" is no field, did you mean "contact.first_name"?'),
        ("{{ контакт.имя }}", 'Line 1 of the template: there is no field "контакт.имя".'),
        ("{{ contact }}", 'Line 1 of the template: "contact" is no field, did you mean "contact.name"?'),
        ("a\nb {{ contact.name", "Line 2 of the template: unexpected end of template, expected '}}'."),
        ("{% if contact.name %}x", "Line 1 of the template: {% if %} is never closed."),
        ("x\n{% endif %}", "Line 2 of the template: encountered unknown tag 'endif'."),
        (
            "{{ contact.name | default('x') }}",
            'Line 1 of the template: there is no filter "default", there are fallback, ',
        ),
        ("{% if step.number == 1 %}x{% endif %}", "Line 1 of the template: write 1 in quotes, every field is text."),
        ("{% if step.number < '2' %}x{% endif %}", "Line 1 of the template: texts are compared with ==, !=, in and "),
    ],
)
def test_a_refusal_says_what_is_wrong_and_in_which_line(source: str, sentence: str) -> None:
    assert refusal(source).startswith(sentence)


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in contact %}{{ x }}{% endfor %}",
        "{% for x in range(10**9) %}{% for y in range(10**9) %}{% endfor %}{% endfor %}",
        "{{ range(10**9) }}",
        "{{ 'A' * 10**9 }}",
        "{{ 10**9 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ -1 }}",
        "{{ '%0999999999d' | format(1) }}",
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ contact.__class__ }}",
        "{{ contact['first_name'] }}",
        "{{ contact.first_name.upper() }}",
        "{{ contact.first_name.title }}",
        "{{ lipsum }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self }}",
        "{{ namespace(a=1) }}",
        "{% set a = 1 %}",
        "{% macro a() %}{{ a() }}{% endmacro %}",
        "{% include 'a' %}",
        "{% extends 'a' %}",
        "{% import 'a' as a %}",
        "{% block a %}{% endblock %}",
        "{% with %}{% endwith %}",
        "{% filter upper %}a{% endfilter %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% unheard_of %}",
        "{{ contact.name is defined }}",
        "{{ contact.name | fallback }}",
        "{{ contact.name | fallback('a', 'b') }}",
        "{{ contact.name | fallback(instead='a') }}",
        "{{ contact.name | fallback(*contact.name) }}",
        "{{ contact.name | upper(1) }}",
        "{{ none }}",
        "{{ ['a'] }}",
        "{{ contact.name == 'Ann' }}",
        "{{ contact.name | fallback(not contact.name) }}",
        "{{ (contact.name == 'Ann' or 'x') | upper }}",
        "{% if 'a' in ('b' if contact.name else contact.name == 'c') %}{% endif %}",
        "{{ '\\ud800' }}",
        "\ud800",
        "}} {{",
    ],
)
def test_what_is_neither_text_nor_field_nor_condition_is_refused(source: str) -> None:
    assert refusal(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 900 + "'a'" + ")" * 900 + " }}",
        "{{ " + "(" * 49_000 + "'a'" + ")" * 49_000 + " }}",
        "{{ " + "[" * 49_000,
        "{{ " + "not " * 20_000 + "contact.name }}",
        "{% if contact.name %}" * (DEEPEST + 10) + "{% endif %}" * (DEEPEST + 10),
        "{% if contact.name %}" * 4_000,
        "{% if contact.name %}" + "{% elif contact.name %}" * 4_000 + "{% endif %}",
        "{{ contact.name" + " | upper" * 10_000 + " }}",
        "{{ contact" + ".name" * 15_000 + " }}",
        "{{ " + "9" * 90_000 + " }}",
        "{{ 0x" + "f" * 90_000 + " }}",
        "{" * LONGEST_SOURCE,
        "{#" * 40_000,
    ],
)
def test_however_deep_or_long_it_is_it_is_refused_and_soon(source: str) -> None:
    began = time.monotonic()

    assert refusal(source)
    assert time.monotonic() - began < 10


def test_the_longest_source_is_100_kilobytes() -> None:
    check("ü" * (LONGEST_SOURCE // 2))

    assert refusal("ü" * 100_000) == "The template is longer than 100,000 bytes."


def test_the_longest_text_is_a_million_characters() -> None:
    source = "{{ contact.name }}" * 1_000

    assert len(render(source, {"contact": {"name": "x" * 1_000}})) == LONGEST_OUTPUT
    with pytest.raises(Refused, match="more than 1,000,000 characters"):
        render(source, {"contact": {"name": "x" * 1_001}})


def test_a_broken_template_is_refused_when_it_is_rendered_or_listed_too() -> None:
    for act in (lambda: render("{{ contact }}", ANN), lambda: fields("{{ contact }}")):
        with pytest.raises(Refused):
            act()


SYNTAX = r"""
    {{ }} {% %} {# #} if elif else endif raw endraw contact contact.name . | upper fallback ( ) [ ] 'a' " \
    == in not or and 1 1e5 - * ~
"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SYNTAX.split()) | st.text(max_size=3), max_size=25).map(" ".join))
def test_any_source_is_rendered_or_refused_or_misses_a_field_and_nothing_else_happens(source: str) -> None:
    with suppress(Refused, MissingField):
        assert isinstance(render(source, {}), str)
