"""Taking contacts in, finding them, and keeping them right; on both databases."""

import asyncio

import pytest
import sqlalchemy as sa

from sequencing.enrollments import Status
from sequencing.errors import Refused, Unchanged
from sequencing.lines import BadLines
from sequencing.people import AddressType, Contact, ContactKind, PhoneType
from sequencing.sequences import Action
from sequencing.todos import Outcome, Result, TodoStatus
from starter import companies, opportunities, people
from starter.candidacies import enter
from starter.contact_exports import export
from starter.contacts import foresee_import, import_contacts
from starter.people import Said
from starter.sequences import create_sequence
from store import contacts, users
from store.contact_lists import Wanted
from store.people_tables import CompanyRow, ContactRow
from store.selections import Selection
from store.tables import EnrollmentRow, TodoRow
from tests.house import ADA, BOB, CALL, EMAIL, RITA, House

COLUMNS = (
    "external_id,first_name,work_email,work_email_2,personal_email,mobile,work_phone,home_phone,company,"
    "company_external_id"
)


async def contact(house: House, name: str) -> Contact:
    return (await people.card(house.door, name, ADA)).contact


async def count(house: House, table: type[ContactRow] | type[CompanyRow]) -> int:
    async with house.database.reading() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def found(house: House, wanted: Wanted, by: str = ADA, **named: str) -> list[str]:
    return [one.external_id or "" for one in await people.find(house.door, wanted, by, **named)]


async def test_a_line_brings_several_addresses_and_numbers_each_of_its_type(alone: House) -> None:
    line = "eva,Eva,e@work.com,eva@work.com,Eva@Home.com,+4915100000001,+4930000001,+4930000002,Acme,"

    await import_contacts(alone.door, f"{COLUMNS}\n{line}", RITA)

    eva = await contact(alone, "eva")
    work, personal = AddressType.work, AddressType.personal
    assert eva.emails == ((work, "e@work.com"), (work, "eva@work.com"), (personal, "eva@home.com"))
    assert eva.numbers == (
        (PhoneType.mobile, "+4915100000001"),
        (PhoneType.work, "+4930000001"),
        (PhoneType.home, "+4930000002"),
    )
    assert eva.mobile == "+4915100000001"


async def test_a_company_is_found_by_external_id_or_name_and_made_when_it_is_new(alone: House) -> None:
    before = await count(alone, CompanyRow)
    lines = "\n".join(["x,X,,,,,,,Cedar,", "y,Y,,,,,,,Cedar,", "z,Z,,,,,,,Dune,d-1", "w,W,,,,,,,Renamed,d-1"])

    await import_contacts(alone.door, f"{COLUMNS}\n{lines}", RITA)

    works_for = [(await contact(alone, name)).company for name in "xyzw"]
    assert [one.name for one in works_for if one] == ["Cedar", "Cedar", "Dune", "Dune"]
    assert await count(alone, CompanyRow) == before + 2


async def test_who_is_known_by_external_id_or_by_an_address_is_updated_and_not_doubled(alone: House) -> None:
    before = await count(alone, ContactRow)
    await import_contacts(alone.door, "first_name,work_email\nFay,fay@example.com", RITA)

    by_address = await import_contacts(alone.door, "first_name,last_name,work_email\nFay,Fox,FAY@example.com", RITA)
    gets_an_id = await import_contacts(alone.door, "external_id,first_name,work_email\nfay,Fay,fay@example.com", RITA)
    by_id = await import_contacts(alone.door, "external_id,first_name,title\nfay,Faye,Boss", RITA)

    assert [(one.created, one.updated) for one in (by_address, gets_an_id, by_id)] == [(0, 1)] * 3
    fay = await contact(alone, "fay")
    assert (fay.first_name, fay.last_name, fay.title) == ("Faye", "Fox", "Boss")
    assert fay.emails == ((AddressType.work, "fay@example.com"),), "a column the file has not is left as it is"
    assert await count(alone, ContactRow) == before + 1


async def test_two_people_with_external_ids_may_share_an_address(alone: House) -> None:
    done = await import_contacts(alone.door, "external_id,first_name,work_email\nzoe,Zoe,ann@example.com", RITA)

    assert (done.created, done.updated) == (1, 0)
    with pytest.raises(BadLines, match="several contacts have an address of this line"):
        await import_contacts(alone.door, "first_name,work_email\nWho,ann@example.com", RITA)


BAD = "\n".join(
    [
        "external_id,first_name,work_email,mobile,owner",
        f"ida,Ida,ida@example.com,,{RITA}",
        "jon,Jon,no address,,",
        "kim,Kim,,+4915100000009,nobody@example.org",
        "lea,Lea,lea@example.com,0301,",
        "mia,Mia,mia@example.com",
        "ida,Twice,,,",
        ",Nameless,,,",
        ",Ann,ann@example.com,,",
        "ann,Ann,,,",
        "ned,Ned,ned@example.com,,",
    ]
)
REFUSED = [
    (3, 3, "work_email: 'no address' is no email address"),
    (4, 5, "owner: there is no user 'nobody@example.org'"),
    (5, 4, "mobile: '0301' is no number in international form"),
    (6, 4, "3 cells, where the header has 5"),
    (7, 1, "external_id: 'ida' stands in line 2 already"),
    (8, 1, "external_id: it needs an external id or an email address"),
    (10, 1, "external_id: the contact of this line stands in line 9 already"),
]


async def test_each_refused_line_is_reported_and_nothing_is_imported(alone: House) -> None:
    before = await count(alone, ContactRow)

    with pytest.raises(BadLines) as refused:
        await import_contacts(alone.door, BAD, RITA)

    assert [(line.number, line.column) for line in refused.value.lines] == [(n, column) for n, column, _ in REFUSED]
    for line, (_, _, says) in zip(refused.value.lines, REFUSED, strict=True):
        assert line.what.startswith(says)
    assert await count(alone, ContactRow) == before


async def test_the_good_lines_are_taken_in_where_one_asks_for_it(alone: House) -> None:
    done = await import_contacts(alone.door, BAD, RITA, skip_bad_lines=True)

    assert (done.created, done.updated) == (2, 1)
    assert [line.number for line in done.refused] == [number for number, _, _ in REFUSED]
    assert (await contact(alone, "ned")).first_name == "Ned"


async def test_a_repeated_import_of_the_same_file_at_the_same_moment_doubles_nobody(alone: House) -> None:
    before = await count(alone, ContactRow)
    text = "first_name,work_email,company\n" + "\n".join(f"N{n},n{n}@example.com,C{n % 3}" for n in range(30))

    done = await asyncio.gather(*(import_contacts(alone.door, text, RITA) for _ in range(4)))

    assert sorted(one.created for one in done) == [0, 0, 0, 30]
    assert await count(alone, ContactRow) == before + 30
    assert await count(alone, CompanyRow) == 2 + 3


async def test_an_import_takes_few_statements_however_many_lines_it_has(alone: House) -> None:
    text = f"{COLUMNS}\n" + "\n".join(
        f"s{n},S{n},s{n}@example.com,,,+49151{n:07},,,Company {n % 50}," for n in range(2000)
    )
    asked: list[str] = []
    sa.event.listen(
        alone.database.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(str(args[2]))
    )

    created = await import_contacts(alone.door, text, RITA)
    first = len(asked)
    updated = await import_contacts(alone.door, text, RITA)

    assert (created.created, updated.updated) == (2000, 2000)
    assert first < 80
    assert len(asked) - first < 80


async def test_too_many_lines_are_refused_with_what_to_do(alone: House) -> None:
    text = "external_id,first_name\n" + "\n".join(f"{n},N" for n in range(25_001))

    with pytest.raises(Refused, match="split the file") as refused:
        await import_contacts(alone.door, text, RITA)

    assert refused.value.code == "limit_reached"


async def test_a_contact_is_added_and_changed(alone: House) -> None:
    emails = [(AddressType.personal, "Gil@example.com"), (AddressType.work, "gil@work.com")]
    numbers = [(PhoneType.home, "+4930000003"), (PhoneType.mobile, "+4915100000003")]

    kept = await people.add(
        alone.door,
        Said("Gil", "Gray", ContactKind.both, company="Acme", external_id="gil", emails=emails, numbers=numbers),
        RITA,
    )
    await people.change(alone.door, "gil", Said(title="Chief", company="", owner="", do_not_contact=True), RITA)

    gil = await contact(alone, str(kept.id))
    assert (gil.name, gil.kind, gil.title, gil.company, gil.owner_id) == ("Gil Gray", "both", "Chief", None, None)
    assert gil.emails == ((AddressType.personal, "gil@example.com"), (AddressType.work, "gil@work.com"))
    assert (gil.numbers, gil.mobile, gil.do_not_contact) == (tuple(numbers), "+4915100000003", True)


async def test_who_is_there_already_is_not_added_again(alone: House) -> None:
    for said in (
        Said("Ann", external_id="ann"),
        Said("Ann", emails=[(AddressType.work, "ann@example.com")]),
    ):
        with pytest.raises(Refused) as refused:
            await people.add(alone.door, said, RITA)
        assert refused.value.code == "contact_exists"
    with pytest.raises(Refused) as refused:
        await people.change(alone.door, "ben", Said(external_id="ann"), RITA)
    assert refused.value.code == "contact_exists"


async def test_a_change_that_changes_nothing_says_so(alone: House) -> None:
    with pytest.raises(Unchanged):
        await people.change(alone.door, "ann", Said(first_name="Ann"), RITA)


async def test_many_adds_of_one_address_at_once_make_one_contact(alone: House) -> None:
    said = Said("Hal", emails=[(AddressType.work, "hal@example.com")])

    done = await asyncio.gather(*(people.add(alone.door, said, RITA) for _ in range(6)), return_exceptions=True)

    assert len([one for one in done if isinstance(one, people.Kept)]) == 1
    assert {one.code for one in done if isinstance(one, Refused)} == {"contact_exists"}


async def test_contacts_are_found_by_what_is_known_of_them(alone: House) -> None:
    await people.change(alone.door, "ben", Said(kind=ContactKind.both), RITA)
    await people.change(alone.door, "dot", Said(kind=ContactKind.client), RITA)

    assert await found(alone, Wanted(kind=ContactKind.candidate)) == ["ann", "ben", "pia"]
    assert await found(alone, Wanted(kind=ContactKind.client)) == ["ben", "dot"]
    assert await found(alone, Wanted(), owner=RITA) == ["ann", "ben", "dot"]
    assert await found(alone, Wanted(), company="Birch") == ["dot", "pia"]
    assert await found(alone, Wanted(text="ABEL")) == ["ann"]
    assert await found(alone, Wanted(text="birch dahl")) == ["dot"]
    assert await found(alone, Wanted(text="pia@example")) == ["pia"]
    assert await found(alone, Wanted(text="1112340002")) == []
    assert await found(alone, Wanted(text="15112340002")) == ["ben"]
    assert await found(alone, Wanted(text="%")) == []


async def test_whoever_changed_is_found_by_what_he_is_called_now_and_by_nothing_before(alone: House) -> None:
    await people.change(alone.door, "ann", Said(last_name="Äbler", emails=[(AddressType.work, "a@new.example")]), RITA)
    await companies.change(alone.door, "Birch", RITA, name="Elm & Sons")
    await import_contacts(alone.door, "external_id,first_name,mobile\nben,Benno,+4915100000009\n", RITA)

    assert await found(alone, Wanted(text="abler")) == await found(alone, Wanted(text="new.example")) == ["ann"]
    assert await found(alone, Wanted(text="elm")) == ["dot", "pia"]
    assert await found(alone, Wanted(text="0151 00000009")) == await found(alone, Wanted(text="benno")) == ["ben"]
    assert [await found(alone, Wanted(text=text)) for text in ("abel", "birch", "15112340002")] == [[], [], []]


async def test_the_pages_of_a_text_show_each_contact_once(alone: House) -> None:
    lines = "".join(f"p{n},Pat{n % 3},Patton{n},Patco,pat{n}@example.com\n" for n in range(7))
    await import_contacts(alone.door, f"external_id,first_name,last_name,company,work_email\n{lines}", RITA)
    shown: list[int] = []
    while page := await alone.sequencer.find_contacts(Wanted(text="pat", after=(shown or [0])[-1], limit=3), by=RITA):
        shown += [one.id for one in page]

    assert len(shown) == len(set(shown)) == 7


async def test_a_text_and_what_is_known_otherwise_narrow_together(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await alone.sequencer.enroll(sequence, ["ann"], by=RITA)

    assert await found(alone, Wanted(text="acme")) == ["ann", "ben"]
    assert await found(alone, Wanted(text="acme", status=Status.active), sequence=sequence) == ["ann"]
    assert await found(alone, Wanted(text="acme", in_any=False)) == ["ben"]
    assert await found(alone, Wanted(text="acme", kind=ContactKind.client)) == []


async def test_contacts_are_found_by_sequence_by_status_in_it_and_by_having_any(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await alone.sequencer.enroll(sequence, ["ann", "ben"], by=RITA)
    await alone.sequencer.enroll(await alone.sequence(CALL), ["dot"], by=RITA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text("UPDATE enrollments SET status = 'canceled' WHERE contact_id = 3"))

    assert await found(alone, Wanted(), sequence=sequence) == ["ann", "ben"]
    assert await found(alone, Wanted(status=Status.active), sequence=sequence) == ["ann", "ben"]
    assert await found(alone, Wanted(status=Status.canceled)) == ["dot"]
    assert await found(alone, Wanted(in_any=True)) == ["ann", "ben", "dot"]
    assert await found(alone, Wanted(in_any=False)) == ["pia"]


async def test_what_is_not_shown_narrows_no_list(alone: House) -> None:
    from starter.sequences import create_sequence

    hidden = await create_sequence(alone.door, {"name": "Hidden", "steps": [CALL]}, ADA)
    await alone.sequencer.enroll(str(hidden), ["pia"], by=ADA)

    assert await found(alone, Wanted(in_any=True), ADA) == ["pia"]
    assert await found(alone, Wanted(in_any=True), BOB) == []
    with pytest.raises(Refused) as refused:
        await found(alone, Wanted(), BOB, sequence="Hidden")
    assert refused.value.code == "unknown_sequence"
    assert (await people.card(alone.door, "pia", BOB)).sequences == []


async def test_a_list_goes_on_page_by_page(alone: House) -> None:
    first = await people.find(alone.door, Wanted(limit=3), ADA)

    assert [one.external_id for one in first] == ["ann", "ben", "dot"]
    assert await found(alone, Wanted(after=first[-1].id)) == ["pia"]


async def test_a_contact_shows_all_sequences_it_has_been_in(alone: House) -> None:
    await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    removed = await alone.enroll("ann", CALL)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text(f"UPDATE enrollments SET status = 'canceled' WHERE id = '{removed}'"))
    await alone.sequencer.remove(removed, by=RITA)

    card = await people.card(alone.door, "ann", RITA)

    assert [one.status for one in card.sequences] == ["active", "removed"]


async def test_companies_are_unique_by_external_id_and_taken_in_from_a_file(alone: House) -> None:
    number = await companies.add(alone.door, "Elm", RITA, external_id="elm", owner=RITA)
    with pytest.raises(Refused) as refused:
        await companies.add(alone.door, "Other", RITA, external_id="elm")
    done = await companies.import_companies(alone.door, "external_id,name\nelm,Elm & Co\noak,Oak", RITA)

    assert refused.value.code == "company_exists"
    assert (done.created, done.updated) == (1, 1)
    async with alone.database.reading() as tx:
        row = await tx.get_one(CompanyRow, number)
    assert (row.name, row.owner_id) == ("Elm & Co", 2)


async def test_an_owner_nobody_knows_is_refused_with_its_line(alone: House) -> None:
    with pytest.raises(BadLines, match="Line 2, column 3: owner: there is no user"):
        await companies.import_companies(alone.door, "external_id,name,owner\nelm,Elm,nobody@example.org", RITA)


async def test_contacts_are_read_in_two_statements_however_many(alone: House) -> None:
    asked: list[str] = []
    async with alone.database.reading() as tx:
        await tx.execute(sa.text("SELECT 1"))
        sa.event.listen(
            alone.database.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(str(args[2]))
        )
        people_there = await contacts.some(tx, [1, 2, 3, 4])

    assert len(people_there) == 4
    assert len(asked) == 2


async def test_an_import_is_foreseen_line_by_line_and_nothing_is_written(alone: House) -> None:
    before = await count(alone, ContactRow), await count(alone, CompanyRow)
    file = "external_id,first_name,company\nann,Anna,New Co\nnew,New,New Co\n,Nobody,\n"

    foreseen = await foresee_import(alone.door, file, RITA)

    assert [(one.number, one.name, one.known_as) for one in foreseen.lines] == [
        (2, "Anna", "Ann Abel"),
        (3, "New", None),
    ]
    assert (foreseen.created, foreseen.updated, [one.number for one in foreseen.refused]) == (1, 1, [4])
    assert (await count(alone, ContactRow), await count(alone, CompanyRow)) == before


async def test_what_is_exported_is_what_an_import_reads(alone: House) -> None:
    said = Said(
        "=Eva", "O'Neil", ContactKind.both, "-Chief", owner=BOB, time_zone="Asia/Tokyo", external_id="eva",
        do_not_contact=True, emails=[(AddressType.work, "e@work.com"), (AddressType.personal, "e@home.com")],
        numbers=[(PhoneType.home, "+4930000001"), (PhoneType.mobile, "+4915100000001")],
    )  # fmt: skip
    await people.add(alone.door, said, RITA)
    eva = await contact(alone, "eva")

    file = "".join([piece async for piece in export(alone.door, Selection(), RITA)])
    await import_contacts(alone.door, file.replace("eva,", "copy,").replace("e@", "c@").replace("+49", "+48"), RITA)
    copy = await contact(alone, "copy")

    assert "'=Eva" in file
    numbers = sorted((kind, number.replace("+48", "+49")) for kind, number in copy.numbers)
    assert numbers == sorted(eva.numbers)
    assert [(kind, address.replace("c@", "e@")) for kind, address in copy.emails] == list(eva.emails)
    for name in ("first_name", "last_name", "kind", "title", "owner_id", "time_zone", "do_not_contact"):
        assert getattr(copy, name) == getattr(eva, name), name


async def test_contacts_are_found_by_their_outcome_in_a_sequence(alone: House) -> None:
    sequence = await alone.sequence(CALL, name="Calls")
    await alone.sequencer.enroll(sequence, ["ann", "ben"], by=RITA)
    async with alone.database.writing() as tx:
        ben = (await people.card(alone.door, "ben", ADA)).contact.id
        ended = {"status": Status.finished, "outcome": Outcome.positive}
        await tx.execute(sa.update(EnrollmentRow).where(EnrollmentRow.contact_id == ben).values(ended))

    assert await found(alone, Wanted(outcome=Outcome.positive), sequence="Calls") == ["ben"]
    assert await found(alone, Wanted(outcome=Outcome.negative)) == []
    searched = await people.search(alone.door, Selection(sequence="Calls", status=Status.active), BOB)
    assert [one.external_id for one in searched] == ["ann"]


async def test_the_history_of_a_contact_outlives_its_enrollment_and_hides_what_is_not_shown(alone: House) -> None:
    hidden = str(await create_sequence(alone.door, {"name": "Hidden", "steps": [CALL]}, ADA))
    pia = (await people.card(alone.door, "pia", ADA)).contact.id
    async with alone.database.writing() as tx:
        ada = await users.by_email(tx, ADA)
        done = TodoRow(
            id="T", enrollment_id="E", sequence_id=int(hidden), contact_id=pia, step=1, action=Action.call,
            assignee_id=ada.id, title="Call Pia", instructions="", status=TodoStatus.done, opened_at=alone.door.now(),
            due_at=alone.door.now(), result=Result.no_answer, note="Away", done_by=ada.id, done_at=alone.door.now(),
        )  # fmt: skip
        tx.add(done)
    job = await opportunities.add(alone.door, "A job", RITA)
    await enter(alone.door, job, ["pia"], RITA)

    seen = {by: await people.history(alone.door, "pia", by) for by in (ADA, BOB)}

    assert [(one.kind, one.title, one.state, one.by) for one in seen[BOB]] == [
        ("stage", "A job", "New", "Rita Recruiter")
    ]
    assert [(one.kind, one.sequence, one.state, one.words) for one in seen[ADA]][1:] == [
        ("call", "Hidden", "no_answer", "Away")
    ]
