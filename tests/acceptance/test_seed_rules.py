"""Who may do what, the settings, and what a sequence is made of."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sequencing.timing import always
from starter.demo import daytime_zone
from tests.acceptance.agency import Agency
from tests.house import ADA, BOB, CALL, EMAIL, LETTER, RITA, TASK, TEXT

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}
FIVE = [EMAIL, LETTER, CALL, TEXT, TASK]


@pytest.mark.statement(4)
async def test_an_admin_lets_a_role_use_sequences_and_its_users_may(agency: Agency) -> None:
    sam, sequence = "sam@example.org", str(await agency.sequence(LATER))
    await agency.contact("Rolf")
    await agency.done("roles", "add", "Sourcer", "none", by=ADA)
    await agency.done("users", "add", sam, "Sam Sourcer", "Sourcer", by=ADA)

    before = await agency.typed("enroll", sequence, "rolf", by=sam)
    await agency.done("roles", "change", "Sourcer", "use", by=ADA)
    after = await agency.typed("enroll", sequence, "rolf", by=sam)

    assert (before.code, after.code) == (1, 0)
    assert (await agency.typed("roles", "change", "Sourcer", "edit", by=sam)).code == 1


@pytest.mark.statement(6)
async def test_automatic_emails_wait_for_the_days_the_frames_and_the_zone_of_the_settings(agency: Agency) -> None:
    tomorrow = agency.house.door.now().astimezone() + timedelta(days=1)
    closed = [word for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for word in ("--window", f"{day}=")]
    window = ["--window", f"{tomorrow:%a}=10:15-11:00,14:00-15:00".lower()]
    try:
        await agency.done("settings", "set", "--zone", "Asia/Kolkata", *closed, *window, by=ADA)
        one = await agency.enrolled("Wim", EMAIL)
        row = await agency.house.place(one, "waiting")
        _, shown = await agency.ask("GET", f"/enrollments/{one}")
    finally:
        await agency.house.settle_on(always(daytime_zone(agency.house.door.now())))

    assert datetime.fromisoformat(shown["due"]).strftime("%H:%M") in ("04:45", "08:30")
    assert row.why == "send_window"


@pytest.mark.statement(7)
@pytest.mark.statement(8)
async def test_a_contact_is_kept_to_one_sequence_where_the_settings_say_so_and_the_user_is_told(agency: Agency) -> None:
    first, second, third = [str(await agency.sequence(LATER)) for _ in range(3)]
    await agency.contact("Otto")
    await agency.done("enroll", first, "otto")
    await agency.done("enroll", second, "otto")

    await agency.done("settings", "set", "--no-more-than-one-sequence", by=ADA)
    try:
        refused = await agency.typed("enroll", third, "otto")
    finally:
        await agency.done("settings", "set", "--more-than-one-sequence", by=ADA)

    assert refused.code == 1
    assert "the settings allow one sequence at a time" in refused.out
    await agency.done("enroll", third, "otto")


@pytest.mark.statement(10)
async def test_a_sequence_has_a_name_a_description_users_it_is_shared_with_and_steps(agency: Agency) -> None:
    number = await agency.sequence(
        LATER, TASK, name="Nurses", description="For the clinic", sharing="users", shared_with=[BOB]
    )

    status, shown = await agency.ask("GET", f"/sequences/{number}", by=BOB)
    assert (status, shown["sharing"]) == (200, "users")
    assert (shown["document"]["name"], shown["document"]["description"]) == ("Nurses", "For the clinic")
    assert [step["action"] for step in shown["document"]["steps"]] == ["automatic_email", "task"]


@pytest.mark.statement(12)
async def test_a_step_is_one_of_five_actions(agency: Agency) -> None:
    status, refused = await agency.ask("POST", "/sequences", {"name": "Fax", "steps": [{**EMAIL, "action": "fax"}]})

    number = await agency.sequence(*FIVE)

    _, shown = await agency.ask("GET", f"/sequences/{number}")
    assert [step["action"] for step in shown["document"]["steps"]] == [step["action"] for step in FIVE]
    assert (status, "fax" in refused["detail"] or "action" in refused["detail"]) == (422, True)


@pytest.mark.statement(13)
async def test_every_action_but_a_text_regards_an_opportunity(agency: Agency) -> None:
    await agency.done("opportunities", "add", "Head of nursing", "--external-id", "nursing")
    about = {"opportunity": "nursing"}

    answers = [
        (await agency.ask("POST", "/sequences", {"name": f"N {step['action']}", "steps": [step | about]}))[0]
        for step in FIVE
    ]

    assert answers == [201, 201, 201, 422, 201]


@pytest.mark.statement(14)
async def test_an_email_takes_a_template_and_a_text_has_its_wording_in_the_step(agency: Agency) -> None:
    await agency.done("templates", "add", "First letter", "@letter", letter="Subject: Hello\n\nDear {{ contact.name }}")
    templated = {"action": "automatic_email", "template": "First letter"}

    one = await agency.enrolled("Tilo", templated, {**TEXT, "body": "See my mail, {{ contact.first_name }}"})

    await agency.house.place(one, "finished")
    assert ("tilo@example.com", "Hello") in agency.house.sent()
    said = [file.read_text() for file in agency.house.outbox.glob("*.txt")]
    assert any("See my mail, Tilo" in text for text in said)
    worded = {"name": "T", "steps": [{"action": "text", "template": "First letter"}]}
    assert (await agency.ask("POST", "/sequences", worded))[0] == 422


@pytest.mark.statement(15)
async def test_a_steps_delay_counts_from_the_end_of_the_step_before(agency: Agency) -> None:
    one = await agency.enrolled("Dela", {**TASK, "delay": "1 second"}, {**TASK, "delay": "3 days"})
    await agency.ask("POST", f"/todos/{await agency.todo(one)}/result", {"result": "none"})

    await agency.house.place(one, "waiting", 2)
    _, shown = await agency.ask("GET", f"/enrollments/{one}")

    (given,) = [event["at"] for event in shown["timeline"] if event["what"] == "result"]
    assert datetime.fromisoformat(shown["due"]) - datetime.fromisoformat(given) == timedelta(days=3)


@pytest.mark.statement(16)
async def test_an_action_is_the_enrollers_a_named_users_the_contacts_owners_or_the_companys_owners(
    agency: Agency,
) -> None:
    await agency.done("companies", "add", "Cedar", "--owner", ADA)
    await agency.contact("Olga", owner=BOB, company="Cedar")
    rules = {"enroller": RITA, BOB: BOB, "contact owner": BOB, "company owner": ADA}

    for rule, who in rules.items():
        one, *_ = await agency.add(await agency.sequence({**TASK, "owner": rule, "title": rule}), "olga")
        await agency.todo(one)
        _, listed = await agency.ask("GET", "/todos", by=who)
        assert (one, rule) in [(todo["enrollment_id"], todo["title"]) for todo in listed["items"]]


@pytest.mark.statement(51)
async def test_what_is_over_a_limit_is_refused_with_the_limit(agency: Agency) -> None:
    many = {"name": "Many", "steps": [TASK] * 51}
    long = {"name": "Long", "steps": [{**TASK, "delay": "366 days"}]}

    answers = [await agency.ask("POST", "/sequences", one) for one in (many, long)]

    assert [status for status, _ in answers] == [422, 422]
    assert [limit in said["detail"] for limit, (_, said) in zip(("50", "365"), answers, strict=True)] == [True, True]


@pytest.mark.statement(49)
async def test_wording_and_timing_change_while_contacts_are_in_it(agency: Agency) -> None:
    number = await agency.sequence({**EMAIL, "delay": "1 day"})
    one, *_ = await agency.add(number, await agency.contact("Ede"))
    _, shown = await agency.ask("GET", f"/sequences/{number}")
    document = {**shown["document"], "steps": [{**EMAIL, "subject": "Newer", "delay": "none"}]}

    status, said = await agency.ask("PUT", f"/sequences/{number}", document)

    assert (status, said["changed"]) == (200, True), said
    await agency.house.place(one, "finished")
    assert ("ede@example.com", "Newer") in agency.house.sent()
