"""The page of numbers: tables with charts, filters that stay as filled in, CSV, and nothing that is hidden."""

import pytest

from sequencing.enrollments import Status
from sequencing.happenings import Reason
from tests.house import ADA, BOB, CALL, EMAIL, RITA
from tests.ledger import DAY, NOON, Ledger
from tests.web.knocking import Knocking

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TRACKED = {**EMAIL, "track_opens": True}


async def test_the_page_shows_each_number_beside_its_share_and_a_chart_at_every_table(resting: Knocking) -> None:
    ledger = Ledger(resting.house)
    sequence = await resting.house.sequence(TRACKED, CALL, name="Letters & calls")
    ann = await ledger.enroll(sequence, "ann", step=2)
    await ledger.enroll(sequence, "ben", Status.paused, reason=Reason.no_email_address, at=NOON + 2 * DAY)
    await ledger.use(await ledger.send(ann))
    browser = await resting.signed_in()
    shown = (await browser.get(f"/sequences/{sequence}/metrics")).text
    over_all = (await browser.get("/metrics")).text

    assert '1 <span class="share">50 % of 2</span>' in shown
    assert "no email address" in shown
    assert "Letters &amp; calls" in over_all
    for page in (shown, over_all):
        assert page.count("<table") == page.count("<caption") == page.count('role="img"')
        assert "People who opened an email" in page


async def test_a_chosen_sequence_has_a_page_of_its_own_and_what_cannot_be_asked_is_said_at_the_form(
    resting: Knocking,
) -> None:
    sequence = await resting.house.sequence(EMAIL)
    browser = await resting.signed_in()
    chosen = await browser.get(f"/metrics?sequence={sequence}&since=2026-03-01&time=happened&every=week")
    wrong = await browser.get("/metrics?since=2026-03-02&until=2026-03-01")

    said = "since=2026-03-01&time=happened&every=week"
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/sequences/{sequence}/metrics?{said}")
    assert wrong.status_code == 422
    assert "ends (2026-03-01) before it begins" in wrong.text
    assert 'name="since" value="2026-03-02"' in wrong.text


async def test_the_numbers_come_as_a_file_and_by_the_api(resting: Knocking) -> None:
    ledger = Ledger(resting.house)
    sequence = await resting.house.sequence(EMAIL)
    await ledger.enroll(sequence, "ann")
    browser = await resting.signed_in()
    file = await browser.get(f"/sequences/{sequence}/metrics/csv?user={RITA}")
    everything = await browser.get("/metrics/csv")
    code, told = await resting.ask("GET", f"/sequences/{sequence}/metrics")

    assert file.headers["content-disposition"] == f'attachment; filename="metrics-{sequence}.csv"'
    for csv in (file, everything):
        assert "all,,,enrolled,,1,,," in csv.text.splitlines()
    first = told["all"][0]
    assert (code, first["measure"], first["people"], first["of"]) == (200, "enrolled", 1, None)


async def test_a_sequence_that_is_not_shown_has_no_numbers_and_is_no_choice(resting: Knocking) -> None:
    document = {"name": "Hidden one", "sharing": "private", "steps": [EMAIL]}
    code, made = await resting.ask("POST", "/sequences", by=ADA, json=document)
    browser = await resting.signed_in(BOB)
    answers = [await browser.get(f"/sequences/{made['id']}/metrics{more}") for more in ("", "/csv")]

    assert (code, [answer.status_code for answer in answers]) == (201, [404, 404])
    nothing = await browser.get("/metrics")
    assert (nothing.status_code, "Nobody counts here yet" in nothing.text) == (200, True)
    assert "Hidden one" not in nothing.text
