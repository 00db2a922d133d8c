"""What the three switches of a step do to an email."""

import re
from dataclasses import replace

import pytest

from sequencing.emails import message_id
from sequencing.letter_links import UNSUBSCRIBE_HERE, linked
from sequencing.letters import Wording, worded
from sequencing.sequences import Action, Format, Step
from sequencing.suppressions import fingerprint
from sequencing.timing import Delay, Unit
from sequencing.tracking import HIDDEN, Clicked, Links, read_click, read_view, reference_of

SECRET = b"ours"
ID = message_id(SECRET, enrollment="01J", step=1, copy=1, domain="example.org")
LINKS = Links("https://mail.example.org", SECRET, reference_of(ID) or "")
UNSUBSCRIBE = LINKS.unsubscribe(fingerprint(SECRET, "ann@example.com"))
OFF = Step(1, Action.automatic_email, Delay(0, Unit.days))
OPENS, CLICKS = replace(OFF, track_opens=True), replace(OFF, track_clicks=True)
LINK = replace(OFF, unsubscribe_link=True)
ALL = replace(OFF, track_opens=True, track_clicks=True, unsubscribe_link=True)
HTML = worded(
    "S",
    '<p title="a > b">See <a title="1 > 0" href="https://example.com/jobs?a=1&amp;b=2">the job</a>, '
    '<a href="https://example.com/us">us</a>, <a href="mailto:rita@example.org">me</a>, <a href="tel:+49301">call</a>, '
    '<a href="https://user@example.com/x">odd</a>, <a name="top">top</a></p>',
    Format.html,
)
TEXT = worded("S", "Hello.\n\nSee https://example.com/jobs?a=1&b=2.\n", Format.text)


def leaving(wording: Wording, step: Step) -> Wording:
    return linked(wording, step, LINKS, UNSUBSCRIBE)


def clicks(html: str) -> list[Clicked | None]:
    return [read_click([SECRET], token) for token in re.findall(r'href="https://mail.example.org/c/([^"]*)"', html)]


@pytest.mark.parametrize("wording", [HTML, TEXT, worded("S", "  Hello \r\n\r\n", Format.text, with_html=True)])
def test_without_switches_an_email_leaves_as_it_was_typed(wording: Wording) -> None:
    assert leaving(wording, OFF) == wording


@pytest.mark.parametrize("step", [OPENS, CLICKS])
def test_a_bare_text_stays_as_it_is_where_only_html_could_be_tracked(step: Step) -> None:
    assert leaving(TEXT, step) == TEXT


def test_links_to_the_web_lead_through_us_and_others_stay() -> None:
    html = leaving(HTML, CLICKS).html

    assert clicks(html) == [
        Clicked(LINKS.reference, 1, "https://example.com/jobs?a=1&b=2"),
        Clicked(LINKS.reference, 2, "https://example.com/us"),
        Clicked(LINKS.reference, HIDDEN, "https://example.com/jobs?a=1&b=2"),
    ]
    for left in (
        "mailto:rita@example.org",
        "tel:+49301",
        "https://user@example.com/x",
        'title="1 &gt; 0"',
        ">the job<",
    ):
        assert left in html or left.replace("&gt;", ">") in html
    assert leaving(HTML, CLICKS).text == HTML.text


def test_the_hidden_link_is_empty_and_out_of_reach_of_people() -> None:
    html = leaving(HTML, CLICKS).html

    assert re.search(r'<a href="[^"]*" tabindex="-1" aria-hidden="true" style="display:none"></a>$', html)
    assert leaving(worded("S", "<p>No links</p>", Format.html), CLICKS).html.count("<a") == 0


def test_the_pixel_stands_at_the_end() -> None:
    html = leaving(HTML, OPENS).html

    pixel = r'<img src="https://mail.example.org/o/([^"]*)" width="1" height="1" alt="">'
    found = re.fullmatch(f"(.*){pixel}", html, re.DOTALL)
    assert found is not None
    assert found[1] == HTML.html
    assert read_view([SECRET], found[2]) is not None


@pytest.mark.parametrize("step", [LINK, ALL])
def test_the_unsubscribe_link_is_added_to_both_parts_and_is_never_tracked(step: Step) -> None:
    left = leaving(HTML, step)

    assert left.text.endswith(f"Unsubscribe: {UNSUBSCRIBE}\n")
    assert left.html.count(f'<a href="{UNSUBSCRIBE}">Unsubscribe</a>') == 1
    assert UNSUBSCRIBE_HERE not in left.text + left.html


@pytest.mark.parametrize("step", [OFF, LINK, ALL])
def test_a_wording_places_the_link_itself(step: Step) -> None:
    placed = worded("S", f'<p><a href="{UNSUBSCRIBE_HERE}">No more</a></p>', Format.html)

    left = leaving(placed, step)

    assert left.text == f"No more ({UNSUBSCRIBE})\n"
    assert left.html.count(UNSUBSCRIBE) == 1
    assert "Unsubscribe<" not in left.html


def test_a_text_that_is_tracked_says_the_same_in_html() -> None:
    wording = worded("S", "Hello.\n\nSee https://example.com/jobs?a=1&b=2.\n", Format.text, with_html=True)

    left = leaving(wording, ALL)

    assert left.text.startswith("Hello.\n\nSee https://example.com/jobs?a=1&b=2.\n\n")
    assert [one.target for one in clicks(left.html) if one] == ["https://example.com/jobs?a=1&b=2"] * 2
    assert left.html.count("<img") == 1
