"""What an email says, from its wording: as text, as HTML, or as both."""

import pytest

from sequencing.errors import Refused
from sequencing.letters import LARGEST, Wording, check_html, html_of, text_of, worded
from sequencing.sequences import Format


def test_a_text_is_sent_as_it_stands_and_without_html_unless_that_is_wanted() -> None:
    assert worded("S", "Hi <Ann>\n", Format.text) == Wording("S", "Hi <Ann>\n", "")
    assert worded("S", "Hi <Ann>\n", Format.text, with_html=True) == Wording("S", "Hi <Ann>\n", "<p>Hi &lt;Ann&gt;</p>")


def test_html_is_sent_with_a_text_that_says_the_same() -> None:
    assert worded("S", "<p>Hi <b>Ann</b></p>", Format.html) == Wording("S", "Hi Ann\n", "<p>Hi <b>Ann</b></p>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\n\nTwo\nthree\n", "<p>One</p>\n<p>Two<br>\nthree</p>"),
        ("One\r\n\r\n\r\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("https://x.test", '<p><a href="https://x.test">https://x.test</a></p>'),
        (
            "(see https://x.test/a?b=1&c=2).",
            '<p>(see <a href="https://x.test/a?b=1&amp;c=2">https://x.test/a?b=1&amp;c=2</a>).</p>',
        ),
        ('https://x.test/"onclick="x', '<p><a href="https://x.test/">https://x.test/</a>&quot;onclick=&quot;x</p>'),
        ("javascript:alert(1) a@b.test", "<p>javascript:alert(1) a@b.test</p>"),
    ],
)
def test_a_text_becomes_paragraphs_and_links(text: str, html: str) -> None:
    assert html_of(text) == html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree\n"),
        ('<p>Come <a href="https://x.test/?a=1&amp;b=2">here</a>.</p>', "Come here (https://x.test/?a=1&b=2).\n"),
        ('<a href="https://x.test/">https://x.test/</a>', "https://x.test/\n"),
        ('<a href="mailto:bo@agency.test">Bo</a>', "Bo\n"),
        ('<a href="https://x.test/"><img src="https://x.test/i.png" alt="Apply"></a>', "Apply (https://x.test/)\n"),
        ('<a href="https://x.test/"><img src="https://x.test/i.png"></a>', "https://x.test/\n"),
        ("<ul><li>One</li><li>Two</li></ul><p>R&amp;D</p>", "- One\n- Two\n\nR&D\n"),
        ("<h1>Title</h1><table><tr><td>1</td><td>2</td></tr></table>", "Title\n\n1\n2\n"),
    ],
)
def test_the_text_of_html_keeps_its_paragraphs_links_and_points(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize("form", Format)
def test_what_grows_too_large_is_refused_with_its_size(form: Format) -> None:
    with pytest.raises(Refused) as refused:
        worded("S", "x" * (LARGEST + 1), form)

    assert refused.value.code == "template_too_large"
    assert f"{LARGEST + 1:,} characters; at most 400,000" in refused.value.sentence


def test_a_template_of_html_is_checked_with_its_fields_filled_in() -> None:
    check_html('<p title="{{ contact.title | fallback("x") }}">Hi {{ contact.first_name }}</p>')

    with pytest.raises(Refused) as refused:
        check_html("<p>Hi {{ contact.first_name }}\n<a href=")
    assert refused.value.sentence.startswith("Line 2 of the HTML")
