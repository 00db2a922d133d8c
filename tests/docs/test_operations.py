"""The run-book, lived: each of its situations is brought about, seen, and mended with the page's own commands."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from activities.sending import LONGEST_PAUSE
from sequencing.replies import SILENT_AFTER
from sequencing.transitions import GIVE_UP_AFTER
from settings import Settings
from starter.sweep import UNSTARTED_AFTER
from store.enrollments import Filter
from tests.commands import Forks
from tests.docs import calm, hearing, outages, restoring
from tests.docs.desk import Desk
from tests.docs.page import TEXT, section, situations
from tests.docs.stories import SITUATION, Story, lived
from tests.kills.stage import PATIENCE
from transports.journal import LARGEST
from workflows.activity_options import LISTENING, RETRIES

pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Day:
    """A stage of its own, and what is lived on it: one hour after another, an hour's stories at the same time."""

    hours: Sequence[Sequence[Story]]
    postgresql: bool = False


DAYS = (
    Day(
        [
            [
                calm.what_was_terminated_is_canceled_and_only_a_person_takes_it_up_again,
                calm.those_paused_by_hand_go_on_and_the_others_once_they_are_mended,
                calm.a_person_settles_it_and_only_then_is_it_sent_again,
                calm.an_activity_that_fails_goes_on_by_itself_once_the_cause_is_mended,
            ],
            [outages.messages_leave_once_by_themselves_when_the_mail_server_is_back],
            [hearing.a_silent_journal_is_said_until_it_hears_something],
            [hearing.replies_pause_once_journaling_is_on_and_by_hand_before],
            [restoring.what_a_restored_database_has_forgotten_is_held_and_not_sent_again],
            [outages.texts_that_were_refused_for_our_token_leave_once_it_is_right],
        ]
    ),
    Day(
        [
            [
                outages.sequencing_up_starts_another_by_itself_and_says_so,
                outages.a_new_worker_does_what_fell_due_and_asks_about_what_was_begun,
            ],
            [outages.runs_that_sleep_go_on_with_the_new_build],
            [outages.runs_that_a_new_build_cannot_replay_go_on_with_the_old_one_or_begin_again],
        ]
    ),
    Day(
        [
            [calm.what_is_held_stays_and_goes_once_nothing_holds_it_any_more],
            [outages.acts_are_recorded_without_temporal_and_take_effect_when_it_is_back],
            [outages.what_is_due_without_a_database_is_done_when_it_is_back],
        ],
        postgresql=True,
    ),
)
Told = dict[Story, "asyncio.Future[None]"]


@pytest.fixture(scope="module")
async def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> AsyncIterator[Told]:
    """What comes of each wanted story; all days at the same time, because most of a day is waiting."""
    wanted = _wanted(request.session.items)
    answers: Told = {story: asyncio.get_running_loop().create_future() for story in wanted}
    days = [
        asyncio.create_task(_spend(day, tmp_path_factory.mktemp("day"), forks.program(), answers))
        for day in DAYS
        if not answers.keys().isdisjoint(story for hour in day.hours for story in hour)
    ]
    yield answers
    await asyncio.wait(days, timeout=PATIENCE)
    for day in days:
        day.cancel()
    await asyncio.gather(*days, return_exceptions=True)


def _wanted(items: Iterable[pytest.Item]) -> list[Story]:
    headings = {item.callspec.params.get("heading") for item in items if hasattr(item, "callspec")}
    return [story for story, heading in SITUATION.items() if heading in headings]


async def _spend(day: Day, folder: Path, commands: Path, answers: Told) -> None:
    try:
        async with Desk.open(folder, commands, postgresql=day.postgresql) as desk:
            for hour in day.hours:
                await asyncio.gather(*(_tell(story, desk, answers[story]) for story in hour if story in answers))
                await desk.tidy()
    except Exception as error:
        for story in (story for hour in day.hours for story in hour):
            if story in answers and not answers[story].done():
                answers[story].set_exception(error)
        raise


async def _tell(story: Story, desk: Desk, answer: "asyncio.Future[None]") -> None:
    try:
        await story(desk)
        answer.set_result(None)
    except Exception as error:
        answer.set_exception(error)


@pytest.mark.parametrize("heading", situations())
async def test_what_the_page_says_of_a_situation_is_seen_done_and_comes_of_it(told: Told, heading: str) -> None:
    stories = lived()[heading]
    assert stories, f"nobody lives the situation {heading!r}"

    await asyncio.gather(*(told[story] for story in stories))

    ran = "\n".join(Desk.ran)
    assert [line for block in section(heading).blocks for line in block.splitlines() if line not in ran] == []


def test_the_page_has_every_situation_that_is_lived() -> None:
    assert lived().keys() <= set(situations())


def test_every_story_has_its_hour() -> None:
    assert {story for day in DAYS for hour in day.hours for story in hour} == set(SITUATION)


@pytest.mark.parametrize(
    ("words", "in_force"),
    [
        ("at most 30 seconds apart", RETRIES.maximum_interval == timedelta(seconds=30)),
        ("first after 30 seconds (`SEQUENCING_RETRY_SECONDS`)", Settings().retry_seconds == 30),
        ("up to half an hour", timedelta(minutes=30) == LONGEST_PAUSE),
        ("After three days a message gives up", timedelta(days=3) == GIVE_UP_AFTER),
        ("after its time-out (15 seconds;", timedelta(seconds=15) == LISTENING),
        ("3 times `SEQUENCING_HAND_OVER_SECONDS` and 5 seconds more", Settings(hand_over_seconds=8).act_within == 29),
        ("for `SEQUENCING_GRACE_SECONDS` (25)", Settings().grace_seconds == 25),
        ("older than ten seconds", timedelta(seconds=10) == UNSTARTED_AFTER),
        ("up to 1,000 at a time", Filter().limit == 1000),
        ("in the 24 hours after it", timedelta(hours=24) == SILENT_AFTER),
        ("larger than 40 MB", LARGEST == 40 * 2**20),
    ],
)
def test_a_figure_on_the_page_is_in_force(words: str, in_force: bool) -> None:
    assert words in " ".join(TEXT.split())
    assert in_force
