"""The links of an email put into its wording, as the three switches of its step say: pixel, tracked links, unsubscribe.

A wording that says `{{ email.unsubscribe_url }}` places the unsubscribe link itself; until the email leaves (in drafts
and previews) that is an address which leads nowhere.
"""

import re
from dataclasses import replace
from html import escape, unescape

from sequencing.letters import Wording
from sequencing.sequences import Step
from sequencing.tracking import HIDDEN, Links

UNSUBSCRIBE_HERE = "https://unsubscribe.invalid/"
"""Stands where the link goes; `.invalid` is nobody's (RFC 2606)."""
ASKED = "You want no more emails from us?"
ANCHOR = re.compile(r'<a((?:\s+[\w:-]+="[^"]*")+)\s*>')
ADDRESS = re.compile(r'(\shref=")([^"]*)(")')


def linked(wording: Wording, step: Step, links: Links, unsubscribe_url: str) -> Wording:
    """The wording as it leaves. A text without HTML is only given the unsubscribe link, if its step has one."""
    text, html = wording.text, wording.html
    if step.unsubscribe_link and UNSUBSCRIBE_HERE not in text + html:
        text, html = _text_with_link(text), html and _html_with_link(html)
    if html and step.track_clicks:
        html = _tracked(html, links)
    if html and step.track_opens:
        html += f'<img src="{escape(links.view())}" width="1" height="1" alt="">'
    return replace(
        wording,
        text=text.replace(UNSUBSCRIBE_HERE, unsubscribe_url),
        html=html.replace(UNSUBSCRIBE_HERE, escape(unsubscribe_url)),
    )


def _text_with_link(text: str) -> str:
    return f"{text.rstrip()}\n\n{ASKED} Unsubscribe: {UNSUBSCRIBE_HERE}\n"


def _html_with_link(html: str) -> str:
    return f'{html}\n<p><small>{ASKED} <a href="{UNSUBSCRIBE_HERE}">Unsubscribe</a></small></p>\n'


def _tracked(html: str, links: Links) -> str:
    """Every link to the web leads through us; behind them an empty one, which no person can see or reach."""
    position = HIDDEN
    first = ""

    def through_us(anchor: re.Match[str]) -> str:
        nonlocal position, first
        found = ADDRESS.search(anchor[1])
        target = unescape(found[2]) if found else ""
        link = links.click(position + 1, target) if target != UNSUBSCRIBE_HERE else None
        if found is None or link is None:
            return anchor[0]
        position += 1
        first = first or target
        return f"<a{anchor[1][: found.start()]}{found[1]}{escape(link)}{found[3]}{anchor[1][found.end() :]}>"

    tracked = ANCHOR.sub(through_us, html)
    hidden = links.click(HIDDEN, first) if first else None
    return f'{tracked}<a href="{hidden}" tabindex="-1" aria-hidden="true" style="display:none"></a>' if hidden else html
