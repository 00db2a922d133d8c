"""The simulated world by itself: what goes in by SMTP and HTTP, what comes out, and what its log says of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sequencing.errors import TransportError
from sequencing.inbound import read_mail
from sequencing.mail_kinds import Kind
from simulator.browser import AGENTS, is_here
from simulator.copies import Door
from simulator.letters import LETTERS, Letter, Occasion
from simulator.log import By, Tally, What, entries
from simulator.personas import Act, Behaviour
from simulator.world import Settings, World
from tests.mail_server import MailServer
from tests.patience import PATIENCE
from tests.simulator.house_of_links import Links
from transports.smtp import SmtpTransport

RITA, JOURNAL = "rita@example.org", "secret@journal.example.org"
SPEED = 10_000.0


@dataclass
class Scene:
    """The world between a product that this test plays, its links, and a journal."""

    world: World
    links: Links
    journal: MailServer

    async def send(self, recipient: str, name: str = "one", pixel: str = "pixel") -> None:
        smtp = SmtpTransport(self.world.smtp_url, within=timedelta(seconds=PATIENCE))
        delivery = await smtp.open(sender=RITA, recipient=recipient)
        await delivery.begin()
        await delivery.hand_over(self.links.mail(name, recipient, pixel))
        await delivery.close()

    async def over(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.world.open_ends:
                await asyncio.sleep(0.02)

    def logged(self, what: What | None = None) -> list[dict[str, Any]]:
        return [entry for entry in entries(self.world.log.path) if what in (None, entry["what"])]

    def asked(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _, _ in self.links.asked]

    def journaled(self) -> Counter[Kind]:
        """What kinds of mail the journal got, copies that came twice once."""
        came = {entry["message"] for entry in self.journal.events("DATA-complete", JOURNAL)}
        return Counter(read_mail(message.encode()).kind for message in came)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path) as one:
        yield one


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Scene]:
    async with MailServer(diary=folder / "diary") as journal, Links.open() as links:
        settings = Settings(
            log=folder / "log.jsonl",
            folder=folder / "copies",
            journal=Door(JOURNAL, journal.port),
            public_url=links.base,
            speed=SPEED,
            least=0.02,
        )
        async with World.open(settings) as world:
            yield Scene(world, links, journal)


async def test_who_is_silent_gets_mail_and_does_nothing_but_the_copy_is_made(scene: Scene) -> None:
    await scene.send("ann+silent@example.com")
    await scene.over()

    assert [entry["what"] for entry in scene.logged()] == ["mail", "copied"]
    assert (scene.asked(), scene.journaled().total()) == ([], 1)


@pytest.mark.parametrize(
    ("behaviour", "by"),
    [(Behaviour.opens, By.person), (Behaviour.proxied, By.proxy), (Behaviour.prefetched, By.prefetch)],
)
async def test_who_opens_fetches_the_pixel_as_such_a_program_does(scene: Scene, behaviour: Behaviour, by: By) -> None:
    await scene.send(f"ann+{behaviour}@example.com")
    await scene.over()

    assert [(path, agent) for _, path, _, agent in scene.links.asked] == [("/o/pixel", AGENTS[by])]
    assert [entry["by"] for entry in scene.logged(What.opened)] == [by]


async def test_who_clicks_opens_and_follows_the_first_link_that_is_shown(scene: Scene) -> None:
    await scene.send("ann+clicks@example.com")
    await scene.over()

    assert scene.asked() == [("GET", "/o/pixel"), ("GET", "/c/first")]
    (click,) = scene.logged(What.clicked)
    assert (click["by"], click["leads_to"]) == (By.person, "https://example.org/role")


async def test_a_scanner_fetches_everything_within_a_second_and_unsubscribes_nobody(scene: Scene) -> None:
    await scene.send("ann+scanned@example.com")
    await scene.over()

    everything = {"/o/pixel", "/c/first", "/c/second", "/c/hidden", "/u/one"}
    assert set(scene.asked()) == {("GET", path) for path in everything}
    tally = scene.world.log.tally
    assert (len(tally.opened), len(tally.opened_by_machines), len(tally.clicked_by_machines)) == (0, 1, 1)
    assert tally.unsubscribed == set()


async def test_who_unsubscribes_by_the_page_sees_it_and_then_presses_its_button(scene: Scene) -> None:
    await scene.send("ann+unsubscribes@example.com")
    await scene.over()

    assert scene.asked() == [("GET", "/o/pixel"), ("GET", "/u/one"), ("POST", "/u/one")]
    assert scene.links.asked[-1][2] == {"sure": "yes", "go": ""}
    assert [entry["how"] for entry in scene.logged(What.unsubscribed)] == ["page"]


async def test_who_unsubscribes_by_the_header_posts_once_and_sees_no_page(scene: Scene) -> None:
    await scene.send("ann+one-click@example.com")
    await scene.over()

    assert [(method, path, said) for method, path, said, _ in scene.links.asked] == [
        ("POST", "/u/one", {"List-Unsubscribe": "One-Click"})
    ]


@pytest.mark.parametrize(
    ("behaviour", "kind", "what"),
    [
        (Behaviour.replies, Kind.person, What.replied),
        (Behaviour.replies_elsewhere, Kind.person, What.replied),
        (Behaviour.forwards, Kind.person, What.replied),
        (Behaviour.accepts, Kind.calendar, What.replied),
        (Behaviour.away, Kind.automatic, What.away),
        (Behaviour.bounces_later, Kind.hard_bounce, What.returned),
        (Behaviour.full, Kind.soft_bounce, What.returned),
    ],
)
async def test_what_is_written_back_reaches_the_journal_beside_the_copy_of_ours(
    scene: Scene, behaviour: Behaviour, kind: Kind, what: What
) -> None:
    await scene.send(f"ann+{behaviour}@example.com")
    await scene.over()

    ours = scene.journaled() - Counter([kind])
    assert ours == Counter([Kind.list])
    assert [entry["message_id"] for entry in scene.logged(what)] == ["<one@example.org>"]
    assert sorted(entry["direction"] for entry in scene.logged(What.copied) if not entry["again"]) == ["in", "out"]


async def test_who_bounces_is_refused_and_who_is_deferred_only_once(scene: Scene) -> None:
    refused = await _refusal(scene, "ann+bounces@example.com")
    deferred = await _refusal(scene, "ann+deferred@example.com")
    await scene.send("ann+deferred@example.com")
    await scene.over()

    assert [(one.code, one.permanent) for one in (refused, deferred)] == [("550", True), ("451", False)]
    assert scene.world.log.tally.counts() | {"copied": 0} == {
        **dict.fromkeys(scene.world.log.tally.counts(), 0),
        "mails": 1,
        "refused": 1,
        "deferred": 1,
        "opened": 1,
    }


async def test_the_same_mail_twice_is_counted_and_answered_once(scene: Scene) -> None:
    for _ in range(2):
        await scene.send("ann+replies@example.com")
    await scene.over()

    tally = scene.world.log.tally
    assert (len(tally.mails), len(tally.mails_twice), len(scene.logged(What.replied))) == (1, 1, 1)


async def test_a_picture_that_is_not_there_is_no_opening_and_is_said(scene: Scene) -> None:
    await scene.send("ann+opens@example.com", pixel="gone")
    await scene.over()

    assert scene.logged(What.opened) == []
    assert [(entry["act"], entry["why"]) for entry in scene.logged(What.failed)] == [("open", "status 404")]


async def test_the_world_never_leaves_this_machine(scene: Scene) -> None:
    scene.links.base = "http://192.0.2.1:9"
    await scene.send("ann+clicks@example.com")
    await scene.over()

    assert {entry["why"] for entry in scene.logged(What.failed)} == {"not on this machine"}


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:8000/c/x", True),
        ("http://127.0.0.1/c/x", True),
        ("http://[::1]:80/", True),
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("http://2130706433/", False),
        ("http://[", False),
        ("mailto:x@localhost", False),
        ("", False),
    ],
)
def test_only_addresses_of_this_machine_are_here(address: str, here: bool) -> None:
    assert is_here(address) is here


async def test_texts_are_taken_and_answered_as_the_number_says(scene: Scene) -> None:
    numbers = {"+4915110007000": "silent", "+4915110007001": "answers", "+4915110007002": "stops"}
    for number in numbers:
        assert (await _text(scene, number)).status_code == 201
    await scene.world.phones.settled()
    await scene.over()

    tally = scene.world.log.tally
    assert (len(tally.texts), tally.texted_back, tally.stopped) == (3, {"+4915110007001"}, {"+4915110007002"})
    incoming = [said["From"] for method, path, said, _ in scene.links.asked if path == "/texts/incoming"]
    assert sorted(incoming) == ["+4915110007001", "+4915110007002"]


async def test_what_the_log_says_is_what_was_counted(scene: Scene) -> None:
    for behaviour in Behaviour:
        if behaviour not in (Behaviour.bounces, Behaviour.deferred):
            await scene.send(f"ann+{behaviour}@example.com", name=behaviour.replace("-", ""))
    await scene.over()

    tally = Tally.of(entries(scene.world.log.path))
    assert tally == scene.world.log.tally
    assert tally.counts() | {"copied": 0} == {
        **dict.fromkeys(tally.counts(), 0),
        "mails": 16,
        "opened": 8,
        "opened_by_machines": 2,
        "clicked": 1,
        "clicked_by_machines": 1,
        "unsubscribed": 2,
        "replied": 4,
        "away": 1,
        "returned_hard": 2,
        "returned_soft": 1,
    }


async def _refusal(scene: Scene, recipient: str) -> TransportError:
    with pytest.raises(TransportError) as refused:
        await scene.send(recipient)
    return refused.value


async def _text(scene: Scene, number: str) -> httpx2.Response:
    account, token = scene.world.phones.account, scene.world.phones.token
    where = scene.world.texts_url.rpartition("@")[2]
    fields = {"To": number, "From": "+4930900001", "Body": "Hello"}
    async with httpx2.AsyncClient(auth=(account, token)) as client:
        return await client.post(f"http://{where}/2010-04-01/Accounts/{account}/Messages.json", data=fields)


async def test_an_act_that_comes_to_nothing_is_said_and_stops_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LETTERS, Act.say_away, _broken)
    await scene.send("ann+away@example.com")
    await scene.send("ben+replies@example.com", name="two")
    await scene.over()

    assert [(entry["who"], entry["why"]) for entry in scene.logged(What.failed)] == [
        ("ann+away@example.com", "ValueError")
    ]
    assert [entry["who"] for entry in scene.logged(What.replied)] == ["ben+replies@example.com"]


def _broken(occasion: Occasion) -> Letter:
    raise ValueError(occasion.message_id)
