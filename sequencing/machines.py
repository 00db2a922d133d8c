"""Who fetched a pixel or followed a link: a person, as far as one can tell, or a machine, and why.

What is judged by is the request's method and headers, the time since the message left, and what else was followed of
the same message just then. Addresses of the network are neither needed nor kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawleruseragents import is_crawler

from sequencing.tracking import HIDDEN, Sign

LONGEST_NAME = 400
"""Characters of a browser's name that are looked at."""
TOO_SOON = timedelta(seconds=5)
"""A letter is not opened, and nothing in it followed, that soon after it left."""
BURST = timedelta(seconds=5)
"""Within that time nobody follows so many links, nor another one beside the hidden one."""
SO_MANY = 3
PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|ggpht\.com", re.IGNORECASE)
SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|forti(net|mail|gate|guard)|trend ?micro|symantec|messagelabs|ironport|sophos|"
    r"zscaler|safelinks|cloudmark|vade ?secure|hornetsecurity|bitdefender|kaspersky|checkpoint|urlscan|virustotal",
    re.IGNORECASE,
)
APPLE = "Mozilla/5.0"
"""All that Apple's Mail Privacy Protection says of itself; it fetches every letter's pictures, read or not."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request for a pixel or a link. `purpose` holds what headers say of fetching ahead."""

    method: str = "GET"
    browser: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A link of the same message that was followed, and when."""

    position: int
    at: datetime


def judge(fetch: Fetch, now: datetime, left_at: datetime) -> Sign:
    """Who it was, by the request alone and when the message left."""
    browser = fetch.browser[:LONGEST_NAME].strip()
    if fetch.method == "HEAD":
        return Sign.head
    if PROXIES.search(browser):
        return Sign.mail_proxy
    if "prefetch" in fetch.purpose.lower() or browser == APPLE:
        return Sign.prefetch
    if not browser:
        return Sign.no_name
    if SCANNERS.search(browser):
        return Sign.scanner
    if is_crawler(browser):
        return Sign.crawler
    return Sign.too_soon if abs(now - left_at) < TOO_SOON else Sign.person


def among_others(sign: Sign, click: Click, others: Sequence[Click]) -> Sign:
    """The same, of a link, once it is known what else was followed of the same message."""
    beside = {one.position for one in others if abs(click.at - one.at) < BURST}
    if click.position == HIDDEN:
        return Sign.hidden_link
    if sign.is_machine:
        return sign
    if HIDDEN in beside:
        return Sign.hidden_link
    return Sign.many_links if len(beside | {click.position}) >= SO_MANY else sign
