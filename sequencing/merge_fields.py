"""What may stand in a template, which fields it uses, and what it says for one contact.

A template is Jinja's syntax and little of its power: text, fields, `{% if %}` and five filters. Jinja evaluates
constants while it compiles, in its sandbox too, so `{{ "A" * 10**9 }}` must be refused earlier: a template is parsed,
held against a list of what is allowed, and only then compiled. Nothing that is allowed can loop, calculate or call.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Final

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.filters import do_title, do_trim
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sequencing.errors import Refused

FIELDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "contact": frozenset({"first_name", "last_name", "name", "title", "email", "phone", "kind"}),
        "company": frozenset({"name"}),
        "opportunity": frozenset({"title"}),
        "sender": frozenset({"name", "first_name", "email"}),
        "step": frozenset({"number"}),
        "sequence": frozenset({"name"}),
        "email": frozenset({"unsubscribe_url"}),
    }
)

LONGEST_SOURCE = 100_000
"""Bytes of UTF-8."""
LONGEST_OUTPUT = 1_000_000
"""Characters."""
DEEPEST = 50
"""Levels of `if`, filters and parentheses; Python gives up at 100 levels of indentation."""


class MissingField(Exception):  # noqa: N818 - what is missing is data, the template is sound
    """Fields without a value are to be printed and the template has no fallback for them: `names` says which."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"no value for {', '.join(names)}")
        self.names = names


def check(source: str) -> None:
    """Raises Refused `template_broken`, with the line, unless the template can be rendered."""
    _compiled(source)


def fields(source: str) -> frozenset[str]:
    """The fields that a template mentions, as `contact.first_name`. Raises Refused `template_broken`."""
    return frozenset(_full_name(field) for field in _parsed(source).find_all(nodes.Getattr))


def render(source: str, values: Mapping[str, Mapping[str, str]], *, escaped: bool = False) -> str:
    """The template's text for these values (`values["contact"]["first_name"]`), which are text and never templates.

    `escaped`: the template is HTML, so what is filled in is escaped, and what stands in the template is not.

    A field that is absent, empty or blank has no value. Raises MissingField when one without a value would be printed,
    and Refused `template_broken` for what `check` refuses or for more than a million characters.
    """
    missed: list[str] = []
    pieces = _compiled(source, escaped).generate(_records(values, missed))
    text = "".join(_at_most(LONGEST_OUTPUT, pieces))
    if missed:
        raise MissingField(tuple(dict.fromkeys(missed)))
    return text


def _records(values: Mapping[str, Mapping[str, str]], missed: list[str]) -> dict[str, SimpleNamespace]:
    return {
        record: SimpleNamespace(**{name: _value(values, record, name, missed) for name in names})
        for record, names in FIELDS.items()
    }


def _value(values: Mapping[str, Mapping[str, str]], record: str, name: str, missed: list[str]) -> str:
    value = values.get(record, {}).get(name)
    return value if value and value.strip() else _Missing(f"{record}.{name}", missed)


def _at_most(limit: int, pieces: Iterator[str]) -> Iterator[str]:
    for piece in pieces:
        limit -= len(piece)
        if limit < 0:
            raise Refused("template_broken", f"The text comes to more than {LONGEST_OUTPUT:,} characters.")
        yield piece


class _Missing(str):
    """A field without a value: empty and false wherever it is compared, noted as missed where it is printed."""

    __slots__ = ("missed", "of")

    def __new__(cls, of: str, missed: list[str]) -> "_Missing":
        made = super().__new__(cls)
        made.of = of
        made.missed = missed
        return made

    of: str
    missed: list[str]


def _printed(value: object) -> object:
    if isinstance(value, _Missing):
        value.missed.append(value.of)
    return value


def _fallback(value: str, instead: str) -> str:
    return value or instead


def _keeping_what_is_missing(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: change(value) if value else value


_FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "fallback": _fallback,
    "upper": _keeping_what_is_missing(str.upper),
    "lower": _keeping_what_is_missing(str.lower),
    "title": _keeping_what_is_missing(do_title),
    "trim": _keeping_what_is_missing(do_trim),
}


def _bare_environment(*, escaped: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        optimized=False, autoescape=escaped, keep_trailing_newline=True, finalize=_printed, cache_size=0
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update(_FILTERS)
    return environment


_ENVIRONMENT = _bare_environment(escaped=False)
_ESCAPING = _bare_environment(escaped=True)


@lru_cache(maxsize=128)
def _compiled(source: str, escaped: bool = False) -> Template:
    parsed = _parsed(source)
    try:
        return (_ESCAPING if escaped else _ENVIRONMENT).from_string(parsed)
    except (RecursionError, MemoryError, SyntaxError):
        raise _too_deep() from None


def _parsed(source: str) -> nodes.Template:
    """The tree of a template in which everything is allowed."""
    _refuse_what_is_no_text(source)
    try:
        tree = _ENVIRONMENT.parse(source)
        _examine(tree, depth=0, line=1)
    except TemplateSyntaxError as error:
        raise _broken(error.lineno, _in_our_words(error)) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, SyntaxError, MemoryError):
        raise Refused("template_broken", "The template holds a number that cannot be read.") from None
    return tree


def _refuse_what_is_no_text(source: str) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise _broken(line, "a character is broken") from None
    if size > LONGEST_SOURCE:
        raise Refused("template_broken", f"The template is longer than {LONGEST_SOURCE:,} bytes.")


_STRUCTURE = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)


def _examine(node: nodes.Node, depth: int, line: int) -> None:
    line = node.lineno or line  # an operand knows no line
    if depth > DEEPEST:
        raise _broken(line, f"more than {DEEPEST} levels are nested in each other")
    if objection := _objection(node):
        raise _broken(line, objection)
    if not isinstance(node, nodes.Getattr):
        for child in node.iter_child_nodes():
            _examine(child, depth + 1, line)


def _objection(node: nodes.Node) -> str | None:
    match node:
        case nodes.Getattr():
            return _objection_to_field(node)
        case nodes.Const():
            return _objection_to_constant(node.value)
        case nodes.Filter():
            return _objection_to_filter(node)
        case nodes.Operand() if node.op not in {"eq", "ne", "in", "notin"}:
            return "texts are compared with ==, !=, in and not in"
        case nodes.Output() | nodes.Compare() if any(map(_is_yes_or_no, _texts(node))):
            return "a comparison belongs in {% if %}, it is no text"
        case _:
            return None if isinstance(node, _STRUCTURE) else _why_not(node)


def _objection_to_field(field: nodes.Getattr) -> str | None:
    if not isinstance(field.node, nodes.Name):
        return "only a field such as contact.first_name may have a dot"
    if field.attr in FIELDS.get(field.node.name, ()):
        return None
    return f"there is no field {_quoted(_full_name(field))}{_did_you_mean(_full_name(field))}"


def _objection_to_constant(value: object) -> str | None:
    if not isinstance(value, str):
        return f"write {_short(str(value))} in quotes, every field is text"
    return "a character is broken" if any("\ud800" <= character <= "\udfff" for character in value) else None


def _objection_to_filter(applied: nodes.Filter) -> str | None:
    if applied.name not in _FILTERS:
        return f"there is no filter {_quoted(applied.name)}, there are {', '.join(_FILTERS)}"
    if applied.kwargs or applied.dyn_args or applied.dyn_kwargs or len(applied.args) != (applied.name == "fallback"):
        return 'only fallback takes something in brackets, one text, as in fallback("there")'
    return "a comparison belongs in {% if %}, it is no text" if any(map(_is_yes_or_no, _texts(applied))) else None


def _texts(node: nodes.Node) -> Sequence[nodes.Node | None]:
    """What stands directly below a node where only text makes sense."""
    match node:
        case nodes.Output():
            return node.nodes
        case nodes.Filter():
            return [node.node, *node.args]
        case nodes.Compare():
            return [node.expr, *(operand.expr for operand in node.ops)]
        case _:
            return []


def _is_yes_or_no(node: nodes.Node | None) -> bool:
    match node:
        case nodes.And() | nodes.Or():
            return _is_yes_or_no(node.left) or _is_yes_or_no(node.right)
        case nodes.CondExpr():
            return _is_yes_or_no(node.expr1) or _is_yes_or_no(node.expr2)
        case _:
            return isinstance(node, nodes.Compare | nodes.Not)


def _why_not(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return f"{_quoted(node.name)} is no field{_did_you_mean(f'contact.{node.name}')}"
        case nodes.Call():
            return "nothing can be called"
        case nodes.For():
            return "loops are not possible"
        case nodes.Getitem():
            return "a field is written with a dot, as contact.first_name"
        case nodes.BinExpr() | nodes.UnaryExpr() | nodes.Concat():
            return "calculations are not possible"
        case _:
            return "a template holds text, fields, filters and {% if %}, nothing else"


_EVERY_FIELD = tuple(f"{record}.{name}" for record, names in FIELDS.items() for name in sorted(names))


def _did_you_mean(wrong: str) -> str:
    close = get_close_matches(_short(wrong), _EVERY_FIELD, n=1)
    return f', did you mean "{close[0]}"?' if close else ""


def _full_name(field: nodes.Getattr) -> str:
    return f"{field.node.name}.{field.attr}" if isinstance(field.node, nodes.Name) else field.attr


def _in_our_words(error: TemplateSyntaxError) -> str:
    message = (error.message or "it cannot be read").partition(". ")
    if unclosed := re.search(r"innermost block that needs to be closed is '(\w+)'", message[2]):
        return f"{{% {unclosed[1]} %}} is never closed"
    words = message[0].rstrip(".").replace("end of print statement", "}}").replace("end of statement block", "%}")
    return _short(words[:1].lower() + words[1:])


def _quoted(name: str) -> str:
    return f'"{_short(name)}"'


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"


def _broken(line: int, what: str) -> Refused:
    return Refused("template_broken", f"Line {line} of the template: {what}{'' if what.endswith('?') else '.'}")


def _too_deep() -> Refused:
    return Refused("template_broken", "The template nests too many levels in each other.")
