"""HTML that somebody wrote: what of it is sent, and that nothing hostile in it costs more than a moment."""

import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencing.errors import Refused
from sequencing.html_source import safe_html
from sequencing.letters import text_of

A_MOMENT = 3.0
"""Seconds; all take less than half of one on an idle machine."""


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("<p>Hi <b>Ann</b></p>", "<p>Hi <b>Ann</b></p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<p onclick='x()'>Hi</p>", "<p>Hi</p>"),
        ("<script>alert(1)</script>Hi", "Hi"),
        ("<SCRIPT >alert('</p>')</sCript >Hi", "Hi"),
        ("<!-- <p>no</p> -->Hi<!-- never closed", "Hi"),
        ("<!DOCTYPE html><html><head><title>T</title><meta charset=utf-8></head><body>Hi</body></html>", "Hi"),
        ('<a href="https://x.test/?a=1&amp;b=2">x</a>', '<a href="https://x.test/?a=1&amp;b=2">x</a>'),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="java&#10;script:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="/relative">x</a>', "<a>x</a>"),
        ('<a href="mailto:bo@agency.test">x</a>', '<a href="mailto:bo@agency.test">x</a>'),
        ('<img src="data:image/png;base64,AA" alt="A">', '<img alt="A">'),
        ('<img src="https://x.test/i.png" onerror=x>', '<img src="https://x.test/i.png">'),
        ("<iframe src=https://x.test></iframe><svg><p>no</p></svg><form action=/x><input>Hi</form>", "Hi"),
        ('<p style="color:red;position:fixed;background:url(file:///etc/passwd)">x</p>', '<p style="color:red">x</p>'),
        ('<p style="width:expression(alert(1));color:red">x</p>', '<p style="color:red">x</p>'),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        ("<b>x<p>y</b>z", "<b>x<p>y</p></b>z"),
        ("</p></div>x", "x"),
        ("", ""),
    ],
)
def test_what_is_sent_holds_what_an_email_may_hold(source: str, sent: str) -> None:
    assert safe_html(source) == sent


def test_a_table_whose_ends_are_missing_is_closed_in_order() -> None:
    sent = safe_html("<table><tr><td>1<td>2<tr><td>3</table>x")

    assert re.sub("</?tbody>", "", sent) == "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>x"


@pytest.mark.parametrize(
    ("css", "sent"),
    [
        ("p { color: red }", '<p style="color:red">x</p>'),
        (".c, .d { color: red } p.c { font-weight: bold }", '<p style="color:red;font-weight:bold">x</p>'),
        ("p { color: blue } p { color: red !important }", '<p style="color:red ! important">x</p>'),
        ("@media print { p { color: blue } } p { color: red }", '<p style="color:red">x</p>'),
        ("@import 'https://x.test/a.css'; p { color: red }", '<p style="color:red">x</p>'),
        ("/* p { color: blue } */ p { color: red }", '<p style="color:red">x</p>'),
        ("p { position: fixed; behavior: url(x); color: red }", '<p style="color:red">x</p>'),
        ("p { color: red } }}} {{", '<p style="color:red">x</p>'),
        ("p { background: u\\72l(file:///x) }", "<p>x</p>"),
    ],
)
def test_style_sheets_are_inlined(css: str, sent: str) -> None:
    assert safe_html(f"<style>{css}</style><p class=c>x</p>") == sent


def test_the_styles_of_the_body_stay() -> None:
    source = "<style>body { color: red }</style><body bgcolor='#fff'><p>x</p></body>"

    assert safe_html(source) == '<div bgcolor="#fff" style="color:red"><p>x</p></div>'


def test_nothing_is_read_from_the_disk(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text("p { color: red }")
    links = f'<link rel="stylesheet" href="file://{sheet}"><link rel="stylesheet" href="{sheet}">'

    assert safe_html(f"{links}<style>@import url(file://{sheet});</style><p>x</p>") == "<p>x</p>"


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("Hi\n<a href=", "template_broken", "Line 2 of the HTML: a tag begins that never ends."),
        ('Hi\n<a href="x>Hi</a>', "template_broken", "Line 2 of the HTML: a tag begins that never ends."),
        ("\n\n<style>p {}", "template_broken", "Line 3 of the HTML: <style> is never closed."),
        ("<div>" * 101, "template_broken", "more than 100 tags stand in each other."),
        ("<b><i>" * 45 + "<p>x</p>" * 5_000, "template_too_large", "too many tags for so many levels"),
        ("<style>" + "p," * 9_999 + "p{color:red}</style>" + "<p>x</p>" * 4_000, "template_too_large", "4,000 tags"),
        ("<style>" + "a{color:red}" * 3_000 + "</style>" + "<b>x</b>" * 3_000, "template_too_large", "3,000 tags"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason(source: str, code: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        safe_html(source)

    assert refused.value.code == code
    assert says in refused.value.sentence


HOSTILE = {
    "deep": "<div>" * 20_000,
    "cells that nobody closes": "<div><table><tr><td></div>" * 3_800,
    "bold that crosses": "<b><div></b>" * 8_000,
    "bold that is opened again": "<p>" + "".join(f"<b id={n}>" for n in range(95)) + "<p>x</p>" * 12_000,
    "paragraphs": "<p>" * 30_000,
    "rows": "<table>" + "<tr><td>x" * 11_000,
    "points": "<li>" * 25_000,
    "less than": "<" * 100_000,
    "tags without an end": "<a " * 33_000,
    "quotes": '<a "' * 25_000 + "<a ",
    "comments": "<!--" * 25_000,
    "bangs": "<!" * 50_000,
    "sheets without an end": "<style>" * 14_000,
    "a sheet of letters": f"<style>{'a' * 90_000}</style>",
    "a sheet of signs": f"<style>{'@' * 90_000}}}</style>",
    "a sheet of braces": f"<style>{'@{' * 45_000}</style>",
    "many properties": f"<style>*{{{''.join(f'p{n}:red;' for n in range(2_000))}}}</style>" + "<p>x</p>" * 2_500,
    "a long value": f"<style>*{{font-family:{'a' * 480}}}</style>" + "<b>x</b>" * 11_000,
    "many attributes": f"<p {'a= ' * 30_000}>",
    "ampersands": "&" * 100_000,
    "selectors": f"<style>{'*>' * 40_000}b{{color:red}}</style>" + "<b>x</b>" * 2_000,
    "negations": f"<style>{':not(' * 20_000}b{')' * 20_000}{{color:red}}</style><b>x</b>",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_source_takes_more_than_a_moment(source: str) -> None:
    began = time.process_time()

    with suppress(Refused):
        text_of(safe_html(source))

    assert time.process_time() - began < A_MOMENT


TAGS = """
<p> </p> <b> </b> <a|href=https://x.test> </a> <table> <tr> <td> </td> </table> <li> <ul> </ul> <div|style='color:red'>
</div> <style>p{color:red}</style> <script> </script> <!-- --> < > &lt; <img|src=x|onerror=y> x " ' <svg> </svg> <br/> |
"""
PIECES = st.sampled_from([piece.replace("|", " ") for piece in TAGS.split()])


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written_what_is_sent_is_safe_and_stays_as_it_is(source: str) -> None:
    try:
        sent = safe_html(source)
    except Refused:
        return

    assert safe_html(sent) == sent
    assert not re.search(r"<(script|svg|style|!)|\son\w+=|javascript:", sent)
