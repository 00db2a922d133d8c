"""A sequence may be called "5", and an external id may be 5: who knows a number is never told that it is ambiguous."""

import pytest

from starter.contacts import import_contacts
from store import contacts
from tests.house import ADA, EMAIL, RITA
from tests.web.knocking import Knocking

LATER = {**EMAIL, "delay": "300 days"}


@pytest.fixture
async def number(resting: Knocking) -> str:
    """The number of a sequence; another one's name is the same."""
    sequence = await resting.house.sequence(LATER, name="First")
    await resting.house.sequence(LATER, name=sequence)
    return sequence


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/metrics", None),
        ("POST", "/enrollments", {"contacts": ["ann"]}),
        ("POST", "/bulk-adds?dry_run=true", {"contacts": ["ann"]}),
        ("POST", "/previews", {"step": 1, "contact": "ann"}),
        ("POST", "/copies", None),
        ("POST", "/hold", None),
        ("POST", "/archive", None),
        ("PUT", "/sharing", {"sharing": "private", "users": []}),
        ("PUT", "/owner", {"to": ADA}),
    ],
)
async def test_services_act_by_number(
    resting: Knocking, number: str, method: str, path: str, body: dict[str, object] | None
) -> None:
    status, said = await resting.ask(method, f"/sequences/{number}{path}", ADA, json=body)

    assert status < 300, said


async def test_pages_act_by_number(resting: Knocking, number: str) -> None:
    browser = await resting.signed_in(ADA)

    for path in ("/metrics", "/preview?step=1&contact=ann", "/metrics/csv"):
        assert (await browser.get(f"/sequences/{number}{path}")).status_code == 200, path
    for noun in ("hold", "release", "archive", "unarchive", "copies"):
        await browser.post(f"/sequences/{number}/{noun}")
        assert browser.said().startswith("done|"), noun
    dialog = (await browser.get(f"/add-to-sequence?sequence={number}&names=ann")).text
    search = (await browser.get(f"/search?in={number}")).text
    assert ("will be enrolled in <strong>First<" in dialog, "Several sequences" in search) == (True, False)


async def test_a_contact_is_named_by_number_where_an_external_id_is_the_same(resting: Knocking) -> None:
    async with resting.house.database.reading() as tx:
        (ann,) = await contacts.matching(tx, "ann")
    await import_contacts(resting.house.door, f"external_id,first_name,work_email\n{ann},Zoe,zoe@example.com", RITA)
    sequence = await resting.house.sequence(LATER)
    at = f"/sequences/{sequence}/enrollments"

    _, doubtful = await resting.ask("POST", at, json={"contacts": [str(ann)]})
    _, sure = await resting.ask("POST", at, json={"contacts": [ann]})

    assert [one["code"] for one in doubtful["refused"]] == ["ambiguous_contact"]
    assert [one["contact_id"] for one in sure["enrolled"]] == [ann]


async def test_at_the_command_line_a_number_is_written_with_its_sign(resting: Knocking, number: str) -> None:
    (answer,) = await resting.house.sequencer.enroll(f"#{number}", ["ann"], by=RITA)

    assert answer.contact == "ann"
