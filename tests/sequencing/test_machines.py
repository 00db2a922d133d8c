"""Machines are told from people by what they say, how soon they come, and what else they follow."""

from datetime import UTC, datetime, timedelta

import pytest

from sequencing.machines import Click, Fetch, among_others, judge
from sequencing.tracking import HIDDEN, Sign

LEFT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = LEFT + timedelta(minutes=5)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"


@pytest.mark.parametrize(
    ("fetch", "sign"),
    [
        (Fetch(browser=FIREFOX), Sign.person),
        (Fetch(browser=GMAIL), Sign.mail_proxy),
        (Fetch(browser=YAHOO), Sign.mail_proxy),
        (Fetch(browser="Mozilla/5.0"), Sign.prefetch),
        (Fetch(browser=FIREFOX, purpose="prefetch;prerender"), Sign.prefetch),
        (Fetch(method="HEAD", browser=FIREFOX), Sign.head),
        (Fetch(browser=""), Sign.no_name),
        (Fetch(browser=" \t"), Sign.no_name),
        (Fetch(browser="Mozilla/5.0 (compatible; Barracuda Sentinel)"), Sign.scanner),
        (Fetch(browser="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), Sign.crawler),
        (Fetch(browser="python-requests/2.32"), Sign.crawler),
        (Fetch(browser=FIREFOX + "x" * 1_000_000), Sign.person),
    ],
)
def test_a_fetch_tells_who_it_was(fetch: Fetch, sign: Sign) -> None:
    assert judge(fetch, LATER, LEFT) is sign


@pytest.mark.parametrize(("seconds", "sign"), [(0, "too_soon"), (4.9, "too_soon"), (-2, "too_soon"), (5, "person")])
def test_nobody_reads_within_seconds_of_sending(seconds: float, sign: str) -> None:
    assert judge(Fetch(browser=FIREFOX), LEFT + timedelta(seconds=seconds), LEFT) == sign


def test_only_people_are_no_machines() -> None:
    assert [sign.value for sign in Sign if not sign.is_machine] == ["person", "mail_proxy"]


def clicks(*positions: int, apart: float = 0.5) -> list[Click]:
    return [Click(position, LATER - timedelta(seconds=apart)) for position in positions]


@pytest.mark.parametrize(
    ("click", "others", "sign"),
    [
        (1, [], Sign.person),
        (2, clicks(1), Sign.person),
        (3, clicks(1, 2), Sign.many_links),
        (1, clicks(1, 2), Sign.person),
        (3, clicks(1, 2, apart=10), Sign.person),
        (HIDDEN, [], Sign.hidden_link),
        (1, clicks(HIDDEN), Sign.hidden_link),
        (1, clicks(HIDDEN, apart=10), Sign.person),
    ],
)
def test_many_links_at_once_or_the_hidden_one_are_a_machines(click: int, others: list[Click], sign: Sign) -> None:
    assert among_others(Sign.person, Click(click, LATER), others) is sign


def test_who_was_known_for_a_machine_stays_one() -> None:
    assert among_others(Sign.crawler, Click(3, LATER), clicks(1, 2)) is Sign.crawler
